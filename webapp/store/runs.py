"""Runs: one execution of a job, its items, and the exchanges it had with a remote."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment

_TROUBLE = text("outcome IN ('failed', 'unknown')")
_NAMED = text("exchange_id IS NOT NULL")
_WAITING = text("outcome = 'pending'")
_CLAIMED = text("claim_id IS NOT NULL")
_PAYMENTS_OPEN = text("category = 'process_payments' AND status IN ('queued', 'running')")
_FETCH_OPEN = text("category = 'fetch_invoices' AND status IN ('queued', 'running')")


class Run(Base):
    """One execution; the five counters add up to `offered` when it has ended."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_organisation_id_id", "organisation_id", "id", unique=True),
        Index("ix_runs_created_at", "organisation_id", "created_at"),
        Index("ix_runs_status", "status", "heartbeat_at"),
        Index("ix_runs_connection_id", "connection_id", "category", "id"),
        Index(
            "uq_runs_one_payment_run",
            "connection_id",
            unique=True,
            sqlite_where=_PAYMENTS_OPEN,
            postgresql_where=_PAYMENTS_OPEN,
        ),
        Index(
            "uq_runs_one_fetch",
            "connection_id",
            unique=True,
            sqlite_where=_FETCH_OPEN,
            postgresql_where=_FETCH_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.id"))
    category: Mapped[str] = mapped_column(String(30))
    trigger: Mapped[str] = mapped_column(String(10))
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(12), default="queued")
    result: Mapped[str] = mapped_column(String(30), default="")
    failure: Mapped[str] = mapped_column(String(30), default="")
    remote_text: Mapped[str] = mapped_column(Text, default="")
    offered: Mapped[int] = mapped_column(default=0)
    succeeded: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=0)
    details: Mapped[dict[str, object]] = mapped_column(Json, default=dict)
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    cancel_requested_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    heartbeat_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)


class RunItem(Base):
    """What became of one invoice in a run, or of one expense claim; `outcome` is pending until it is known."""

    __tablename__ = "run_items"
    __table_args__ = (
        # Of one organisation with its run; and one row is looked up for both.
        ForeignKeyConstraint(["organisation_id", "run_id"], ["runs.organisation_id", "runs.id"], ondelete="CASCADE"),
        Index("ix_run_items_run_id", "run_id", "outcome", "id"),
        Index("ix_run_items_invoice_id", "invoice_id", "id"),
        Index("ix_run_items_claim_id", "claim_id", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
        Index("ix_run_items_trouble", "organisation_id", "id", sqlite_where=_TROUBLE, postgresql_where=_TROUBLE),
        Index("ix_run_items_exchange_id", "exchange_id", sqlite_where=_NAMED, postgresql_where=_NAMED),
        Index("ix_run_items_pending", "run_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    run_id: Mapped[int] = mapped_column(Key)
    organisation_id: Mapped[int] = mapped_column(Key)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("expense_claims.id", ondelete="CASCADE"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id", ondelete="SET NULL"))
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchanges.id", ondelete="SET NULL"))
    outcome: Mapped[str] = mapped_column(String(20), default="pending")
    failure: Mapped[str] = mapped_column(String(30), default="")
    field: Mapped[str] = mapped_column(String(100), default="")
    remote_text: Mapped[str] = mapped_column(Text, default="")
    params: Mapped[dict[str, object]] = mapped_column(Json, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class HttpExchange(Base):
    """One request and its answer, redacted before it came here."""

    __tablename__ = "exchanges"
    __table_args__ = (Index("ix_exchanges_run_id", "run_id", "id"), Index("ix_exchanges_started_at", "started_at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    operation: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[datetime] = mapped_column(Moment)
    duration_ms: Mapped[int]
    http_status: Mapped[int | None]
    request: Mapped[str] = mapped_column(Text)
    response: Mapped[str] = mapped_column(Text)
    request_bytes: Mapped[int] = mapped_column(default=0)
    response_bytes: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
