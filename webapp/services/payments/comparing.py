"""Compare what is open here with what is open in the books: every difference with its cause."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select

from webapp.domain.money import amount_of, whole_of
from webapp.domain.payments import (
    Ambiguous,
    CreditOpen,
    CurrencyDiffers,
    Intent,
    NeverOutstanding,
    NotYetSeen,
    Unapplied,
    UnknownItem,
)
from webapp.services.payments.beforehand import Books, Reader, Work
from webapp.services.payments.documents import open_documents
from webapp.services.payments.keptitems import Told
from webapp.services.payments.knowing import Standing, open_invoices
from webapp.store.payments import Difference, Payment, RemoteOpenItem
from webapp.store.session import current
from webapp.store.straight import Fixed
from webapp.store.types import table_of

CURRENCY = "EUR"
"""The currency of the books: what is owed in another one is no part of these sums."""

CAUSES = (
    "unknown_items",  # open there, not known here
    "unapplied",  # a receipt that is matched with nothing there yet
    "not_proved",  # open here and not listed there, which proves nothing: card, iDEAL, a draft, booked just now
    "ambiguous",  # a number that several items or invoices carry
    "total_differs",  # the books have another total
    "overpaid",  # more was paid than the invoice comes to
    "here_only",  # our own entries settle more than the books know of yet
    "other_currency",  # the invoice is in another currency
    "unexplained",  # none of these: a mistake
)
SIDES = {"sales": "debtor", "purchase": "creditor"}
"""Which side of the books each kind of invoice stands on."""

CHUNK = 500
ZERO = Decimal(0)
Compared = dict[str, Any]
_DIFFERENCES, _ITEMS, _PAYMENTS = map(table_of, (Difference, RemoteOpenItem, Payment))
_TWINS = _PAYMENTS.alias()
_MINE: Any = bindparam("connection")
_TOLD = (
    select(_ITEMS.c.remote_id, func.coalesce(_TWINS.c.unapplied_amount, _PAYMENTS.c.unapplied_amount))
    .join(_PAYMENTS, _PAYMENTS.c.id == _ITEMS.c.payment_id)
    .outerjoin(_TWINS, _TWINS.c.id == _PAYMENTS.c.same_as_id)
    .where(_ITEMS.c.connection_id == _MINE, _ITEMS.c.gone_at.is_(None))
)
_FORGET = Fixed(
    delete(_DIFFERENCES).where(_DIFFERENCES.c.connection_id == _MINE, _DIFFERENCES.c.side == bindparam("of_side"))
)
_RECEIPTS = Fixed(_TOLD, gives=[_ITEMS.c.remote_id, _PAYMENTS.c.unapplied_amount])
"""What is unapplied here of each receipt that is open there; its twin's, where that stands for it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One difference: the invoice it is about (id), or the item (remote id), what is open here and there."""

    cause: str
    here: Decimal
    there: Decimal
    invoice_id: int | None = None
    remote_id: str = ""


def compare(
    reader: Reader,
    books: Books,
    work: Work | None,
    *,
    items: Sequence[Told],
    intents: Iterable[Intent],
    kind: str = "sales",
) -> Compared:
    """Return open here, open there, and for each cause of a difference its number and amount, for a kind of invoice.

    Inside of the transaction that wrote the answer; each is kept with its invoice or item, for a run's `work`.
    The amounts of the causes add up to what is open there less what is open here, by the way they are found:
    no rest can be left out.
    """
    present = {item.remote_id: item.open_amount for item in items}
    by_invoice, by_item = _marks(intents)
    found: list[_Found] = []
    total = ZERO
    standing = open_documents(reader, books, kind=kind)
    if kind == "sales":
        standing += open_invoices(reader, books)
    for one in standing:
        there = present.pop(one.remote_id, ZERO) if one.remote_id else ZERO
        here = one.outstanding if one.known.currency == CURRENCY else ZERO
        total += here
        if there != here:
            cause = by_invoice.get(one.known.invoice_id) or _cause(one, there)
            found.append(_Found(cause, here, there, invoice_id=one.known.invoice_id))
    waiting = waiting_receipts(reader, books) if kind == "sales" else {}
    for remote_id, there in present.items():  # what is left belongs to no invoice
        # A receipt lessens what is open on both sides, as far as it is unapplied here.
        here = -waiting.get(remote_id, ZERO)
        total += here
        if there != here:
            cause = "here_only" if remote_id in waiting else by_item.get(remote_id, "unexplained")
            found.append(_Found(cause, here, there, remote_id=remote_id))
    if work is not None:
        _keep(reader, books, work, found, side=SIDES[kind])
    return _summed(total, found)


