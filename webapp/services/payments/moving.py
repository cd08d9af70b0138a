"""Write payments and reversals with their allocations: each fact once, however many there are, in a few statements."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain.payments import Received, Reversed
from webapp.extensions import clock
from webapp.services.actors import person, system
from webapp.services.invoices import refresh_payments
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.payments import Allocation, Payment
from webapp.store.runs import Run
from webapp.store.session import current

CHUNK = 500
ZERO = Decimal(0)
Movement = Received | Reversed


def move(run: Run, connection: Connection, movements: Sequence[Movement]) -> None:
    """Write what moved inside of a transaction, at most one movement for an invoice; a known fact changes nothing."""
    ordered = sorted(movements, key=lambda movement: movement.invoice_id)
    for start in range(0, len(ordered), CHUNK):
        _move_chunk(run, connection, ordered[start : start + CHUNK])


def _move_chunk(run: Run, connection: Connection, movements: Sequence[Movement]) -> None:
    session = current()
    ids = [movement.invoice_id for movement in movements]
    # In the order of their ids, as everybody who takes several: two runs never wait for each other.
    query = select(Invoice).where(Invoice.id.in_(ids)).order_by(Invoice.id).with_for_update()
    invoices = {row.id: row for row in session.scalars(query.execution_options(populate_existing=True))}
    before = _moved_by_books(ids)
    payments = _insert_payments(run, connection, movements, invoices)
    fresh = [movement for movement in movements if movement.remote_key in payments]
    if not fresh:
        return
    now = clock.now()
    session.execute(
        insert(Allocation),
        [
            {
                "organisation_id": run.organisation_id,
                "payment_id": payments[movement.remote_key],
                "invoice_id": movement.invoice_id,
                "amount": allocated(
                    invoices[movement.invoice_id], before.get(movement.invoice_id, ZERO), _signed(movement)
                ),
                "created_at": now,
            }
            for movement in fresh
        ],
    )
    _tell(run, fresh)
    refresh_payments([invoices[movement.invoice_id] for movement in fresh], run_id=run.id)


def allocated(invoice: Invoice, before: Decimal, amount: Decimal) -> Decimal:
    """Return how much of a movement goes to the invoice; what the books hold beyond its total stays unapplied.

    `before` is what the books said came in earlier. Never more than the invoice's total is set against
    it, and a reversal first takes what was too much.
    """
    low, high = sorted((ZERO, invoice.gross_total))
    share = min(max(before + amount, low), high) - min(max(before, low), high)
    paid = invoice.paid_amount
    return min(max(paid + share, low), high) - paid


def _moved_by_books(invoice_ids: Sequence[int]) -> dict[int, Decimal]:
    """Return what the books said came in on each invoice so far, whatever of it was set against it."""
    query = (
        select(Allocation.invoice_id, func.sum(Payment.amount))
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.invoice_id.in_(invoice_ids), Payment.source == "yuki")
        .group_by(Allocation.invoice_id)
    )
    return {row[0]: row[1] for row in current().execute(query)}


def _insert_payments(
    run: Run, connection: Connection, movements: Sequence[Movement], invoices: dict[int, Invoice]
) -> dict[str, int]:
    """Insert those payments that are not here yet; returns their ids by the key of the movement."""
    session = current()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    now, prefix = clock.now(), f"yuki:{connection.uid}:"
    rows = [
        {
            "organisation_id": run.organisation_id,
            "connection_id": connection.id,
            "run_id": run.id,
            "source": "yuki",
            "remote_key": prefix + movement.remote_key,
            "amount": _signed(movement),
            "currency": movement.currency,
            "received_on": movement.seen_on,
            "seen_on": True,
            "contact_name": invoices[movement.invoice_id].contact_name,
            "description": invoices[movement.invoice_id].number,
            "created_at": now,
        }
        for movement in movements
    ]
    statement = dialect.insert(Payment).on_conflict_do_nothing().returning(Payment.id, Payment.remote_key)
    return {key.removeprefix(prefix): identity for identity, key in session.execute(statement, rows)}


def _tell(run: Run, movements: Sequence[Movement]) -> None:
    """Write the lines of history that the payments themselves are."""
    actor = person(run.organisation_id, run.actor_name) if run.actor_name else system(run.organisation_id)
    now = clock.now()
    current().execute(
        insert(InvoiceEvent),
        [
            {
                "organisation_id": run.organisation_id,
                "invoice_id": movement.invoice_id,
                "occurred_at": now,
                "actor_kind": actor.kind,
                "actor_name": actor.name,
                "event": "payment.received" if isinstance(movement, Received) else "payment.reversed",
                "params": {
                    "amount": str(movement.amount),
                    "currency": movement.currency,
                    "date": movement.seen_on.isoformat(),
                },
                "run_id": run.id,
            }
            for movement in movements
        ],
    )


def _signed(movement: Movement) -> Decimal:
    return movement.amount if isinstance(movement, Received) else -movement.amount
