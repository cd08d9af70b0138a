"""A world for proofs: the real services on a real database, a virtual clock, a queue in memory, mishaps by plan.

True time goes on in `now` (seconds); the product's clock may be wrong about it. A worker is a call in an
app context of its own; one that is killed leaves what it committed and nothing else.
"""

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import redis
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.proof.books import POISON, Books, BooksGateway
from tests.proof.judge import Eye, Judge, Violation, as_moment
from tests.support.records import make_connection, make_invoice
from webapp.extensions import clock, db
from webapp.services import accounts, afterwards, gateways, payments, relaying, remote_sessions, scheduling
from webapp.services.actors import Actor, person
from webapp.services.sending import claiming, resolving, settling, steps, sweeping, working
from webapp.store.session import is_writing

START = datetime(2026, 3, 26, 6, tzinfo=UTC)
"""A Thursday; on the Sunday after it the clocks change."""

JOBS: dict[str, Callable[[int], None]] = {
    "jobs.sending.send": lambda run_id: working.work(run_id),
    "jobs.sending.resolve": lambda connection_id: resolving.resolve(connection_id),
    "jobs.payments.process": lambda run_id: payments.process(run_id),
    "jobs.payments.follow_up": lambda run_id: afterwards.follow_up(run_id),
}
TICK = 5.0
SPIN = 400
"""Jobs without any time going by: more of them is work that feeds itself."""

DUE = (
    ("SELECT MIN(available_at) FROM outbox", 0.0),
    ("SELECT MIN(lease_until) FROM deliveries WHERE state = 'sending'", 0.0),
    (
        """SELECT MIN(CASE WHEN c.rest_until > d.look_up_after THEN c.rest_until ELSE d.look_up_after END)
        FROM deliveries d JOIN connections c ON c.id = d.connection_id
        WHERE d.state = 'unknown' AND NOT d.draft AND c.state = 'active'""",
        10.0,
    ),
    (
        """SELECT MIN(r.heartbeat_at) FROM runs r JOIN connections c ON c.id = r.connection_id
        WHERE r.status IN ('queued', 'running') AND c.state = 'active'""",
        60.0,
    ),
)
"""When somebody has to look again, and how long after it; for the relay, then for the sweeper."""

INSIDE = {"before_notice"}
"""Steps inside of a transaction: one may die there, nobody else can write meanwhile."""


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Mishap:
    """What befalls one job: `kind` at the n-th time that `place` is reached."""

    kind: str = ""
    place: str = ""
    times: int = 1
    seconds: float = 0.0


