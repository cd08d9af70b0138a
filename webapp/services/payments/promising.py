"""The promise that what follows a payment run gets done, also when the worker dies in the middle of it.

Beside the entry that starts the work stands a second one in the outbox, due later. Who begins puts it off, who is
done takes it away; when nobody does, it comes due and somebody begins again.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select

from webapp.extensions import clock
from webapp.services import outbox
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.session import current, transaction

AGAIN = 300
"""Seconds after which the work is begun again that nobody has ended: far more than one call and its writing take."""

TRIES = 4
"""How often it is begun; what ends every worker, or fails each time, would else come back for ever."""


def promise(run_id: int) -> None:
    """Let the work after a run begin, inside of the transaction that writes the run, and once more if it is lost."""
    outbox.enqueue(outbox.PAYMENTS_AFTER, run_id)
    outbox.enqueue(outbox.PAYMENTS_AFTER, run_id, delay=AGAIN)


def begin(run_id: int) -> bool:
    """Put the second entry off for this try; returns False when there is no such run, or it was tried enough."""
    with transaction() as session:
        run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
        _take_away(run_id)
        if run is None:
            return False
        tries = int(str(run.details.get("follow_ups", 0))) + 1
        if tries > TRIES:
            return False
        run.details = run.details | {"follow_ups": tries}
        outbox.enqueue(outbox.PAYMENTS_AFTER, run_id, delay=AGAIN)
    return True


def keep(run_id: int) -> None:
    """Take the second entry away: the work is done."""
    with transaction():
        _take_away(run_id)


def _take_away(run_id: int) -> None:
    ids = _waiting(run_id)
    if ids:
        wanted = delete(OutboxEntry).where(OutboxEntry.id.in_(ids)).execution_options(synchronize_session=False)
        current().execute(wanted)


def _waiting(run_id: int) -> Sequence[int]:
    """Return the entries of this run that wait for their time; what is due is the relay's already."""
    query = select(OutboxEntry.id, OutboxEntry.args).where(
        OutboxEntry.job == outbox.PAYMENTS_AFTER, OutboxEntry.available_at > clock.now()
    )
    return [row.id for row in current().execute(query) if row.args == [run_id]]
