"""Keyset paging through a list of invoices, by value and id, on every order and in both directions.

Rows are found in one of two ways. Many that match are met soon by walking the index of the order, which holds what
is filtered by. Few are gathered first, by the index of the axes, of the date or of what is owed, and then sorted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from webapp.domain.drafts import unfit_sign
from webapp.domain.invoices import DeliveryState, PaymentStatus
from webapp.domain.money import parse_amount
from webapp.queries.invoice_filters import COLUMNS, DELIVERIES, OVERDUE, STATUSES, Filters, conditions
from webapp.queries.invoice_hints import ByTheWay, on_the_way
from webapp.store.invoices import Invoice
from webapp.store.session import current, dialect
from webapp.store.straight import Fixed, here

SHOWN = (
    *("id", "number", "contact_name", "subject", "issue_date", "due_date", "currency", "gross_total"),
    *("outstanding_amount", "status", "delivery", "payment", "kind", "source", "department_id", "payment_reference"),
    "net_total",
)
"""What a list shows of an invoice."""

Row = tuple[Any, ...]
"""What is shown of one invoice."""

KEY = Invoice.id.type
SIZE: BindParameter[int] = bindparam("size")
ALL = 10_000_000
"""A limit that is none: it says that the order of what is inside has to be kept."""

FEW = 3_000
"""So many at most are gathered and sorted, where that is sooner done than to meet them by walking."""

PASSED = 20
"""So many entries of an index are walked past in the time in which one row is gathered."""


def write_cursor(filters: Filters, row: Any) -> str:
    """Return the place of a row in the list, for the address: its id and the value that is sorted on."""
    value = getattr(row, COLUMNS[filters.column].key)
    return f"{row.id}~{'' if value is None else value}"


def read_cursor(filters: Filters, text: str) -> tuple[Any, int] | None:
    """Return value and id of a cursor; None for none, and for one that does not fit the order."""
    number, mark, value = text.partition("~")
    if not mark or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    try:
        if filters.column in ("issue_date", "due_date"):
            missing = not value and COLUMNS[filters.column].nullable
            return (None if missing else date.fromisoformat(value)), int(number)
        if filters.column in ("total", "open"):
            return parse_amount(value, locale="en", decimals=4), int(number)
    except ValueError:
        return None
    return (value[:200], int(number)) if not unfit_sign(value) else None


def walk(
    query: Select[Any], filters: Filters, *, falling: bool, cursor: tuple[Any, int] | None, size: int
) -> Iterator[Any]:
    """Yield rows beyond a cursor in one direction: first those of the same value, by their ids, then the others.

    To compare both at once, SQLite would begin with the first row of the value, of which there may be 700,000.

    What has no value counts as lowest: it comes after all others when falling, before them when rising.
    """
    order, left = _order(Invoice, filters, falling=falling), size
    for part in beyond(filters, cursor, falling=falling):
        rows = current().execute(query.where(part).order_by(*order).limit(left)).all()
        yield from rows
        left -= len(rows)
        if left <= 0:
            return


@dataclass(frozen=True, slots=True)
class Turn:
    """Which part of a list is wanted: so many rows beyond a cursor, in one direction."""

    falling: bool
    cursor: tuple[Any, int] | None
    size: int


def page(wanted: Sequence[ColumnElement[bool]], filters: Filters, turn: Turn, *, few: bool) -> list[Any]:
    """Return a part of a list, the columns of `SHOWN`; `few` says that not many match."""
    if few:
        query = _gathered(wanted, filters, turn.cursor, falling=turn.falling)
        return list(current().execute(query, {"size": turn.size}))
    straight = on_the_way(wanted, {COLUMNS[filters.column].key})
    query = select(*shown()).where(*straight)
    return list(walk(query, filters, falling=turn.falling, cursor=turn.cursor, size=turn.size))


def are_few(filters: Filters, total: int, everything: int) -> bool:
    """Whether so many matching invoices are sooner gathered than met by walking.

    There has to be an index to gather them by, and they have to be rare: a row that is gathered costs about as much as
    twenty that an index is walked past. `everything` is what would match without a choice on the three axes.
    """
    ranged = filters.since or filters.until or filters.age or filters.failure
    return total <= FEW and bool(ranged or total * PASSED < everything)


def plain_page(organisation_id: int, filters: Filters, turn: Turn, *, few: bool, on: date) -> list[Row]:
    """Return a part of a list in which nothing is searched for; its statements are made once for the same filters."""
    value, identity = turn.cursor or (None, None)
    start = "first" if identity is None else "empty" if value is None else "valued"
    given = {"organisation_id": organisation_id, "value": value, "identity": identity}
    line, rows = here(), list[Row]()
    at_once = line.kind == "postgresql"
    for part in _statements(filters, falling=turn.falling, start=start, few=few, at_once=at_once, on=on):
        found = line.all(part, {**given, "size": turn.size - len(rows)})
        # What SQLite packs has no order of its own, though it keeps it: that is only looked at here.
        rows += sorted(found, key=_place(filters), reverse=turn.falling) if line.kind == "sqlite" else found
        if len(rows) >= turn.size:
            break
    return rows


def _place(filters: Filters) -> Callable[[Row], Any]:
    """Return what says the place of a row in a list, lowest first; what has no value is lowest."""
    column = SHOWN.index(COLUMNS[filters.column].key)
    return lambda row: (row[column] is not None, row[column], row[0])


@lru_cache(maxsize=256)
def _statements(
    filters: Filters, *, falling: bool, start: str, few: bool, at_once: bool, on: date
) -> tuple[Fixed, ...]:
    """Return the statements of the parts beyond a place, in their order; `start` says what is known of the place."""
    wanted, column = conditions(bindparam("organisation_id"), filters, on), COLUMNS[filters.column]
    value = bindparam("value", type_=column.type) if start == "valued" else None
    place = None if start == "first" else (value, bindparam("identity", type_=KEY))
    if few:
        return (Fixed(_gathered(wanted, filters, place, falling=falling), gives=shown()),)
    query = select(*shown()).where(*on_the_way(wanted, {column.key}))
    order = _order(Invoice, filters, falling=falling)
    parts = beyond(filters, place, falling=falling, at_once=at_once)
    return tuple(Fixed(query.where(part).order_by(*order).limit(SIZE), gives=shown(), packed=True) for part in parts)


def _gathered(
    wanted: Sequence[ColumnElement[bool]], filters: Filters, place: tuple[Any, Any] | None, *, falling: bool
) -> Select[Any]:
    """Return the statement that gathers what matches, sorts it, and returns as much as `size` says beyond a place.

    It gathers what is sorted, and looks up the rest of a page of it: to carry all that is shown takes twice as long.
    The index of the axes knows the date. In another order the subject goes with it, for of what the index of that
    order holds SQLite would walk a whole one.
    """
    keys = (Invoice.id, COLUMNS[filters.column])
    more = () if filters.column == "issue_date" else (Invoice.subject,)
    some = select(*keys, *more).where(*wanted, *_axes(filters)).cte("few").prefix_with("MATERIALIZED")
    of = aliased(Invoice, some, adapt_on_names=True)
    order = _sorted(of, filters, falling=falling)
    chosen = select(of.id, getattr(of, keys[1].key)).where(or_(*beyond(filters, place, falling=falling, of=of)))
    page = aliased(Invoice, chosen.order_by(*order).limit(SIZE).subquery("page"), adapt_on_names=True)
    rows = select(*shown()).select_from(page).join(Invoice, Invoice.id == page.id)
    return rows.order_by(*_sorted(page, filters, falling=falling))


def _sorted(of: Any, filters: Filters, *, falling: bool) -> Iterator[ColumnElement[Any]]:
    """Yield the order of all parts of a list at once; what has no value is lowest, in PostgreSQL as well."""
    value, identity = _order(of, filters, falling=falling)
    yield value if not COLUMNS[filters.column].nullable else value.nulls_last() if falling else value.nulls_first()
    yield identity


def on_its_way(
    wanted: Sequence[ColumnElement[bool]], looked_at: ColumnElement[bool], filters: Filters, turn: Turn, *, steps: int
) -> list[Any]:
    """Return what fits among the next rows of a list, `steps` of them: enough, where much fits; else not all.

    The walk ends with the last row that is wanted.
    """
    straight = on_the_way(wanted, {COLUMNS[filters.column].key})
    found: list[Any] = []
    order = _order(Invoice, filters, falling=turn.falling)
    for part in beyond(filters, turn.cursor, falling=turn.falling):
        some = select(*shown(), looked_at.label("fits")).where(*straight, part).order_by(*order).limit(steps)
        walked = some.subquery("walked").c
        query = _as_they_come(select(*(walked[name] for name in SHOWN)).where(walked.fits), walked, filters, turn)
        found += current().execute(query.limit(turn.size - len(found))).all()
        if len(found) >= turn.size:
            break
        further = select(Invoice.id).where(*straight, part).order_by(*order).offset(steps).limit(1)
        if current().scalar(further) is not None:  # the next part begins behind rows that nobody looked at
            break
    return found


def of_known(
    known: Sequence[ColumnElement[bool]], looked_at: ColumnElement[bool], filters: Filters, turn: Turn
) -> list[Any]:
    """Return a part of a list of which the rows that can be meant are known: put in order first, then looked at."""
    found: list[Any] = []
    order, column = _order(Invoice, filters, falling=turn.falling), COLUMNS[filters.column]
    for part in beyond(filters, turn.cursor, falling=turn.falling):
        some = select(Invoice.id, column).where(*known, ByTheWay(part)).order_by(*order).limit(ALL)
        keys = some.subquery("keys").c
        query = select(*shown()).select_from(keys.id.table).join(Invoice, Invoice.id == keys.id).where(looked_at)
        query = _as_they_come(query, keys, filters, turn)
        found += current().execute(query.limit(turn.size - len(found))).all()
        if len(found) >= turn.size:
            break
    return found


def _as_they_come(query: Select[Any], rows: Any, filters: Filters, turn: Turn) -> Select[Any]:
    """Let rows keep the order in which they are met.

    PostgreSQL sees that they have it. SQLite hands them on one by one as well, but would sort all of them again.
    """
    if dialect() == "sqlite":
        return query
    places = (rows[COLUMNS[filters.column].key], rows.id)
    return query.order_by(*(place.desc() if turn.falling else place.asc() for place in places))


def _order(of: Any, filters: Filters, *, falling: bool) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    column = getattr(of, COLUMNS[filters.column].key)
    return (column.desc(), of.id.desc()) if falling else (column.asc(), of.id.asc())


def shown(of: Any = Invoice) -> list[Any]:
    """Return the columns of `SHOWN`."""
    return [getattr(of, name) for name in SHOWN]


def _axes(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """Yield where in the index of the axes the matching ones stand, whichever axis is limited."""
    if (filters.status or filters.delivery or filters.payment) and filters.payment != OVERDUE and not filters.q:
        yield Invoice.status.in_(STATUSES)
        yield Invoice.delivery.in_((*DELIVERIES, DeliveryState.CANCELLED.value))
        yield Invoice.payment.in_(tuple(PaymentStatus))


def beyond(
    filters: Filters, cursor: tuple[Any, Any] | None, *, falling: bool, of: Any = Invoice, at_once: bool = False
) -> list[ColumnElement[bool]]:
    """Return the conditions of the parts of the list beyond a cursor, in the order in which they follow.

    `of` is where the rows come from. With `at_once` value and id are compared together, which PostgreSQL does by the
    index: one part less, where SQLite would begin with the first row of the value.
    """
    column, key = getattr(of, COLUMNS[filters.column].key), of.id
    nullable = COLUMNS[filters.column].nullable
    everything = column.is_not(None) if nullable else literal(value=True)
    if cursor is None:
        parts = [everything, column.is_(None)] if nullable else [everything]
        return parts if falling else parts[::-1]
    value, identity = cursor
    last = _bound(identity, KEY)
    if value is None:
        rest = and_(column.is_(None), key < last if falling else key > last)
        return [rest] if falling else [rest, everything]
    mark = _bound(value, column.type)
    same = and_(column == mark, key < last if falling else key > last)
    further = column < mark if falling else column > mark
    if at_once:
        here, there = tuple_(column, key), tuple_(mark, last)
        parts = [here < there if falling else here > there]
        return [*parts, column.is_(None)] if nullable and falling else parts
    return [same, further, column.is_(None)] if nullable and falling else [same, further]


def _bound(value: Any, kind: Any) -> ColumnElement[Any]:
    """A value, or the parameter that stands for it."""
    return value if isinstance(value, BindParameter) else literal(value, kind)
