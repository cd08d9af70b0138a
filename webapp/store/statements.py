"""Bank statements and their lines, the matches that were made, and what was learned from them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import AMOUNT, Json, Key, Moment

_STANDING = text("revoked_at IS NULL")
_LEFT = text("payment_id IS NULL AND amount < 0")


class BankStatement(Base):
    """One statement as it was read; `identity` makes the same one count once.

    `difference` is what the closing balance holds beyond opening balance and lines; `fresh_count` is how
    many lines no earlier statement had.
    """

    __tablename__ = "bank_statements"
    __table_args__ = (
        UniqueConstraint("organisation_id", "identity"),
        Index("ix_bank_statements_list", "organisation_id", "imported_at", "id"),
        Index("ix_bank_statements_account", "organisation_id", "account", "closing_on"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    identity: Mapped[str] = mapped_column(String(40))
    account: Mapped[str] = mapped_column(String(34))
    currency: Mapped[str] = mapped_column(String(3))
    number: Mapped[str] = mapped_column(String(60), default="")
    file_name: Mapped[str] = mapped_column(String(200), default="")
    opening_on: Mapped[date | None]
    opening_amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    closing_on: Mapped[date | None]
    closing_amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    difference: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    line_count: Mapped[int] = mapped_column(default=0)
    fresh_count: Mapped[int] = mapped_column(default=0)
    pending_count: Mapped[int] = mapped_column(default=0)
    undivided_count: Mapped[int] = mapped_column(default=0)
    imported_at: Mapped[datetime] = mapped_column(Moment)
    actor_name: Mapped[str] = mapped_column(String(200), default="")


class BankLine(Base):
    """One transaction, once; `ordinal` tells equal ones of a day apart, `payment_id` is what it became."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        UniqueConstraint("organisation_id", "content", "ordinal"),
        Index("ix_bank_lines_statement_id", "statement_id", "id"),
        Index("ix_bank_lines_payment_id", "payment_id"),
        Index("ix_bank_lines_left", "organisation_id", "booked_on", sqlite_where=_LEFT, postgresql_where=_LEFT),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statements.id", ondelete="CASCADE"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    content: Mapped[str] = mapped_column(String(40))
    ordinal: Mapped[int]
    booked_on: Mapped[date]
    valued_on: Mapped[date | None]
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    charges: Mapped[Decimal] = mapped_column(AMOUNT, default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3))
    name: Mapped[str] = mapped_column(String(200), default="")
    iban: Mapped[str] = mapped_column(String(34), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str] = mapped_column(String(100), default="")
    end_to_end: Mapped[str] = mapped_column(String(60), default="")
    bank_reference: Mapped[str] = mapped_column(String(60), default="")
    reversal: Mapped[bool] = mapped_column(default=False)


class LearnedAccount(Base):
    """An account that was seen to belong to a contact when a person accepted a match; it can be taken back."""

    __tablename__ = "learned_accounts"
    __table_args__ = (
        Index(
            "uq_learned_accounts_standing",
            "organisation_id",
            "iban",
            "contact_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        Index("ix_learned_accounts_contact_id", "contact_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    iban: Mapped[str] = mapped_column(String(34))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    learned_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_by: Mapped[str] = mapped_column(String(200), default="")


class Match(Base):
    """A payment that was matched: why, by whom, and which entries of the ledger it made, so that it can be undone."""

    __tablename__ = "matches"
    __table_args__ = (
        Index("ix_matches_list", "organisation_id", "id"),
        Index("ix_matches_payment_id", "payment_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    automatic: Mapped[bool] = mapped_column(default=False)
    score: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[list[str]] = mapped_column(Json, default=list)
    entries: Mapped[list[int]] = mapped_column(Json, default=list)
    learned_id: Mapped[int | None] = mapped_column(ForeignKey("learned_accounts.id", ondelete="SET NULL"))
    actor_kind: Mapped[str] = mapped_column(String(10), default="system")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by: Mapped[str] = mapped_column(String(200), default="")
