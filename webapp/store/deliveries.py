"""Deliveries: the row that decides who sends an invoice to the books, and what is known of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Key, Moment

LIVE_STATES = ("queued", "sending", "unknown", "sent")
_LIVE = text("state IN ('queued', 'sending', 'unknown', 'sent')")


class Delivery(Base):
    """One row per (invoice, connection, generation); at most one of them is live.

    `fence` grows with every claim: a write that carries an older one is refused. `payload` are the
    exact bytes of this generation, `payload_hash` their SHA-256, both fixed before the first byte leaves.
    `look_up_first` says that an earlier attempt may have booked it.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("invoice_id", "connection_id", "generation"),
        Index(
            "uq_deliveries_live",
            "invoice_id",
            "connection_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_deliveries_work", "connection_id", "state", "look_up_after", "id"),
        Index("ix_deliveries_lease", "state", "lease_until"),
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'rejected', 'unknown', 'conflict', 'cancelled')", name="state"
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    generation: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default="queued")
    reference: Mapped[str] = mapped_column(String(60), default="")
    draft: Mapped[bool] = mapped_column(default=False)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    payload_hash: Mapped[str] = mapped_column(String(64), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    lookups: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    look_up_first: Mapped[bool] = mapped_column(default=False)
    look_up_after: Mapped[datetime | None] = mapped_column(Moment)
    batch_limit: Mapped[int] = mapped_column(default=0)
    found: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[str] = mapped_column(String(30), default="")
    field: Mapped[str] = mapped_column(String(100), default="")
    remote_text: Mapped[str] = mapped_column(Text, default="")
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
