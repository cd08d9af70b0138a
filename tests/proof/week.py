"""One week of an office by seed: people, schedules, a bad network, dying workers, a clock that is set."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from tests.proof.books import FIND, LOGIN, OPEN, SEND, Books
from tests.proof.judge import Tally
from tests.proof.world import START, Mishap, World
from webapp.extensions import db
from webapp.services import connections, payments
from webapp.services.sending import SendError, ask, cancel, claiming, retry
from webapp.services.sending.steps import STEPS
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice
from webapp.store.organisations import Department
from webapp.store.runs import Run
from webapp.store.session import transaction

WEEK = 7 * 86400
HOUR = 3600

SEND_FAULTS = ("lost_before", "lost_after", "cut", "unfinished", "late", "silent", "unreachable", "slow", "session")
READ_FAULTS = ("unreachable", "html", "down", "slow", "session", "odd")
COMMITS = ("before_commit", "after_commit")
CALLING = ("before_booking", "after_booking")


@dataclass
class Week:
    """A seeded week in a world; `events` of them happen."""

    world: World
    rng: random.Random
    events: int = 6
    faults: int = 0
    card: set[str] = field(default_factory=set)
    _number: int = 0
    _troubled_until: float = 0.0
    _calm: bool = False

    def live(self) -> Tally:
        """Play the week to its end and judge it; raises Violation."""
        self._open_office()
        for moment in sorted(self.rng.uniform(0, WEEK) for _ in range(self.events)):
            self.world.pump(moment)
            self._happen()
            self.world.judge.check_rest()
        self._calm_down()
        unknown = self.world.judge.check_end()
        self._compare_books()
        return self._tally(unknown)

    def _open_office(self) -> None:
        rng, world = self.rng, self.world
        claiming.BATCH = rng.choice((2, 3, 5, 8))
        world.mishaps = self._mishap
        world.connect(self._books(), payment_times=rng.choice((["07:00"], ["07:00", "14:00"])))
        self.department: int | None = None
        if rng.random() < 0.5:
            with world.app.app_context():
                with transaction() as session:
                    department = Department(organisation_id=world.organisation_id, name="Gent")
                    session.add(department)
                self.department = department.id
            world.connect(
                self._books(), department_id=self.department, draft=rng.random() < 0.6, payment_times=["07:00"]
            )

    def _books(self) -> Books:
        rng = self.rng
        books = Books(START, duplicates=rng.random() < 0.5, limit=rng.choice((1000,) * 7 + (40,)))
        books.draw = self._draw
        books.delay = lambda: rng.uniform(11, 85)
        books.part = lambda count: rng.randint(0, max(count - 1, 0))
        return books

    def _draw(self, operation: str) -> str:
        """Return what goes wrong with this call: little on a good day, much in a bad hour."""
        if self._calm:
            return "ok"
        bad = self.world.now < self._troubled_until
        if self.rng.random() > (0.7 if bad else 0.12):
            return "ok"
        self.faults += 1
        kinds: tuple[str, ...] = {SEND: SEND_FAULTS, LOGIN: ("unreachable",), FIND: READ_FAULTS}.get(
            operation, READ_FAULTS
        )
        kind = self.rng.choice((*kinds, "broken") if operation == OPEN else kinds)
        self.world.note(f"{operation}: {kind}")
        return kind

    def _mishap(self) -> Mishap:
        rng = self.rng
        if self._calm or rng.random() > 0.35:
            return Mishap()
        kind = rng.choice(("kill", "kill", "overlap", "overlap", "drop"))
        if kind == "drop":
            return Mishap(kind, rng.choice(COMMITS), rng.randint(1, 14))
        place = rng.choice((*STEPS, "after_commit", "after_commit", *CALLING))
        times = rng.randint(1, 14) if place == "after_commit" else rng.randint(1, 2)
        return Mishap(kind, place, times, rng.choice((0.0, 5.0, 70.0, 200.0, 400.0)))

    def _happen(self) -> None:
        weighted: list[tuple[int, Callable[[], None]]] = [
            (10, self._send),
            (3, self._send_twice),
            (3, self._retry),
            (3, self._correct),
            (3, self._stop),
            (2, self._pause),
            (3, self._pay),
            (2, self._payments),
            (3, self._trouble),
            (2, self._lose_queue),
            (2, self._set_clock),
            (2, self._touch),
            (1, self._wrong_key),
        ]
        chosen = self.rng.choices([what for _, what in weighted], [weight for weight, _ in weighted])[0]
        self.world.note(f"# {chosen.__name__.strip('_')}")
        with self.world.app.app_context():
            chosen()
        self.world.pump(self.world.now + self.rng.choice((1, 30, 90, 400)))

    def _invoices(self) -> list[int]:
        rng = self.rng
        return [self._invoice() for _ in range(rng.choice((1, 1, 2, 4, 9)))]

    def _invoice(self) -> int:
        rng = self.rng
        self._number += 1
        number = f"26-{self._number:04}"
        facts: dict[str, Any] = {"price": f"{rng.randint(1, 900)}.{rng.randint(0, 99):02}"}
        if self.department and rng.random() < 0.4:
            facts["department_id"] = self.department
        if rng.random() < 0.08:
            facts["payment_method"] = "Cash"
            self.card.add(number)
        flaw = rng.choices(("", "vat", "contact", "poison"), (80, 12, 3, 5))[0]
        identity = self.world.invoice(number, flaw=flaw, **facts)
        if rng.random() < 0.03:
            first = next(iter(self.world.books.values()))
            if not first.duplicates and "department_id" not in facts:
                first.put_foreign(number, Decimal("1.23"))
                self.world.judge.foreign.add(number)
        return identity

    def _ask(self, ids: list[int]) -> list[int]:
        try:
            return ask(self.world.actor, ids)
        except SendError as error:
            self.world.note(f"not sent: {error.code}")
            return []

    def _send(self) -> None:
        self._ask(self._invoices())

    def _send_twice(self) -> None:
        ids = self._invoices()
        self._ask(ids)
        if self.rng.random() < 0.5:
            self.world.pump(self.world.now + self.rng.uniform(0, 5))
        self._ask(ids + self._invoices())

    def _runs(self, *outcomes: str) -> list[int]:
        columns = [getattr(Run, name) for name in outcomes]
        query = select(Run.id).where(Run.category == "send_invoices")
        for column in columns:
            query = query.where(column > 0)
        return list(db.session.scalars(query.order_by(Run.id)))

    def _retry(self) -> None:
        runs = self._runs("failed")
        if runs:
            try:
                retry(self.world.actor, self.rng.choice(runs))
            except SendError as error:
                self.world.note(f"no retry: {error.code}")

    def _correct(self) -> None:
        """Somebody mends what was rejected and sends it again."""
        rows = list(db.session.scalars(select(Invoice.id).where(Invoice.delivery == "rejected")))
        for identity in rows:
            with transaction() as session:
                invoice = session.get_one(Invoice, identity)
                invoice.remarks = "mended"
                invoice.lines[0].vat_type = 1
                invoice.contact.name = invoice.contact_name = "Bakkerij"
        self._ask(rows)

    def _stop(self) -> None:
        """Ask for something and stop it, sooner or later."""
        runs = self._ask(self._invoices())
        if self.rng.random() < 0.7:
            self.world.pump(self.world.now + self.rng.choice((0.0, 1.0, 20.0, 100.0)))
        for run_id in runs:
            cancel(self.world.actor, run_id)

    def _pause(self) -> None:
        identity = self.rng.choice(list(self.world.books))
        connections.pause(self.world.actor, identity)
        self.world.pump(self.world.now + self.rng.uniform(0, HOUR))
        connections.resume(self.world.actor, identity)

    def _wrong_key(self) -> None:
        identity = self.rng.choice(list(self.world.books))
        books = self.world.books[identity]
        books.key_good, books.sessions = False, set()
        self._send()
        self.world.pump(self.world.now + HOUR)
        books.key_good = True
        if self.rng.random() < 0.8:
            connections.resume(self.world.actor, identity)

    def _pay(self) -> None:
        """Customers pay, in part or in full; some money goes back."""
        for books in self.world.books.values():
            for one in books.core.ledger:
                if one.contact_name != "Iemand Anders" and self.rng.random() < 0.3:
                    share = self.rng.choice((Decimal(1), Decimal("0.5"), Decimal("-0.5")))
                    moved = (one.open_amount * share).quantize(Decimal("0.01"))
                    if one.open_amount - moved <= one.amount:
                        one.open_amount -= moved

    def _payments(self) -> None:
        try:
            payments.ask(self.world.actor)
        except payments.PaymentError as error:
            self.world.note(f"no payments: {error.code}")

    def _trouble(self) -> None:
        self._troubled_until = self.world.now + self.rng.uniform(60, 2 * HOUR)
        self._send()

    def _lose_queue(self) -> None:
        """Redis is flushed, or away for a while; what was asked meanwhile waits in the outbox."""
        away = self.rng.random() < 0.5
        if away:
            self.world.redis_away_until = self.world.now + self.rng.uniform(10, 600)
        self._send()
        self.world.relay()
        self.world.queue.clear()

    def _set_clock(self) -> None:
        self._send()
        self.world.pump(self.world.now + self.rng.uniform(0, 30))
        self.world.set_clock(self.rng.choice((-HOUR, HOUR)))

    def _touch(self) -> None:
        """Somebody changes an invoice past all rules while it is on its way: what left once stays as it was."""
        self._troubled_until = self.world.now + 20
        self._send()
        self.world.pump(self.world.now + 15)
        with transaction() as session:
            session.execute(
                update(Invoice).where(Invoice.delivery.in_(("unknown", "queued"))).values(remarks="touched")
            )

    def _calm_down(self) -> None:
        """All faults stop; what rests until midnight gets its midnight; then five minutes are enough."""
        world = self.world
        world.note("# calm")
        self._calm = True
        world.redis_away_until = 0.0
        world.set_clock((START + timedelta(seconds=world.now) - _clock_now()).total_seconds())
        with world.app.app_context():
            resting = db.session.scalars(select(Connection.rest_until).where(Connection.rest_until.is_not(None))).all()
        if resting:
            world.pump(world.now + max((one - _clock_now()).total_seconds() for one in resting) + 1)
        for books in world.books.values():
            books.limit, books.key_good = 1000, True
        with world.app.app_context():
            for identity in world.books:
                connections.resume(world.actor, identity)
        world.pump(world.now + 300)

    def _compare_books(self) -> None:
        """After a last look at what is open, both sides agree."""
        world = self.world
        world.pump(world.now + 900)
        with world.app.app_context():
            self._payments()
        world.pump(world.now + 60)
        world.judge.check_rest()
        for identity in world.books:
            world.judge.check_books(identity, self.card)

    def _tally(self, unknown: int) -> Tally:
        world = self.world
        return Tally(
            seeds=1,
            sends=world.eye.rows("SELECT COUNT(*) FROM deliveries")[0][0],
            bookings=sum(books.booked.total() for books in world.books.values()),
            payments=world.eye.rows("SELECT COUNT(*) FROM payments")[0][0],
            jobs=world.jobs,
            kills=world.kills,
            overlaps=world.overlaps,
            faults=self.faults,
            unknown=unknown,
        )


def _clock_now() -> Any:
    from webapp.extensions import clock

    return clock.now()
