"""Examinations of many invoices at once: how far each is, and what was found of every invoice."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment


class Examination(Base):
    """One request to examine many invoices; `filters` are the list's, as its address says them.

    `total` are those that could go to the books; `skipped` could not, or are gone. `beat_at`: a worker last wrote here.
    """

    __tablename__ = "examinations"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done')", name="state"),
        Index("ix_examinations_organisation_id", "organisation_id", "id"),
        Index("ix_examinations_state", "state", "beat_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    asked_by: Mapped[str] = mapped_column(String(200))
    filters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    total: Mapped[int] = mapped_column(default=0)
    examined: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    ready: Mapped[int] = mapped_column(default=0)
    warned: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    beat_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class ExaminationItem(Base):
    """What was found of one invoice: `waiting` until its turn, `ready`, `warned` (ready, with a warning), or `bad`."""

    __tablename__ = "examination_items"
    __table_args__ = (
        CheckConstraint("verdict IN ('waiting', 'ready', 'warned', 'bad')", name="verdict"),
        Index("ix_examination_items_verdict", "examination_id", "verdict", "invoice_id"),
        Index("ix_examination_items_invoice_id", "invoice_id"),
    )

    examination_id: Mapped[int] = mapped_column(ForeignKey("examinations.id", ondelete="CASCADE"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(10), default="waiting")
