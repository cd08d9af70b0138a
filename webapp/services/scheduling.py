"""The schedule: slots that are due become runs, each once, whoever looks first."""

from datetime import datetime
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import func, select

from webapp.domain.runs import RunCategory
from webapp.domain.schedule import ScheduleError, latest_missed, parse_times
from webapp.extensions import clock
from webapp.services import fetching, payments
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current, release, transaction

log = structlog.get_logger()


def tick() -> list[int]:
    """Start the payment and fetch runs whose slot has come; returns their ids.

    Of several missed slots only the latest is made up for. Any number of schedulers may tick at once.
    """
    now = clock.now()
    started: list[int] = []
    for category in (RunCategory.PROCESS_PAYMENTS, RunCategory.FETCH_INVOICES):
        for connection_id, times, after in _candidates(category):
            due = _due(connection_id, times, after=after, until=now)
            run_id = _start(connection_id, due, category) if due is not None else None
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


def _start(connection_id: int, due: datetime, category: RunCategory) -> int | None:
    """Take a slot and start its run; None when another scheduler has it, or the connection changed meanwhile."""
    with transaction() as session:
        connection = session.get(Connection, connection_id)
        if connection is None or connection.state != "active":
            return None
        if category is RunCategory.FETCH_INVOICES:
            return fetching.ask_slot(connection, due)
        return payments.ask_slot(connection, due) if connection.process_payments else None


def _candidates(category: RunCategory) -> list[tuple[int, list[str], datetime]]:
    """Return (connection, times, the moment after which slots count) for each connection that keeps a schedule."""
    last = (
        select(ScheduleSlot.connection_id, func.max(ScheduleSlot.due_at).label("due_at"))
        .where(ScheduleSlot.category == category.value)
        .group_by(ScheduleSlot.connection_id)
        .subquery()
    )
    wanted: list[Any] = [Connection.provider == "yuki", Connection.process_payments]
    if category is RunCategory.FETCH_INVOICES:
        wanted = [Connection.provider.in_(fetching.PROVIDERS)]
    rows = current().execute(
        select(Connection.id, Connection.payment_times, Connection.created_at, last.c.due_at)
        .outerjoin(last, last.c.connection_id == Connection.id)
        .where(Connection.state == "active", *wanted)
        .order_by(Connection.id)
    )
    found = [
        (row.id, row.payment_times, max(filter(None, (row.created_at, row.due_at))))
        for row in rows
        if row.payment_times
    ]
    release()
    return found
