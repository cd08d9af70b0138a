"""Payments and what they were set against; append-only, every figure can be rebuilt from these rows."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import AMOUNT, Key, Moment


class RemoteOpenItem(Base):
    """What the books last said of one invoice's open amount; `gone_at` when it was no longer open."""

    __tablename__ = "remote_open_items"
    __table_args__ = (
        UniqueConstraint("connection_id", "remote_id"),
        Index("ix_remote_open_items_invoice_id", "invoice_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    remote_id: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(100), default="")
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(String(300), default="")
    type_id: Mapped[str] = mapped_column(String(10), default="")
    open_amount: Mapped[Decimal] = mapped_column(AMOUNT)
    original_amount: Mapped[Decimal] = mapped_column(AMOUNT)
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)


class Payment(Base):
    """Money received (or, negative, taken back); `remote_key` makes the same fact count once."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("organisation_id", "remote_key"),
        Index("ix_payments_list", "organisation_id", "received_on", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(20))
    remote_key: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str] = mapped_column(String(3))
    received_on: Mapped[date]
    seen_on: Mapped[bool] = mapped_column(default=True)
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)


class Allocation(Base):
    """A part of a payment set against one invoice; never edited or deleted, only reversed by another row."""

    __tablename__ = "allocations"
    __table_args__ = (
        Index("ix_allocations_payment_id", "payment_id"),
        Index("ix_allocations_invoice_id", "invoice_id"),
        UniqueConstraint("reverses_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("allocations.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
