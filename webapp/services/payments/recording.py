"""Write what a payment run learnt: payments, allocations, what is open now, history and the run's counters."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from webapp.domain.payments import (
    Ambiguous,
    CreditOpen,
    CurrencyDiffers,
    Intent,
    KnownInvoice,
    NeverOutstanding,
    NotYetSeen,
    Received,
    Reversed,
    TotalDiffers,
    Unapplied,
    UnknownItem,
)
from webapp.extensions import clock
from webapp.services.payments.beforehand import Books, Reader, Work
from webapp.services.payments.comparing import compare
from webapp.services.payments.documents import first_seen
from webapp.services.payments.keptitems import Told
from webapp.services.payments.moving import move
from webapp.services.payments.openitems import remember
from webapp.services.payments.promising import promise
from webapp.services.payments.receipts import keep_receipts
from webapp.store.runs import RunItem
from webapp.store.session import current


def record(
    reader: Reader,
    books: Books,
    work: Work,
    *,
    known: Sequence[KnownInvoice],
    items: Sequence[Told],
    intents: Sequence[Intent],
) -> dict[str, Any]:
    """Write everything of one run inside of a transaction; the same facts a second time change nothing.

    Returns the run's counters and details.
    """
    outcomes: dict[int, dict[str, Any]] = {}
    found: dict[type[Any], list[Any]] = defaultdict(list)
    for intent in intents:
        found[type(intent)].append(intent)
        if isinstance(intent, Received | Reversed):
            outcomes[intent.invoice_id] = _moved(intent)
        elif isinstance(intent, NeverOutstanding):
            outcomes[intent.invoice_id] = _no_proof("never_outstanding", method=intent.payment_method.value)
        elif isinstance(intent, NotYetSeen):
            outcomes[intent.invoice_id] = _no_proof(intent.reason.value)
        elif isinstance(intent, CurrencyDiffers):
            outcomes[intent.invoice_id] = _no_proof("currency_differs", currency=intent.currency_there)
        elif isinstance(intent, Ambiguous):
            for invoice_id in intent.invoice_ids:
                outcomes[invoice_id] = _no_proof("ambiguous")
    movements = [*found[Received], *found[Reversed]]
    move(work, books, movements, before=first_seen(known))
    if movements:
        reader.wrote()
    there = remember(reader, books, known=known, items=items, intents=intents)
    receipts = keep_receipts(reader, books, work, items, any_open=there.receipts)
    if movements or receipts:
        promise(work.id)
    _write_items(work, outcomes)
    skipped = sum(1 for outcome in outcomes.values() if outcome["outcome"] == "skipped")
    details = _details(items, found) | compare(reader, books, work, items=items, intents=intents)
    counted = {"offered": len(known), "skipped": skipped, "succeeded": len(known) - skipped}
    return {"details": details} | counted


def _moved(intent: Received | Reversed) -> dict[str, Any]:
    kind = "received" if isinstance(intent, Received) else "reversed"
    params = {"kind": kind, "amount": str(intent.amount), "currency": intent.currency}
    return {"outcome": "succeeded", "failure": "", "params": params}


def _no_proof(reason: str, **params: str) -> dict[str, Any]:
    return {"outcome": "skipped", "failure": reason, "params": params | {"reason": reason}}


def _write_items(work: Work, outcomes: dict[int, dict[str, Any]]) -> None:
    """One item for each invoice of which there is something to say; the unchanged ones are only counted."""
    rows = [
        {
            "run_id": work.id,
            "organisation_id": work.organisation_id,
            "invoice_id": invoice_id,
            "attempts": 1,
            "updated_at": clock.now(),
        }
        | outcome
        for invoice_id, outcome in sorted(outcomes.items())
    ]
    if rows:
        current().execute(insert(RunItem), rows)


def _details(items: Sequence[Told], found: dict[type[Any], list[Any]]) -> dict[str, Any]:
    """What the run page tells in numbers."""
    return {
        "items": len({item.remote_id for item in items}),
        "received": len(found[Received]),
        "reversed": len(found[Reversed]),
        "unknown_items": len(found[UnknownItem]) + sum(1 for one in found[CreditOpen] if one.invoice_id is None),
        "unapplied": len(found[Unapplied]),
        "not_proved": len(found[NeverOutstanding]) + len(found[NotYetSeen]),
        "ambiguous": len(found[Ambiguous]),
        "total_differs": len(found[TotalDiffers]),
    }
