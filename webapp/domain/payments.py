"""The payment planner: what we knew plus what is open in the books now gives what happened. Pure.

The books tell what is open, not what was paid. So a payment is the fall of an open amount between two
looks, and the end of an item that is known to have been open is its payment in full. Every payment
and reversal carries a key made of the step itself, so that the same answer taken twice, in any
order of its items, is recorded once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from webapp.domain.documents import NEVER_OUTSTANDING
from webapp.domain.payment_facts import (
    Ambiguous,
    CreditOpen,
    CurrencyDiffers,
    Intent,
    KnownInvoice,
    NeverOutstanding,
    NoProof,
    NotYetSeen,
    Received,
    RemoteItem,
    Reversed,
    SeenOpen,
    TotalDiffers,
    Unapplied,
    UnknownItem,
)

__all__ = [
    "BOOKING_MARGIN",
    "Ambiguous",
    "CreditOpen",
    "CurrencyDiffers",
    "Intent",
    "KnownInvoice",
    "NeverOutstanding",
    "NoProof",
    "NotYetSeen",
    "Received",
    "RemoteItem",
    "Reversed",
    "SeenOpen",
    "TotalDiffers",
    "Unapplied",
    "UnknownItem",
    "plan_payments",
    "remote_key",
]

BOOKING_MARGIN = timedelta(minutes=10)
"""How long before the question an invoice must have been booked for its absence to mean anything."""

_ZERO = Decimal(0)


def plan_payments(
    known: Iterable[KnownInvoice],
    items: Iterable[RemoteItem],
    *,
    asked_at: datetime,
    seen_on: date,
    last_asked_at: datetime | None = None,
    margin: timedelta = BOOKING_MARGIN,
) -> tuple[Intent, ...]:
    """Compare one complete answer of the books with what we knew, and return what to record.

    `asked_at` is the moment before the question left, `seen_on` its day at the books' place. An answer
    that was asked for before the last one applied (`last_asked_at`) is stale and yields nothing.
    An invoice without any intent is as it was.
    """
    if last_asked_at is not None and asked_at < last_asked_at:
        return ()
    invoices = sorted(known, key=lambda invoice: invoice.invoice_id)
    matching = _match(invoices, _in_order(items))
    intents: list[Intent] = []
    for invoice in invoices:
        if invoice.invoice_id in matching.doubtful:
            continue
        item = matching.pairs.get(invoice.invoice_id)
        if item is None:
            intents.extend(_judge_absent(invoice, asked_at=asked_at, seen_on=seen_on, margin=margin))
        else:
            intents.extend(_judge_present(invoice, item, seen_on=seen_on))
    intents.extend(matching.ambiguities)
    intents.extend(_judge_stranger(item) for item in matching.strangers)
    return tuple(intents)


def remote_key(invoice: KnownInvoice, before: Decimal, after: Decimal) -> str:
    """Return the key of one step of an invoice's open amount; unique within a connection."""
    return f"open:{invoice.invoice_id}:{invoice.movements + 1}:{_plain(before)}>{_plain(after)}"


@dataclass(frozen=True, slots=True)
class _Matching:
    pairs: Mapping[int, RemoteItem]
    strangers: tuple[RemoteItem, ...]
    ambiguities: tuple[Ambiguous, ...]
    doubtful: frozenset[int]


def _match(invoices: list[KnownInvoice], items: list[RemoteItem]) -> _Matching:
    """Pair items with invoices: by the books' own document id first, by reference what is left."""
    pairs, rest = _match_documents(invoices, items)
    by_reference: dict[str, list[RemoteItem]] = defaultdict(list)
    strangers = []
    for item in rest:
        if item.reference.strip():
            by_reference[item.reference.strip()].append(item)
        else:
            strangers.append(item)
    waiting: dict[str, list[KnownInvoice]] = defaultdict(list)
    for invoice in invoices:
        if invoice.invoice_id not in pairs and invoice.reference.strip():
            waiting[invoice.reference.strip()].append(invoice)
    ambiguities = []
    for reference, group in by_reference.items():
        candidates = [invoice for invoice in waiting[reference] if _may_be_same(invoice, group)]
        if len(group) == 1 and len(candidates) == 1:
            pairs[candidates[0].invoice_id] = group[0]
        elif candidates:
            ambiguities.append(_ambiguity(reference, group, candidates))
        else:
            strangers.extend(group)
    return _Matching(
        pairs=pairs,
        strangers=tuple(strangers),
        ambiguities=tuple(ambiguities),
        doubtful=frozenset(invoice_id for found in ambiguities for invoice_id in found.invoice_ids),
    )


def _match_documents(
    invoices: list[KnownInvoice], items: list[RemoteItem]
) -> tuple[dict[int, RemoteItem], list[RemoteItem]]:
    """Pair by document id, where exactly one invoice and one item have it; return the items left too."""
    by_document: dict[str, list[KnownInvoice]] = defaultdict(list)
    for invoice in invoices:
        by_document[invoice.document_id].append(invoice)
    counts: dict[str, int] = defaultdict(int)
    for item in items:
        counts[item.document_id] += 1
    pairs: dict[int, RemoteItem] = {}
    rest = []
    for item in items:
        owners = by_document.get(item.document_id, []) if item.document_id else []
        if len(owners) == 1 and counts[item.document_id] == 1:
            pairs[owners[0].invoice_id] = item
        else:
            rest.append(item)
    return pairs, rest


