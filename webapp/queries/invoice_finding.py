"""A page of what is searched for: the few that can be meant are gathered; what is frequent is met on the way."""

from datetime import date
from typing import Any

from sqlalchemy import or_

from webapp.queries.invoice_counts import Counts, bounded
from webapp.queries.invoice_filters import Filters, base, on_axes, search_condition
from webapp.queries.invoice_hints import looked_at
from webapp.queries.invoice_paging import FEW, Turn, beyond, of_known, on_its_way, page
from webapp.queries.invoice_search import candidates, foremost
from webapp.queries.piece_search import among
from webapp.store.invoices import Invoice

STEPS = 4_000
"""So many rows of the list are looked at on the way: what is very frequent is met at once."""


def search(organisation_id: int, filters: Filters, on: date, turn: Turn) -> tuple[list[Any], Counts]:
    """Return a part of the list of what is searched for, and how many there are, as far as that is counted."""
    ids = candidates(organisation_id, filters.kind, filters.q)
    others = [*base(organisation_id, filters.but_text, on)]
    axes = [*on_axes(filters, on)]
    text = search_condition(filters.q)
    if ids is not None and len(ids) <= FEW:
        if not ids:
            return [], Counts()
        wanted = [among(Invoice.id, ids), *looked_at([*others, text])]
        counts = bounded(wanted, filters, on)
        return (page([*wanted, *looked_at(axes)], filters, turn, few=True) if counts.total else []), counts
    every = [*others, *axes]
    rows = on_its_way(every, text, filters, turn, steps=STEPS)
    if len(rows) < turn.size:
        if ids is None and filters.column == "issue_date" and filters.but_text.args.keys() <= {"kind", "sort"}:
            further = or_(*beyond(filters, turn.cursor, falling=turn.falling))
            ids = foremost(
                organisation_id, filters.kind, filters.q, newest=turn.falling, beyond=further, size=turn.size
            )
        if ids is None:
            rows = page([*every, text], filters, turn, few=False)
        else:
            rows = of_known([among(Invoice.id, ids), *looked_at(every)], text, filters, turn)
    number = min(len(rows), turn.size - 1)
    return rows, Counts(total=number, everything=number, more=True)