def waiting_receipts(reader: Reader, books: Books) -> dict[str, Decimal]:
    """Return what is unapplied here of each receipt that is open there."""
    return dict(reader.all(_RECEIPTS, {"connection": books.id}, _pair))


def _summed(here: Decimal, found: Sequence[_Found]) -> Compared:
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for one in found:
        amounts[one.cause].append(one.there - one.here)
    return {
        "open_here": _text(here),
        "open_there": _text(sum((item for several in amounts.values() for item in several), here)),
        "causes": [
            {"cause": cause, "count": len(amounts[cause]), "amount": _text(sum(amounts[cause], ZERO))}
            for cause in CAUSES
            if amounts[cause]
        ],
    }


def _text(amount: Decimal) -> str:
    """Return an amount in one way, whether it was read with one decimal or comes from where it was kept."""
    return str(amount_of(whole_of(amount)))


def _pair(remote_id: str, unapplied: Decimal) -> tuple[str, Decimal]:
    return remote_id, unapplied


def _keep(reader: Reader, books: Books, work: Work, found: Sequence[_Found], *, side: str) -> None:
    """Write the differences of this look at a side in place of those of the last one."""
    session = current()
    forgotten = {"connection": books.id, "of_side": side}
    if not found:
        reader.do_later(_FORGET, forgotten)
        return
    reader.line.do(_FORGET, forgotten)
    ids: dict[str, int] = {}
    wanted = [one.remote_id for one in found if one.remote_id]
    for start in range(0, len(wanted), CHUNK):
        query = select(RemoteOpenItem.remote_id, RemoteOpenItem.id).where(
            RemoteOpenItem.connection_id == books.id,
            RemoteOpenItem.side == side,
            RemoteOpenItem.remote_id.in_(wanted[start : start + CHUNK]),
        )
        ids.update((remote_id, item_id) for remote_id, item_id in session.execute(query))
    common = {"organisation_id": work.organisation_id, "connection_id": books.id, "run_id": work.id, "side": side}
    session.execute(
        insert(Difference),
        [
            common
            | {"cause": one.cause, "invoice_id": one.invoice_id, "item_id": ids.get(one.remote_id)}
            | {"here_amount": one.here, "there_amount": one.there}
            for one in found
        ],
    )


def _marks(intents: Iterable[Intent]) -> tuple[Mapping[int, str], Mapping[str, str]]:
    """Return the cause that the planner named, by invoice and by item."""
    by_invoice: dict[int, str] = {}
    by_item: dict[str, str] = {}
    for intent in intents:
        if isinstance(intent, NeverOutstanding | NotYetSeen):
            by_invoice[intent.invoice_id] = "not_proved"
        elif isinstance(intent, CurrencyDiffers):
            by_invoice[intent.invoice_id] = by_item[intent.remote_id] = "other_currency"
        elif isinstance(intent, Ambiguous):
            by_invoice |= dict.fromkeys(intent.invoice_ids, "ambiguous")
            by_item |= dict.fromkeys(intent.remote_ids, "ambiguous")
        elif isinstance(intent, Unapplied):
            by_item[intent.remote_id] = "unapplied"
        elif isinstance(intent, UnknownItem) or (isinstance(intent, CreditOpen) and intent.invoice_id is None):
            by_item[intent.remote_id] = "unknown_items"
    return by_invoice, by_item


def _cause(one: Standing, there: Decimal) -> str:
    total = one.known.total
    if one.original is not None and one.original != total:
        return "total_differs"
    if there and (there < 0) != (total < 0):
        return "overpaid"
    if (there - one.outstanding > 0) == (total > 0):
        return "here_only"
    return "unexplained"
