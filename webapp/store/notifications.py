"""Notices: one open row per cause, with the count of what it concerns."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Key, Moment

_OPEN = text("closed_at IS NULL")


PERSONAL = "person:"
"""The cause of a notice that is for one user alone begins with this and his id."""


class Notification(Base):
    """A notice for the staff of an organisation; it closes itself when the cause is gone.

    `audience` is the lowest role that sees it; `failure` a failure class; counted invoices are found by
    (connection, failure).
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index(
            "uq_notifications_open_cause",
            "organisation_id",
            "cause",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_notifications_list", "organisation_id", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    cause: Mapped[str] = mapped_column(String(120))
    failure: Mapped[str] = mapped_column(String(30))
    category: Mapped[str] = mapped_column(String(30), default="")
    audience: Mapped[str] = mapped_column(String(10), default="viewer")
    count: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class NotificationRead(Base):
    """That a user has seen a notice, as it was at that count."""

    __tablename__ = "notification_reads"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    notification_id: Mapped[int] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True)
    count: Mapped[int]


def personal(user_id: int) -> str:
    """Return how the cause of a notice begins that is for one user alone."""
    return f"{PERSONAL}{user_id}:"


def is_for(user_id: int) -> ColumnElement[bool]:
    """Return the condition of the notices that are for everybody, or for this user."""
    mine = Notification.cause.startswith(personal(user_id), autoescape=True)
    return or_(~Notification.cause.startswith(PERSONAL), mine)
