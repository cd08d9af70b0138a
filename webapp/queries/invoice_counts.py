"""How many invoices each choice of the list's filters would leave: from the kept figures, or counted to a bound.

The figures know axes, month, currency, source and department, and what is owed by its due date. What is searched for,
a reason of failure, and the days at both ends of a range of dates are counted, up to `MOST`: beyond that it is "more".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from webapp.domain.invoices import FETCHED_SOURCES, DocumentStatus
from webapp.queries.invoice_filters import OVERDUE, OWN, Filters, Of, base, overdue_condition
from webapp.queries.invoice_hints import on_the_way
from webapp.queries.invoice_limits import AGES, age_bounds
from webapp.queries.labels import written
from webapp.store import tallies
from webapp.store.invoices import Invoice
from webapp.store.session import ask, current
from webapp.store.straight import Asked, Fixed, here

MOST = 5_000
"""What is not in the kept figures is counted as far as this."""

Group = tuple[str, str, str, bool, int]
"""Status, delivery, payment, whether overdue, and how many."""

_AXES = ("status", "delivery", "payment")
_KEPT, _OWED = tallies.INVOICES.c, tallies.OWED.c


@dataclass(frozen=True, slots=True)
class Counts:
    """How many invoices each choice of a filter would leave, the other filters being as they are.

    `total` is what the list holds, `everything` what it would hold without a choice on the three axes. Where `more`,
    nobody counted further: there are at least as many; `more_overdue` says so of those that are overdue.
    """

    status: dict[str, int] = field(default_factory=dict)
    delivery: dict[str, int] = field(default_factory=dict)
    payment: dict[str, int] = field(default_factory=dict)
    total: int = 0
    everything: int = 0
    more: bool = False
    more_overdue: bool = False

    @property
    def total_text(self) -> str:
        """The total as it is written: 5.000+ where nobody counted further."""
        return written(self.total, more=self.more)


def count(organisation_id: int, filters: Filters, on: date) -> Counts:
    """Count what the filters other than a search leave."""
    if filters.q or filters.failure or (filters.age and (filters.since or filters.until)):
        return bounded(list(base(organisation_id, filters, on)), filters, on)
    if filters.age:
        return add_up(_owed(organisation_id, filters, age_bounds(filters.age, on), filters.age != AGES[0]), filters)
    if stand(filters):
        return standing(here().all(*standing_asked(organisation_id, filters, on)), filters)
    whole, ends = months(filters.since, filters.until)
    groups = [*_kept(organisation_id, filters, whole)] if whole else []
    for first, last in ends:
        groups += _days(organisation_id, filters, first, last)
    late = _late(organisation_id, filters, on)
    capped = sum(group[-1] for group in late) >= MOST
    return add_up([*groups, *late], filters, more_overdue=capped)


def bounded(wanted: Sequence[ColumnElement[bool]], filters: Filters, on: date) -> Counts:
    """Count the invoices of some conditions, up to the bound."""
    found = _counted(wanted, on)
    more = sum(number for *_axes, overdue, number in found if not overdue) >= MOST
    return add_up(found, filters, more=more)


def add_up(groups: Iterable[Group], filters: Filters, *, more: bool = False, more_overdue: bool = False) -> Counts:
    """Add up by each axis what the choices on the others leave; groups that are overdue are counted in none else."""
    sums: dict[str, dict[str, int]] = {axis: {} for axis in _AXES}
    everything = total = 0
    chosen = {axis: getattr(filters, axis) for axis in _AXES}
    if not any(chosen.values()):
        return _all_of(groups, more=more, more_overdue=more_overdue)
    for *values, overdue, number in groups:
        here = dict(zip(_AXES, values, strict=True))
        everything += 0 if overdue else number
        for axis, value in here.items():
            others = (name for name in _AXES if name != axis)
            if all(_fits(chosen[name], here[name], overdue, name == "payment") for name in others):
                if axis != "payment" and overdue is not (chosen["payment"] == OVERDUE):
                    continue
                name = OVERDUE if axis == "payment" and overdue else value
                sums[axis][name] = sums[axis].get(name, 0) + number
        if all(_fits(chosen[name], here[name], overdue, name == "payment") for name in _AXES):
            total += number if overdue is (chosen["payment"] == OVERDUE) else 0
    return Counts(
        sums["status"],
        sums["delivery"],
        sums["payment"],
        total,
        everything,
        more or (more_overdue and chosen["payment"] == OVERDUE),
        more or more_overdue,
    )


def _all_of(groups: Iterable[Group], *, more: bool, more_overdue: bool) -> Counts:
    """Add up where nothing is chosen on any axis, as on most lists: the same, in a fifth of the time."""
    found = Counts(more=more, more_overdue=more or more_overdue)
    total = 0
    for status, delivery, payment, overdue, number in groups:
        if overdue:
            found.payment[OVERDUE] = found.payment.get(OVERDUE, 0) + number
            continue
        total += number
        found.status[status] = found.status.get(status, 0) + number
        found.delivery[delivery] = found.delivery.get(delivery, 0) + number
        found.payment[payment] = found.payment.get(payment, 0) + number
    return replace(found, total=total, everything=total)


def _fits(wanted: str, value: str, overdue: bool, pays: bool) -> bool:
    return wanted in ("", value) or (pays and overdue and wanted == OVERDUE)


def months(
    since: date | None, until: date | None
) -> tuple[tuple[date | None, date | None] | None, list[tuple[date, date]]]:
    """Part a range of days into whole months (first days, the second one not in it any more) and the days at its ends.

    The months are None where there is none; None in them is no bound.
    """
    if since is not None and until is not None and since > until:
        return None, []
    ends: list[tuple[date, date]] = []
    first, last = since, until
    if since is not None and since.day != 1:
        first = _next(since)
        ends.append((since, first - timedelta(days=1)))
    if until is not None:
        last = _next(until) if (until + timedelta(days=1)).day == 1 else until.replace(day=1)
        if last <= until:
            ends.append((last, until))
    if first is not None and last is not None and first > last:  # within one month
        return None, [(since or first, until or last)]
    if first is not None and first == last:
        return None, ends
    return (first, last), ends


def _next(day: date) -> date:
    """The first day of the month after this one."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def limits(table: Any, organisation_id: Of, filters: Filters) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions on a table of figures that these filters set."""
    yield table.organisation_id == organisation_id
    yield table.kind == filters.kind
    if filters.department is not None:
        yield table.department_id == filters.department
    if filters.currency:
        yield table.currency == filters.currency
    if filters.source == OWN:
        yield table.source.not_in(sorted(FETCHED_SOURCES))
    elif filters.source:
        yield table.source == filters.source


