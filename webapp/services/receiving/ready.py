"""An import that was judged and has only to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from webapp.services import history
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.straight import Fixed, Line
from webapp.store.types import empty, table_of

Row = dict[str, Any]
INVOICES, LINES = table_of(Invoice), table_of(InvoiceLine)
# Every column is named, so that the statement is the same for every invoice.
HEAD = tuple(column.name for column in INVOICES.c if column.name != "id")
LINE = tuple(column.name for column in LINES.c if column.name not in ("id", "invoice_id"))
PAST = tuple(name for name in history.COLUMNS if name != "invoice_id")
EMPTY_HEAD, EMPTY_LINE = empty(INVOICES), empty(LINES)
_INSERT_HEAD = Fixed(insert(INVOICES).returning(INVOICES.c.id), columns=HEAD, prompt=True)
_INSERT_LINES = Fixed(insert(LINES), columns=("invoice_id", *LINE), prompt=True)


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """The rows of an invoice, of its lines and of its history, and what the stream is told; all without its id."""

    organisation_id: int
    head: Row
    lines: list[Row]
    past: Row
    told: Row


def insert_all(line: Line, invoices: Sequence[tuple[Row, list[Row]]]) -> list[int]:
    """Insert invoices with their lines and return their ids; inside of a transaction."""
    ids = [line.one(_INSERT_HEAD, head) for head, _ in invoices]
    found = [int(row[0]) for row in ids if row is not None]
    pairs = zip(invoices, found, strict=True)
    line.many(_INSERT_LINES, [row | {"invoice_id": invoice_id} for (_, rows), invoice_id in pairs for row in rows])
    return found
