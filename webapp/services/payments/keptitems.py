"""What was kept of open items at the last look: row by row, and those that are known by their bytes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from webapp.connectors.ports import OpenItem
from webapp.domain.payments import RemoteItem
from webapp.services.payments.beforehand import Books, Memory, Reader
from webapp.store.payments import RemoteOpenItem
from webapp.store.session import direct
from webapp.store.straight import Fixed
from webapp.store.types import table_of

CHUNK = 500
_ITEMS = table_of(RemoteOpenItem)
TOLD = ("reference", "contact_name", "description", "type_id", "open_amount", "original_amount", "document_id")
"""What the books tell of an item, beside its id."""

_KEPT = select(*(_ITEMS.c[name] for name in ("id", "invoice_id", "remote_id", "gone_at", *TOLD, "mark"))).where(
    _ITEMS.c.connection_id == bindparam("connection"), _ITEMS.c.side == bindparam("side")
)
_OPEN = Fixed(_KEPT.where(_ITEMS.c.gone_at.is_(None)), gives=list(_KEPT.selected_columns))
_NAMED = _KEPT.where(_ITEMS.c.remote_id.in_(bindparam("remote_ids", expanding=True)))
_OF_INVOICES = _KEPT.where(_ITEMS.c.invoice_id.in_(bindparam("invoices", expanding=True)))


class Kept(NamedTuple):
    """What was remembered of an item."""

    id: int
    invoice_id: int | None
    remote_id: str
    gone_at: datetime | None
    reference: str
    contact_name: str
    description: str
    type_id: str
    open_amount: Decimal
    original_amount: Decimal
    document_id: str
    mark: int | None = None
    planned: RemoteItem | None = None
    """The same as the planner takes it."""


def _kept(*row: Any) -> Kept:
    kept = Kept(*row)
    left, whole = kept.open_amount, kept.original_amount
    told = RemoteItem(kept.remote_id, kept.reference, left, whole, kept.document_id, kept.type_id, kept.contact_name)
    return kept._replace(planned=told)


Told = OpenItem | Kept
"""An item of an answer: read, or known by its mark to be what was remembered."""
_by_remote_id = attrgetter("remote_id")


def kept_items(reader: Reader, books: Books, side: str) -> Sequence[Kept]:
    """Return what was open on a side of the books at the last look."""
    return reader.all(_OPEN, _of(books, side), _kept)


def in_order(items: Iterable[Told]) -> list[Told]:
    """Return items in one order, whichever they came in."""
    return sorted(items, key=_by_remote_id)


def known_items(memory: Memory, books: Books, side: str) -> dict[int, Kept]:
    """Return what was open at the last look by its marks, as far as it was read ahead.

    Whatever is written meanwhile, the same bytes tell the same.
    """
    return by_mark(memory.last(_OPEN, _of(books, side)))


def by_mark(rows: Iterable[Kept]) -> dict[int, Kept]:
    """Return those that are known by their bytes."""
    return {kept.mark: kept for kept in rows if kept.mark is not None}


def _of(books: Books, side: str) -> dict[str, Any]:
    return {"connection": books.id, "side": side}


def load(reader: Reader, books: Books, remote_ids: Iterable[str], invoice_ids: Iterable[int], side: str) -> list[Kept]:
    """Return the rows that this answer may change: what was open, what is open, and of whom something was concluded."""
    rows = {kept.id: kept for kept in kept_items(reader, books, side)}
    mine = _of(books, side)
    rest = sorted(set(remote_ids) - {kept.remote_id for kept in rows.values()})
    invoices = sorted(set(invoice_ids) - {kept.invoice_id for kept in rows.values()})
    for start in range(0, len(rest), CHUNK):
        found = direct(_NAMED, remote_ids=rest[start : start + CHUNK], **mine)
        rows.update({row.id: _kept(*row) for row in found})
    for start in range(0, len(invoices), CHUNK):
        found = direct(_OF_INVOICES, invoices=invoices[start : start + CHUNK], **mine)
        rows.update({row.id: _kept(*row) for row in found})
    return list(rows.values())
