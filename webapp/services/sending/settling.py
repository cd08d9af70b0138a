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
from sqlalchemy import select, update

from webapp.extensions import clock
from webapp.services import outbox
from webapp.store.deliveries import Delivery
from webapp.store.runs import Run
from webapp.store.session import current

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
    session = current()
    settle: float = current_app.extensions["koppel"].yuki_settle
    due = (
        Delivery.connection_id == connection_id,
        Delivery.state == "unknown",
        Delivery.draft.is_(False),
        Delivery.look_up_after <= clock.now(),
    )
    runs = session.execute(
        select(Run.id, Run.details).where(Run.id.in_(select(Delivery.run_id).where(*due))).order_by(Run.id)
    )
    for run_id, details in runs.all():
        machine, _, since = str(details.get(KEY, "")).partition(" ")
        wait = settle - (steady() - float(since)) if machine and machine == _machine() else 0.0
        if 0.5 < wait <= settle:
            session.execute(
                update(Delivery)
                .where(*due, Delivery.run_id == run_id)
                .values(look_up_after=clock.now() + timedelta(seconds=wait), updated_at=clock.now())
                .execution_options(synchronize_session=False)
            )
            outbox.enqueue(outbox.RESOLVE, connection_id, delay=wait)
