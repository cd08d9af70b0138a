"""What the books' address book said of a contact of ours, kept for a day."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Moment


class ContactCard(Base):
    """The card that was found for a contact, by the code and name it had here when the books were asked.

    `place` is the region and administration that were asked. `found` is how the card was found (`code`, `name`,
    `namesake`), `none` where there is none, `denied` where the key may not look, `failed` where it could not be told.
    """

    __tablename__ = "contact_cards"
    __table_args__ = (
        CheckConstraint("found IN ('code', 'name', 'namesake', 'none', 'denied', 'failed')", name="found"),
        Index("ix_contact_cards_contact_id", "contact_id"),
    )

    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(String(80))
    asked_code: Mapped[str] = mapped_column(String(40), default="")
    asked_name: Mapped[str] = mapped_column(String(200), default="")
    found: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(200), default="")
    card: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    read_at: Mapped[datetime] = mapped_column(Moment)
