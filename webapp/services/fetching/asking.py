"""Ask for invoices to be fetched: one run for each connection, never two of one at a time."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import outbox, runs
from webapp.services.actors import Actor, system
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current, transaction

PROVIDERS = ("billingo", "yuki")
"""Whose invoices can be fetched."""


class FetchError(Exception):
    """Nothing was started; `code` is `no_connection`, `paused` or `going_on`, `params` what its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def ask(actor: Actor, connection_id: int | None = None, *, full: bool = False, since: date | None = None) -> list[int]:
    """Start a run for one connection, or for each active one that can be fetched from; returns the runs' ids.

    `full` reads everything, `since` what was issued from that day on, else what moved since the last time. A run that
    is still going on is returned in place of a new one, unless something else is asked for than it does: FetchError.
    """
    wanted = {"full": full, "since": since.isoformat() if since else None}
    with transaction() as session:
        connections = _chosen(session, actor.organisation_id, connection_id)
        made = [_open(session, actor, connection, wanted) for connection in connections]
    for run_id in made:
        publish(run_id)
    return made


def ask_slot(connection: Connection, due_at: datetime) -> int | None:
    """Start the run of a slot, inside of a transaction; None when somebody else has this slot already."""
    session = current()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    slot = session.execute(
        dialect.insert(ScheduleSlot)
        .values(
            connection_id=connection.id,
            category=RunCategory.FETCH_INVOICES.value,
            due_at=due_at,
            claimed_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(ScheduleSlot.id)
    ).scalar()
    if slot is None:
        return None
    run_id = _open(session, system(connection.organisation_id), connection, {"full": False, "since": None})
    session.get_one(ScheduleSlot, slot).run_id = run_id
    return run_id


def cancel(actor: Actor, run_id: int) -> bool:
    """Stop a run: at once while it waits, else after the page that is under way; False when it has ended already."""
    with transaction() as session:
        asked = runs.request_cancel(run_id, actor.organisation_id)
        run = session.get(Run, run_id, populate_existing=True)
        if asked and run is not None and run.status == "queued":
            run.status = run.result = "cancelled"
            run.failure, run.ended_at = "", clock.now()
    publish(run_id)
    return asked


def _chosen(session: Session, organisation_id: int, connection_id: int | None) -> Sequence[Connection]:
    query = select(Connection).where(Connection.organisation_id == organisation_id, Connection.provider.in_(PROVIDERS))
    if connection_id is not None:
        query = query.where(Connection.id == connection_id)
    else:
        query = query.where((Connection.provider != "yuki") | Connection.fetch_invoices)
    found = session.scalars(query.order_by(Connection.id)).all()
    active = [connection for connection in found if connection.state == "active"]
    if found and not active:
        raise FetchError("paused", connection=found[0].name, reason=found[0].pause_reason)
    if not active:
        raise FetchError("no_connection")
    return active


def _open(session: Session, actor: Actor, connection: Connection, wanted: dict[str, Any]) -> int:
    """Add a run, or return the one that is still open: the unique index lets only one be."""
    while True:
        try:
            with session.begin_nested():
                run = runs.open_run(actor, RunCategory.FETCH_INVOICES, connection_id=connection.id)
                run.details = {"wanted": wanted}
        except IntegrityError:
            open_one = session.scalar(
                select(Run).where(
                    Run.connection_id == connection.id,
                    Run.category == RunCategory.FETCH_INVOICES.value,
                    Run.status.in_(runs.OPEN_STATES),
                )
            )
            if open_one is None:
                continue  # it ended between the two looks
            if any(wanted.values()) and open_one.details.get("wanted") != wanted:
                raise FetchError("going_on", connection=connection.name, run=open_one.id) from None
            return open_one.id
        outbox.enqueue(outbox.FETCH, run.id)
        return run.id
