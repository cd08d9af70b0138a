"""The slots of the schedule: inserted or not decides who runs one."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Key, Moment


class ScheduleSlot(Base):
    """One moment at which one connection's work is due."""

    __tablename__ = "schedule_slots"
    __table_args__ = (UniqueConstraint("connection_id", "category", "due_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    category: Mapped[str] = mapped_column(String(30))
    due_at: Mapped[datetime] = mapped_column(Moment)
    claimed_at: Mapped[datetime] = mapped_column(Moment)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
