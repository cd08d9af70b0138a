"""Remember what was open in the books at the last look: the planner's word for invoices, the rest item by item."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, delete, insert, update

from webapp.domain.payments import Ambiguous, CurrencyDiffers, Intent, KnownInvoice, Received, Reversed, SeenOpen
from webapp.extensions import clock
from webapp.services.payments.beforehand import Books, Reader
from webapp.services.payments.keptitems import TOLD, Kept, Told, in_order, kept_items, load
from webapp.store.payments import RemoteOpenItem
from webapp.store.session import direct
from webapp.store.straight import Fixed
from webapp.store.types import empty, table_of

CHUNK = 500
ZERO = Decimal(0)
_ITEMS = table_of(RemoteOpenItem)
WRITTEN = ("invoice_id", "remote_id", "gone_at", *TOLD, "mark")
_CHANGE = (
    update(_ITEMS)
    .where(_ITEMS.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}", type_=_ITEMS.c[name].type) for name in WRITTEN})
)
_REMOVE = delete(_ITEMS).where(_ITEMS.c.id.in_(bindparam("rows", expanding=True)))
_IS_SEEN = (
    update(_ITEMS)
    .where(_ITEMS.c.connection_id == bindparam("connection"), _ITEMS.c.side == bindparam("of_side"))
    .where(_ITEMS.c.gone_at.is_(None))
    .values(last_seen_at=bindparam("now", type_=_ITEMS.c.last_seen_at.type))
)
_SEEN = Fixed(_IS_SEEN)
_STILL_NOBODYS = Fixed(
    # Only of these is it told when they were last seen; for all others it is one row more to write for each look.
    _IS_SEEN.where(
        _ITEMS.c.organisation_id == bindparam("organisation"),
        _ITEMS.c.invoice_id.is_(None),
        _ITEMS.c.payment_id.is_(None),
    )
)
_TOUCH = update(_ITEMS).where(
    _ITEMS.c.connection_id == bindparam("connection"), _ITEMS.c.remote_id.in_(bindparam("remote_ids", expanding=True))
)


class _Row:
    """A row to be: what was remembered, if anything, and what has to be written of it."""

    __slots__ = ("invoice_id", "kept", "new", "remote_id", "removed")

    def __init__(self, kept: Kept | None = None) -> None:
        self.kept = kept
        self.invoice_id = kept.invoice_id if kept else None
        self.remote_id = kept.remote_id if kept else ""
        self.new: dict[str, Any] = {}
        self.removed = False

    def fill(self, item: Told, *, invoice_id: int | None) -> None:
        """It is what the books tell now."""
        self.invoice_id, self.remote_id = invoice_id, item.remote_id
        kept = self.kept
        if kept is not None and kept.mark == item.mark is not None and kept.invoice_id == invoice_id:
            self.new = {}
            return
        said: dict[str, Any] = {
            "invoice_id": invoice_id,
            "remote_id": item.remote_id,
            "gone_at": None,
            "reference": item.reference[:100],
            "contact_name": item.contact_name[:200],
            "description": item.description[:300],
            "type_id": item.type_id[:10],
            "open_amount": item.open_amount,
            "original_amount": item.original_amount,
            "document_id": item.document_id.lower()[:40],
        }
        mark = item.mark if _is_whole(item, said) else None
        if kept is not None and mark in (None, kept.mark) and all(getattr(kept, key) == said[key] for key in said):
            self.new = {}
        else:
            self.new = said | {"mark": mark}

    def go(self) -> None:
        """It is not open any more."""
        kept = {name: self.said(name) for name in WRITTEN}
        self.new = kept | {"open_amount": ZERO, "gone_at": clock.now(), "mark": None}

    def said(self, name: str) -> Any:
        """Return what a column will hold."""
        return self.new[name] if self.new else getattr(self.kept, name)

    @property
    def is_gone(self) -> bool:
        """Whether it is not open any more."""
        return self.said("gone_at") is not None

    @property
    def is_receipt(self) -> bool:
        """Whether it is open, nobody's, and no document: money that is matched with nothing."""
        of_document = self.invoice_id is not None or self.said("type_id") or self.said("reference")
        return not of_document and not self.is_gone


@dataclass(frozen=True, slots=True)
class Remembered:
    """Whether anything is other than it was, and whether receipts are open that are matched with nothing."""

    changed: bool
    receipts: bool


def _is_whole(item: Told, said: Mapping[str, Any]) -> bool:
    """Whether a row says all that is asked of an item: of what is money as yet (without a type), its day counts too."""
    texts = ("reference", "contact_name", "description", "type_id")
    whole = said["document_id"] == item.document_id.lower() and all(said[name] == getattr(item, name) for name in texts)
    return whole and item.type_id != ""


