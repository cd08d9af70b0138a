"""The end of a fetch run that could not go on: it waits and comes back, or ends with its reason."""

from sqlalchemy import update

from webapp.connectors.ports import ConnectorError, Unavailable
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.services import notices, outbox, runs, troubles
from webapp.services.lone_runs import TRIES, WAIT, come_back, hold
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.session import current, transaction


def failed(run_id: int, connection_id: int, error: ConnectorError) -> None:
    """Nothing more was learnt: ask again later where that helps, else end the run with its reason."""
    waits = getattr(error, "retry_after", None)
    if error.failure is Failure.QUOTA:
        come_back(run_id, outbox.FETCH, error)
        return
    with transaction() as session:
        troubles.note_failure(connection_id, error, category=RunCategory.FETCH_INVOICES, run_id=run_id)
        run = session.get_one(Run, run_id)
        if error.failure is Failure.MIXED:
            _stop_reading(run)
        tries = int(str(run.details.get("tries", 0))) + 1
        if isinstance(error, Unavailable) and error.failure is not Failure.AUTH and tries < TRIES:
            run.details = run.details | {"tries": tries}
            hold(run_id, outbox.FETCH, error, delay=waits or WAIT)
        else:
            end(run_id, error.failure.value, remote_text=error.remote_text)
    publish(run_id)


def _stop_reading(run: Run) -> None:
    """Let no more readings begin by themselves, and tell why: each would be refused for the same reason."""
    connection = current().get_one(Connection, run.connection_id, with_for_update=True)
    connection.fetch_invoices = False
    notices.raise_notice(
        connection.organisation_id,
        Failure.MIXED.value,
        connection_id=connection.id,
        run_id=run.id,
        category=RunCategory.FETCH_INVOICES.value,
        count=1,
        audience="admin",
    )


def end(run_id: int, failure: str, *, remote_text: str = "") -> None:
    """End a run that broke off, inside of a transaction: partial when something of it was stored, else failed.

    Where it was is kept with the connection: the next run goes on there.
    """
    runs.fail(run_id, failure, remote_text=remote_text)
    current().execute(update(Run).where(Run.id == run_id, Run.succeeded > 0).values(status="partial", result="partial"))
