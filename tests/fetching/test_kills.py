"""A worker killed at any page of a reading ahead: it goes on where it was, and asks for what it had no second time."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.fetching.conftest import Desk, adds_up
from webapp.connectors.ahead import WIDTH
from webapp.connectors.billingo import wire
from webapp.extensions import clock, db
from webapp.services import fetching
from webapp.services.fetching import batching, storing, working
from webapp.services.sending import sweeping
from webapp.services.watching import Watch
from webapp.store.fetching import KeptPage
from webapp.store.runs import HttpExchange
from webapp.store.session import current

PER_PAGE = 12
PLACES = ("before its call is kept", "once its call is kept", "before it is written", "while it is written")
KILLED = 9


def dies(monkeypatch: pytest.MonkeyPatch, place: str, number: int) -> None:
    """Let this process end as by a kill at the so-manieth page that comes to a place."""
    came = Counter[str]()

    def reach(here: str) -> None:
        came[here] += here == place
        if came[here] == number:
            os._exit(KILLED)

    keep, store, write = Watch.after, working._store, storing.store

    def after(self: Watch, exchange: Any) -> None:
        is_page = exchange.operation == "ListDocument"
        if is_page:
            reach(PLACES[0])
        keep(self, exchange)
        if is_page:
            reach(PLACES[1])

    def stores(*args: Any) -> bool:
        reach(PLACES[2])
        return store(*args)

    def writes(*args: Any, **more: Any) -> None:
        write(*args, **more)
        reach(PLACES[3])

    monkeypatch.setattr(Watch, "after", after)
    monkeypatch.setattr(working, "_store", stores)
    monkeypatch.setattr(working, "store", writes)


def in_a_process(work: Callable[[], None]) -> int:
    """Do something in a process of its own, and return how it ended."""
    db.session.remove()
    db.engine.dispose()  # a connection must not be shared with it
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        work()
        os._exit(0)
    except BaseException:
        os._exit(1)


def pages_read(run_id: int) -> Counter[str]:
    """Return how often each page was read, by what was asked: the calls whose answers were kept."""
    query = select(HttpExchange.request).where(
        HttpExchange.run_id == run_id, HttpExchange.operation == "ListDocument", HttpExchange.http_status == 200
    )
    current().expire_all()
    return Counter(current().scalars(query))


def test_killed_at_any_page_it_goes_on_there_with_at_most_one_page_read_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PER_PAGE", PER_PAGE)
    monkeypatch.setattr(batching, "MOST_ROWS", 1)  # every page is written by itself
    run_id = fetching.ask(desk.actor, desk.connection_id)[0]
    kills, ended = 0, KILLED
    while ended == KILLED:
        place, number = PLACES[kills % len(PLACES)], (1, 3, 2, 2)[kills % len(PLACES)]

        def live(place: str = place, number: int = number) -> None:
            dies(monkeypatch, place, number)
            desk.work()

        before = pages_read(run_id)
        ended = in_a_process(live)
        after = pages_read(run_id)
        assert sum(after[page] - before[page] for page in before) <= 1, (place, number)
        kills += ended == KILLED
        clock.advance(timedelta(minutes=3))
        sweeping.sweep()
    run = desk.run(run_id)
    assert (ended, run.status, run.offered, run.details["created"]) == (0, "completed", 282, 282)
    assert adds_up(run)
    assert kills >= len(PLACES)
    pages = 282 // PER_PAGE + 1
    assert len(pages_read(run_id)) == pages
    # What nobody had read is asked for again: the calls that were out, and the answer that had just come.
    called = desk.called()["ListDocument"]
    assert pages <= called <= pages + kills * (WIDTH + 1)
    assert desk.count(KeptPage) == 0
    desk.agrees()
