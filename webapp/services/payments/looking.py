"""What a look at the books says of one side of them, written beside whatever else a run does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import insert, select, update

from webapp.connectors.ports import OpenItem
from webapp.domain.payments import KnownInvoice, Received, RemoteItem, Reversed, plan_payments
from webapp.extensions import clock
from webapp.services.payments.beforehand import Books, Reader, Work
from webapp.services.payments.comparing import SIDES, compare
from webapp.services.payments.documents import first_seen, known_documents
from webapp.services.payments.knowing import known_invoices
from webapp.services.payments.moving import PAID_OUT, RECEIVED, move
from webapp.services.payments.openitems import remember
from webapp.services.payments.planning import remote_item
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice
from webapp.store.runs import Run, RunItem
from webapp.store.session import current

CHUNK = 500


def look(
    run: Run, connection: Connection, items: Sequence[OpenItem], *, kind: str, asked_at: datetime
) -> dict[str, Any]:
    """Write one complete answer about one kind of invoice, inside of a transaction that holds the connection.

    Returns the comparison of what is open here and there, with how many payments and reversals were written. An
    answer that was asked for before the last one tells nothing new, and returns nothing.
    """
    sales = kind == "sales"
    last = connection.payments_asked_at if sales else None
    if last is not None and asked_at < last:
        return {}
    remote = [remote_item(item) for item in items]
    reader, books = Reader.within(), Books.of(connection)
    known = known_documents(reader, books, {item.document_id for item in remote}, kind=kind)
    if not sales and _is_turned_round(known, remote):
        items = [
            # Without their marks: what is kept is not what the bytes tell.
            item._replace(open_amount=-item.open_amount, original_amount=-item.original_amount, mark=None)
            for item in items
        ]
        remote = [remote_item(item) for item in items]
    if sales and connection.process_payments:
        known += known_invoices(reader, books, {item.reference for item in remote})
    day = asked_at.astimezone(current_app.extensions["koppel"].zone).date()
    intents = plan_payments(known, remote, asked_at=asked_at, seen_on=day, last_asked_at=last)
    unseen = first_seen(known)
    moved = [intent for intent in intents if isinstance(intent, Received | Reversed)]
    move(Work.of(run), books, moved, source=RECEIVED if sales else PAID_OUT, before=unseen)
    _fill_due_dates(known, items)
    remember(reader, books, known=known, items=items, intents=intents, side=SIDES[kind])
    reader.wrote()
    _tell(run, [one for one in moved if one.invoice_id not in unseen])
    if sales:
        connection.payments_asked_at = asked_at
    figures: dict[str, Any] = {"moved": len(moved), "items": len({item.remote_id for item in remote})}
    # The differences of the sales side are those of a payment run, which looks at all of it.
    figures |= compare(reader, books, None if sales else Work.of(run), items=items, intents=intents, kind=kind)
    reader.finish()
    return figures


def _tell(run: Run, moved: Sequence[Received | Reversed]) -> None:
    """Add what moved to the run's items and counters; what was settled before the first look is no news."""
    rows = [
        {
            "run_id": run.id,
            "organisation_id": run.organisation_id,
            "invoice_id": one.invoice_id,
            "outcome": "succeeded",
            "params": {
                "kind": "received" if isinstance(one, Received) else "reversed",
                "amount": str(one.amount),
                "currency": one.currency,
            },
            "attempts": 1,
            "updated_at": clock.now(),
        }
        for one in moved
    ]
    if rows:
        current().execute(insert(RunItem), rows)
        run.offered += len(rows)
        run.succeeded += len(rows)


def _fill_due_dates(known: Sequence[KnownInvoice], items: Sequence[OpenItem]) -> None:
    """Write the due dates that open items tell of fetched invoices that have none yet."""
    told = {item.document_id.lower(): item.due_date for item in items if item.document_id and item.due_date}
    ids = {one.invoice_id: told[one.document_id] for one in known if one.document_id in told}
    lacking = list(ids)
    rows: list[dict[str, Any]] = []
    for start in range(0, len(lacking), CHUNK):
        query = select(Invoice.id).where(Invoice.id.in_(lacking[start : start + CHUNK]), Invoice.due_date.is_(None))
        rows += [{"id": found, "due_date": ids[found]} for found in current().scalars(query)]
    if rows:
        current().execute(update(Invoice), rows)


def _is_turned_round(known: Sequence[KnownInvoice], remote: Sequence[RemoteItem]) -> bool:
    """Whether the books write what is owed to suppliers as negative: no note says which way round they do."""
    totals = {one.document_id: one.total for one in known}
    pairs = [(item.original_amount, totals[item.document_id]) for item in remote if item.document_id in totals]
    return any(pairs) and all(there == -here for there, here in pairs)
