"""A fetch run: page by page, each page with its counters and the place where one is in one transaction."""

from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from webapp.connectors.ports import ConnectorError, Refused, Unavailable
from webapp.connectors.sources import Asked, BooksSource, InvoicePage, InvoiceSource
from webapp.domain.budget import next_midnight
from webapp.domain.failures import Failure
from webapp.domain.fetching import LISTS, STANDING, Part, Reading, after_page, after_part, as_json, begin, from_json
from webapp.domain.remote_invoices import (
    BOX_PURCHASES,
    BOX_SALES,
    RemotePayment,
    digest,
)
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import notices, outbox, runs, troubles
from webapp.services.fetching import aside, quiet
from webapp.services.fetching.detailing import read_details
from webapp.services.fetching.seeing import IN_PART, forget_seen, known_to
from webapp.services.fetching.storing import digests, read_bad, store, without
from webapp.services.fetching.unchanged import pass_over
from webapp.services.fetching.vanishing import mark_vanished
from webapp.services.gateways import open_source
from webapp.services.payments.looking import look
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState, RemoteDocument
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction

log = Log()
TRIES = 5
"""Times in a row that a run asks a remote that does not answer, without a page in between."""

WAIT = 30
"""Seconds between two of them, where the remote names none."""

RETRIED = 50
"""Set-aside documents that one run tries again, one call each."""

BOXES = {"yuki": (BOX_PURCHASES, BOX_SALES)}
"""Whose documents lie in several places."""


def fetch(run_id: int) -> None:
    """Do a fetch run; safe to call again at any time: it goes on at the page after the last one that was stored."""
    try:
        _fetch(run_id)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the run is woken again
    except Exception as error:
        # A mistake of ours would be made again at every try, and each try costs calls.
        log.error("fetch_run_failed", run_id=run_id, error=type(error).__name__)
        current().rollback()
        with transaction():
            _end(run_id, Failure.INTERNAL.value)
        publish(run_id)
        raise


def _fetch(run_id: int) -> None:
    begun = _begin(run_id)
    if begun is None:
        publish(run_id)
        return
    connection_id, kind = begun
    try:
        source = open_source(connection_id, kind=kind, run_id=run_id, placed=_placed(connection_id)).source
    except CannotUnseal:
        _failed(run_id, connection_id, Unavailable(Failure.AUTH, "The stored key cannot be opened."))
        return
    except ConnectorError as error:
        _wait(run_id, error)  # the connection rests: nothing was asked, so nothing failed
        return
    try:
        _retry_set_aside(run_id, connection_id, source)
        reading: Reading | None = None
        while (reading := reading or _place(connection_id)) is not None:
            part = reading.parts[reading.part]
            if part.step != LISTS and isinstance(source, BooksSource):
                ask = _stand if part.step == STANDING else _detail
                if not ask(run_id, connection_id, reading, source):
                    break
                publish(run_id)
                reading = None
                continue
            page = source.page(_asked(part), reading.page, known=known_to(connection_id))
            further = pass_over(run_id, connection_id, reading, page)
            if further is not None:
                reading = further
                publish(run_id)
                continue
            payments = _payments(connection_id, source, page, always=part.always)
            if not _store(run_id, connection_id, reading, page, payments):
                break
            reading = None
            publish(run_id)
    except ConnectorError as error:
        _failed(run_id, connection_id, error)
    publish(run_id)


def _begin(run_id: int) -> tuple[int, Trigger] | None:
    """Start the run and its reading; one that broke off goes on where it was, unless something else is asked for."""
    with transaction() as session:
        run = runs.start(run_id)
        if run is None or run.connection_id is None or _is_cancelled(run):
            return None
        connection = session.get_one(Connection, run.connection_id, with_for_update=True)
        if connection.state == "paused":
            _end(run_id, "paused")
            return None
        state = session.get(FetchState, connection.id)
        if state is None:
            state = FetchState(connection_id=connection.id, updated_at=clock.now())
            session.add(state)
        wanted: Any = run.details.get("wanted") or {}
        asked_anew = any(wanted.values()) and not run.details.get("begun")
        if not state.progress or asked_anew:
            since = date.fromisoformat(wanted["since"]) if wanted.get("since") else None
            reading = begin(
                now=clock.now(),
                watermark=state.watermark,
                full_at=state.full_at,
                full=bool(wanted.get("full")),
                since=since,
                by_schedule=run.trigger == Trigger.AUTOMATIC,
                boxes=BOXES.get(connection.provider, ()),
            )
            state.progress, state.updated_at = as_json(reading), clock.now()
        run.details = run.details | {"begun": True}
        return connection.id, Trigger(run.trigger)