def remember(
    reader: Reader,
    books: Books,
    *,
    known: Sequence[KnownInvoice],
    items: Sequence[Told],
    intents: Iterable[Intent],
    side: str = "debtor",
) -> Remembered:
    """Write one complete answer about one side inside of a transaction.

    What belongs to an invoice follows the planner alone: an item of which it concluded nothing
    (ambiguous, another currency) leaves what we knew as it was, so that the next look can tell.
    """
    found = _sort(intents)
    if not (found.seen or found.moved) and in_order(kept_items(reader, books, side)) == in_order(items):
        # Item by item the bytes of the last look, and of none of them anything was concluded.
        whose = {"connection": books.id, "organisation": books.organisation_id, "of_side": side}
        reader.do_later(_STILL_NOBODYS, whose | {"now": clock.now()})
        return Remembered(changed=False, receipts=False)
    present = {item.remote_id: item for item in items}
    rows = [_Row(kept) for kept in load(reader, books, present, [*found.seen, *found.moved], side)]
    by_invoice = {row.invoice_id: row for row in rows if row.invoice_id is not None}
    by_remote = {row.remote_id: row for row in rows}
    pairs = {invoice_id: intent.remote_id for invoice_id, intent in found.seen.items()}
    pairs |= _booked_anew(known, present, by_invoice, found)
    claimed: set[str] = set()
    for invoice_id, remote_id in sorted(pairs.items(), key=lambda pair: not _stays(by_invoice.get(pair[0]), pair[1])):
        if remote_id in claimed:  # one item told twice, as two invoices': it has one row, and one of them has it
            continue
        claimed.add(remote_id)
        row = _place(by_invoice.get(invoice_id), by_remote.get(remote_id), remote_id, rows)
        row.fill(present[remote_id], invoice_id=invoice_id)
        by_remote[remote_id] = by_invoice[invoice_id] = row
    for invoice_id in found.moved - found.seen.keys():  # a movement without an item: it is gone
        if invoice_id in by_invoice:
            by_invoice[invoice_id].go()
    ours = {row.remote_id for row in by_invoice.values()}
    for remote_id, item in present.items():
        if remote_id not in ours:
            (by_remote.get(remote_id) or _new(rows)).fill(item, invoice_id=None)
    for row in rows:
        if row.kept and not row.removed and row.invoice_id is None and row.remote_id not in present and not row.is_gone:
            row.go()
    changed = _write(reader, books, rows, side)
    left = [row for row in rows if not row.removed]
    _touch(reader, books, present, left, side)
    return Remembered(changed, any(row.is_receipt for row in left))


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


def _booked_anew(
    known: Sequence[KnownInvoice],
    present: Mapping[str, Told],
    by_invoice: Mapping[int, _Row],
    found: _Sorted,
) -> dict[int, str]:
    """Pair invoices that stayed as they were with an item that has another id than at the last look."""
    settled = found.moved | found.seen.keys() | found.doubtful
    left = {
        invoice.invoice_id: (invoice.reference.strip(), row.kept.open_amount)
        for invoice in known
        if (row := by_invoice.get(invoice.invoice_id)) is not None
        and row.kept is not None
        and row.remote_id not in present
        and row.kept.gone_at is None
        and invoice.invoice_id not in settled
    }
    if not left:
        return {}
    by_reference: dict[str, list[str]] = defaultdict(list)
    for item in present.values():
        by_reference[item.reference.strip()].append(item.remote_id)
    pairs: dict[int, str] = {}
    for invoice_id, (reference, open_amount) in left.items():
        same = by_reference.get(reference, [])
        if len(same) == 1 and present[same[0]].open_amount == open_amount:
            pairs[invoice_id] = same[0]
    return pairs


def _stays(row: _Row | None, remote_id: str) -> bool:
    return row is not None and row.remote_id == remote_id


def _place(row: _Row | None, other: _Row | None, remote_id: str, rows: list[_Row]) -> _Row:
    """Return the row for an invoice's item: `row` was the invoice's until now, `other` the item's.

    An item has one row. What was nobody's gives way, or is taken over. Where it was another invoice's, which has it no
    more, both rows go and the item gets a new one: its id is free only once they have gone.
    """
    if other is not None and other is not row:
        if other.invoice_id is None and row is None:
            return other
        other.removed |= other.remote_id == remote_id
        if row is not None and other.invoice_id is not None:
            row.removed = True
    return row if row is not None and not row.removed else _new(rows)


def _new(rows: list[_Row]) -> _Row:
    rows.append(_Row())
    return rows[-1]


def _write(reader: Reader, books: Books, rows: Sequence[_Row], side: str) -> bool:
    """Write what is other than it was; returns whether anything is."""
    gone = [row.kept.id for row in rows if row.removed and row.kept]
    for start in range(0, len(gone), CHUNK):
        direct(_REMOVE, rows=gone[start : start + CHUNK])
    changed = [row for row in rows if row.new and not row.removed]
    later = [{"row": row.kept.id} | {f"new_{name}": row.new[name] for name in WRITTEN} for row in changed if row.kept]
    if later:
        direct(_CHANGE, later)
    now = clock.now()
    same = empty(_ITEMS) | {"organisation_id": books.organisation_id, "connection_id": books.id, "side": side}
    same |= {"first_seen_at": now, "last_seen_at": now}
    same.pop("id", None)
    first = [same | row.new for row in changed if row.kept is None]
    if first:
        direct(insert(_ITEMS), first)
    if not (gone or changed):
        return False
    reader.wrote()
    return True


def _touch(reader: Reader, books: Books, present: Mapping[str, Told], rows: Sequence[_Row], side: str) -> None:
    """Say of everything in the answer that it was there."""
    now = clock.now()
    if present.keys() == {row.remote_id for row in rows if not row.is_gone}:
        reader.line.do(_SEEN, {"connection": books.id, "of_side": side, "now": now})
        return
    remote_ids = list(present)
    for start in range(0, len(remote_ids), CHUNK):
        direct(_TOUCH, connection=books.id, remote_ids=remote_ids[start : start + CHUNK], last_seen_at=now)
