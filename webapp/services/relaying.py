"""Hand what is due in the outbox to RQ: at least once, for every job may be run twice without harm.

An entry is claimed by moving its time ahead, so that several relays share the work and no transaction is open
while Redis is called; one whose relay died comes due again by itself.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import bindparam, delete, select, update

from webapp.extensions import clock
from webapp.store.outbox import OutboxEntry
from webapp.store.session import direct, release, transaction
from webapp.store.types import Moment, table_of

QUEUE = "koppel"
JOB_TIMEOUT = 1800
"""Seconds; it ends a job anywhere, also between a booking and its record, so every job has to end well before it."""

RESULT_KEPT = 300
FAILURE_KEPT = 7 * 86400
CLAIM = timedelta(seconds=30)
"""How long a relay has to hand over what it took."""

_TABLE = table_of(OutboxEntry)
_DUE = _TABLE.c.available_at <= bindparam("now", type_=Moment())
_ANYTHING = select(_TABLE.c.id).where(_DUE).limit(1)
_FREE = (
    select(_TABLE.c.id)
    .where(_DUE)
    .order_by(_TABLE.c.available_at, _TABLE.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_THESE = _TABLE.c.id.in_(bindparam("entries", expanding=True))
_PUT_BACK, _DONE = update(_TABLE).where(_THESE), delete(_TABLE).where(_THESE)
_CLAIM = _PUT_BACK.returning(_TABLE.c.id, _TABLE.c.job, _TABLE.c.args, _TABLE.c.created_at)


class _Entry(NamedTuple):
    """What was claimed of an outbox entry."""

    id: int
    job: str
    args: list[int]
    created_at: datetime


def relay_once(connection: "redis.Redis", *, limit: int = 100) -> int:
    """Hand over up to `limit` due entries in order; returns how many.

    Raises redis.RedisError when Redis is away: the entries stay, and are due again at once.
    """
    entries = _claim(limit)
    if not entries:
        return 0
    ids = [entry.id for entry in entries]
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT)
    try:
        queue.enqueue_many([_prepare(entry) for entry in entries])
    except redis.RedisError:
        with transaction():
            direct(_PUT_BACK, entries=ids, available_at=clock.now())
        raise
    with transaction():
        direct(_DONE, entries=ids)
    return len(ids)


def _claim(limit: int) -> list[_Entry]:
    now = clock.now()
    anything = direct(_ANYTHING, now=now).first()
    release()
    if anything is None:  # the usual case takes no lock
        return []
    with transaction():
        # Two statements: PostgreSQL may run a limited subquery of an UPDATE again, which then locks and takes more.
        taken = direct(_FREE, now=now, most=limit).scalars().all()
        entries = direct(_CLAIM, entries=taken, available_at=now + CLAIM).all()
    return sorted((_Entry._make(entry) for entry in entries), key=lambda entry: entry.id)


def _prepare(entry: _Entry) -> Any:
    """Return the job of an entry, named after it, so that a repeat replaces itself.

    SQLite gives the id of a deleted row away again, so the moment of its making is part of the name.
    """
    name = f"outbox-{entry.id}-{int(entry.created_at.timestamp() * 1_000_000):x}"
    return Queue.prepare_data(
        func=entry.job,
        args=tuple(entry.args),
        timeout=JOB_TIMEOUT,
        result_ttl=RESULT_KEPT,
        failure_ttl=FAILURE_KEPT,
        job_id=name,
        description=f"{entry.job}{tuple(entry.args)}",
    )
