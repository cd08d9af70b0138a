"""Keyset paging through a list of invoices, by comparing row values, on every order and in both directions."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, tuple_

from webapp.domain.drafts import unfit_sign
from webapp.domain.money import parse_amount
from webapp.queries.invoice_filters import COLUMNS, Filters
from webapp.store.invoices import Invoice
from webapp.store.session import current


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
    """Yield rows beyond a cursor in one direction, by comparing row values, which every index can follow.

    What has no value counts as lowest: it comes after all others when falling, before them when rising.
    """
    column = COLUMNS[filters.column]
    order = (column.desc(), Invoice.id.desc()) if falling else (column.asc(), Invoice.id.asc())
    left = size
    for part in beyond(filters, cursor, falling=falling):
        rows = current().execute(query.where(part).order_by(*order).limit(left)).all()
        yield from rows
        left -= len(rows)
        if left <= 0:
            return


def beyond(filters: Filters, cursor: tuple[Any, int] | None, *, falling: bool) -> list[ColumnElement[bool]]:
    """Return the conditions of the parts of the list beyond a cursor, in the order in which they follow."""
    column = COLUMNS[filters.column]
    nullable = column.nullable
    everything = column.is_not(None) if nullable else literal(value=True)
    if cursor is None:
        parts = [everything, column.is_(None)] if nullable else [everything]
        return parts if falling else parts[::-1]
    value, identity = cursor
    last = literal(identity, Invoice.id.type)
    if value is None:
        rest = and_(column.is_(None), Invoice.id < last if falling else Invoice.id > last)
        return [rest] if falling else [rest, everything]
    here, mark = tuple_(column, Invoice.id), tuple_(literal(value, column.type), last)
    further = here < mark if falling else here > mark
    return [further, column.is_(None)] if nullable and falling else [further]
