"""Compare what is open here with what is open in the books: every difference with its cause."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select

from webapp.connectors.ports import OpenItem
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
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.payments import Difference, Payment, RemoteOpenItem
from webapp.store.runs import Run
from webapp.store.session import current, direct
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
_INVOICES, _DELIVERIES, _DOCUMENTS, _ITEMS, _PAYMENTS = map(
    table_of, (Invoice, Delivery, RemoteDocument, RemoteOpenItem, Payment)
)
_TWINS = _PAYMENTS.alias()
_MINE: Any = bindparam("connection")
_OPEN = (
    select(
        _INVOICES.c.id,
        _INVOICES.c.outstanding_amount,
        _INVOICES.c.gross_total,
        _INVOICES.c.currency,
        _ITEMS.c.remote_id,
        _ITEMS.c.original_amount,
    )
    .outerjoin(_ITEMS, (_ITEMS.c.invoice_id == _INVOICES.c.id) & (_ITEMS.c.connection_id == _MINE))
    .where(or_(_INVOICES.c.outstanding_amount != 0, _ITEMS.c.gone_at.is_(None) & _ITEMS.c.id.is_not(None)))
)
_SENT = _OPEN.join(_DELIVERIES, (_DELIVERIES.c.invoice_id == _INVOICES.c.id) & (_DELIVERIES.c.state == "sent")).where(
    _DELIVERIES.c.connection_id == _MINE, _INVOICES.c.kind == "sales"
)
"""Every invoice sent by a connection that is open on either side, with the item it was last seen as."""

_FETCHED = _OPEN.join(_DOCUMENTS, _DOCUMENTS.c.invoice_id == _INVOICES.c.id).where(
    _DOCUMENTS.c.connection_id == _MINE,
    _INVOICES.c.source == bindparam("provider"),
    _INVOICES.c.kind == bindparam("kind"),
    _INVOICES.c.status == "sent",
)
"""The same of the invoices that were fetched from a connection."""

_RECEIPTS = (
    select(_ITEMS.c.remote_id, func.coalesce(_TWINS.c.unapplied_amount, _PAYMENTS.c.unapplied_amount))
    .join(_PAYMENTS, _PAYMENTS.c.id == _ITEMS.c.payment_id)
    .outerjoin(_TWINS, _TWINS.c.id == _PAYMENTS.c.same_as_id)
    .where(_ITEMS.c.connection_id == _MINE, _ITEMS.c.gone_at.is_(None))
)
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
    run: Run | None,
    connection: Connection,
    *,
    items: Sequence[OpenItem],
    intents: Iterable[Intent],
    kind: str = "sales",
) -> Compared:
    """Return open here, open there, and for each cause of a difference its number and amount, for a kind of invoice.

    Inside of the transaction that wrote the answer; each difference is kept with its invoice or item, for a `run`. The
    amounts of the causes add up to what is open there less what is open here, by the way they are found:
    no rest can be left out.
    """
    present = {item.remote_id: item.open_amount for item in items}
    by_invoice, by_item = _marks(intents)
    found: list[_Found] = []
    total = ZERO
    mine = {"connection": connection.id}
    answers = [direct(_FETCHED, provider=connection.provider, kind=kind, **mine)]
    if kind == "sales":
        answers.append(direct(_SENT, **mine))
    for row in chain.from_iterable(answers):
        there = present.pop(row.remote_id, ZERO) if row.remote_id else ZERO
        here = row.outstanding_amount if row.currency == CURRENCY else ZERO
        total += here
        if there != here:
            found.append(_Found(by_invoice.get(row.id) or _cause(row, there), here, there, invoice_id=row.id))
    waiting = {row[0]: row[1] for row in direct(_RECEIPTS, **mine)} if kind == "sales" else {}
    for remote_id, there in present.items():  # what is left belongs to no invoice
        # A receipt lessens what is open on both sides, as far as it is unapplied here.
        here = -waiting.get(remote_id, ZERO)
        total += here
        if there != here:
            cause = "here_only" if remote_id in waiting else by_item.get(remote_id, "unexplained")
            found.append(_Found(cause, here, there, remote_id=remote_id))
    if run is not None:
        _keep(run, connection, found, side=SIDES[kind])
    return _summed(total, found)


def _summed(here: Decimal, found: Sequence[_Found]) -> Compared:
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for one in found:
        amounts[one.cause].append(one.there - one.here)
    return {
        "open_here": str(here),
        "open_there": str(sum((item for several in amounts.values() for item in several), here)),
        "causes": [
            {"cause": cause, "count": len(amounts[cause]), "amount": str(sum(amounts[cause], ZERO))}
            for cause in CAUSES
            if amounts[cause]
        ],
    }


def _keep(run: Run, connection: Connection, found: Sequence[_Found], *, side: str) -> None:
    """Write the differences of this look at a side in place of those of the last one."""
    session = current()
    session.execute(delete(Difference).where(Difference.connection_id == connection.id, Difference.side == side))
    if not found:
        return
    ids: dict[str, int] = {}
    wanted = [one.remote_id for one in found if one.remote_id]
    for start in range(0, len(wanted), CHUNK):
        query = select(RemoteOpenItem.remote_id, RemoteOpenItem.id).where(
            RemoteOpenItem.connection_id == connection.id,
            RemoteOpenItem.side == side,
            RemoteOpenItem.remote_id.in_(wanted[start : start + CHUNK]),
        )
        ids.update((remote_id, item_id) for remote_id, item_id in session.execute(query))
    common = {"organisation_id": run.organisation_id, "connection_id": connection.id, "run_id": run.id, "side": side}
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


def _cause(row: Any, there: Decimal) -> str:
    if row.original_amount is not None and row.original_amount != row.gross_total:
        return "total_differs"
    if there and (there < 0) != (row.gross_total < 0):
        return "overpaid"
    if (there - row.outstanding_amount > 0) == (row.gross_total > 0):
        return "here_only"
    return "unexplained"
