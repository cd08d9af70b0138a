"""API keys of other systems, and the logins of people who use the API; of secrets only hashes and ids are kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Base
from webapp.store.organisations import Organisation
from webapp.store.types import Json, Key, Moment
from webapp.store.users import User


class ApiKey(Base):
    """A key of an organisation: its readable beginning `prefix`, and the hash of the whole."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_organisation_id", "organisation_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(String(200), default="")
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_address: Mapped[str] = mapped_column(String(64), default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    successor_prefix: Mapped[str] = mapped_column(String(20), default="")
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class ApiLogin(Base):
    """A login by the API: a family of refresh tokens, of which only the one with `refresh_id` is still good."""

    __tablename__ = "api_logins"
    __table_args__ = (Index("ix_api_logins_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    family: Mapped[str] = mapped_column(String(32), unique=True)
    refresh_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Moment)
    refreshed_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    address: Mapped[str] = mapped_column(String(64), default="")
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
