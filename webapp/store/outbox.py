"""The outbox: work that was decided in a transaction and still has to be handed to the queue."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment


class OutboxEntry(Base):
    """One job to enqueue: the path of its function and ids only; gone once the queue has it."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_available_at", "available_at", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    job: Mapped[str] = mapped_column(String(100))
    args: Mapped[list[int]] = mapped_column(Json, default=list)
    available_at: Mapped[datetime] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
