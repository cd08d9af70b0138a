"""A step of a fetch run in one transaction: what was read, and the place where the reading stands after it."""

from typing import Any

from sqlalchemy import func, select

from webapp.connectors.sources import BooksSource, InvoicePage
from webapp.domain.failures import Failure
from webapp.domain.fetching import Reading, after_part, as_json
from webapp.domain.remote_invoices import BOX_PURCHASES
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services import notices, runs, troubles
from webapp.services.fetching import quiet
from webapp.services.fetching.detailing import read_details
from webapp.services.fetching.seeing import forget_seen
from webapp.services.fetching.vanishing import mark_vanished
from webapp.services.lone_runs import is_cancelled
from webapp.services.payments.looking import look
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState, RemoteDocument
from webapp.store.runs import Run
from webapp.store.session import current, transaction


def hold(run_id: int, connection_id: int, reading: Reading) -> tuple[Connection, Run, FetchState] | None:
    """Lock what a step writes, in a transaction; None when the run has ended, or another worker took the step."""
    session = current()
    # The connection first: two pages of one connection are written one after the other.
    connection = session.get_one(Connection, connection_id, with_for_update=True)
    run = runs.start(run_id)
    if run is None or is_cancelled(run):
        return None
    state = session.get_one(FetchState, connection_id, populate_existing=True)
    return (connection, run, state) if state.progress == as_json(reading) else None


def reached(run: Run, connection: Connection, reading: Reading, page: InvoicePage) -> dict[str, Any]:
    """Return how far a reading is: at which page of how many; or the day its newest-first list has come down to, and
    about how many come.

    A list without a total tells no number; from the second time on there are about as many as are known here.
    """
    if page.total is not None:
        return {"page": page.number, "pages": page.last}
    found: dict[str, Any] = {}
    if reading.full and page.invoices:
        found["reached"] = str(page.invoices[-1].facts.get("created", ""))[:10]
        found["box"] = reading.parts[reading.part].box
        if "estimate" not in run.details:
            query = select(func.count()).where(
                RemoteDocument.connection_id == connection.id, RemoteDocument.created_at < reading.started_at
            )
            found["estimate"] = current().scalar(query) or 0
    return found


def read_more(run_id: int, connection_id: int, reading: Reading, source: BooksSource) -> bool:
    """Read what some documents tell themselves; False as `_store`."""
    kind = Trigger(current().get_one(Run, run_id).trigger)
    read = read_details(run_id, connection_id, source, kind)
    with transaction():
        held = hold(run_id, connection_id, reading)
        if held is None:
            return False
        connection, run, state = held
        run.details = run.details | {"details": read}
        return advance(run, connection, state, after_part(reading))


def look_at_open(run_id: int, connection_id: int, reading: Reading, source: BooksSource) -> bool:
    """Ask what is open of one box and write what that says; False as `_store`."""
    purchases = reading.parts[reading.part].box == BOX_PURCHASES
    asked_at = clock.now()
    items = list(source.creditor_items() if purchases else source.open_items())
    with transaction():
        held = hold(run_id, connection_id, reading)
        if held is None:
            return False
        connection, run, state = held
        troubles.note_success(connection_id)
        kind = "purchase" if purchases else "sales"
        found = look(run, connection, items, kind=kind, asked_at=asked_at)
        run.details = run.details | {kind: found}
        if purchases:
            state.compared = found | {"run_id": run.id, "asked_at": asked_at.isoformat()}
        return advance(run, connection, state, after_part(reading))


def advance(run: Run, connection: Connection, state: FetchState, after: Reading) -> bool:
    """Note where a run is after a step of it, inside of its transaction; False when that was the last."""
    run.details = run.details | {"tries": 0}
    state.progress, state.updated_at = as_json(after), clock.now()
    if after.ended:
        _complete(run, connection, state, after)
    return not after.ended


def _complete(run: Run, connection: Connection, state: FetchState, reading: Reading) -> None:
    """End a reading inside of a transaction: the watermark moves, and what was missing has vanished."""
    if reading.full:
        state.full_at = reading.started_at
        if not reading.blind:
            mark_vanished(run, connection, reading.started_at)
        forget_seen(connection.id)
    if reading.moves:
        state.watermark = reading.started_at
    state.progress = {}
    notices.close_notices(connection.id, failures=[Failure.MIXED.value])
    quiet.clear(run, connection)
    current().flush()
    runs.finish_if_done(run.id)
