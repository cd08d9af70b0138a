"""Remember what was open in the books at the last look: the planner's word for invoices, the rest item by item."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import ColumnElement, bindparam, select, update

from webapp.connectors.ports import OpenItem
from webapp.domain.payments import Ambiguous, CurrencyDiffers, Intent, KnownInvoice, Received, Reversed, SeenOpen
from webapp.extensions import clock
from webapp.store.connections import Connection
from webapp.store.payments import RemoteOpenItem
from webapp.store.session import current, direct
from webapp.store.types import table_of

CHUNK = 500
ZERO = Decimal(0)
_ITEMS = table_of(RemoteOpenItem)
_TOUCH = update(_ITEMS).where(
    _ITEMS.c.connection_id == bindparam("connection"), _ITEMS.c.remote_id.in_(bindparam("remote_ids", expanding=True))
)


def remember(
    connection: Connection,
    *,
    known: Sequence[KnownInvoice],
    items: Sequence[OpenItem],
    intents: Iterable[Intent],
    side: str = "debtor",
) -> None:
    """Write one complete answer about one side inside of a transaction.

    What belongs to an invoice follows the planner alone: an item of which it concluded nothing
    (ambiguous, another currency) leaves what we knew as it was, so that the next look can tell.
    """
    present = {item.remote_id: item for item in items}
    found = _sort(intents)
    rows = _load(connection.id, present, [*found.seen, *found.moved], side)
    by_invoice = {row.invoice_id: row for row in rows if row.invoice_id is not None}
    by_remote = {row.remote_id: row for row in rows}
    pairs = {invoice_id: intent.remote_id for invoice_id, intent in found.seen.items()}
    pairs |= _booked_anew(known, present, by_invoice, found)
    for invoice_id, remote_id in pairs.items():
        row = by_invoice.get(invoice_id) or by_remote.get(remote_id) or _new(connection, side)
        _make_way(row, by_remote.get(remote_id))
        _fill(row, present[remote_id], invoice_id=invoice_id)
        by_remote[remote_id] = by_invoice[invoice_id] = row
    for invoice_id in found.moved - set(found.seen):  # a movement without an item: it is gone
        if invoice_id in by_invoice:
            _gone(by_invoice[invoice_id])
    ours = {row.remote_id for row in by_invoice.values()}
    for item in present.values():
        if item.remote_id not in ours:
            row = by_remote.get(item.remote_id) or _new(connection, side)
            _fill(row, item, invoice_id=None)
    for row in rows:
        if row in current() and row.invoice_id is None and row.remote_id not in present and row.gone_at is None:
            _gone(row)
    _touch(connection.id, list(present))


@dataclass(slots=True)
class _Sorted:
    """The intents by what they mean for the memory; of the doubtful nothing was concluded."""

    seen: dict[int, SeenOpen] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)


def _sort(intents: Iterable[Intent]) -> _Sorted:
    found = _Sorted()
    for intent in intents:
        if isinstance(intent, SeenOpen):
            found.seen[intent.invoice_id] = intent
        elif isinstance(intent, Received | Reversed):
            found.moved.add(intent.invoice_id)
        elif isinstance(intent, CurrencyDiffers):
            found.doubtful.add(intent.invoice_id)
        elif isinstance(intent, Ambiguous):
            found.doubtful.update(intent.invoice_ids)
    return found


def _load(connection_id: int, remote_ids: Iterable[str], invoice_ids: Iterable[int], side: str) -> list[RemoteOpenItem]:
    """Return the rows that this answer may change: what was open, what is open, and of whom something was concluded."""
    mine = (RemoteOpenItem.connection_id == connection_id) & (RemoteOpenItem.side == side)
    query = select(RemoteOpenItem).where(mine)
    rows = {row.id: row for row in current().scalars(query.where(RemoteOpenItem.gone_at.is_(None)))}
    known_ids = {row.remote_id for row in rows.values()}
    rest = sorted(set(remote_ids) - known_ids)
    invoices = sorted(set(invoice_ids) - {row.invoice_id for row in rows.values()})
    for start in range(0, max(len(rest), len(invoices)), CHUNK):
        either: list[ColumnElement[bool]] = [
            RemoteOpenItem.remote_id.in_(rest[start : start + CHUNK]),
            RemoteOpenItem.invoice_id.in_(invoices[start : start + CHUNK]),
        ]
        for condition in either:
            rows.update({row.id: row for row in current().scalars(query.where(condition))})
    return list(rows.values())


def _booked_anew(
    known: Sequence[KnownInvoice],
    present: dict[str, OpenItem],
    by_invoice: dict[int, RemoteOpenItem],
    found: _Sorted,
) -> dict[int, str]:
    """Pair invoices that stayed as they were with an item that has another id than at the last look."""
    by_reference: dict[str, list[str]] = defaultdict(list)
    for item in present.values():
        by_reference[item.reference.strip()].append(item.remote_id)
    settled = found.moved | set(found.seen) | found.doubtful
    pairs: dict[int, str] = {}
    for invoice in known:
        row = by_invoice.get(invoice.invoice_id)
        if row is None or row.gone_at is not None or row.remote_id in present or invoice.invoice_id in settled:
            continue
        same = by_reference.get(invoice.reference.strip(), [])
        if len(same) == 1 and present[same[0]].open_amount == row.open_amount:
            pairs[invoice.invoice_id] = same[0]
    return pairs


def _make_way(row: RemoteOpenItem, other: RemoteOpenItem | None) -> None:
    """Take away the row under which this item was kept while it belonged to nobody: an item has one row."""
    if other is not None and other is not row and other.invoice_id is None:
        current().delete(other)
        current().flush()


def _new(connection: Connection, side: str) -> RemoteOpenItem:
    row = RemoteOpenItem(
        organisation_id=connection.organisation_id,
        connection_id=connection.id,
        side=side,
        first_seen_at=clock.now(),
    )
    current().add(row)
    return row


def _fill(row: RemoteOpenItem, item: OpenItem, *, invoice_id: int | None) -> None:
    row.invoice_id = invoice_id
    row.remote_id = item.remote_id
    row.reference = item.reference[:100]
    row.contact_name = item.contact_name[:200]
    row.description = item.description[:300]
    row.type_id = item.type_id[:10]
    row.open_amount = item.open_amount
    row.original_amount = item.original_amount
    row.last_seen_at, row.gone_at = clock.now(), None


def _gone(row: RemoteOpenItem) -> None:
    row.open_amount, row.gone_at = ZERO, clock.now()


def _touch(connection_id: int, remote_ids: Sequence[str]) -> None:
    """Say of everything in the answer that it was there."""
    for start in range(0, len(remote_ids), CHUNK):
        seen = remote_ids[start : start + CHUNK]
        direct(_TOUCH, connection=connection_id, remote_ids=seen, last_seen_at=clock.now())
