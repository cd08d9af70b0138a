"""Runs: how they start, count and end; an item's outcome and the run's counters change together."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from webapp.domain.failures import Failure
from webapp.domain.runs import verdict
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.store.runs import Run, RunItem
from webapp.store.session import current

COUNTED = ("succeeded", "failed", "skipped", "unknown")
OPEN_STATES = ("queued", "running")


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
    current().execute(
        update(Run)
        .where(Run.id == run_id, Run.status.in_(OPEN_STATES))
        .values(status="running", started_at=func.coalesce(Run.started_at, now), heartbeat_at=now)
    )
    run = current().get(Run, run_id, populate_existing=True)
    return run if run is not None and run.status == "running" else None


def beat(run_id: int) -> None:
    """Say that somebody works on this run."""
    current().execute(update(Run).where(Run.id == run_id).values(heartbeat_at=clock.now()))


def settle_many(run_id: int, invoice_ids: Sequence[int], outcome: str, **facts: Any) -> None:
    """Set the outcome of many items of a run at once, with the counters.

    `facts`: failure, field, remote_text, params, exchange_id.
    """
    session = current()
    session.flush()
    chosen = (RunItem.run_id == run_id, RunItem.invoice_id.in_(invoice_ids))
    before = session.execute(select(RunItem.outcome, func.count()).where(*chosen).group_by(RunItem.outcome))
    moved: Counter[str] = Counter()
    for earlier, number in before.all():
        moved[earlier] -= number
        moved[outcome] += number
    values = {"failure": "", "field": "", "remote_text": ""} | facts
    if outcome != "pending":
        values["attempts"] = RunItem.attempts + 1
    session.execute(
        update(RunItem)
        .where(*chosen)
        .values(outcome=outcome, updated_at=clock.now(), **values)
        .execution_options(synchronize_session="fetch")
    )
    changes = {name: getattr(Run, name) + moved[name] for name in COUNTED if moved[name]}
    session.execute(update(Run).where(Run.id == run_id).values(heartbeat_at=clock.now(), **changes))


def finish_if_done(run_id: int) -> bool:
    """End a run inside of a transaction when nothing of it is pending; returns whether it has ended."""
    session = current()
    session.flush()
    pending = session.scalar(
        select(func.count()).select_from(RunItem).where(RunItem.run_id == run_id, RunItem.outcome == "pending")
    )
    if pending:
        return False
    run = session.get(Run, run_id, populate_existing=True, with_for_update=True)
    if run is None:
        return False
    taken_back = session.scalar(
        select(func.count()).where(RunItem.run_id == run_id, RunItem.failure == Failure.CANCELLED.value)
    )
    status, result = verdict(
        offered=run.offered,
        succeeded=run.succeeded,
        failed=run.failed,
        unknown=run.unknown,
        taken_back=bool(taken_back),
    )
    run.status, run.result = status.value, result.value
    run.failure = run.remote_text = ""
    run.started_at = run.started_at or clock.now()
    run.ended_at = clock.now()
    return True


def reopen(run_id: int) -> None:
    """Let a run that had ended go on inside of a transaction: an unknown outcome turned out to be not booked."""
    current().execute(
        update(Run).where(Run.id == run_id).values(status="running", result="", ended_at=None, heartbeat_at=clock.now())
    )


def hold(run_id: int, failure: str, *, remote_text: str = "") -> None:
    """Say inside of a transaction why a run waits; it goes on by itself."""
    current().execute(
        update(Run)
        .where(Run.id == run_id, Run.status.in_(OPEN_STATES))
        .values(status="queued", failure=failure, remote_text=remote_text[:2000], heartbeat_at=clock.now())
    )


def fail(run_id: int, failure: str, *, remote_text: str = "") -> None:
    """End a run inside of a transaction as failed as a whole: nothing of it was done."""
    current().execute(
        update(Run)
        .where(Run.id == run_id)
        .values(
            status="failed",
            result="failed",
            failure=failure,
            remote_text=remote_text[:2000],
            started_at=func.coalesce(Run.started_at, clock.now()),
            ended_at=clock.now(),
        )
    )


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