def _may_be_same(invoice: KnownInvoice, group: list[RemoteItem]) -> bool:
    """Whether a reference may join them: two different documents of the books are never one invoice."""
    return any(
        not (invoice.document_id and item.document_id) or invoice.document_id == item.document_id for item in group
    )


def _ambiguity(reference: str, group: list[RemoteItem], candidates: list[KnownInvoice]) -> Ambiguous:
    return Ambiguous(
        reference=reference,
        remote_ids=tuple(item.remote_id for item in group),
        invoice_ids=tuple(invoice.invoice_id for invoice in candidates),
        amount=sum((item.open_amount for item in group), _ZERO),
    )


def _judge_present(invoice: KnownInvoice, item: RemoteItem, *, seen_on: date) -> Iterator[Intent]:
    """An item that is open now: how far did its amount move since the last look?"""
    if item.open_amount < 0:
        yield CreditOpen(
            item.remote_id, item.reference, item.open_amount, item.contact_name, invoice_id=invoice.invoice_id
        )
    if item.currency != invoice.currency:
        yield CurrencyDiffers(invoice.invoice_id, item.remote_id, invoice.currency, item.currency)
        return
    if item.original_amount != invoice.total:
        yield TotalDiffers(invoice.invoice_id, item.remote_id, invoice.total, item.original_amount)
    # At the first sight everything between the original amount and the open one was paid before.
    last = _last_open(invoice)
    before = item.original_amount if last is None else last
    yield from _movement(invoice, before, item.open_amount, seen_on=seen_on)
    if invoice.last_open != item.open_amount:
        yield SeenOpen(
            invoice.invoice_id,
            item.remote_id,
            item.open_amount,
            item.original_amount,
            first=invoice.last_open is None,
        )


def _judge_absent(invoice: KnownInvoice, *, asked_at: datetime, seen_on: date, margin: timedelta) -> Iterator[Intent]:
    """An invoice that is not open: paid in full, or no proof of anything; then say which it is."""
    last = _last_open(invoice)
    if last is not None:
        yield from _movement(invoice, last, _ZERO, seen_on=seen_on)
    elif invoice.payment_method in NEVER_OUTSTANDING:
        yield NeverOutstanding(invoice.invoice_id, invoice.payment_method)
    elif invoice.booked_at is None:
        yield NotYetSeen(invoice.invoice_id, NoProof.NOT_BOOKED)
    elif invoice.booked_at >= asked_at - margin:
        yield NotYetSeen(invoice.invoice_id, NoProof.TOO_RECENT)
    else:
        yield from _movement(invoice, invoice.total, _ZERO, seen_on=seen_on)


def _last_open(invoice: KnownInvoice) -> Decimal | None:
    """What was open at the last look: who was never seen open, yet has a movement, was found paid by absence."""
    return _ZERO if invoice.last_open is None and invoice.movements else invoice.last_open


def _movement(invoice: KnownInvoice, before: Decimal, after: Decimal, *, seen_on: date) -> Iterator[Intent]:
    """The step from one open amount to another, in the direction of the invoice's own sign."""
    fell = before - after
    if not fell:
        return
    key = remote_key(invoice, before, after)
    if (fell < 0) == (invoice.total < 0):
        settles = after == 0 or (after < 0) != (invoice.total < 0)
        yield Received(invoice.invoice_id, fell, invoice.currency, seen_on, settles=settles, remote_key=key)
    else:
        yield Reversed(invoice.invoice_id, -fell, invoice.currency, seen_on, remote_key=key)


def _judge_stranger(item: RemoteItem) -> Intent:
    """An item that belongs to no invoice of ours."""
    if not item.reference.strip() and not item.type_id:
        return Unapplied(
            item.remote_id,
            -item.open_amount,
            item.currency,
            item.contact_name,
            remote_key=f"unapplied:{item.remote_id}",
        )
    if item.open_amount < 0:
        return CreditOpen(item.remote_id, item.reference, item.open_amount, item.contact_name, invoice_id=None)
    return UnknownItem(item.remote_id, item.reference, item.open_amount, item.contact_name)


def _in_order(items: Iterable[RemoteItem]) -> list[RemoteItem]:
    """Return each item once, whatever order they came in: pages of an answer may overlap."""
    listed = list(items)
    by_id = {item.remote_id: item for item in listed}
    if len(by_id) == len(listed):
        return [by_id[remote_id] for remote_id in sorted(by_id)]
    return sorted(set(listed), key=_item_order)


def _item_order(item: RemoteItem) -> tuple[str | Decimal, ...]:
    """Every field, so that the order is the same whatever order the items came in."""
    return (
        item.remote_id,
        item.reference,
        item.document_id,
        item.open_amount,
        item.original_amount,
        item.currency,
        item.type_id,
        item.contact_name,
    )


def _plain(amount: Decimal) -> str:
    """One spelling for one amount: 40, 40.0 and 40.00 are the same step."""
    return format(amount.normalize() + _ZERO, "f")
