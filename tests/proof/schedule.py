"""Three schedulers as processes of their own through one year: every slot is started once, exact to the minute.

`python -m tests.proof.schedule` prints the figures; 1 when one is wrong. The year is walked in steps of three
hours, in which all three look at the same moment; both days on which the clocks change are in it.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as dt_time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select, update

from tests.proof.stage import Stage, staged
from tests.support.records import make_connection
from webapp.extensions import clock, db
from webapp.services import accounts, scheduling
from webapp.store.runs import Run
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import transaction

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
STEP = timedelta(hours=3)
TIMES = (["07:00", "14:00"], ["07:00", "14:00"], ["00:00", "08:15", "18:30"])
"""The times of three connections: the usual ones twice, and those of somebody who wants others."""


def prove(stage: Stage, *, days: int, schedulers: int) -> tuple[dict[str, Any], bool]:
    """Walk so many days of 2026 with so many schedulers; returns the figures, and whether they are right."""
    first = date(2026, 1, 1)
    moments = list(_moments(first, days))
    with stage.app.app_context():
        clock.freeze(moments[0] - timedelta(minutes=1))
        organisation = accounts.add_organisation("Voorbeeld Groep").id
        connections = [make_connection(organisation, payment_times=times) for times in TIMES]
        db.session.remove()
        db.engine.dispose()
        clock.reset()
    context = multiprocessing.get_context("fork")
    barrier, started = context.Barrier(schedulers + 1), context.Value("i", 0)
    hands = [context.Process(target=_schedule, args=(stage.app, moments, barrier, started)) for _ in range(schedulers)]
    for hand in hands:
        hand.start()
    with stage.app.app_context():
        for _ in moments:
            barrier.wait(60)  # all look now
            barrier.wait(60)  # all have looked
            _end_runs()
        for hand in hands:
            hand.join()
        rows = db.session.execute(select(ScheduleSlot.connection_id, ScheduleSlot.due_at)).all()
        runs = len(db.session.scalars(select(Run.id)).all())
    found = Counter((row.connection_id, row.due_at.astimezone(AMSTERDAM).replace(tzinfo=None)) for row in rows)
    expected = {
        (connection, datetime.combine(first + timedelta(days=day), dt_time.fromisoformat(text)))
        for connection, times in zip(connections, TIMES, strict=True)
        for day in range(days)
        for text in times
    }
    missed, beyond = len(expected - set(found)), len(set(found) - expected)
    twice = sum(count > 1 for count in found.values()) + started.value - len(found) + runs - len(found)
    figures = {"schedulers": schedulers, "looks": schedulers * len(moments), "days": days, "slots": len(found)}
    crashed = sum(hand.exitcode != 0 for hand in hands)
    figures |= {"missed": missed, "twice": twice, "beyond": beyond, "crashed": crashed}
    return figures, not (missed or twice or beyond or crashed)


def _moments(first: date, days: int) -> Iterator[datetime]:
    """Every third hour, and one more look in the year's last minute."""
    at = datetime(first.year, first.month, first.day, tzinfo=AMSTERDAM).astimezone(UTC)
    last = first + timedelta(days=days)
    until = datetime(last.year, last.month, last.day, tzinfo=AMSTERDAM).astimezone(UTC)
    while at < until:
        yield at
        at += STEP
    yield until - timedelta(minutes=1)


def _schedule(app: Flask, moments: Sequence[datetime], barrier: Any, started: Any) -> None:
    """One scheduler: look at every moment, together with the others."""
    with app.app_context():
        for moment in moments:
            clock.freeze(moment)
            barrier.wait(60)
            count = len(scheduling.tick())
            db.session.remove()
            with started.get_lock():
                started.value += count
            barrier.wait(60)
    os._exit(0)


def _end_runs() -> None:
    """Let every run be done, as the worker would."""
    with transaction() as session:
        session.execute(update(Run).where(Run.status == "queued").values(status="completed", ended_at=clock.now()))
    db.session.remove()


def main() -> int:
    """Run the proof, print its figures, and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.proof.schedule", description=__doc__)
    parser.add_argument("--days", type=int, default=365, help="of the year 2026 (365)")
    parser.add_argument("--schedulers", type=int, default=3, help="processes that look at once (3)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    chosen = parser.parse_args()
    bad = 0
    for kind in chosen.database or ("sqlite", "postgresql"):
        began = time.monotonic()
        with staged(kind) as stage:
            figures, good = prove(stage, days=chosen.days, schedulers=chosen.schedulers)
        told = ", ".join(f"{value:,} {what}" for what, value in figures.items())
        print(f"{kind:<11} {told}; {time.monotonic() - began:.0f} s", flush=True)
        bad += not good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
