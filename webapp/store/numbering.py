"""The series of invoice numbers: how far each has come."""

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from webapp.domain.numbering import figure_of
from webapp.extensions import Base
from webapp.store.session import current
from webapp.store.types import Key


class NumberSeries(Base):
    """The last figure that was given with one prefix; whoever gives the next holds the row until his commit."""

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("organisation_id", "prefix"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    prefix: Mapped[str] = mapped_column(String(40))
    last: Mapped[int] = mapped_column(default=0)


def is_in_series(organisation_id: int, number: str) -> bool:
    """Whether a number is one of those that a series has passed: taken away, it would be missing."""
    rows = current().scalars(select(NumberSeries).where(NumberSeries.organisation_id == organisation_id))
    return any(0 < (figure_of(number, row.prefix) or 0) <= row.last for row in rows)
