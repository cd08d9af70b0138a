"""Runs of which a connection has one at a time: asked for, stopped, and brought back when a remote makes them wait."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError

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
from webapp.store.session import by_dialect, current, dialect, direct, transaction
from webapp.store.straight import Fixed, here
from webapp.store.types import empty, table_of

log = Log()
TRIES = 5
"""Times in a row that a run asks a remote that does not answer."""

WAIT = 30
"""Seconds between two of them, where the remote names none."""


_RUNS = table_of(Run)
_NO_RUN = {name: value for name, value in empty(_RUNS).items() if name != "id"}
_FILLED = [name for name in _RUNS.c.keys() if name != "id"]  # noqa: SIM118 - a collection of columns
_OPEN = {
    kind: Fixed(statement, columns=_FILLED, gives=[_RUNS.c.id])
    for kind, statement in by_dialect(
        lambda insert: insert(_RUNS).on_conflict_do_nothing().returning(_RUNS.c.id)
    ).items()
}
_STILL = select(_RUNS.c.id, _RUNS.c.status, _RUNS.c.failure, _RUNS.c.details).where(
    _RUNS.c.connection_id == bindparam("connection"),
    _RUNS.c.category == bindparam("wanted"),
    _RUNS.c.status.in_(runs.OPEN_STATES),
)


class Opened(NamedTuple):
    """A run that is open, and whether it was opened just now."""

    id: int
    status: str
    failure: str
    details: Mapping[str, Any]
    is_new: bool = False


def open_one(actor: Actor, connection_id: int, category: RunCategory, **details: Any) -> Opened:
    """Add a run inside of a transaction, or return the one that is still open; `details` are what a new one keeps.

    The unique index lets only one be.
    """
    now = clock.now()
    new = _NO_RUN | {
        "organisation_id": actor.organisation_id,
        "connection_id": connection_id,
        "category": category.value,
        "trigger": actor.trigger,
        "actor_name": actor.name,
        "details": details,
        "created_at": now,
        "heartbeat_at": now,
    }
    while True:
        line = here()
        made = line.one(_OPEN[line.kind], new)
        if made is not None:
            return Opened(made[0], "queued", "", details, is_new=True)
        found = direct(_STILL, connection=connection_id, wanted=category.value).first()
        if found is not None:
            return Opened(found.id, found.status, found.failure, found.details)
        # It ended between the two looks.


def open_for_slot(
    connection: Connection, category: RunCategory, due_at: datetime, open_run: Callable[[], int]
) -> int | None:
    """Start the run of a slot, inside of a transaction; None when somebody else has this slot already."""
    session = current()
    made_for = postgresql if dialect() == "postgresql" else sqlite
    slot = session.execute(
        made_for.insert(ScheduleSlot)
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
