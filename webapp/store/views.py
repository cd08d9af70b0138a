"""How people look at lists: saved views, and each person's columns and view to begin with."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment


class SavedView(Base):
    """Filters, order and columns of a list under a name; `args` as the address says them.

    One is its owner's own, or `shared` with the organisation.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        Index("ix_saved_views_organisation_id", "organisation_id", "listing", "name", "id"),
        Index("uq_saved_views_user_id", "user_id", "listing", "name", unique=True),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    listing: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    shared: Mapped[bool] = mapped_column(default=False)
    args: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class ListChoice(Base):
    """What one person chose of a list: `columns` with commas between them, "" for the usual ones; a view."""

    __tablename__ = "list_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    listing: Mapped[str] = mapped_column(String(20), primary_key=True)
    columns: Mapped[str] = mapped_column(String(500), default="")
    view_id: Mapped[int | None] = mapped_column(ForeignKey("saved_views.id", ondelete="SET NULL"), index=True)
