"""The schedule: slots that are due become runs, each once, whoever looks first."""

from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import Select, func, select

from webapp.domain.runs import RunCategory
from webapp.domain.schedule import ScheduleError, latest_missed, parse_times
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import fetching, payments
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current, direct, release, transaction
from webapp.store.types import table_of

log = Log()
_CONNECTIONS, _SLOTS = table_of(Connection), table_of(ScheduleSlot)


def _kept(category: RunCategory, *wanted: Any) -> Select[Any]:
    """Select the connections that keep a schedule, with the last slot of a category that was taken."""
    last = (
        select(_SLOTS.c.connection_id, func.max(_SLOTS.c.due_at).label("due_at"))
        .where(_SLOTS.c.category == category.value)
        .group_by(_SLOTS.c.connection_id)
        .subquery()
    )
    return (
        select(_CONNECTIONS.c.id, _CONNECTIONS.c.payment_times, _CONNECTIONS.c.created_at, last.c.due_at)
        .outerjoin(last, last.c.connection_id == _CONNECTIONS.c.id)
        .where(_CONNECTIONS.c.state == "active", *wanted)
        .order_by(_CONNECTIONS.c.id)
    )


_CANDIDATES = {
    RunCategory.PROCESS_PAYMENTS: _kept(
        RunCategory.PROCESS_PAYMENTS, _CONNECTIONS.c.provider == "yuki", _CONNECTIONS.c.process_payments
    ),
    # The readings of a set of books follow the calls of the day.
    RunCategory.FETCH_INVOICES: _kept(RunCategory.FETCH_INVOICES, _CONNECTIONS.c.provider != "yuki"),
}


def tick() -> list[int]:
    """Start the payment and fetch runs whose slot has come; returns their ids.

    Of several missed slots only the latest is made up for. Any number of schedulers may tick at once.
    """
    now = clock.now()
    started: list[int] = []
    for category in _CANDIDATES:
        for connection_id, times, after in _candidates(category):
            due = _due(connection_id, times, after=after, until=now)
            run_id = _start(connection_id, due, category) if due is not None else None
            if run_id is not None:
                publish(run_id)
                started.append(run_id)
    return started + _read(now)


def _read(now: datetime) -> list[int]:
    """Start the readings of the books for which it is time: their plan is made anew each minute."""
    query = select(Connection).where(
        Connection.provider == "yuki", Connection.fetch_invoices, Connection.state == "active"
    )
    connections = current().scalars(query.order_by(Connection.id)).all()
    due = [(one.id, fetching.due_at(one, now=now)) for one in connections]
    release()
    started: list[int] = []
    for connection_id, moment in due:
        if moment is None or moment > now:
            continue
        run_id = _start(connection_id, now.replace(second=0, microsecond=0), RunCategory.FETCH_INVOICES)
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
    rows = direct(_CANDIDATES[category])
    found = [
        (row.id, row.payment_times, max(filter(None, (row.created_at, row.due_at))))
        for row in rows
        if row.payment_times
    ]
    release()
    return found
