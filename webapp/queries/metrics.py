"""What machines are told of the work that waits, in Prometheus' text format."""

from typing import Any

import redis
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select

from webapp.domain.budget import yuki_day
from webapp.extensions import clock
from webapp.store.carrier import client
from webapp.store.connections import CallCount
from webapp.store.deliveries import Delivery
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.session import current, release

DELIVERY_STATES = ("queued", "sending", "sent", "rejected", "unknown", "conflict", "cancelled")
RUN_STATES = ("queued", "running", "completed", "partial", "failed", "cancelled")
_QUEUE = "rq:queue:koppel"
_FAILED = "rq:failed:koppel"


def exposition() -> str:
    """Return the figures in Prometheus' text format, counted now, so that every worker tells the same."""
    registry = CollectorRegistry()
    _states(registry, "koppel_deliveries", "Deliveries by state", DELIVERY_STATES, Delivery.state)
    _states(registry, "koppel_runs", "Runs by status", RUN_STATES, Run.status)
    _outbox(registry)
    _calls(registry)
    _queue(registry)
    release()
    return generate_latest(registry).decode()


def _states(registry: CollectorRegistry, name: str, text: str, states: tuple[str, ...], column: Any) -> None:
    gauge = Gauge(name, text, ["state"], registry=registry)
    counts: dict[str, int] = dict(iter(current().execute(select(column, func.count()).group_by(column))))
    for state in states:
        gauge.labels(state).set(counts.get(state, 0))
    if name == "koppel_deliveries":
        Gauge("koppel_unknown_outcomes", "Deliveries whose outcome is not known", registry=registry).set(
            counts.get("unknown", 0)
        )


def _outbox(registry: CollectorRegistry) -> None:
    count, oldest = (
        current()
        .execute(
            select(func.count(), func.min(OutboxEntry.available_at)).where(OutboxEntry.available_at <= clock.now())
        )
        .one()
    )
    waiting = current().scalar(select(func.count()).select_from(OutboxEntry)) or 0
    age = (clock.now() - oldest).total_seconds() if oldest else 0
    Gauge("koppel_outbox_entries", "Entries in the outbox", registry=registry).set(waiting)
    Gauge("koppel_outbox_due", "Entries that are due and not handed over", registry=registry).set(count)
    Gauge("koppel_outbox_age_seconds", "Seconds that the oldest of them waits", registry=registry).set(age)


def _calls(registry: CollectorRegistry) -> None:
    gauge = Gauge("koppel_calls_today", "Calls used today of a domain's quota", ["domain", "kind"], registry=registry)
    rows = current().scalars(select(CallCount).where(CallCount.day == yuki_day(clock.now()).isoformat()))
    for row in rows:
        gauge.labels(row.budget_key, "manual").set(row.manual)
        gauge.labels(row.budget_key, "automatic").set(row.automatic)


def _queue(registry: CollectorRegistry) -> None:
    up = Gauge("koppel_redis_up", "Whether Redis answers", registry=registry)
    connection = client()
    try:
        if connection is None:
            return
        length, failed = int(connection.llen(_QUEUE)), int(connection.zcard(_FAILED))
    except redis.RedisError:
        return
    up.set(1)
    Gauge("koppel_queue_jobs", "Jobs that wait in the queue", registry=registry).set(length)
    Gauge("koppel_queue_failed", "Jobs that ended in an error", registry=registry).set(failed)
