"""What a plan of readings is made of: what was called, sent and read so far by one connection."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from webapp.domain.budget import Budget, yuki_day
from webapp.domain.reading_plan import Work
from webapp.domain.runs import RunCategory
from webapp.store.connections import CallCount, Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.words import word

CALLS = 4
"""What a reading without news costs: two lists, and what is open on both sides."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan is made of; `last_at` is when the last reading was asked for, `open` whether one goes on."""

    budget: Budget
    work: Work
    last_at: datetime | None
    sent_at: datetime | None
    open: bool


def situation(connection: Connection, *, now: datetime) -> Situation:
    """Return how things stand for the readings of a connection."""
    session = current()
    day = yuki_day(now).isoformat()
    counted = session.get(CallCount, (connection.budget_key, day), populate_existing=True)
    budget = Budget(
        connection.daily_calls,
        used_manual=counted.manual if counted else 0,
        used_automatic=counted.automatic if counted else 0,
        exhausted=connection.rest_until is not None and connection.rest_until > now,
    )
    waiting = exists().where(RemoteDocument.connection_id == connection.id, RemoteDocument.details == word("wanted"))
    last = session.execute(
        select(Run.created_at, Run.status)
        .where(Run.connection_id == connection.id, Run.category == word(RunCategory.FETCH_INVOICES.value))
        .order_by(Run.id.desc())
        .limit(1)
    ).first()
    return Situation(
        budget=budget,
        work=Work(CALLS, _sharers(connection), details=bool(session.scalar(select(waiting)))),
        last_at=last.created_at if last else None,
        sent_at=_sent_at(connection.id),
        open=last is not None and last.status in ("queued", "running"),
    )


def _sharers(connection: Connection) -> int:
    """Return how many connections read on the calls of this one's domain."""
    if not connection.domain_id:
        return 1
    query = select(func.count()).where(
        Connection.provider == connection.provider,
        Connection.domain_id == connection.domain_id,
        Connection.fetch_invoices,
        Connection.state == "active",
    )
    return max(1, current().scalar(query) or 0)


def _sent_at(connection_id: int) -> datetime | None:
    return current().scalar(
        select(Run.ended_at)
        .where(
            Run.connection_id == connection_id,
            Run.category == word(RunCategory.SEND_INVOICES.value),
            Run.ended_at.is_not(None),
            Run.succeeded > 0,
        )
        .order_by(Run.id.desc())
        .limit(1)
    )
