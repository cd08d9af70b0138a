"""Everything that goes wrong around sending: each disturbance says what it does before and while people send."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.house import wait_until
from tests.chaos.office import Office

BOOK, LOOK, ANY = "ProcessSalesInvoices", "CheckOutstandingItemAdmin", "*"
LATE_MS = 2200
"""Longer than the time limit of a call (1.5 s), shorter than the settle wait after it."""

Action = Callable[[Office, random.Random], None]
Traps = Callable[[random.Random], list[dict[str, Any]]]


def _nothing(office: Office, random_: random.Random) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Disturbance:
    """What goes wrong; `during` returns when it is over. `drafts`: whether it says anything in that mode."""

    name: str
    before: Action = _nothing
    during: Action = _nothing
    traps: Traps = field(default=lambda _: [])
    drafts: bool = True


def disturbances() -> list[Disturbance]:
    """Return all of them."""
    return [*_of_yuki(), *_of_redis(), *_of_the_database(), *_of_the_clock(), *_of_people()]


def _of_yuki() -> list[Disturbance]:
    def scripted(
        name: str, fault: str, *, times: int = 3, operation: str = BOOK, delay: int | None = None
    ) -> Disturbance:
        def before(office: Office, random_: random.Random) -> None:
            steps = [_step(operation, fault, after, delay) for after in sorted(random_.sample(range(8), times))]
            office.house.books.play(*steps)

        return Disturbance(name, before, _until_an_admin_looked if fault == "session_expired" else _until_played)

    return [
        scripted("booked late", "booked_late", delay=LATE_MS),
        scripted("booked, then 500", "booked_then_500"),
        scripted("answer cut", "cut_answer"),
        scripted("half an answer", "truncated"),
        scripted("HTML with 503", "html_503"),
        scripted("HTML with 200", "html"),
        scripted("booked, then HTML", "booked_html"),
        scripted("answer without our reference", "no_reference"),
        scripted("answer with a DOCTYPE", "doctype"),
        scripted("reset", "reset"),
        scripted("reset after the booking", "reset_after"),
        scripted("time-out before", "timeout_before", delay=LATE_MS),
        scripted("time-out after the booking", "timeout_after", delay=LATE_MS),
        scripted("slow", "slow", delay=900),
        scripted("unknown fault", "unavailable"),
        scripted("session expired", "session_expired", times=2),
        scripted("session expired anywhere", "session_expired", times=3, operation=ANY),
        scripted("anything reset", "reset", times=5, operation=ANY),
        scripted("anything cut after the booking", "reset_after", times=5, operation=ANY),
        Disturbance("look-ups fail as well", _lose_and_hide, _until_played, drafts=False),
        Disturbance("quota used up", _use_up_quota, _wait_for_midnight),
        Disturbance("right taken away", _take_right, _give_right_back),
    ]


def _step(operation: str, fault: str, after: int, delay: int | None = None, times: int = 1) -> dict[str, Any]:
    step = {"operation": operation, "fault": fault, "times": times, "after": after}
    return step if delay is None else step | {"delay_ms": delay}


def _until_played(office: Office, random_: random.Random) -> None:
    """Wait until the whole script was played, or nothing more happens; then Yuki is well again."""
    books = office.house.books

    def is_over() -> bool:
        return all(one["hits"] == one["times"] for one in books.played()) or office.is_paused() or office.is_final()

    wait_until(is_over, 90, 0.25)
    assert any(one["hits"] for one in books.played()), "the fault was never played: this proves nothing"
    books.play()


def _until_an_admin_looked(office: Office, random_: random.Random) -> None:
    """As before; and a fresh session refused as well is a wrong key, as far as one can tell: an admin has to look."""
    _until_played(office, random_)
    wait_until(lambda: office.is_paused() or office.is_final(), 10)
    if office.is_paused():
        office.resume()


def _lose_and_hide(office: Office, random_: random.Random) -> None:
    lost = [_step(BOOK, "reset_after", after) for after in (0, 2, 4)]
    hidden = [_step(LOOK, random_.choice(("html_503", "reset", "timeout_before")), 0, LATE_MS, 4)]
    office.house.books.play(*lost, *hidden)


def _use_up_quota(office: Office, random_: random.Random) -> None:
    office.house.books.play(_step(ANY, "quota", random_.randint(2, 5)))


def _wait_for_midnight(office: Office, random_: random.Random) -> None:
    """The connection rests, and no call leaves; then it is tomorrow."""
    books = office.house.books
    assert wait_until(office.rests, 90), "the connection does not rest"
    time.sleep(2)  # calls that were on their way when the first one was refused
    calls = books.calls()
    time.sleep(2)
    assert books.calls() == calls, "a call left while the connection rests"
    office.house.set_clock("all", 25 * 3600)


def _take_right(office: Office, random_: random.Random) -> None:
    office.house.books.play(_step(ANY, "no_right", random_.randint(2, 5)))


def _give_right_back(office: Office, random_: random.Random) -> None:
    assert wait_until(office.is_paused, 90), "the connection does not pause"
    office.house.books.play()
    office.resume()


def _of_redis() -> list[Disturbance]:
    def flush(office: Office, random_: random.Random) -> None:
        for _ in range(3):
            time.sleep(random_.uniform(0.1, 1.0))
            office.house.flush_valkey()

    def kill(office: Office, random_: random.Random) -> None:
        time.sleep(random_.uniform(0.1, 1.0))
        office.house.kill_valkey()
        time.sleep(random_.uniform(0.5, 3.0))
        office.house.start_valkey()

    def kill_others(office: Office, random_: random.Random) -> None:
        for _ in range(3):
            time.sleep(random_.uniform(0.1, 1.0))
            office.house.kill(random_.choice(("relay", "schedule")))

    return [
        Disturbance("Redis flushed", during=flush),
        Disturbance("Redis killed and started again", during=kill),
        Disturbance("relay and scheduler killed", during=kill_others),
    ]


def _of_the_database() -> list[Disturbance]:
    def breaking(what: str, *steps: str) -> Traps:
        def traps(random_: random.Random) -> list[dict[str, Any]]:
            return [{"step": random_.choice(steps), "at": [at], "what": what} for at in random_.sample(range(1, 7), 4)]

        return traps

    def was_broken(office: Office, random_: random.Random) -> None:
        office.wait_until_final()
        broken = [one for one in office.house.events() if one["event"] == "broken"]
        assert broken, "the database was never lost: this proves nothing"

    steps = ("after_claim", "after_look_up", "request_out", "answer_read", "before_notice")
    return [
        Disturbance("database lost before the commit", _lose_some, was_broken, breaking("break_before_commit", *steps)),
        Disturbance(
            "database lost after the commit", during=was_broken, traps=breaking("break_after_commit", "before_notice")
        ),
    ]


def _of_the_clock() -> list[Disturbance]:
    def jump(who: str, hours: int) -> Disturbance:
        def lose(office: Office, random_: random.Random) -> None:
            office.house.books.play(*[_step(BOOK, "reset_after", after) for after in (1, 3)])

        def during(office: Office, random_: random.Random) -> None:
            time.sleep(random_.uniform(0.2, 1.5))
            office.house.set_clock(who, hours * 3600)
            time.sleep(6)
            office.house.set_clock(who, 0)
            office.house.books.play()

        whose = "the workers' clock" if who == "workers" else "the clock"
        return Disturbance(f"{whose} {hours:+} h", lose, during)

    return [jump(who, hours) for who in ("workers", "all") for hours in (1, -1)]


def _of_people() -> list[Disturbance]:
    return [
        Disturbance("people cancel", during=_cancel),
        Disturbance("people edit", _lose_some, _edit),
        Disturbance("people click again and again", during=_click),
    ]


def _lose_some(office: Office, random_: random.Random) -> None:
    office.house.books.play(*[_step(BOOK, "reset_after", after) for after in (0, 3)])


def _cancel(office: Office, random_: random.Random) -> None:
    """Stop the largest run at some moment, then think better of it."""
    time.sleep(random_.uniform(0.1, 2.0))
    office.cancel_largest()
    office.wait_until_final()
    if random_.random() < 0.5:
        office.ask([one.id for one in office.invoices if one.good])


def _edit(office: Office, random_: random.Random) -> None:
    """Change invoices at any moment, mend those that were refused, and send again what failed."""
    for _ in range(30):
        office.edit(random_.choice(office.invoices))
        time.sleep(0.1)
    office.wait_until_final()
    for one in [one for one in office.invoices if not one.good]:
        office.edit(one, mend=True)
    office.retry_all()


def _click(office: Office, random_: random.Random) -> None:
    for _ in range(20):
        office.ask([one.id for one in random_.sample(office.invoices, 10) if one.good])
        time.sleep(0.1)
