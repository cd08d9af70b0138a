"""The schedule: slots that are due become runs, each once, whoever looks first."""

from datetime import datetime

import structlog
from flask import current_app
from sqlalchemy import func, select

from webapp.domain.runs import RunCategory
from webapp.domain.schedule import ScheduleError, latest_missed, parse_times
from webapp.extensions import clock
from webapp.services import payments
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current, release, transaction

log = structlog.get_logger()


def tick() -> list[int]:
    """Start the payment runs whose slot has come; returns their ids.

    Of several missed slots only the latest is made up for. Any number of schedulers may tick at once.
    """
    now = clock.now()
    started: list[int] = []
    for connection_id, times, after in _candidates():
        due = _due(connection_id, times, after=after, until=now)
        run_id = _start(connection_id, due) if due is not None else None
        if run_id is not None:
            publish(run_id)
            started.append(run_id)
    return started


def _due(connection_id: int, times: list[str], *, after: datetime, until: datetime) -> datetime | None:
    try:
        return latest_missed(parse_times(times), current_app.extensions["koppel"].zone, after=after, until=until)
    except ScheduleError as error:
        # One connection with times that cannot be read must not stop the others.
        log.error("schedule_not_readable", connection_id=connection_id, reason=error.reason.value)
        return None


def _start(connection_id: int, due: datetime) -> int | None:
    """Take a slot and start its run; None when another scheduler has it, or the connection changed meanwhile."""
    with transaction() as session:
        connection = session.get(Connection, connection_id)
        if connection is None or connection.state != "active" or not connection.process_payments:
            return None
        return payments.ask_slot(connection, due)


def _candidates() -> list[tuple[int, list[str], datetime]]:
    """Return (connection, times, the moment after which slots count) for each connection that keeps a schedule."""
    last = (
        select(ScheduleSlot.connection_id, func.max(ScheduleSlot.due_at).label("due_at"))
        .where(ScheduleSlot.category == RunCategory.PROCESS_PAYMENTS.value)
        .group_by(ScheduleSlot.connection_id)
        .subquery()
    )
    rows = current().execute(
        select(Connection.id, Connection.payment_times, Connection.created_at, last.c.due_at)
        .outerjoin(last, last.c.connection_id == Connection.id)
        .where(Connection.provider == "yuki", Connection.state == "active", Connection.process_payments)
        .order_by(Connection.id)
    )
    found = [(row.id, row.payment_times, max(filter(None, (row.created_at, row.due_at)))) for row in rows]
    release()
    return found
