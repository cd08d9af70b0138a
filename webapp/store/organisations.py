"""The tenants: organisations and their departments."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.session import current
from webapp.store.types import Json, Key, Moment


class Organisation(Base):
    """A tenant; `features` are the names of what it may use."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    features: Mapped[list[str]] = mapped_column(Json, default=list)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    country: Mapped[str] = mapped_column(String(2), default="NL")
    language: Mapped[str] = mapped_column(String(2), default="nl")
    payment_days: Mapped[int] = mapped_column(default=30)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Moment)


CODE_NEEDED = "contact_code_needed"
"""Among the settings: whether an invoice goes to the books only when its contact has a contact code."""


def needs_contact_code(organisation_id: int) -> bool:
    """Whether an organisation wants a contact code on every contact before an invoice goes to the books."""
    return bool(current().get_one(Organisation, organisation_id).settings.get(CODE_NEEDED, False))


class Department(Base):
    """A part of an organisation; it may have its own connection, and an account that its lines are booked on."""

    __tablename__ = "departments"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    gl_account_code: Mapped[str] = mapped_column(String(20), default="")
