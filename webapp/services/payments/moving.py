"""Write the payments and reversals that the books told of: each fact once, however many, in a few statements."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.domain.payments import Received, Reversed
from webapp.extensions import clock
from webapp.services.actors import person, system
from webapp.services.invoices import refresh_payments
from webapp.services.payments.beforehand import Books, Work
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.payments import Payment
from webapp.store.session import current

CHUNK = 500
Movement = Received | Reversed

RECEIVED, PAID_OUT, BEFORE = "yuki", "yuki_paid", "yuki_before"
"""Sources of payments that the books told of: from customers, to suppliers, and made before the first look."""


def move(
    work: Work,
    books: Books,
    movements: Sequence[Movement],
    *,
    source: str = RECEIVED,
    before: Collection[int] = (),
) -> None:
    """Write what moved inside of a transaction, at most one movement for an invoice; a known fact changes nothing.

    The invoices of `before` were settled before the first look at them: nobody saw when, so it is no news.
    """
    ordered = sorted(movements, key=lambda movement: movement.invoice_id)
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        sources = {one.invoice_id: BEFORE if one.invoice_id in before else source for one in chunk}
        _move_chunk(work, books, chunk, sources)


def _move_chunk(work: Work, books: Books, movements: Sequence[Movement], sources: Mapping[int, str]) -> None:
    ids = [movement.invoice_id for movement in movements]
    # In the order of their ids, as everybody who takes several: two runs never wait for each other.
    query = select(Invoice).where(Invoice.id.in_(ids)).order_by(Invoice.id).with_for_update()
    invoices = {row.id: row for row in current().scalars(query.execution_options(populate_existing=True))}
    new = _insert_payments(work, books, movements, invoices, sources)
    fresh = [movement for movement in movements if movement.remote_key in new]
    if not fresh:
        return
    _tell(work, [movement for movement in fresh if sources[movement.invoice_id] != BEFORE], sources)
    refresh_payments([invoices[movement.invoice_id] for movement in fresh], run_id=work.id)


def _insert_payments(
    work: Work,
    books: Books,
    movements: Sequence[Movement],
    invoices: dict[int, Invoice],
    sources: Mapping[int, str],
) -> set[str]:
    """Insert those payments that are not here yet; returns the keys of their movements."""
    session = current()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    now, prefix = clock.now(), f"yuki:{books.uid}:"
    rows = [
        {
            "organisation_id": work.organisation_id,
            "connection_id": books.id,
            "run_id": work.id,
            "invoice_id": movement.invoice_id,
            "source": sources[movement.invoice_id],
            "remote_key": prefix + movement.remote_key,
            "amount": _signed(movement),
            "unapplied_amount": _signed(movement),
            "currency": movement.currency,
            "received_on": movement.seen_on,
            "seen_on": True,
            "contact_name": invoices[movement.invoice_id].contact_name,
            "description": invoices[movement.invoice_id].number,
            "created_at": now,
        }
        for movement in movements
    ]
    statement = dialect.insert(Payment).on_conflict_do_nothing().returning(Payment.remote_key)
    return {key.removeprefix(prefix) for key in session.scalars(statement, rows)}


def _tell(work: Work, movements: Sequence[Movement], sources: Mapping[int, str]) -> None:
    """Write the lines of history that the payments themselves are."""
    if not movements:
        return
    actor = person(work.organisation_id, work.actor_name) if work.actor_name else system(work.organisation_id)
    now = clock.now()
    current().execute(
        insert(InvoiceEvent),
        [
            {
                "organisation_id": work.organisation_id,
                "invoice_id": movement.invoice_id,
                "occurred_at": now,
                "actor_kind": actor.kind,
                "actor_name": actor.name,
                "event": _event(movement, sources[movement.invoice_id]),
                "params": {
                    "amount": str(movement.amount),
                    "currency": movement.currency,
                    "date": movement.seen_on.isoformat(),
                },
                "run_id": work.id,
            }
            for movement in movements
        ],
    )


def _event(movement: Movement, source: str) -> str:
    if source == PAID_OUT:
        return "payment.made" if isinstance(movement, Received) else "payment.made_back"
    return "payment.received" if isinstance(movement, Received) else "payment.reversed"


def _signed(movement: Movement) -> Decimal:
    return movement.amount if isinstance(movement, Received) else -movement.amount