@dataclass
class World:
    """One organisation, its connections and their books, and everybody who works."""

    app: Flask
    eye: Eye
    rng: random.Random
    now: float = 0.0
    books: dict[int, Books] = field(default_factory=dict)
    queue: list[tuple[str, int]] = field(default_factory=list)
    later: list[tuple[float, str, int]] = field(default_factory=list)
    """What the queue was told to do later; only a product without an outbox does that."""
    redis_away_until: float = 0.0
    mishaps: Callable[[], Mishap] = Mishap
    jobs: int = 0
    kills: int = 0
    overlaps: int = 0
    organisation_id: int = 0
    trace: list[str] = field(default_factory=list)
    strict: bool = True
    """Judge after every commit; else only when somebody asks for it."""
    _nested: int = 0
    _spin: int = 0
    _mishap: list[Mishap] = field(default_factory=list)
    _sweep_at: float = math.inf
    _held: dict[tuple[int, int], float] = field(default_factory=dict)
    _last_tick: float = -60.0

    def __post_init__(self) -> None:
        self.judge = Judge(self.eye, self.books)
        with self.app.app_context():
            self.organisation_id = accounts.add_organisation("Voorbeeld Groep").id

    @property
    def actor(self) -> Actor:
        """The person who asks."""
        return person(self.organisation_id, "Vincent")

    def connect(self, books: Books, **facts: Any) -> int:
        """Add a connection to a set of books, and return its id."""
        with self.app.app_context():
            identity = make_connection(self.organisation_id, administration_id=f"a-{len(self.books)}", **facts)
        books.pass_time, books.interrupted = self.pass_time, self._interrupt
        self.books[identity] = books
        return identity

    def invoice(self, number: str, *, flaw: str = "", **facts: Any) -> int:
        """Store an invoice; `flaw` is why it will be refused (`vat`, `contact`, `poison`)."""
        wrong: dict[str, Any] = {"vat": {"vat_type": 2}, "contact": {"contact": " "}, "poison": {"remarks": POISON}}
        identity = make_invoice(self.organisation_id, number, subject=number, **(wrong.get(flaw, {}) | facts))
        self.judge.numbers[identity] = number
        if flaw == "contact":
            self.judge.flawed.add(number)
        return identity

    def note(self, words: str) -> None:
        """Keep a line of what happened, for who has to find out why a seed failed."""
        self.trace.append(f"{self.now:>10.1f} {clock.now():%d %H:%M:%S} {'  ' * self._nested}{words}")

    def pass_time(self, seconds: float) -> None:
        """Let true time go by, here and over there."""
        self.now += seconds
        self._spin = 0
        clock.advance(timedelta(seconds=seconds))
        for books in self.books.values():
            books.move_to(self.now)
        if self.strict:
            self.judge.after_commit()

    def set_clock(self, seconds: float) -> None:
        """Set the clock of our machines forward or back; true time stands still."""
        self.note(f"clock {seconds:+.0f}")
        clock.offset = clock.offset + timedelta(seconds=seconds)
        self._sweep_at = self.now + TICK

    def run(self, job: str, argument: int) -> None:
        """Let a worker do one job, with what may befall it."""
        self.jobs += 1
        self._spin += 1
        if self._spin > SPIN:
            raise Violation("stuck", f"{job}({argument}) is done over and over, and nothing moves")
        mishap = self.mishaps() if self._nested == 0 else Mishap()
        self.note(f"{job.removeprefix('jobs.')}({argument}) {mishap.kind} {mishap.place} {mishap.times}".rstrip(" 1"))
        self._mishap.append(mishap)
        try:
            with self.app.app_context():
                try:
                    JOBS[job](argument)
                except Killed:
                    self.kills += 1
                    self.note("killed")
                except OperationalError as error:
                    self.note(f"database: {error.orig}")
                finally:
                    db.session.remove()
        finally:
            self._mishap.pop()

    def overlap(self, seconds: float) -> None:
        """Let others work while a worker stands still in the middle of its job."""
        if self._nested:
            return
        self.overlaps += 1
        self._nested += 1
        self.note(f"meanwhile, {seconds:.0f} s")
        try:
            self.pump(self.now + seconds)
        finally:
            self._nested -= 1
        self.note("and on")

    def reach(self, place: str) -> None:
        """A worker has reached a place where its mishap may wait for it."""
        if not self._mishap or self._mishap[-1].place != place:
            return
        mishap = self._mishap[-1]
        mishap.times -= 1
        if mishap.times != 0:
            return
        if mishap.kind == "kill":
            raise Killed(place)
        if mishap.kind == "drop":
            raise OperationalError("COMMIT", {}, Exception("the connection is gone"))
        if mishap.kind == "overlap" and place not in INSIDE:
            # Between the last check and the first byte nobody can stand still for longer than a lease: see Watch.
            leaving = any(books.leaving for books in self.books.values())
            self.overlap(min(mishap.seconds, 5.0) if leaving else mishap.seconds)

    def _interrupt(self, moment: str) -> None:
        self.reach(moment)

    def relay(self) -> None:
        """Hand what is due to the queue, as the relay does."""
        while self._is_relay_due():
            with self.app.app_context():
                try:
                    relaying.relay_once(self)  # type: ignore[arg-type]
                except redis.RedisError:
                    return

    def _is_relay_due(self) -> bool:
        moments = (as_moment(found) for (found,) in self.eye.rows("SELECT MIN(available_at) FROM outbox"))
        return any(moment is not None and moment <= clock.now() for moment in moments)

    def enqueue(self, prepared: list[tuple[str, tuple[int, ...]]]) -> None:
        """Take jobs over as Redis does; raises ConnectionError while it is away."""
        if self.now < self.redis_away_until:
            raise redis.ConnectionError("away")
        self.queue += [(job, args[0]) for job, args in prepared]

    def sweep(self) -> None:
        """One round of the scheduler: slots and what got stuck."""
        if self._sweep_at <= self.now:
            self._sweep_at = math.inf
        with self.app.app_context():
            if self.now - self._last_tick > 60:  # a slot may start a minute late: that keeps the proof quick
                self._last_tick = self.now
                scheduling.tick()
            sweeping.sweep()

    def pump(self, until: float) -> None:
        """Do what is due, and let time go by, until true time is `until`."""
        idle = 0
        while self.now < until:
            done = self.jobs
            self._work_off()
            wait = self._next_due()
            # A sweeper that found nothing to move finds nothing in the next round either: the rounds grow apart.
            idle = 0 if self.jobs > done else idle + 1
            wait = wait and wait * (2 ** max(idle - 4, 0))
            if wait is None or self.now + wait >= until:
                break
            self.pass_time(wait)
            self.sweep()
            self._check_moving()
        self._work_off()
        if self.now < until:
            self.pass_time(until - self.now)

    def _check_moving(self) -> None:
        """Nobody sends for a quarter of an hour."""
        held = {row[0]: row[1] for row in self.eye.rows("SELECT id, fence FROM deliveries WHERE state = 'sending'")}
        self._held = {one: self._held.get(one, self.now) for one in held.items()}
        for (identity, _), since in self._held.items():
            if self.now - since > 900 and self._nested == 0:
                raise Violation("stuck", f"delivery {identity} is being sent since {self.now - since:.0f} s")

    def _work_off(self) -> None:
        self.relay()
        self.queue += [(job, argument) for at, job, argument in self.later if at <= self.now]
        self.later = [one for one in self.later if one[0] > self.now]
        while self.queue:
            job, argument = self.queue.pop(0)
            self.run(job, argument)
            if self.rng.random() < 0.02:  # the queue may run one job twice
                self.run(job, argument)
            if not self.queue:
                self.relay()

    def _next_due(self) -> float | None:
        """Seconds until something is due: for the relay, or for the sweeper, which looks every few seconds."""
        waits = [
            (moment - clock.now()).total_seconds() + extra
            for query, extra in DUE
            for (found,) in self.eye.rows(query)
            if (moment := as_moment(found)) is not None
        ]
        if self.now < self.redis_away_until:
            waits = [max(wait, TICK) for wait in waits]
        waits += [at - self.now for at, _, _ in self.later]
        if self._sweep_at < math.inf:  # the sweeper will see that the clock was set
            waits.append(self._sweep_at - self.now)
        # What is overdue waits for the next round of the sweeper.
        return max(min(wait if wait > 0 else TICK for wait in waits) + 0.1, 0.5) if waits else None