def _is_cancelled(run: Run) -> bool:
    """End a run that a person stopped; the next one goes on at the page where it was."""
    if run.cancel_requested_at is None:
        return False
    run.status = run.result = "cancelled"
    run.failure, run.ended_at = "", clock.now()
    return True


def _place(connection_id: int) -> Reading | None:
    state = current().get(FetchState, connection_id, populate_existing=True)
    reading = from_json(state.progress) if state is not None and state.progress else None
    release()
    return reading


def _placed(connection_id: int) -> str:
    placed = current().scalar(select(FetchState.placed).where(FetchState.connection_id == connection_id)) or ""
    release()
    return placed


def _asked(part: Part) -> Asked:
    return Asked(part.modified_since, part.issued_since, part.paid_since, part.payment_status, part.box)


def _payments(
    connection_id: int, source: InvoiceSource, page: InvoicePage, *, always: bool
) -> dict[str, tuple[RemotePayment, ...]]:
    """Ask what was paid on the documents that are paid in part: one call each, for no list of documents says it."""
    partly = [one for one in page.invoices if one.payment_status == IN_PART and one.issued]
    known = digests(connection_id, [one.remote_id for one in partly]) if partly and not always else {}
    release()
    wanted = [one.remote_id for one in partly if always or known.get(one.remote_id) != digest(one)]
    found: dict[str, tuple[RemotePayment, ...]] = {}
    for remote_id in dict.fromkeys(wanted):
        try:
            found[remote_id] = source.payments(remote_id)
        except Refused:
            continue  # gone between two calls: the document says so itself, the next time
    return found


def _store(
    run_id: int, connection_id: int, reading: Reading, page: InvoicePage, payments: dict[str, tuple[RemotePayment, ...]]
) -> bool:
    """Write a page and where one is after it; False when the run has ended, or another worker stored this page."""
    with transaction():
        held = _hold(run_id, connection_id, reading)
        if held is None:
            return False
        connection, run, state = held
        troubles.note_success(connection_id)
        since = reading.started_at if reading.full else None
        store(run, connection, without(page, reading.tail), payments, full_since=since)
        state.placed = page.placed or state.placed
        after = after_page(reading, last=page.last, total=page.total, blind=read_bad(page), ids=page.ids)
        run.details = run.details | _reached(run, connection, reading, page)
        return _advance(run, connection, state, after)


def _hold(run_id: int, connection_id: int, reading: Reading) -> tuple[Connection, Run, FetchState] | None:
    """Lock what a step writes, in a transaction; None when the run has ended, or another worker took the step."""
    session = current()
    # The connection first: two pages of one connection are written one after the other.
    connection = session.get_one(Connection, connection_id, with_for_update=True)
    run = runs.start(run_id)
    if run is None or _is_cancelled(run):
        return None
    state = session.get_one(FetchState, connection_id, populate_existing=True)
    return (connection, run, state) if state.progress == as_json(reading) else None


def _reached(run: Run, connection: Connection, reading: Reading, page: InvoicePage) -> dict[str, Any]:
    """Return how far a long reading is: the day its newest-first list has come down to, and about how many come.

    A list without a total tells no number; from the second time on there are about as many as are known here.
    """
    found: dict[str, Any] = {}
    if page.total is None and reading.full and page.invoices:
        found["reached"] = str(page.invoices[-1].facts.get("created", ""))[:10]
        found["box"] = reading.parts[reading.part].box
        if "estimate" not in run.details:
            query = select(func.count()).where(
                RemoteDocument.connection_id == connection.id, RemoteDocument.created_at < reading.started_at
            )
            found["estimate"] = current().scalar(query) or 0
    return found


