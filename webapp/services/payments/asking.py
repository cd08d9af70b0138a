"""Ask for payments to be processed: one run for each administration, never two of one at a time."""

from collections.abc import Sequence
from datetime import datetime
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


class PaymentError(Exception):
    """Nothing was started; `code` is `no_connection` or `paused`, `params` what its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def ask(actor: Actor, connection_id: int | None = None) -> list[int]:
    """Start a payment run for one connection, or for each active one that processes payments; returns the runs' ids.

    A connection whose run is still going on keeps that one: its id is returned, and if it waits for no
    reason that still holds it goes on at once. Raises PaymentError.
    """
    with transaction() as session:
        connections = _chosen(session, actor.organisation_id, connection_id)
        made = [_open(session, actor, connection) for connection in connections]
    for run_id in made:
        publish(run_id)
    return made


def ask_slot(connection: Connection, due_at: datetime) -> int | None:
    """Start the run of a slot, inside of a transaction; None when somebody else has this slot already."""
    session = current()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    category = RunCategory.PROCESS_PAYMENTS.value
    slot = session.execute(
        dialect.insert(ScheduleSlot)
        .values(connection_id=connection.id, category=category, due_at=due_at, claimed_at=clock.now())
        .on_conflict_do_nothing()
        .returning(ScheduleSlot.id)
    ).scalar()
    if slot is None:
        return None
    run_id = _open(session, system(connection.organisation_id), connection)
    session.get_one(ScheduleSlot, slot).run_id = run_id
    return run_id


def cancel(actor: Actor, run_id: int) -> bool:
    """Stop a payment run: at once while it waits, else before anything of it is written.

    Returns False when it is not one's own, or has ended already.
    """
    with transaction() as session:
        asked = runs.request_cancel(run_id, actor.organisation_id)
        run = session.get(Run, run_id, populate_existing=True)
        if asked and run is not None and run.status == "queued":
            run.status = run.result = "cancelled"
            run.failure, run.ended_at = "", clock.now()
    publish(run_id)
    return asked


def _chosen(session: Session, organisation_id: int, connection_id: int | None) -> Sequence[Connection]:
    query = select(Connection).where(
        Connection.organisation_id == organisation_id,
        Connection.provider == "yuki",
        Connection.pause_reason != "setup",
    )
    if connection_id is not None:
        query = query.where(Connection.id == connection_id)
    else:
        query = query.where(Connection.process_payments)
    found = session.scalars(query.order_by(Connection.id)).all()
    active = [connection for connection in found if connection.state == "active"]
    if found and not active:
        raise PaymentError("paused", connection=found[0].name, reason=found[0].pause_reason)
    if not active:
        raise PaymentError("no_connection")
    return active


def _open(session: Session, actor: Actor, connection: Connection) -> int:
    """Add a run, or return the one that is still open: the unique index lets only one be."""
    while True:
        try:
            with session.begin_nested():
                run = runs.open_run(actor, RunCategory.PROCESS_PAYMENTS, connection_id=connection.id)
        except IntegrityError:
            going_on = session.scalar(
                select(Run).where(
                    Run.connection_id == connection.id,
                    Run.category == RunCategory.PROCESS_PAYMENTS.value,
                    Run.status.in_(runs.OPEN_STATES),
                )
            )
            if going_on is None:
                continue  # it ended between the two looks
            if going_on.status == "queued" and going_on.failure and not _rests(connection):
                outbox.enqueue(outbox.PAYMENTS, going_on.id)
            return going_on.id
        outbox.enqueue(outbox.PAYMENTS, run.id)
        return run.id


def _rests(connection: Connection) -> bool:
    now = clock.now()
    return any(moment is not None and moment > now for moment in (connection.rest_until, connection.breaker_until))
