"""Thirty simulated days of an office: what it costs in calls of the day, and what happens when they are used up.

`python -m tests.proof.thirty_days` prints the calls of a day; 1 when a day is too dear or anything is lost.
"""

import argparse
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select, update

from tests.proof.books import AMSTERDAM, SEND, Books
from tests.proof.judge import Violation
from tests.proof.stage import Stage, staged
from tests.proof.world import START, World, populated
from webapp.extensions import clock
from webapp.services import payments
from webapp.services.sending import ask
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice
from webapp.store.session import current, transaction

DAY = 86400
SENDS = 200
MOST = 300
"""Calls of a normal day."""

LOST = ("lost_before", "lost_after", "cut", "late", "silent", "unfinished", "slow")


@dataclass
class Month:
    """So many days; on `taken` others use up the domain's calls, on `tight` ours are few by the contract."""

    world: World
    rng: random.Random
    days: int = 30
    sends: int = SENDS
    taken: int = 12
    tight: int = 20
    calls: dict[date, int] = field(default_factory=dict)
    odd: set[date] = field(default_factory=set)
    unknowns: int = 0
    losses: tuple[int, int, int] = (0, 0, 0)
    """Invoices lost, booked twice and not final at the end, counted by the books and the database alone."""
    _number: int = 0

    def live(self) -> None:
        """Play the month; raises Violation."""
        self.world.strict = False
        self.books = Books(START, duplicates=True)
        self.books.draw = self._draw
        self.books.part = lambda count: self.rng.randint(0, max(count - 1, 0))
        self.books.delay = lambda: self.rng.uniform(11, 85)
        self.connection_id = self.world.connect(self.books, payment_times=["07:00", "14:00"])
        for day in range(self.days):
            self._live_day(day)
        self.world.pump(self.world.now + 2 * DAY)
        self.world.judge.check_end()
        with self.world.app.app_context():
            payments.ask(self.world.actor)
        self.world.pump(self.world.now + 60)
        self.world.judge.check_books(self.connection_id, set())
        self.losses = self._count_losses()

    def _count_losses(self) -> tuple[int, int, int]:
        booked, shown = self.books.booked, self.world.eye.rows("SELECT number, delivery FROM invoices")
        refused = {number for number, state in shown if state == "rejected"} & self.books.refused
        lost = sum(not booked[number] and number not in refused for number, _ in shown)
        stuck = sum(state in {"queued", "sending", "unknown"} for _, state in shown)
        return lost, sum(count > 1 for count in booked.values()), stuck

    def _draw(self, operation: str) -> str:
        if operation == SEND and self.rng.random() < 0.2:
            self.unknowns += 1
            return self.rng.choice(LOST)
        return self.rng.choice(("html", "down", "unreachable")) if self.rng.random() < 0.01 else "ok"

    def _live_day(self, day: int) -> None:
        today = self._at(day, 12).astimezone(AMSTERDAM).date()
        used_by_others = 0
        if day == self.taken:
            used_by_others = self.books.limit - 5
            self.books.meter[today] += used_by_others
            self.odd.add(today)
        if day == self.tight:
            self._contract(6)
            self.odd.add(today)
        for hour, count in self._batches():
            self._until(day, hour)
            self._send(count, today)
        self._until(day, 18)
        self._mend()
        self._pay()
        self._until(day, 23.9)
        if day == self.tight:
            self._contract(1000)
        self.calls[today] = self.books.meter[today] - used_by_others
        self.world.judge.check_rest()
        if self.books.meter[today] > self.books.limit:
            raise Violation("quota", f"{self.books.meter[today]} calls on {today}")

    def _batches(self) -> list[tuple[float, int]]:
        """When people send, and how many: a big one in the morning, then what comes up."""
        parts = [self.sends * 6 // 10, self.sends * 2 // 10]
        parts += [1] * 5
        parts.append(self.sends - sum(parts))
        return sorted((self.rng.uniform(8, 17), count) for count in parts if count > 0)

    def _send(self, count: int, today: date) -> None:
        with self.world.app.app_context():
            ids = []
            for _ in range(count):
                self._number += 1
                price = f"{self.rng.randint(1, 900)}.{self.rng.randint(0, 99):02}"
                flaw = "vat" if self.rng.random() < 0.02 else ""
                number = f"26-{self._number:05}"
                ids.append(self.world.invoice(number, flaw=flaw, price=price, issue_date=today, due_date=today))
            ask(self.world.actor, ids)

    def _mend(self) -> None:
        """At the end of the day somebody mends what was rejected and sends it again."""
        with self.world.app.app_context():
            ids = list(current().scalars(select(Invoice.id).where(Invoice.delivery == "rejected")))
            with transaction() as session:
                for identity in ids:
                    session.get_one(Invoice, identity).lines[0].vat_type = 1
            if ids:
                ask(self.world.actor, ids)

    def _pay(self) -> None:
        for one in self.books.core.ledger:
            if one.open_amount and self.rng.random() < 0.15:
                one.open_amount = Decimal(0)

    def _contract(self, calls: int) -> None:
        with self.world.app.app_context(), transaction() as session:
            session.execute(update(Connection).values(daily_calls=calls))

    def _at(self, day: int, hour: float) -> datetime:
        start = (START.astimezone(AMSTERDAM) + timedelta(days=day)).replace(hour=0, minute=0, second=0)
        return start + timedelta(hours=hour)

    def _until(self, day: int, hour: float) -> None:
        wait = (self._at(day, hour) - clock.now()).total_seconds()
        if wait > 0:
            self.world.pump(self.world.now + wait)


def play(stage: Stage, *, days: int = 30, sends: int = SENDS, seed: int = 1) -> Month:
    """Play a month on a stage; raises Violation."""
    stage.clear()
    with populated(stage.app, stage.url, random.Random(seed)) as world:
        month = Month(world, world.rng, days=days, sends=sends, taken=days * 2 // 5, tight=days * 2 // 3)
        month.live()
    return month


def main() -> None:
    """Play the month and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    try:
        with staged(options.database) as stage:
            month = play(stage, days=options.days, seed=options.seed)
    except Violation as violation:
        print(f"a promise was broken: {violation.args[0]}: {violation.args[1]}")
        sys.exit(1)
    normal = [calls for day, calls in month.calls.items() if day not in month.odd]
    figures = f"min {min(normal)}  median {statistics.median(normal):.0f}  max {max(normal)}"
    print(f"days {options.days}  sends {month.world.judge.sends()}  answers lost or odd {month.unknowns}")
    print(f"calls of a normal day: {figures}  (fewer than {MOST})")
    for day in sorted(month.odd):
        refused = month.books.refused_calls[day]
        print(f"{day}: the day's calls were used up: ours {month.calls[day]}, refused over there {refused}")
    over = sum(calls > month.books.limit for calls in month.books.meter.values())
    lost, duplicate, stuck = month.losses
    print(f"days over the limit {over}  lost {lost}  duplicate {duplicate}  stuck {stuck}")
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(1 if max(normal) >= MOST or over or any(month.losses) else 0)


if __name__ == "__main__":
    main()
