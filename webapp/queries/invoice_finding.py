"""A page of what is searched for: the few that can be meant are gathered; of many, the next by date are looked up.

In another order than that of the dates, what is frequent is met on the way.
"""

from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, select

from webapp.domain.trigrams import searchable
from webapp.queries.invoice_counts import Counts, bounded
from webapp.queries.invoice_filters import Filters, base, on_axes, search_condition
from webapp.queries.invoice_hints import looked_at
from webapp.queries.invoice_paging import FEW, Turn, of_known, on_its_way, page, shown
from webapp.queries.invoice_search import candidates, loose
from webapp.queries.piece_order import in_order
from webapp.queries.piece_search import among
from webapp.store.invoices import Invoice
from webapp.store.session import current

SHORTEST = 3
"""Signs from which on the index of pieces says what can hold them."""

LOOKED_AT = 20_000
"""So many that can be meant are looked at one after the other, where filters let few of them through."""

AT_FIRST, AT_ONCE = 60, 1_000
"""So many are looked at in the first statement, and in each of those after many in vain."""

STEPS = 4_000
"""So many rows of the list are looked at on the way: what is very frequent is met at once."""


def search(organisation_id: int, filters: Filters, on: date, turn: Turn) -> tuple[list[Any], Counts]:
    """Return a part of the list of what is searched for, and how many there are, as far as that is counted."""
    ids = candidates(organisation_id, filters.kind, filters.q, most=FEW if _has_order(filters) else None)
    others = [*base(organisation_id, filters.but_text, on)]
    axes = [*on_axes(filters, on)]
    text = search_condition(filters.q)
    if ids is not None and len(ids) <= FEW:
        if not ids:
            return [], Counts()
        wanted = [among(Invoice.id, ids), *looked_at([*others, text])]
        counts = bounded(wanted, filters, on)
        return (page([*wanted, *looked_at(axes)], filters, turn, few=True) if counts.total else []), counts
    rows = following(organisation_id, filters, on, turn)
    number = min(len(rows), turn.size - 1)
    return rows, Counts(total=number, everything=number, more=True)


def following(organisation_id: int, filters: Filters, on: date, turn: Turn) -> list[Any]:
    """Return a part of the list of what is searched for and many can be meant by; nothing is counted."""
    every = [*base(organisation_id, filters.but_text, on), *on_axes(filters, on)]
    text = search_condition(filters.q)
    if _has_order(filters):
        dated = _by_date(organisation_id, filters, every, turn)
        if dated is not None:
            return dated
    rows = on_its_way(every, text, filters, turn, steps=STEPS)
    if len(rows) >= turn.size:
        return rows
    ids = candidates(organisation_id, filters.kind, filters.q)
    if ids is None:
        return page([*every, text], filters, turn, few=False)
    return of_known([among(Invoice.id, ids), *looked_at(every)], text, filters, turn)


def _has_order(filters: Filters) -> bool:
    """Whether the index of pieces knows the order of what is searched for."""
    return filters.column == "issue_date" and len(filters.q) >= SHORTEST and searchable(filters.q)


def _by_date(
    organisation_id: int, filters: Filters, every: Sequence[ColumnElement[bool]], turn: Turn
) -> list[Any] | None:
    """Return the next rows by date, as the index has their order; None where too few of too many fit."""
    apart, text = loose(organisation_id, filters.kind, filters.q, most=FEW), search_condition(filters.q)
    if apart is None:
        return None
    cursor = (turn.cursor[0].toordinal(), turn.cursor[1]) if turn.cursor else None
    places = in_order(organisation_id, filters.q, newest=turn.falling, cursor=cursor)
    found: dict[int, Any] = {}
    size, looked = max(2 * turn.size, AT_FIRST), 0
    while len(found) < turn.size:
        some = [*islice(places, size)]
        fits = looked_at([*every, text])
        query = select(*shown()).where(among(Invoice.id, {key for _day, key in some} - apart), *fits)
        rows = {row.id: row for row in current().execute(query)}
        # What has another date now than when it was taken up has its place somewhere else.
        found |= {key: rows[key] for day, key in some if key in rows and rows[key].issue_date.toordinal() == day}
        looked += len(some)
        if len(some) < size:
            break
        if looked >= LOOKED_AT:
            return None
        size = min(2 * size, AT_ONCE)
    others = of_known([among(Invoice.id, apart), *looked_at(every)], text, filters, turn) if apart else []
    every_row = [*found.values(), *others]
    return sorted(every_row, key=lambda row: (row.issue_date, row.id), reverse=turn.falling)[: turn.size]
