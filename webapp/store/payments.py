"""Payments, and the ledger of what settles invoices; append-only, every figure can be rebuilt from these rows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import AMOUNT, Json, Key, Moment

_UNAPPLIED = text("unapplied_amount <> 0")
TAKEN = text("amount < 0")
_NOBODYS = text("invoice_id IS NULL AND payment_id IS NULL AND gone_at IS NULL")

USED = (
    "unapplied_amount = amount - allocated_amount - explained_amount - reversed_amount AND ("
    "(amount >= 0 AND allocated_amount >= 0 AND explained_amount >= 0 AND reversed_amount >= 0"
    " AND unapplied_amount >= 0) OR "
    "(amount <= 0 AND allocated_amount <= 0 AND explained_amount <= 0 AND reversed_amount <= 0"
    " AND unapplied_amount <= 0))"
)
"""What the database holds a payment to, whoever writes: no more of it is used than there is."""

ENTRY = (
    "amount <> 0 AND ("
    "(kind = 'payment' AND payment_id IS NOT NULL AND invoice_id IS NOT NULL AND credit_note_id IS NULL"
    " AND refund_id IS NULL) OR "
    "(kind = 'credit' AND credit_note_id IS NOT NULL AND invoice_id IS NOT NULL AND payment_id IS NULL"
    " AND refund_id IS NULL) OR "
    "(kind = 'refund' AND payment_id IS NOT NULL AND refund_id IS NOT NULL AND payment_id <> refund_id"
    " AND invoice_id IS NULL AND credit_note_id IS NULL) OR "
    "(kind = 'write_off' AND write_off_kind <> '' AND credit_note_id IS NULL AND refund_id IS NULL"
    " AND (payment_id IS NULL) <> (invoice_id IS NULL)))"
)
"""What an entry joins, by its kind."""


class RemoteOpenItem(Base):
    """What the books last said of one item's open amount; `gone_at` when it was no longer open.

    It is an invoice's, or a receipt's that became a payment (`payment_id`), or nobody's here.
    `side` is debtor or creditor: each is one list over there, and what is missing from it is gone. `mark` stands for
    the bytes that told what the row holds, where it holds all that is asked of such an item. `last_seen_at` is kept up
    for what is nobody's; what is somebody's was there at the last look of its connection.
    """

    __tablename__ = "remote_open_items"
    __table_args__ = (
        UniqueConstraint("connection_id", "remote_id"),
        Index("ix_remote_open_items_invoice_id", "invoice_id"),
        Index("ix_remote_open_items_payment_id", "payment_id"),
        Index(
            "ix_remote_open_items_unknown", "organisation_id", "id", sqlite_where=_NOBODYS, postgresql_where=_NOBODYS
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    side: Mapped[str] = mapped_column(String(8), default="debtor", server_default="debtor")
    remote_id: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(100), default="")
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(String(300), default="")
    type_id: Mapped[str] = mapped_column(String(10), default="")
    document_id: Mapped[str] = mapped_column(String(40), default="", server_default="")
    open_amount: Mapped[Decimal] = mapped_column(AMOUNT)
    original_amount: Mapped[Decimal] = mapped_column(AMOUNT)
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)
    mark: Mapped[int | None] = mapped_column(BigInteger)


class Difference(Base):
    """One invoice or open item whose amounts here and in the books differed at the last look, and why.

    `cause` is a code of services/payments/comparing.py, `side` debtor (customers) or creditor (suppliers). Each look at
    a side of the books writes those of its connection anew.
    """

    __tablename__ = "differences"
    __table_args__ = (
        Index("ix_differences_list", "connection_id", "side", "cause", "id"),
        Index("ix_differences_run_id", "run_id"),
        Index("ix_differences_invoice_id", "invoice_id"),
        Index("ix_differences_item_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    side: Mapped[str] = mapped_column(String(8), default="debtor", server_default="debtor")
    cause: Mapped[str] = mapped_column(String(20))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("remote_open_items.id", ondelete="CASCADE"))
    here_amount: Mapped[Decimal] = mapped_column(AMOUNT)
    there_amount: Mapped[Decimal] = mapped_column(AMOUNT)


class Payment(Base):
    """Money received (or, negative, taken back); `remote_key` makes the same fact count once.

    `invoice_id` is the invoice that the books' own word is about (source `yuki`): such a payment is set
    against that invoice as far as no other entry explains the same money. The last four amounts follow
    from the entries and add up to `amount`; whoever adds an entry writes them in the same transaction.

    A receipt that the books hold unmatched is a payment too. `matched_there` is how much of it the books
    themselves have matched since, `same_as_id` the payment that tells of the same money (a line of a bank
    statement): only one of the two waits to be matched, the other is explained.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("organisation_id", "remote_key"),
        Index("uq_payments_reverses_id", "reverses_id", unique=True),
        Index("uq_payments_same_as_id", "same_as_id", unique=True),
        Index("ix_payments_list", "organisation_id", "received_on", "id", "source"),
        Index("ix_payments_taken", "organisation_id", "received_on", "id", sqlite_where=TAKEN, postgresql_where=TAKEN),
        Index("ix_payments_fact", "organisation_id", "amount", "received_on"),
        Index("ix_payments_invoice_id", "invoice_id", "id"),
        Index(
            "ix_payments_unapplied",
            "organisation_id",
            "received_on",
            "id",
            sqlite_where=_UNAPPLIED,
            postgresql_where=_UNAPPLIED,
        ),
        CheckConstraint(USED, name="used"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    source: Mapped[str] = mapped_column(String(20))
    remote_key: Mapped[str] = mapped_column(String(200))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    currency: Mapped[str] = mapped_column(String(3))
    received_on: Mapped[date]
    seen_on: Mapped[bool] = mapped_column(default=True)
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    iban: Mapped[str] = mapped_column(String(34), default="")
    account: Mapped[str] = mapped_column(String(34), default="")
    description: Mapped[str] = mapped_column(String(300), default="")
    fact: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    matched_there: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    reason: Mapped[str] = mapped_column(String(300), default="")
    actor_kind: Mapped[str] = mapped_column(String(10), default="system")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    allocated_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    explained_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    reversed_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    unapplied_amount: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Allocation(Base):
    """An entry of the ledger; never edited or deleted, only reversed by another row that names it.

    `kind` payment: a part of a payment set against an invoice. `credit`: a part of a credit note set
    against one. `write_off`: what was given up, of an invoice or of a payment's rest. `refund`: a part of a payment
    that went back by another payment, `refund_id`, which it uses up by as much.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        Index("ix_allocations_payment_id", "payment_id"),
        Index("ix_allocations_invoice_id", "invoice_id"),
        Index("ix_allocations_credit_note_id", "credit_note_id"),
        Index("ix_allocations_refund_id", "refund_id"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(ENTRY, name="entry"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10), default="payment")
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    credit_note_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    write_off_kind: Mapped[str] = mapped_column(String(20), default="")
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("allocations.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
    actor_kind: Mapped[str] = mapped_column(String(10), default="system")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