def stand(filters: Filters) -> bool:
    """Whether the figures of all times say all of the counts of these filters."""
    return not (filters.q or filters.failure or filters.age or filters.since or filters.until)


def standing_asked(organisation_id: int, filters: Filters, on: date) -> Asked:
    """Return what is asked for the counts of filters that `stand`: what there is, and what of it is overdue."""
    return _standing_query(_known_limits(filters), on), {"organisation_id": organisation_id}


def standing(rows: Iterable[Sequence[Any]], filters: Filters) -> Counts:
    """Return the counts that the answer to `standing_asked` says."""
    sent = DocumentStatus.SENT.value
    return add_up(((status or sent, *axes, not status, int(n)) for status, *axes, n in rows if n), filters)


@lru_cache(maxsize=128)
def _standing_query(filters: Filters, on: date) -> Fixed:
    """What is overdue is all that is owed without what is due from today on: that is due within weeks, so few rows.

    By the day first, as the index has them, then together; an empty status stands before what is overdue.
    """
    wanted, group = [*limits(_OWED, bindparam("organisation_id"), filters)], (_OWED.delivery, _OWED.payment)
    parts: list[tuple[ColumnElement[bool], Any]] = [(_OWED.grain == tallies.ALL_DAYS, func.sum(_OWED.number))]
    parts += [(part, -func.sum(_OWED.number)) for part in owed_parts(on, None)]
    by_day = (select(*group, n.label("n")).where(*wanted, part).group_by(_OWED.due, *group) for part, n in parts)
    late = union_all(*by_day).subquery().c
    overdue = select(literal_column("''"), late.delivery, late.payment, func.sum(late.n))
    return Fixed(union_all(_kept_query(filters, (None, None)), overdue.group_by(late.delivery, late.payment)))


