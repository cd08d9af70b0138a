"""Runs whose jobs only wait in a long queue are not asked for again and again."""

from datetime import timedelta

from sqlalchemy import delete, func, select, update

from tests.sending.conftest import Office
from webapp.connectors.ports import OutcomeUnknown
from webapp.extensions import clock
from webapp.services.sending import settling, sweeping
from webapp.store.deliveries import Delivery
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.session import current, transaction


def _hand_over_everything(office: Office) -> None:
    """Leave all jobs to a queue in which they wait, and let time go by."""
    with transaction() as session:
        session.execute(delete(OutboxEntry))
    clock.advance(timedelta(seconds=61))


def _waiting() -> int:
    return current().scalar(select(func.count()).select_from(OutboxEntry)) or 0


def test_while_others_are_worked_on_only_some_of_a_long_queue_are_woken(office: Office) -> None:
    run_ids = [office.ask(one) for one in office.invoices(40)]
    _hand_over_everything(office)
    with transaction() as session:
        session.execute(update(Run).where(Run.id == run_ids[-1]).values(status="running", heartbeat_at=clock.now()))

    sweeping.sweep()

    assert _waiting() == sweeping.WOKEN


def test_when_nobody_works_everything_is_woken_at_once(office: Office) -> None:
    for one in office.invoices(40):
        office.ask(one)
    _hand_over_everything(office)

    sweeping.sweep()

    assert _waiting() == 40


def test_a_look_up_that_is_held_back_tells_when_that_was_written(office: Office) -> None:
    """A moment to look up that a wrong clock wrote is found out by that, and brought back when the clock is right."""
    invoice_id = office.invoice()
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.send(invoice_id)
    clock.advance(timedelta(seconds=30))
    with transaction() as session:
        session.execute(update(Delivery).values(look_up_after=clock.now()))

    with transaction():
        settling.hold_back(office.connection_id)

    delivery = office.delivery(invoice_id)
    assert delivery.look_up_after is not None
    assert delivery.look_up_after > clock.now()
    assert delivery.updated_at == clock.now()
