"""Runs of which a connection has one at a time: asked for, stopped, and brought back when a remote makes them wait."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from webapp.connectors.ports import ConnectorError
from webapp.domain.budget import next_midnight
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import outbox, runs
from webapp.services.actors import Actor
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current, transaction

log = Log()
TRIES = 5
"""Times in a row that a run asks a remote that does not answer."""

WAIT = 30
"""Seconds between two of them, where the remote names none."""


def open_one(actor: Actor, connection: Connection, category: RunCategory) -> tuple[Run, bool]:
    """Add a run inside of a transaction, or return the one that is still open; and whether it is new.

    The unique index lets only one be.
    """
    session = current()
    while True:
        try:
            with session.begin_nested():
                return runs.open_run(actor, category, connection_id=connection.id), True
        except IntegrityError:
            found = session.scalar(
                select(Run).where(
                    Run.connection_id == connection.id,
                    Run.category == category.value,
                    Run.status.in_(runs.OPEN_STATES),
                )
            )
            if found is not None:
                return found, False
            # It ended between the two looks.


def open_for_slot(
    connection: Connection, category: RunCategory, due_at: datetime, open_run: Callable[[], int]
) -> int | None:
    """Start the run of a slot, inside of a transaction; None when somebody else has this slot already."""
    session = current()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    slot = session.execute(
        dialect.insert(ScheduleSlot)
        .values(connection_id=connection.id, category=category.value, due_at=due_at, claimed_at=clock.now())
        .on_conflict_do_nothing()
        .returning(ScheduleSlot.id)
    ).scalar()
    if slot is None:
        return None
    run_id = open_run()
    session.get_one(ScheduleSlot, slot).run_id = run_id
    return run_id


def cancel(actor: Actor, run_id: int) -> bool:
    """Stop a run: at once while it waits, else before the next thing of it is written.

    Returns False when it is not one's own, or has ended already.
    """
    with transaction() as session:
        asked = runs.request_cancel(run_id, actor.organisation_id)
        run = session.get(Run, run_id, populate_existing=True)
        if asked and run is not None and run.status == "queued":
            _end_cancelled(run)
    publish(run_id)
    return asked


def is_cancelled(run: Run) -> bool:
    """End a run that a person stopped, inside of a transaction."""
    if run.cancel_requested_at is None:
        return False
    _end_cancelled(run)
    return True


def _end_cancelled(run: Run) -> None:
    run.status = run.result = "cancelled"
    run.failure, run.ended_at = "", clock.now()


def carry(run_id: int, work: Callable[[int], None], *, failed: Callable[[int, str], None], event: str) -> None:
    """Do the work of a run; a mistake of ours ends it, by `failed` inside of a transaction, and is raised."""
    try:
        work(run_id)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the run is woken again
    except Exception as error:
        # The same mistake would be made again at every try, and each try costs calls.
        log.error(event, run_id=run_id, error=type(error).__name__)
        current().rollback()
        with transaction():
            failed(run_id, Failure.INTERNAL.value)
        publish(run_id)
        raise


def come_back(run_id: int, job: str, error: ConnectorError) -> None:
    """Go on when the connection may be used again; this counts as no try."""
    delay = getattr(error, "retry_after", None)
    if delay is None:
        delay = until_midnight() if error.failure is Failure.QUOTA else WAIT
    with transaction():
        hold(run_id, job, error, delay=delay)
    publish(run_id)


def hold(run_id: int, job: str, error: ConnectorError, *, delay: float) -> None:
    """Let a run wait for so many seconds, inside of a transaction, with the reason."""
    runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
    outbox.enqueue(job, run_id, delay=delay)


def until_midnight() -> float:
    """Return the seconds until the remote's next day begins, and one more."""
    now = clock.now()
    return (next_midnight(now) - now).total_seconds() + 1
