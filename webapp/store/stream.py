"""The invoice stream: what other systems are told, in the order in which it was committed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment


class StreamHead(Base):
    """The last position that was given out in an organisation's stream.

    Whoever writes events locks this row as the last thing of his transaction, so positions have no gaps and
    become visible in their order: a reader who has seen 8 will never meet a 7 that was committed later.
    """

    __tablename__ = "stream_heads"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(Key, default=0)


class StreamEvent(Base):
    """One event with the whole invoice as it stood; `position` is what readers see as its id.

    The invoice is named, not referred to: an event stays when a draft is deleted.
    """

    __tablename__ = "stream_events"
    __table_args__ = (
        Index("uq_stream_events_position", "organisation_id", "position", unique=True),
        Index("ix_stream_events_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(String(30))
    invoice_id: Mapped[int] = mapped_column(Key)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Moment)