class _Queue:
    """Stands for RQ's queue: takes over what the relay prepared."""

    def __init__(self, name: str, *, connection: World, **_: Any) -> None:
        self._world = connection

    @staticmethod
    def prepare_data(*, func: str, args: tuple[int, ...], **_: Any) -> tuple[str, tuple[int, ...]]:
        """Return the job as it is."""
        return func, args

    def enqueue_many(self, jobs: list[tuple[str, tuple[int, ...]]]) -> None:
        """Hand the jobs over."""
        self._world.enqueue(jobs)


@contextmanager
def populated(app: Flask, url: str, rng: random.Random) -> Iterator[World]:
    """Make a world on an empty database, and put everything back when it ends."""
    pause, steady, alive = remote_sessions.PAUSE, settling.steady, claiming.kept_alive
    # Leases are renewed by real time: here a worker that is slow has none renewed, which is worse.
    working.kept_alive = resolving.kept_alive = lambda claims: nullcontext()  # type: ignore[assignment]
    kept = (gateways.make_gateway, remote_sessions.time, relaying.Queue, claiming.BATCH, db.session.session_factory)
    clock.freeze(START)
    eye = Eye(url)
    world = World(app, eye, rng)
    session_class = db.session.session_factory.class_
    plain = session_class.commit

    def commit(session: Any) -> None:
        writing = session.in_transaction() and is_writing(session)
        if writing:
            world.reach("before_commit")
        plain(session)
        if writing:
            if world.strict:
                world.judge.after_commit()
            world.reach("after_commit")

    def make_gateway(_provider: str, access: Any, *, watch: Any, sessions: Any, **_: Any) -> BooksGateway:
        index = int(access.administration_id.removeprefix("a-"))
        return BooksGateway(list(world.books.values())[index], watch=watch, sessions=sessions)

    gateways.make_gateway = make_gateway
    remote_sessions.PAUSE = 5.0
    settling.steady = lambda: world.now
    remote_sessions.time = SimpleNamespace(monotonic=lambda: world.now, sleep=world.pass_time)  # type: ignore[assignment]
    relaying.Queue = _Queue  # type: ignore[assignment,misc]
    session_class.commit = commit
    steps.set_hook(world.reach)
    try:
        yield world
    finally:
        session_class.commit = plain
        steps.set_hook(None)
        gateways.make_gateway, remote_sessions.time, relaying.Queue, claiming.BATCH = kept[:4]
        remote_sessions.PAUSE, settling.steady = pause, steady
        working.kept_alive = resolving.kept_alive = alive
        clock.reset()
        eye.close()
