"""The wait before a look-up, by a clock that nobody can set: real time since the answer was lost.

The moment to look up is kept in wall time. When the machine's clock is set forward meanwhile, that moment
comes too soon, and a booking that is still on its way over there would be taken for absent. So a run
remembers when its last answer was lost in seconds since the machine was started as well.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from flask import current_app
from sqlalchemy import bindparam, select, update

from webapp.extensions import clock
from webapp.services import outbox
from webapp.store.deliveries import Delivery
from webapp.store.runs import Run
from webapp.store.session import current, direct
from webapp.store.types import Moment, table_of

_DELIVERIES, _RUNS = table_of(Delivery), table_of(Run)
_DUE = (
    _DELIVERIES.c.connection_id == bindparam("connection"),
    _DELIVERIES.c.state == "unknown",
    _DELIVERIES.c.draft.is_(False),
    _DELIVERIES.c.look_up_after <= bindparam("now", type_=Moment()),
)
_LOST = (
    select(_RUNS.c.id, _RUNS.c.details)
    .where(_RUNS.c.id.in_(select(_DELIVERIES.c.run_id).where(*_DUE)))
    .order_by(_RUNS.c.id)
)
_LATER = update(_DELIVERIES).where(*_DUE, _DELIVERIES.c.run_id == bindparam("run"))

KEY = "answer_lost"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@lru_cache(maxsize=1)
def _machine() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def steady() -> float:
    """Return seconds since this machine was started, asleep or not; a clock that tests set takes it along."""
    counted = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    return counted + (clock.now() - datetime.now(UTC)).total_seconds()


def remember(run_ids: Iterable[int]) -> None:
    """Note inside of a transaction that answers to these runs were lost now."""
    machine = _machine()
    if not machine:
        return
    for run in current().scalars(select(Run).where(Run.id.in_(list(run_ids)))):
        run.details = run.details | {KEY: f"{machine} {steady():.1f}"}


def hold_back(connection_id: int) -> None:
    """Move the look-ups of a connection, inside of a transaction, that would come before the settle time is over.

    What another machine noted, or this one before it was started anew, goes by wall time alone.
    """
    settle: float = current_app.extensions["koppel"].yuki_settle
    now = clock.now()
    for run_id, details in direct(_LOST, connection=connection_id, now=now).all():
        machine, _, since = str(details.get(KEY, "")).partition(" ")
        wait = settle - (steady() - float(since)) if machine and machine == _machine() else 0.0
        if 0.5 < wait <= settle:
            later = {"look_up_after": now + timedelta(seconds=wait), "updated_at": now}
            direct(_LATER, connection=connection_id, now=now, run=run_id, **later)
            outbox.enqueue(outbox.RESOLVE, connection_id, delay=wait)
