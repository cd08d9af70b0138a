"""Stop a run between two batches: what has gone is told, what has not goes back."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import insert, select, update

from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import outbox, runs
from webapp.services.actors import Actor
from webapp.services.progress import publish
from webapp.services.sending.locking import lock_invoices
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.runs import Run
from webapp.store.session import current, transaction

CHUNK = 500


def cancel(actor: Actor, run_id: int) -> bool:
    """Ask a run to stop; returns False when it is not one's own or has ended already."""
    with transaction() as session:
        asked = runs.request_cancel(run_id, actor.organisation_id)
        if asked:
            category = session.scalar(select(Run.category).where(Run.id == run_id))
            outbox.enqueue(outbox.PAYMENTS if category == RunCategory.PROCESS_PAYMENTS else outbox.SEND, run_id)
    publish(run_id)
    return asked


def cancel_rest(run: Run) -> int:
    """Take back what is still queued of a run, inside of a transaction; returns how many that were.

    Only what never left the house: a delivery that may have been booked becomes unknown and is looked up,
    and only when it is proved absent it is taken back too.
    """
    session = current()
    waiting = session.execute(
        select(Delivery.id, Delivery.invoice_id, Delivery.look_up_first)
        .where(Delivery.run_id == run.id, Delivery.state == "queued")
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    ).all()
    unsure = [row.id for row in waiting if row.look_up_first]
    if unsure:
        _look_up(run, unsure)
    taken = [row for row in waiting if not row.look_up_first]
    for start in range(0, len(taken), CHUNK):
        chunk = taken[start : start + CHUNK]
        _take_back(run, [row.id for row in chunk], [row.invoice_id for row in chunk])
    return len(taken)


def _look_up(run: Run, delivery_ids: list[int]) -> None:
    now = clock.now()
    settled = now + timedelta(seconds=current_app.extensions["koppel"].yuki_settle)
    for start in range(0, len(delivery_ids), CHUNK):
        chunk = delivery_ids[start : start + CHUNK]
        _write(chunk, state="unknown", look_up_after=settled, failure=Failure.UNKNOWN_OUTCOME.value)
        ids = list(current().scalars(select(Delivery.invoice_id).where(Delivery.id.in_(chunk))))
        _show(run, ids, delivery="unknown", event="yuki.unknown")
        runs.settle_many(run.id, ids, "unknown", failure=Failure.UNKNOWN_OUTCOME.value)
    if run.connection_id is not None:
        outbox.enqueue(outbox.RESOLVE, run.connection_id, delay=(settled - now).total_seconds())


def _take_back(run: Run, delivery_ids: list[int], invoice_ids: list[int]) -> None:
    _write(delivery_ids, state="cancelled", failure=Failure.CANCELLED.value)
    _show(run, invoice_ids, delivery="not_sent", event="yuki.cancelled")
    runs.settle_many(run.id, invoice_ids, "skipped", failure=Failure.CANCELLED.value)


def _write(delivery_ids: list[int], **values: object) -> None:
    current().execute(
        update(Delivery)
        .where(Delivery.id.in_(delivery_ids))
        .values(fence=Delivery.fence + 1, lease_until=None, updated_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
    )


def _show(run: Run, invoice_ids: list[int], *, delivery: str, event: str) -> None:
    now = clock.now()
    lock_invoices(invoice_ids)
    current().execute(
        update(Invoice)
        .where(Invoice.id.in_(invoice_ids))
        .values(delivery=delivery, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    common = {"organisation_id": run.organisation_id, "occurred_at": now, "actor_kind": "system", "actor_name": ""}
    current().execute(
        insert(InvoiceEvent),
        [
            common | {"invoice_id": invoice_id, "event": event, "params": {}, "run_id": run.id}
            for invoice_id in invoice_ids
        ],
    )
