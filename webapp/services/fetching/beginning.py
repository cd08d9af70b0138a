"""The beginning of a fetch run: which reading it does, and at which page one goes on that broke off."""

from datetime import date
from typing import Any

from sqlalchemy import select

from webapp.connectors.sources import Asked
from webapp.domain.fetching import Part, Reading, as_json, begin, from_json
from webapp.domain.remote_invoices import BOX_PURCHASES, BOX_SALES
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services import runs
from webapp.services.fetching.ending import end
from webapp.services.fetching.keeping import forget_pages
from webapp.services.lone_runs import is_cancelled
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState
from webapp.store.session import current, release, transaction

BOXES = {"yuki": (BOX_PURCHASES, BOX_SALES)}
"""Whose documents lie in several places."""


def begin_run(run_id: int) -> tuple[int, Trigger] | None:
    """Start the run and its reading; one that broke off goes on where it was, unless something else is asked for."""
    with transaction() as session:
        held = runs.hold_connection(run_id)
        run = runs.start(run_id)
        if held is None or run is None or is_cancelled(run):
            return None
        connection = session.get_one(Connection, held)
        if connection.state == "paused":
            end(run_id, "paused")
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
            forget_pages(connection.id)
        run.details = run.details | {"begun": True}
        return connection.id, Trigger(run.trigger)


def place(connection_id: int) -> Reading | None:
    state = current().get(FetchState, connection_id, populate_existing=True)
    reading = from_json(state.progress) if state is not None and state.progress else None
    release()
    return reading


def placed(connection_id: int) -> str:
    placed = current().scalar(select(FetchState.placed).where(FetchState.connection_id == connection_id)) or ""
    release()
    return placed


def asked(part: Part) -> Asked:
    return Asked(part.modified_since, part.issued_since, part.paid_since, part.payment_status, part.box)
