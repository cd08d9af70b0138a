"""Recover what a dead worker or a lost queue left behind: leases that ran out, runs that nobody works on."""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from flask import current_app
from sqlalchemy import exists, or_, select

from webapp.domain.breaker import LONGEST_REST, PROBE_TIME
from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.services import notices, outbox, runs
from webapp.services.progress import publish
from webapp.services.sending.claiming import claim_of
from webapp.services.sending.recording import Mark, write
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction

log = structlog.get_logger()
STALE = timedelta(seconds=60)
"""A run with work that nobody has touched for so long is woken again."""

SKEW = timedelta(seconds=30)
"""What was written further ahead of now than this was written before the clock was set back."""

LATE = timedelta(seconds=10)
"""How long a look-up may be overdue before somebody else is woken for it."""

LONGEST_BREAK = max(LONGEST_REST, PROBE_TIME) + SKEW
MOST = 500
WOKEN = 10
"""Stale runs woken in one sweep while others are worked on: most of them only stand in a long queue."""


def sweep() -> int:
    """Put everything back on its way; returns how many things were moved. Any number of sweepers may run."""
    signs = _signs()
    moved = 0
    if signs.clock_set_back:
        moved += _clock_set_back()
        signs = _signs()
    if signs.lease_over:
        moved += _expired_leases()
    if signs.look_up_late:
        moved += _forgotten_unknowns()
    if signs.run_stale:
        moved += _stale_runs()
    if signs.run_ended_too_soon:
        moved += _ended_too_soon()
    if moved:
        log.info("swept", moved=moved)
    return moved


class _Signs(NamedTuple):
    """What there may be to recover."""

    clock_set_back: bool
    lease_over: bool
    look_up_late: bool
    run_stale: bool
    run_ended_too_soon: bool


def _signs() -> _Signs:
    """Ask whether there may be something to do, in one question: the usual case takes no lock."""
    now = clock.now()
    ahead = now + SKEW
    is_open = Run.status.in_(runs.OPEN_STATES)
    row = (
        current()
        .execute(
            select(
                or_(
                    exists().where(OutboxEntry.created_at > ahead),
                    exists().where(Delivery.state.in_(("queued", "sending", "unknown")), Delivery.updated_at > ahead),
                    exists().where(is_open, Run.heartbeat_at > ahead),
                    exists().where(Connection.breaker_until > now + LONGEST_BREAK),
                ),
                exists().where(Delivery.state == "sending", Delivery.lease_until < now),
                exists().where(Delivery.state == "unknown", Delivery.look_up_after < now - LATE),
                exists().where(is_open, Run.heartbeat_at < now - STALE),
                exists().where(
                    Delivery.state == "queued", Run.id == Delivery.run_id, Run.status.not_in(runs.OPEN_STATES)
                ),
            )
        )
        .one()
    )
    release()
    return _Signs(*map(bool, row))


def _clock_set_back() -> int:
    """Move what waits for a moment of the old time to the new; without it all would stand still for the difference."""
    now = clock.now()
    ahead = now + SKEW
    with transaction() as session:
        entries = session.scalars(select(OutboxEntry).where(OutboxEntry.created_at > ahead).limit(MOST)).all()
        for entry in entries:
            entry.available_at -= entry.created_at - now
            entry.created_at = now
        deliveries = session.scalars(
            select(Delivery)
            .where(Delivery.state.in_(("queued", "sending", "unknown")), Delivery.updated_at > ahead)
            .limit(MOST)
            .with_for_update(skip_locked=True)
        ).all()
        for row in deliveries:
            jump = row.updated_at - now
            row.updated_at = now
            row.look_up_after = row.look_up_after and row.look_up_after - jump
            row.lease_until = row.lease_until and row.lease_until - jump
        beaten = session.scalars(select(Run).where(Run.status.in_(runs.OPEN_STATES), Run.heartbeat_at > ahead)).all()
        for run in beaten:
            run.heartbeat_at = now
        resting = session.scalars(select(Connection).where(Connection.breaker_until > now + LONGEST_BREAK)).all()
        for connection in resting:
            connection.breaker_until = now + LONGEST_REST
    return len(entries) + len(deliveries) + len(beaten) + len(resting)