def _detail(run_id: int, connection_id: int, reading: Reading, source: BooksSource) -> bool:
    """Read what some documents tell themselves; False as `_store`."""
    kind = Trigger(current().get_one(Run, run_id).trigger)
    read = read_details(run_id, connection_id, source, kind)
    with transaction():
        held = _hold(run_id, connection_id, reading)
        if held is None:
            return False
        connection, run, state = held
        run.details = run.details | {"details": read}
        return _advance(run, connection, state, after_part(reading))


def _stand(run_id: int, connection_id: int, reading: Reading, source: BooksSource) -> bool:
    """Ask what is open of one box and write what that says; False as `_store`."""
    purchases = reading.parts[reading.part].box == BOX_PURCHASES
    asked_at = clock.now()
    items = list(source.creditor_items() if purchases else source.open_items())
    with transaction():
        held = _hold(run_id, connection_id, reading)
        if held is None:
            return False
        connection, run, state = held
        troubles.note_success(connection_id)
        kind = "purchase" if purchases else "sales"
        found = look(run, connection, items, kind=kind, asked_at=asked_at)
        run.details = run.details | {kind: found}
        if purchases:
            state.compared = found | {"run_id": run.id, "asked_at": asked_at.isoformat()}
        return _advance(run, connection, state, after_part(reading))


def _advance(run: Run, connection: Connection, state: FetchState, after: Reading) -> bool:
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


def _retry_set_aside(run_id: int, connection_id: int, source: InvoiceSource) -> None:
    """Try records again that could not be read before, unless everything is read anyway."""
    with transaction() as session:
        run = session.get_one(Run, run_id)
        reading = _kept(session.get_one(FetchState, connection_id))
        ids = aside.waiting(connection_id, most=RETRIED)
        books = isinstance(source, BooksSource)  # there what is mended has been modified, and comes by itself
        if books or run.details.get("retried") or reading is None or reading.full:
            return
        run.details = run.details | {"retried": True}
    for remote_id in ids:
        page = source.document(remote_id)
        partly = [one.remote_id for one in page.invoices if one.payment_status == IN_PART]
        payments = {one: source.payments(one) for one in partly}
        with transaction() as session:
            connection = session.get_one(Connection, connection_id, with_for_update=True)
            if not page.total:
                aside.solve(connection, [remote_id])  # gone over there: nothing is left to be read
            run_now = runs.start(run_id)
            if run_now is not None:
                store(run_now, connection, page, payments)


def _kept(state: FetchState) -> Reading | None:
    return from_json(state.progress) if state.progress else None


def _failed(run_id: int, connection_id: int, error: ConnectorError) -> None:
    """Nothing more was learnt: ask again later where that helps, else end the run with its reason."""
    waits = getattr(error, "retry_after", None)
    if error.failure is Failure.QUOTA:
        _wait(run_id, error)
        return
    with transaction() as session:
        troubles.note_failure(connection_id, error, category=RunCategory.FETCH_INVOICES, run_id=run_id)
        run = session.get_one(Run, run_id)
        if error.failure is Failure.MIXED:
            _stop_reading(run)
        tries = int(str(run.details.get("tries", 0))) + 1
        if isinstance(error, Unavailable) and error.failure is not Failure.AUTH and tries < TRIES:
            run.details = run.details | {"tries": tries}
            runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
            outbox.enqueue(outbox.FETCH, run_id, delay=waits or WAIT)
        else:
            _end(run_id, error.failure.value, remote_text=error.remote_text)
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


def _wait(run_id: int, error: ConnectorError) -> None:
    """Come back when the connection may be used again; this counts as no try."""
    delay = getattr(error, "retry_after", None)
    if delay is None:
        now = clock.now()
        delay = (next_midnight(now) - now).total_seconds() + 1 if error.failure is Failure.QUOTA else WAIT
    with transaction():
        runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
        outbox.enqueue(outbox.FETCH, run_id, delay=delay)
    publish(run_id)


def _end(run_id: int, failure: str, *, remote_text: str = "") -> None:
    """End a run that broke off, inside of a transaction: partial when something of it was stored, else failed.

    Where it was is kept with the connection: the next run goes on there.
    """
    runs.fail(run_id, failure, remote_text=remote_text)
    current().execute(update(Run).where(Run.id == run_id, Run.succeeded > 0).values(status="partial", result="partial"))
