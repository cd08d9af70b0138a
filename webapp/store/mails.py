"""E-mails to customers: what was to be sent to whom, the message as it left, and what became of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Key, Moment

_OPEN = text("state IN ('queued', 'sending', 'unknown')")


class Mail(Base):
    """One e-mail about one invoice; `level` is the reminder level, 0 for the invoice itself.

    `content` is the message, made once and never changed after; a worker that claims it writes `claimed_at`.
    `error` is the class of failure, `remote_text` what the server said.
    """

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name="state"),
        CheckConstraint("kind IN ('invoice', 'reminder')", name="kind"),
        Index("uq_mails_open", "invoice_id", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_mails_list", "organisation_id", "id"),
        Index("ix_mails_invoice_id", "invoice_id", "id"),
        Index("ix_mails_open", "state", "next_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(10), default="invoice")
    level: Mapped[int] = mapped_column(default=0)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(40), default="")
    remote_text: Mapped[str] = mapped_column(String(300), default="")
    actor_kind: Mapped[str] = mapped_column(String(10), default="system")
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
