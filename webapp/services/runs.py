"""Runs: how they start, count and end; an item's outcome and the run's counters change together."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, or_, select, update

from webapp.domain.failures import Failure
from webapp.domain.runs import verdict
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.store.connections import Connection
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, direct, forget, transaction
from webapp.store.straight import Fixed, here
from webapp.store.types import Moment, table_of
from webapp.store.words import word

COUNTED = ("succeeded", "failed", "skipped", "unknown")
OPEN_STATES = ("queued", "running")

_RUNS, _ITEMS, _CONNECTIONS = table_of(Run), table_of(RunItem), table_of(Connection)
_NOW = bindparam("now", type_=Moment())
_CHANGE = update(_RUNS).where(_RUNS.c.id == bindparam("run"))
_CHANGE_OPEN = _CHANGE.where(_RUNS.c.status.in_(OPEN_STATES))
_BEGUN = {"started_at": func.coalesce(_RUNS.c.started_at, _NOW)}
_START = _CHANGE_OPEN.values(_BEGUN)
_TOLD = (_RUNS.c.trigger, _RUNS.c.cancel_requested_at)
_STARTED = Fixed(
    _CHANGE.where(or_(*(_RUNS.c.status == state for state in OPEN_STATES)), _RUNS.c.connection_id.is_not(None))
    .values(_BEGUN | {"status": "running", "heartbeat_at": _NOW})
    .returning(*_TOLD),
    gives=_TOLD,
)
_HELD = Fixed(
    select(_CONNECTIONS.c.id)
    .join(_RUNS, _RUNS.c.connection_id == _CONNECTIONS.c.id)
    .where(_RUNS.c.id == bindparam("run"))
    .with_for_update(of=_CONNECTIONS),
    gives=[_CONNECTIONS.c.id],
)
_END = _CHANGE.values(_BEGUN)
_COUNT = _CHANGE.values({name: _RUNS.c[name] + bindparam(f"more_{name}") for name in COUNTED})
_CHOSEN = (_ITEMS.c.run_id == bindparam("run"), _ITEMS.c.invoice_id.in_(bindparam("invoices", expanding=True)))
_OUTCOMES = select(_ITEMS.c.outcome, func.count()).where(*_CHOSEN).group_by(_ITEMS.c.outcome)
_SETTLE = update(_ITEMS).where(*_CHOSEN).values(attempts=_ITEMS.c.attempts + bindparam("tried"))
_PENDING = select(_ITEMS.c.id).where(_ITEMS.c.run_id == bindparam("run"), _ITEMS.c.outcome == word("pending")).limit(1)
_TAKEN_BACK = (
    select(_ITEMS.c.id).where(_ITEMS.c.run_id == bindparam("run"), _ITEMS.c.failure == Failure.CANCELLED.value).limit(1)
)
_COUNTERS = (
    select(_RUNS.c.offered, *(_RUNS.c[name] for name in COUNTED))
    .where(_RUNS.c.id == bindparam("run"))
    .with_for_update(key_share=True)
)


class Begun(NamedTuple):
    """A run that is being done: how it was asked for, whether it is to stop, and a row of its connection."""

    trigger: str
    cancel_requested_at: datetime | None
    connection: tuple[Any, ...]


def open_run(
    actor: Actor, category: str, *, connection_id: int | None, offered: int = 0, retry_of: int | None = None
) -> Run:
    """Add a queued run inside of a transaction, and return it with its id."""
    run = Run(
        organisation_id=actor.organisation_id,
        connection_id=connection_id,
        category=category,
        trigger=actor.trigger,
        actor_name=actor.name,
        offered=offered,
        retry_of=retry_of,
        created_at=clock.now(),
        heartbeat_at=clock.now(),
    )
    session = current()
    session.add(run)
    session.flush()
    return run


def start(run_id: int) -> Run | None:
    """Mark a run as running inside of a transaction; None when it does not exist or was cancelled."""
    now = clock.now()
    direct(_START, run=run_id, now=now, status="running", heartbeat_at=now)
    run = current().get(Run, run_id, populate_existing=True)
    return run if run is not None and run.status == "running" else None


def hold_connection(run_id: int) -> int | None:
    """Wait, inside of a transaction, until a run's connection is ours, and return its id.

    Always before the run itself, which other workers lock with the connection in their hands. None when the run has
    no connection.
    """
    found = here().one(_HELD, {"run": run_id})
    return found[0] if found else None


def begin(run_id: int, *, holding: Fixed) -> Begun | None:
    """Mark a run as running inside of a transaction, with its connection held, and return what doing it needs to know.

    `holding` is what locks the connection of a `run`, and returns its row. None when there is no such run, it has
    ended, or has no connection.
    """
    held, started = here().at_once([(holding, {"run": run_id}), (_STARTED, {"run": run_id, "now": clock.now()})])
    forget(Run, run_id)
    if not (held and started):
        return None
    trigger, cancelled = started[0]
    return Begun(trigger, cancelled, held[0])


def beat(run_id: int) -> None:
    """Say that somebody works on this run."""
    direct(_CHANGE, run=run_id, heartbeat_at=clock.now())
    forget(Run, run_id)


def settle_many(run_id: int, invoice_ids: Sequence[int], outcome: str, **facts: Any) -> None:
    """Set the outcome of many items of a run at once, with the counters.

    `facts`: failure, field, remote_text, params, exchange_id.
    """
    chosen = {"run": run_id, "invoices": list(invoice_ids)}
    moved: Counter[str] = Counter()
    for earlier, number in direct(_OUTCOMES, **chosen):
        moved[earlier] -= number
        moved[outcome] += number
    values = {"failure": "", "field": "", "remote_text": ""} | facts | chosen
    direct(_SETTLE, outcome=outcome, tried=int(outcome != "pending"), updated_at=clock.now(), **values)
    more = {f"more_{name}": moved[name] for name in COUNTED}
    direct(_COUNT, run=run_id, heartbeat_at=clock.now(), **more)
    forget(Run, run_id)


def finish_if_done(run_id: int) -> bool:
    """End a run inside of a transaction when nothing of it is pending; returns whether it has ended."""
    if direct(_PENDING, run=run_id).first() is not None:
        return False
    run = direct(_COUNTERS, run=run_id).first()
    if run is None:
        return False
    status, result = verdict(
        offered=run.offered,
        succeeded=run.succeeded,
        failed=run.failed,
        unknown=run.unknown,
        taken_back=direct(_TAKEN_BACK, run=run_id).first() is not None,
    )
    _end(run_id, status=status.value, result=result.value, failure="", remote_text="")
    return True


def _end(run_id: int, **facts: str) -> None:
    now = clock.now()
    direct(_END, run=run_id, now=now, ended_at=now, **facts)
    forget(Run, run_id)


def reopen(run_id: int) -> None:
    """Let a run that had ended go on inside of a transaction: an unknown outcome turned out to be not booked."""
    direct(_CHANGE, run=run_id, status="running", result="", ended_at=None, heartbeat_at=clock.now())
    forget(Run, run_id)


def hold(run_id: int, failure: str, *, remote_text: str = "") -> None:
    """Say inside of a transaction why a run waits; it goes on by itself."""
    why = {"failure": failure, "remote_text": remote_text[:2000]}
    direct(_CHANGE_OPEN, run=run_id, status="queued", heartbeat_at=clock.now(), **why)
    forget(Run, run_id)


def fail(run_id: int, failure: str, *, remote_text: str = "") -> None:
    """End a run inside of a transaction as failed as a whole: nothing of it was done."""
    _end(run_id, status="failed", result="failed", failure=failure, remote_text=remote_text[:2000])


def request_cancel(run_id: int, organisation_id: int) -> bool:
    """Ask a run to stop, inside of a transaction; it stops between two batches. False when it has ended."""
    changed = current().execute(
        update(Run)
        .where(
            Run.id == run_id,
            Run.organisation_id == organisation_id,
            Run.status.in_(OPEN_STATES),
            Run.cancel_requested_at.is_(None),
        )
        .values(cancel_requested_at=clock.now())
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def mark_seen(organisation_id: int, run_ids: Sequence[int]) -> int:
    """Note that somebody has seen what failed in these runs; returns how many that were. A transaction of its own."""
    failed = (Run.organisation_id == organisation_id, Run.id.in_(run_ids), Run.status.in_(("failed", "partial")))
    seen = update(Run).where(*failed, Run.seen_at.is_(None)).values(seen_at=clock.now())
    with transaction() as session:
        result = session.execute(seen.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