def _kept(organisation_id: int, filters: Filters, whole: tuple[date | None, date | None]) -> Iterator[Group]:
    for row in ask(_kept_query(_known_limits(filters), whole), organisation_id=organisation_id):
        yield (*row[:3], False, int(row[3]))


def _known_limits(filters: Filters) -> Filters:
    """What of the filters the figures know beside their axes: few enough that their statements are made once."""
    return Filters(kind=filters.kind, department=filters.department, source=filters.source, currency=filters.currency)


@lru_cache(maxsize=128)
def _kept_query(filters: Filters, whole: tuple[date | None, date | None]) -> Select[Any]:
    axes = (_KEPT.status, _KEPT.delivery, _KEPT.payment)
    wanted = [*limits(_KEPT, bindparam("organisation_id"), filters)]
    ever = date.fromisoformat(tallies.EVER)
    if whole == (None, None):
        wanted.append(_KEPT.month == ever)
    elif whole[0] is None:
        wanted.append(_KEPT.month > ever)
    if whole[0] is not None:
        wanted.append(_KEPT.month >= whole[0])
    if whole[1] is not None:
        wanted.append(_KEPT.month < whole[1])
    return select(*axes, func.sum(_KEPT.number).label("number")).where(*wanted).group_by(*axes)


def _late(organisation_id: int, filters: Filters, on: date) -> Sequence[Group]:
    """What is overdue of a range of dates: the figures of what is owed do not know the day of the invoice."""
    wanted = on_the_way([*base(organisation_id, filters, on), overdue_condition(on)], {"due_date"})
    return [(*group[:3], True, group[4]) for group in _counted(wanted, on) if group[3]]


