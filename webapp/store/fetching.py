"""What was fetched from a remote: its documents beside our invoices, how far one is, and what could not be read."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import AMOUNT, FINE, Json, Key, Moment

_WAITING = text("solved_at IS NULL")
_WANTED = text("details = 'wanted'")
_GIVEN = text("tax_number <> ''")


class RemoteDocument(Base):
    """A remote's document and the invoice it became; the words are the remote's.

    `digest` says whether it changed since (domain/remote_invoices.py), `mark` whether its bytes did, where the remote
    gives each document its own; `difference` how far its total stands from the sum of its lines. `tax_number` is the
    other party's, which stands in `facts` as well, to be found by. `details` is `wanted` while what a list leaves out
    was not asked for, then `read`, or `none` where the remote has no more. `seen_at` is the last full reading it was
    part of; `vanished_at` when it was missing from one.
    """

    __tablename__ = "remote_documents"
    __table_args__ = (
        # Of one organisation with its connection; and one row is looked up for both.
        ForeignKeyConstraint(
            ["organisation_id", "connection_id"], ["connections.organisation_id", "connections.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("connection_id", "remote_id"),
        Index("uq_remote_documents_invoice_id", "invoice_id", unique=True),
        Index("ix_remote_documents_seen_at", "connection_id", "seen_at"),
        Index(
            "ix_remote_documents_details",
            "connection_id",
            "id",
            sqlite_where=_WANTED,
            postgresql_where=_WANTED,
        ),
        Index(
            "ix_remote_documents_tax_number",
            "organisation_id",
            "tax_number",
            sqlite_where=_GIVEN,
            postgresql_where=_GIVEN,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Key)
    connection_id: Mapped[int] = mapped_column(Key)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    remote_id: Mapped[str] = mapped_column(String(40))
    digest: Mapped[int] = mapped_column(BigInteger)
    mark: Mapped[int | None] = mapped_column(BigInteger)
    document_type: Mapped[str] = mapped_column(String(60), default="")
    correction_type: Mapped[str] = mapped_column(String(60), default="")
    cancelled: Mapped[bool] = mapped_column(default=False)
    payment_status: Mapped[str] = mapped_column(String(60), default="")
    payment_method: Mapped[str] = mapped_column(String(60), default="")
    fulfillment_date: Mapped[date | None]
    paid_date: Mapped[date | None]
    conversion_rate: Mapped[Decimal | None] = mapped_column(FINE)
    difference: Mapped[Decimal] = mapped_column(AMOUNT)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    tax_number: Mapped[str] = mapped_column(String(60), default="", server_default="")
    details: Mapped[str] = mapped_column(String(10), default="", server_default="")
    seen_at: Mapped[datetime] = mapped_column(Moment)
    vanished_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class SeenPage(Base):
    """The documents of a page of a full reading that were as they are here: one row in place of one for each.

    `documents` are their ids, packed (services/fetching/seeing.py); gone when the reading has ended.
    """

    __tablename__ = "seen_pages"
    __table_args__ = (Index("ix_seen_pages_connection_id", "connection_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(Moment)
    documents: Mapped[bytes] = mapped_column(LargeBinary)


class KeptPage(Base):
    """A page as it came, that was asked for ahead of its turn: gone when it is written (services/fetching/keeping.py).

    `started_at` and `part` say of which list of which reading it is.
    """

    __tablename__ = "kept_pages"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Moment)
    part: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class PageMark(Base):
    """A page of a list as it came the last time, and which documents it had; kept with services/fetching/sheets.py.

    As long as the row is there, each of these documents is here as the page told it. `mark` says whether the bytes of
    the page change; `last`, `total` and `tail` as InvoicePage has them. `documents` are our ids of them, packed, all
    between `low` and `high`; `notes` are what the source wants to know of them.
    """

    __tablename__ = "page_marks"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int]
    total: Mapped[int]
    tail: Mapped[str] = mapped_column(String(40))
    lines: Mapped[int]
    low: Mapped[int] = mapped_column(BigInteger)
    high: Mapped[int] = mapped_column(BigInteger)
    documents: Mapped[bytes] = mapped_column(LargeBinary)
    notes: Mapped[bytes] = mapped_column(LargeBinary)


class RemoteParty(Base):
    """Which contact of ours a remote's customer is."""

    __tablename__ = "remote_parties"
    __table_args__ = (UniqueConstraint("connection_id", "remote_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    remote_id: Mapped[str] = mapped_column(String(40))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)


class FetchState(Base):
    """How far the fetching of one connection is.

    `watermark`: everything that was changed before it has been read. `full_at`: the beginning of the last full
    reading that was completed. `placed`: the mark of the session that stands on the right domain. `progress`: the
    reading under way, and the page it is at; empty between two. `compared`: what the last look at what suppliers are
    owed found, with its `run_id` and `asked_at`; kept here, because readings that found nothing new are cleared away.
    """

    __tablename__ = "fetch_states"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    watermark: Mapped[datetime | None] = mapped_column(Moment)
    full_at: Mapped[datetime | None] = mapped_column(Moment)
    placed: Mapped[str] = mapped_column(String(32), default="", server_default="")
    progress: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    compared: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    updated_at: Mapped[datetime] = mapped_column(Moment)


class SetAside(Base):
    """A record that could not be read, with the reason; tried again by every run until it can (`solved_at`).

    `name` tells records apart: the remote's id, or what the record reads where it has none.
    """

    __tablename__ = "set_aside"
    __table_args__ = (
        UniqueConstraint("connection_id", "name"),
        Index("ix_set_aside_waiting", "connection_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(64))
    remote_id: Mapped[str] = mapped_column(String(40), default="")
    number: Mapped[str] = mapped_column(String(60), default="")
    field: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(30))
    payload: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    solved_at: Mapped[datetime | None] = mapped_column(Moment)
