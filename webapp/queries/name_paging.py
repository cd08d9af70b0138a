"""Pages of a list that is ordered by name: from one row to the next, however far down."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from webapp.store.session import current

T = TypeVar("T")
PAGE = 50


@dataclass(frozen=True, slots=True)
class NamePage(Generic[T]):
    """One page; `after` is the id to go on after, None on the last page."""

    rows: tuple[T, ...]
    after: int | None


def page_of(
    query: Select[Any], name: InstrumentedAttribute[str], key: InstrumentedAttribute[int], after: int | None
) -> NamePage[Any]:
    """Return the page that follows the row with the id `after`; a row that is gone begins the list anew."""
    start = None if after is None else current().execute(select(name, key).where(key == after)).one_or_none()
    if start is not None:
        query = query.where(tuple_(name, key) > tuple_(*start))
    rows = tuple(current().scalars(query.order_by(name, key).limit(PAGE + 1)))
    more = len(rows) > PAGE
    return NamePage(rows[:PAGE], rows[PAGE - 1].id if more else None)
