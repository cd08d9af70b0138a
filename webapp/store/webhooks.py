"""Webhooks: the addresses that are told of events, and what became of each event that is due to them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Key, Moment

_WAITING = text("state = 'waiting'")


class Webhook(Base):
    """An address with the sealed secret its deliveries are signed with; `removed_at` keeps it for the log."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_organisation_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    address: Mapped[str] = mapped_column(String(500))
    sealed_secret: Mapped[str] = mapped_column(String(1000))
    secret_hint: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(String(200), default="")
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)


class WebhookDelivery(Base):
    """One event that is due to one webhook: the event's `position` is its id for the receiver.

    A worker claims it by moving `next_at` ahead; one whose worker died comes due again by itself.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'given_up')", name="state"),
        Index("uq_webhook_deliveries_event", "webhook_id", "position", unique=True),
        Index("ix_webhook_deliveries_list", "webhook_id", "id"),
        Index("ix_webhook_deliveries_due", "next_at", "webhook_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(String(30))
    invoice_id: Mapped[int] = mapped_column(Key)
    number: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(Moment)
    give_up_at: Mapped[datetime] = mapped_column(Moment)
    tried_at: Mapped[datetime | None] = mapped_column(Moment)
    last_status: Mapped[int | None]
    last_error: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
