"""Lists that are made into files in the background, and those files piece by piece."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment


class Export(Base):
    """One file that somebody asked for; `args` are the list's, as its address says them, with the columns.

    `attempt` is raised by each worker that takes it: one that comes back late finds that it is no longer its own.
    """

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'ready', 'failed')", name="state"),
        CheckConstraint("ending IN ('csv', 'xlsx')", name="ending"),
        Index("ix_exports_organisation_id", "organisation_id", "id"),
        Index("ix_exports_state", "state", "beat_at"),
        Index("ix_exports_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    asked_by: Mapped[str] = mapped_column(String(200))
    listing: Mapped[str] = mapped_column(String(20))
    ending: Mapped[str] = mapped_column(String(4))
    language: Mapped[str] = mapped_column(String(2))
    args: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempt: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    beat_at: Mapped[datetime] = mapped_column(Moment)
    ready_at: Mapped[datetime | None] = mapped_column(Moment)


class ExportPiece(Base):
    """A piece of a file; those of its export in the order of their numbers are the file."""

    __tablename__ = "export_pieces"

    export_id: Mapped[int] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
