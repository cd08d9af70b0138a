"""Directed scenarios: short stories in which one safeguard alone stands between us and a broken promise."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from unittest.mock import patch

from sqlalchemy import select, update

from tests.proof.books import SEND, Books
from tests.proof.judge import Violation
from tests.proof.world import START, Mishap, World
from webapp.services.sending import SendError, ask, asking
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.runs import Run
from webapp.store.session import current, transaction

HOUR = 3600.0


@dataclass
class Office:
    """A world with one connection, to books that would book the same number twice; calls fail by list."""

    world: World
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.books = Books(START, duplicates=True)
        self.books.draw = self._draw
        self.connection_id = self.world.connect(self.books)

    def _draw(self, operation: str) -> str:
        return self.faults.pop(0) if operation == SEND and self.faults else "ok"

    def invoices(self, count: int = 1, *, start: int = 1) -> list[int]:
        with self.world.app.app_context():
            return [self.world.invoice(f"26-{number:04}") for number in range(start, start + count)]

    def ask(self, *ids: int) -> int:
        with self.world.app.app_context():
            return ask(self.world.actor, ids)[0]

    def wait(self, seconds: float) -> None:
        self.world.pump(self.world.now + seconds)

    def befall(self, kind: str, place: str, seconds: float = 0.0) -> None:
        """Let this befall the next job, and no other."""
        waiting = [Mishap(kind, place, 1, seconds)]
        self.world.mishaps = lambda: waiting.pop() if waiting else Mishap()

    def expect(self, **states: int) -> None:
        """Check how many deliveries are in which state; raises Violation."""
        with self.world.app.app_context():
            found = list(current().scalars(select(Delivery.state)))
        for state, count in states.items():
            if found.count(state) != count:
                raise Violation("lost", f"{count} should be {state}, the deliveries are {found}")


def late_booking(world: World) -> None:
    """The books are slow: they book a minute after we gave up."""
    office = Office(world, ["late"])
    office.books.delay = lambda: 70.0
    office.ask(*office.invoices(3))
    office.wait(300)
    office.expect(sent=3)


def lost_answer(world: World) -> None:
    """Everything is booked, and the answer is lost."""
    office = Office(world, ["lost_after"])
    office.ask(*office.invoices(3))
    office.wait(300)
    office.expect(sent=3)


def clock_set_forward(world: World) -> None:
    """The clock of the machine jumps an hour ahead while a booking is still on its way."""
    office = Office(world, ["late"])
    office.books.delay = lambda: 70.0
    office.ask(*office.invoices())
    office.wait(5)
    world.set_clock(HOUR)
    office.wait(300)
    office.expect(sent=1)


def clock_set_back(world: World) -> None:
    """A worker dies, and the clock is set back by an hour: nothing waits for that hour to pass again."""
    office = Office(world)
    office.befall("kill", "after_booking")
    office.ask(*office.invoices())
    office.wait(5)
    world.set_clock(-HOUR)
    office.wait(300)
    office.expect(sent=1)


def worker_dies(world: World) -> None:
    """A worker dies with claims in its hands."""
    office = Office(world)
    office.befall("kill", "after_claim")
    office.ask(*office.invoices(2))
    office.wait(300)
    office.expect(sent=2)


def worker_stands_still_before_the_call(world: World) -> None:
    """A worker stands still just before it calls, for so long that another one has done its work."""
    office = Office(world)
    office.befall("overlap", "request_out", 400.0)
    office.ask(*office.invoices())
    office.wait(600)
    office.expect(sent=1)


def worker_stands_still_with_the_answer(world: World) -> None:
    """A worker stands still with a refusal in its hands; meanwhile the books learnt better and booked."""
    office = Office(world)
    with world.app.app_context():
        invoice_id = world.invoice("26-0001", flaw="vat")
    office.befall("overlap", "answer_read", 400.0)
    run_id = office.ask(invoice_id)
    world.relay()
    pairs = office.books.core.vat_pairs
    office.books.after_answer = lambda: setattr(office.books.core, "vat_pairs", pairs | {(2, 21)})
    office.wait(600)
    office.expect(sent=1)
    with world.app.app_context():
        if current().get_one(Run, run_id).failed:
            raise Violation("untrue", "the run says failed of what was booked")


def redis_is_away(world: World) -> None:
    """Somebody clicks while Redis is away: work begins within seconds of its return."""
    office = Office(world)
    world.redis_away_until = 40.0
    run_id = office.ask(*office.invoices())
    office.wait(55)
    with world.app.app_context():
        if current().get_one(Run, run_id).started_at is None:
            raise Violation("lost", "what was asked while Redis was away is not begun 15 seconds after its return")
    office.expect(sent=1)


def redis_is_flushed(world: World) -> None:
    """The queue is emptied behind our back: work moves again within two minutes."""
    office = Office(world)
    office.ask(*office.invoices())
    world.relay()
    world.queue.clear()
    office.wait(120)
    office.expect(sent=1)


def two_ask_at_once(world: World) -> None:
    """Two people click, and what the second one reads is older than the first one's commit: the database decides."""
    office = Office(world)
    ids = office.invoices(5)
    office.ask(*ids)
    blind = (
        patch.object(asking, "_obstacle", lambda row, **_: ""),
        patch.object(asking, "_hold", lambda chunk: set(ids)),
    )
    with blind[0], blind[1], suppress(SendError):
        office.ask(*ids)
    world.judge.after_commit()
    office.wait(60)
    office.expect(sent=5)


def changed_on_its_way(world: World) -> None:
    """An invoice is changed while nobody knows whether it was booked: what goes again is what went first."""
    office = Office(world, ["lost_before"])
    office.ask(*office.invoices())
    office.wait(5)
    with world.app.app_context(), transaction() as session:
        session.execute(update(Invoice).values(remarks="changed"))
    office.wait(300)
    office.expect(sent=1)


def damaged_bytes(world: World) -> None:
    """The stored bytes are not those that were hashed: they do not leave."""
    office = Office(world, ["lost_before"])
    office.ask(*office.invoices())
    office.wait(5)
    with world.app.app_context(), transaction() as session:
        session.execute(update(Delivery).values(payload=b'{"damaged": true}'))
    world.judge.flawed.add("26-0001")
    office.wait(300)
    office.expect(rejected=1)


SCENARIOS: dict[str, Callable[[World], None]] = {
    scenario.__name__: scenario
    for scenario in (
        late_booking,
        lost_answer,
        clock_set_forward,
        clock_set_back,
        worker_dies,
        worker_stands_still_before_the_call,
        worker_stands_still_with_the_answer,
        redis_is_away,
        redis_is_flushed,
        two_ask_at_once,
        changed_on_its_way,
        damaged_bytes,
    )
}
