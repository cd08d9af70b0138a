"""Recover what a dead worker or a lost queue left behind: leases that ran out, runs that nobody works on."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import bindparam, exists, or_, select, update

from webapp.domain.breaker import LONGEST_REST, PROBE_TIME
from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import notices, outbox, runs
from webapp.services.progress import publish
from webapp.services.sending.claiming import CLAIMED, Claim
from webapp.services.sending.recording import Mark, write
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.session import direct, release, transaction
from webapp.store.types import Moment, table_of

log = Log()
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
_JOBS = {
    "send_invoices": outbox.SEND,
    "process_payments": outbox.PAYMENTS,
    "fetch_invoices": outbox.FETCH,
    "send_expense_claims": outbox.EXPENSES,
}
"""What goes on with a run of a category."""

_DELIVERIES, _RUNS, _CONNECTIONS, _OUTBOX = map(table_of, (Delivery, Run, Connection, OutboxEntry))


def _moment(name: str) -> Any:
    return bindparam(name, type_=Moment())


_IS_OPEN = _RUNS.c.status.in_(runs.OPEN_STATES)
_ENDED_TOO_SOON = (
    _DELIVERIES.c.state == "queued",
    _RUNS.c.id == _DELIVERIES.c.run_id,
    _RUNS.c.status.not_in(runs.OPEN_STATES),
)
_ASK = select(
    or_(
        exists().where(_OUTBOX.c.created_at > _moment("ahead")),
        exists().where(
            _DELIVERIES.c.state.in_(("queued", "sending", "unknown")), _DELIVERIES.c.updated_at > _moment("ahead")
        ),
        exists().where(_IS_OPEN, _RUNS.c.heartbeat_at > _moment("ahead")),
        exists().where(_CONNECTIONS.c.breaker_until > _moment("longest_break")),
    ),
    exists().where(_DELIVERIES.c.state == "sending", _DELIVERIES.c.lease_until < _moment("now")),
    exists().where(_DELIVERIES.c.state == "unknown", _DELIVERIES.c.look_up_after < _moment("late")),
    exists().where(_IS_OPEN, _RUNS.c.heartbeat_at < _moment("stale")),
    exists().where(*_ENDED_TOO_SOON),
)
_EXPIRED = (
    select(_DELIVERIES.c.id)
    .where(_DELIVERIES.c.state == "sending", _DELIVERIES.c.lease_until < _moment("now"))
    .order_by(_DELIVERIES.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE_OVER = (
    update(_DELIVERIES)
    .where(_DELIVERIES.c.id.in_(bindparam("ids", expanding=True)))
    .values(fence=_DELIVERIES.c.fence + 1)
    .returning(*CLAIMED)
)
_LATE = (
    select(_DELIVERIES.c.connection_id)
    .join(_CONNECTIONS, _CONNECTIONS.c.id == _DELIVERIES.c.connection_id)
    .where(
        _DELIVERIES.c.state == "unknown",
        _DELIVERIES.c.draft.is_(False),
        _DELIVERIES.c.look_up_after < _moment("late"),
        _CONNECTIONS.c.state == "active",
        or_(_CONNECTIONS.c.rest_until.is_(None), _CONNECTIONS.c.rest_until <= _moment("now")),
    )
    .distinct()
)
_STALE = (
    select(_RUNS.c.id, _RUNS.c.category)
    .outerjoin(_CONNECTIONS, _CONNECTIONS.c.id == _RUNS.c.connection_id)
    .where(
        _IS_OPEN,
        _RUNS.c.heartbeat_at < _moment("stale"),
        (_CONNECTIONS.c.state == "active") | (_CONNECTIONS.c.id.is_(None)),
    )
    .order_by(_RUNS.c.heartbeat_at, _RUNS.c.id)
    .limit(bindparam("most"))
)
_MOVING = select(_RUNS.c.id).where(_RUNS.c.status == "running", _RUNS.c.heartbeat_at >= _moment("stale")).limit(1)
_TOO_SOON = select(_DELIVERIES.c.run_id).where(*_ENDED_TOO_SOON).distinct().limit(bindparam("most"))
_WAITING = select(_OUTBOX.c.job, _OUTBOX.c.args).where(_OUTBOX.c.job.in_(bindparam("wanted", expanding=True)))
_WAITING_UNTIL = _WAITING.where(_OUTBOX.c.available_at <= _moment("until"))


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
    before = {"late": now - LATE, "stale": now - STALE}
    row = direct(_ASK, now=now, ahead=now + SKEW, longest_break=now + LONGEST_BREAK, **before).one()
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
    """Take over what a dead worker held: unknown if a call may have left, else back to the queue.

    It waits for nobody's delivery, and locks as `write` does everywhere: deliveries, their invoices, then their run,
    one run after the other in the order of their ids.
    """
    now = clock.now()
    settle = timedelta(seconds=current_app.extensions["koppel"].yuki_settle)
    groups: dict[tuple[int, bool, bool], list[Claim]] = defaultdict(list)
    with transaction():
        ids = direct(_EXPIRED, now=now, most=MOST).scalars().all()
        claims = [Claim(*row) for row in direct(_TAKE_OVER, ids=ids).all()] if ids else []
        for claim in sorted(claims, key=lambda one: one.id):
            groups[claim.run_id or 0, claim.look_up_first, claim.draft].append(claim)
        for (run_id, left, draft), group in sorted(groups.items()):
            write(group, _takeover(left=left, draft=draft, settled=now + settle))
            if run_id:
                runs.finish_if_done(run_id)
        for connection_id in sorted({claim.connection_id for claim in claims}):
            outbox.enqueue(outbox.RESOLVE, connection_id, delay=settle.total_seconds())
            notices.recount(connection_id)
        touched = sorted({run_id for run_id, _, _ in groups if run_id})
        for run_id in touched:
            outbox.enqueue(outbox.SEND, run_id)
    for run_id in touched:
        publish(run_id)
    return len(claims)


def _takeover(*, left: bool, draft: bool, settled: datetime) -> Mark:
    """What is written of what a dead worker held; `left`: its bytes may have left the house."""
    if not left:
        return Mark(state="queued", outcome="pending")
    failure = Failure.DRAFT_UNKNOWN if draft else Failure.UNKNOWN_OUTCOME
    return Mark(
        state="unknown",
        outcome="unknown",
        event="yuki.unknown",
        failure=failure.value,
        look_up_first=True,
        look_up_after=None if draft else settled,
        attempted=1,
        settles=not draft,
    )


def _forgotten_unknowns() -> int:
    """Wake somebody for unknown outcomes whose time came and that nobody looked up."""
    now = clock.now()
    with transaction():
        late = direct(_LATE, now=now, late=now - LATE).scalars().all()
        waiting = _waiting_jobs([outbox.RESOLVE], until=now + STALE)
        woken = [connection_id for connection_id in late if (outbox.RESOLVE, connection_id) not in waiting]
        for connection_id in woken:
            outbox.enqueue(outbox.RESOLVE, connection_id)
    return len(woken)


def _stale_runs() -> int:
    """Wake runs whose job was lost with the queue; those that wait for their time have an outbox entry."""
    now = clock.now()
    found = _lost_jobs(now)
    release()
    if not found:  # the usual case takes no lock
        return 0
    with transaction():
        lost = _lost_jobs(now)
        for job, run_id in lost:
            outbox.enqueue(job, run_id)
            runs.beat(run_id)
    return len(lost)


def _lost_jobs(now: datetime) -> list[tuple[str, int]]:
    """Return the jobs of stale runs that nothing in the outbox will start, those of the oldest first."""
    rows = direct(_STALE, stale=now - STALE, most=WOKEN if _is_anything_moving(now) else MOST).all()
    jobs = [(_JOBS[category], run_id) for run_id, category in rows if category in _JOBS]
    waiting = _waiting_jobs(sorted({job for job, _ in jobs}))
    return [one for one in jobs if one not in waiting]


def _is_anything_moving(now: datetime) -> bool:
    """Whether somebody works on some run: then a job that has not begun may just be waiting its turn."""
    return direct(_MOVING, stale=now - STALE).first() is not None


def _ended_too_soon() -> int:
    """Open runs again that ended while something of them went back into the queue."""
    with transaction():
        found = sorted(direct(_TOO_SOON, most=MOST).scalars())
        for run_id in found:
            runs.reopen(run_id)
            outbox.enqueue(outbox.SEND, run_id)
    return len(found)


def _waiting_jobs(jobs: Sequence[str], *, until: datetime | None = None) -> set[tuple[str, int]]:
    """Return which of these jobs wait in the outbox, and for whom; `until`: only what is due by then."""
    if not jobs:
        return set()
    asked = direct(_WAITING, wanted=jobs) if until is None else direct(_WAITING_UNTIL, wanted=jobs, until=until)
    return {(row.job, row.args[0]) for row in asked if row.args}