def _expired_leases() -> int:
    """Take over what a dead worker held: unknown if a call may have left, else back to the queue."""
    now = clock.now()
    settle = timedelta(seconds=current_app.extensions["koppel"].yuki_settle)
    touched: set[int] = set()
    with transaction() as session:
        rows = session.scalars(
            select(Delivery)
            .where(Delivery.state == "sending", Delivery.lease_until < now)
            .order_by(Delivery.run_id, Delivery.id)
            .limit(MOST)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            row.fence += 1
            session.flush()
            write([claim_of(row)], _takeover(row, now + settle))
            if row.run_id is not None:
                runs.finish_if_done(row.run_id)
                touched.add(row.run_id)
        for connection_id in sorted({row.connection_id for row in rows}):
            outbox.enqueue(outbox.RESOLVE, connection_id, delay=settle.total_seconds())
            notices.recount(connection_id)
        for run_id in sorted(touched):
            outbox.enqueue(outbox.SEND, run_id)
    for run_id in touched:
        publish(run_id)
    return len(rows)


def _takeover(row: Delivery, settled: datetime) -> Mark:
    if not row.look_up_first:
        return Mark(state="queued", outcome="pending")
    failure = Failure.DRAFT_UNKNOWN if row.draft else Failure.UNKNOWN_OUTCOME
    return Mark(
        state="unknown",
        outcome="unknown",
        event="yuki.unknown",
        failure=failure.value,
        look_up_first=True,
        look_up_after=None if row.draft else settled,
        attempted=1,
        settles=not row.draft,
    )


def _forgotten_unknowns() -> int:
    """Wake somebody for unknown outcomes whose time came and that nobody looked up."""
    now = clock.now()
    with transaction() as session:
        late = session.scalars(
            select(Delivery.connection_id)
            .join(Connection, Connection.id == Delivery.connection_id)
            .where(
                Delivery.state == "unknown",
                Delivery.draft.is_(False),
                Delivery.look_up_after < now - LATE,
                Connection.state == "active",
                or_(Connection.rest_until.is_(None), Connection.rest_until <= now),
            )
            .distinct()
        ).all()
        waiting = _waiting_jobs(outbox.RESOLVE, until=now + STALE)
        woken = [connection_id for connection_id in late if connection_id not in waiting]
        for connection_id in woken:
            outbox.enqueue(outbox.RESOLVE, connection_id)
    return len(woken)


def _stale_runs() -> int:
    """Wake runs whose job was lost with the queue; those that wait for their time have an outbox entry."""
    now = clock.now()
    with transaction() as session:
        rows = session.execute(
            select(Run.id, Run.category)
            .outerjoin(Connection, Connection.id == Run.connection_id)
            .where(
                Run.status.in_(runs.OPEN_STATES),
                Run.heartbeat_at < now - STALE,
                (Connection.state == "active") | (Connection.id.is_(None)),
            )
            .order_by(Run.heartbeat_at, Run.id)
            .limit(WOKEN if _is_anything_moving(now) else MOST)
        ).all()
        jobs = {"send_invoices": outbox.SEND, "process_payments": outbox.PAYMENTS, "fetch_invoices": outbox.FETCH}
        waiting = {job: _waiting_jobs(job) for job in jobs.values()}
        woken = 0
        for run_id, category in rows:
            job = jobs.get(category)
            if job and run_id not in waiting[job]:
                outbox.enqueue(job, run_id)
                runs.beat(run_id)
                woken += 1
    return woken


def _is_anything_moving(now: datetime) -> bool:
    """Whether somebody works on some run: then a job that has not begun may just be waiting its turn."""
    query = select(Run.id).where(Run.status == "running", Run.heartbeat_at >= now - STALE).limit(1)
    return current().scalar(query) is not None


def _ended_too_soon() -> int:
    """Open runs again that ended while something of them went back into the queue."""
    with transaction() as session:
        query = (
            select(Delivery.run_id)
            .join(Run, Run.id == Delivery.run_id)
            .where(Delivery.state == "queued", Run.status.not_in(runs.OPEN_STATES))
            .distinct()
            .limit(MOST)
        )
        found = sorted(run_id for run_id in session.scalars(query) if run_id is not None)
        for run_id in found:
            runs.reopen(run_id)
            outbox.enqueue(outbox.SEND, run_id)
    return len(found)


def _waiting_jobs(job: str, *, until: datetime | None = None) -> set[int]:
    """Return for whom a job waits in the outbox; `until`: only what is due by then."""
    query = select(OutboxEntry.args).where(OutboxEntry.job == job)
    if until is not None:
        query = query.where(OutboxEntry.available_at <= until)
    return {args[0] for args in current().scalars(query) if args}