def owed_parts(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """Return the conditions of the figures of what is due from a day (None: since ever) to before another.

    They are parts of the time, months and days at its ends; each is one range of an index.
    """
    start = None if first is None else first if first.day == 1 else _next(first)
    end = None if last is None else last.replace(day=1)
    day, month = _OWED.grain == tallies.BY_DAY, _OWED.grain == tallies.BY_MONTH
    if start is not None and end is not None and start >= end:  # too short for a whole month
        return [and_(day, *_range(first, last))]
    parts = [and_(month, *_range(start, end))]
    if start != first:
        parts.append(and_(day, *_range(first, start)))
    if end != last:
        parts.append(and_(day, *_range(end, last)))
    return parts


def _range(first: date | None, last: date | None) -> Iterator[ColumnElement[bool]]:
    if first is not None:
        yield _OWED.due >= first
    if last is not None:
        yield _OWED.due < last


def owed_query(
    wanted: Sequence[ColumnElement[bool]], between: tuple[date | None, date | None], *shown: Any
) -> Select[Any]:
    """Select from the figures of what is owed and due from one day to before another."""
    rows = union_all(*(select(*shown).where(*wanted, part) for part in owed_parts(*between))).subquery()
    return select(rows)


def _owed(
    organisation_id: int, filters: Filters, between: tuple[date | None, date | None], overdue: bool
) -> list[Group]:
    found = ask(_owed_groups(_known_limits(filters), between), organisation_id=organisation_id)
    return [
        group
        for delivery, payment, number in found
        for group in _both(DocumentStatus.SENT.value, delivery, payment, int(number), overdue)
    ]


@lru_cache(maxsize=128)
def _owed_groups(filters: Filters, between: tuple[date | None, date | None]) -> CompoundSelect[Any]:
    return union_all(*_owed_parts(filters, between))  # whoever adds up their groups adds up those of the parts


def _owed_parts(filters: Filters, between: tuple[date | None, date | None]) -> list[Select[Any]]:
    group, wanted = (_OWED.delivery, _OWED.payment), [*limits(_OWED, bindparam("organisation_id"), filters)]
    number, parts = func.sum(_OWED.number).label("number"), []
    for part in owed_parts(*between):  # by the day first, as the index has them: nothing is sorted for it
        some = select(*group, number).where(*wanted, part).group_by(_OWED.due, *group).subquery().c
        total = func.sum(some.number).label("number")
        parts.append(select(some.delivery, some.payment, total).group_by(some.delivery, some.payment))
    return parts


@dataclass(frozen=True, slots=True)
class Sum:
    """How many sales invoices share their axes and currency, and what they come to; `source` where it was asked for."""

    status: str
    delivery: str
    payment: str
    currency: str
    n: int
    total: Decimal
    outstanding: Decimal
    source: str = ""


def sums(organisation_id: int) -> list[Sum]:
    """Return the figures of all sales invoices of an organisation."""
    group = (_KEPT.status, _KEPT.delivery, _KEPT.payment, _KEPT.currency, _KEPT.source)
    wanted = [*limits(_KEPT, organisation_id, Filters()), _KEPT.month == date.fromisoformat(tallies.EVER)]
    query = select(*group, *map(func.sum, (_KEPT.number, _KEPT.gross, _KEPT.outstanding))).where(*wanted)
    rows = current().execute(query.group_by(*group)).all()
    return [Sum(row[0], row[1], row[2], row[3], int(row[5]), row[6], row[7], row[4]) for row in rows if row[5]]


def owed_by(organisation_id: int, times: Mapping[str, tuple[date | None, date | None]]) -> list[tuple[str, Sum]]:
    """Return the figures of what customers owe in each of several times that have names, in one query.

    A time is looked up in parts, months and days: of each it has groups of its own.
    """
    found, sent = ask(_owed_sums(tuple(times.items())), organisation_id=organisation_id), DocumentStatus.SENT.value
    return [(row[0], Sum(sent, row[1], row[2], row[3], int(row[4]), row[5], row[6])) for row in found if row[4]]


@lru_cache(maxsize=64)
def _owed_sums(times: tuple[tuple[str, tuple[date | None, date | None]], ...]) -> CompoundSelect[Any]:
    group = (_OWED.delivery, _OWED.payment, _OWED.currency)
    sums = [func.sum(column).label(column.name) for column in (_OWED.number, _OWED.gross, _OWED.outstanding)]
    wanted = [*limits(_OWED, bindparam("organisation_id"), Filters())]
    return union_all(
        *(
            select(literal(name).label("name"), *group, *sums).where(*wanted, part).group_by(*group)
            for name, between in times
            for part in owed_parts(*between)
        )
    )  # whoever adds up their groups adds up those of the parts


def _both(status: str, delivery: str, payment: str, number: int, overdue: bool) -> list[Group]:
    """What is overdue counts twice: as what it is, and as overdue."""
    plain = (status, delivery, payment, False, number)
    return [plain, (status, delivery, payment, True, number)] if overdue else [plain]


def _days(organisation_id: int, filters: Filters, first: date, last: date) -> list[Group]:
    """Count the days at an end of a range: at most a month."""
    wanted = [*limits(Invoice, organisation_id, filters), Invoice.issue_date >= first, Invoice.issue_date <= last]
    axes = (Invoice.status, Invoice.delivery, Invoice.payment)
    rows = current().execute(select(*axes, func.count()).where(*wanted).group_by(*axes))
    return [(*row[:3], False, int(row[3])) for row in rows]


def _counted(wanted: Sequence[ColumnElement[bool]], on: date) -> list[Group]:
    """Count rows that the kept figures cannot tell apart, up to the bound."""
    late = overdue_condition(on).label("late")
    some = select(Invoice.status, Invoice.delivery, Invoice.payment, late).where(*wanted).limit(MOST).subquery().c
    query = select(some.status, some.delivery, some.payment, some.late, func.count()).group_by(
        some.status, some.delivery, some.payment, some.late
    )
    found: list[Group] = []
    for status, delivery, payment, overdue, number in current().execute(query):
        found += _both(status, delivery, payment, number, bool(overdue))
    return found


def of_rows(rows: Iterable[tuple[str, str, str, bool]]) -> list[Group]:
    """Return the groups of rows that somebody has at hand."""
    found: list[Group] = []
    for (status, delivery, payment, overdue), same in groupby(sorted(rows)):
        found += _both(status, delivery, payment, sum(1 for _ in same), overdue)
    return found
