"""Expense claims: their lines, the receipts, each receipt's way into the archive, and the claim's history."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import AMOUNT, Json, Key, Moment


class ExpenseClaim(Base):
    """What one person claims; `status` is the claim's own axis, `delivery` the way of its receipts into the books."""

    __tablename__ = "expense_claims"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index("ix_expense_claims_organisation_id", "organisation_id", "id"),
        Index("ix_expense_claims_status", "organisation_id", "status", "delivery", "id"),
        CheckConstraint("status IN ('draft', 'submitted', 'approved', 'declined')", name="status"),
        CheckConstraint(
            "delivery IN ('not_sent', 'queued', 'sending', 'sent', 'rejected', 'unknown')", name="delivery"
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id", ondelete="SET NULL"))
    number: Mapped[int]
    employee: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    claimed_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    total: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    status: Mapped[str] = mapped_column(String(12), default="draft")
    delivery: Mapped[str] = mapped_column(String(12), default="not_sent")
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class ExpenseLine(Base):
    """One expense with its receipt; the receipt's bytes stand in a table of their own, so that no list reads them."""

    __tablename__ = "expense_lines"
    __table_args__ = (Index("ix_expense_lines_claim_id", "claim_id", "position"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("expense_claims.id", ondelete="CASCADE"))
    position: Mapped[int]
    spent_on: Mapped[date]
    description: Mapped[str] = mapped_column(String(200))
    cost_category: Mapped[str] = mapped_column(String(20), default="")
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    vat_rate: Mapped[Decimal | None] = mapped_column(AMOUNT)
    vat_amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))


class ExpenseReceipt(Base):
    """The bytes of a line's receipt."""

    __tablename__ = "expense_receipts"

    line_id: Mapped[int] = mapped_column(ForeignKey("expense_lines.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ExpenseUpload(Base):
    """The one way of a receipt into the archive; `token` is part of its file name there, and is what it is found by.

    `fence` grows with every claim: a write that carries an older one is refused. `look_up_first`: an earlier attempt
    may have arrived. `folder` and `connection_id` are fixed when somebody asks.
    """

    __tablename__ = "expense_uploads"
    __table_args__ = (
        Index("ix_expense_uploads_run_id", "run_id", "state"),
        Index("ix_expense_uploads_claim_id", "claim_id"),
        CheckConstraint("state IN ('queued', 'sending', 'sent', 'rejected', 'unknown')", name="state"),
    )

    line_id: Mapped[int] = mapped_column(ForeignKey("expense_lines.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("expense_claims.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    folder: Mapped[int]
    token: Mapped[str] = mapped_column(String(16), default=lambda: uuid4().hex[:16])
    state: Mapped[str] = mapped_column(String(12), default="queued")
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    look_up_first: Mapped[bool] = mapped_column(default=False)
    look_up_after: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    remote_id: Mapped[str] = mapped_column(String(64), default="")
    found: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[str] = mapped_column(String(30), default="")
    remote_text: Mapped[str] = mapped_column(Text, default="")
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchanges.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class ExpenseEvent(Base):
    """A line of a claim's history: an event code with its parameters, put into words when it is read."""

    __tablename__ = "expense_events"
    __table_args__ = (Index("ix_expense_events_claim_id", "claim_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("expense_claims.id", ondelete="CASCADE"))
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    actor_kind: Mapped[str] = mapped_column(String(10), default="system")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    event: Mapped[str] = mapped_column(String(50))
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
