"""Reads that are under way several at a time: asked for ahead, answered in the order in which they were asked for."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Self, TypeVar

from webapp.connectors.pacing import TokenBucket
from webapp.connectors.ports import ConnectorError

WIDTH = 8
"""Calls that are under way at a time."""

READY = WIDTH
"""Calls that wait for the first thread that is free: who iterates is busy with what came when one comes back."""

MOST = WIDTH + READY + WIDTH
"""Calls that are under way or ready, and answers that wait for those before them or for whoever iterates."""

TURN = 0.001
"""Seconds after which whoever works lets a thread have its turn to which an answer came: the usual five are lost to
each wave of calls."""

LULL = 0.003
"""Seconds without an answer after which a wave of them is over."""

T = TypeVar("T")
Asked = TypeVar("Asked")


@dataclass(slots=True)
class Flight(Generic[T]):
    """A call that was counted: made where its result is asked for, or by a thread ahead of that.

    `put` is given its answer just before that is reported.
    """

    operation: str
    address: str
    started: datetime
    call: Callable[[], T]
    put: Callable[[T], None] | None = None
    future: Future[T] | None = field(default=None, init=False)
    landed: bool = field(default=False, init=False)
    answer: T | None = field(default=None, init=False)
    error: ConnectorError | None = field(default=None, init=False)

    def result(self) -> T:
        """Return the answer, or raise what the call raised."""
        return self.call() if self.future is None else self.future.result()

    def is_done(self) -> bool:
        """Whether the answer came and has to be reported."""
        return not self.landed and self.future is not None and self.future.done()

    def outcome(self) -> T:
        """Return what came of a flight that has landed, or raise it."""
        if self.error is not None:
            raise self.error
        if self.answer is None:
            raise RuntimeError("it is still under way")
        return self.answer


class Ahead(Generic[Asked, T]):
    """Calls ahead of those who want their answers; a context manager, which ends by waiting for what is under way.

    `start` counts a call, `land` waits for its answer and reports it, `finish` returns what came and tries again what
    failed for now: they are called by whoever iterates, and only the calls themselves by threads. Once an answer came
    the next call leaves, and only then that answer is reported, before those that were asked for earlier. None is made
    ready before the `bucket` lets it, unless none is under way, nor while one that failed waits for its turn. When
    none may begin, those that are under way are answered first.
    """

    def __init__(
        self,
        start: Callable[[Asked], Flight[T]],
        land: Callable[[Flight[T]], T],
        finish: Callable[[Flight[T]], T],
        bucket: TokenBucket,
    ) -> None:
        self._start, self._land, self._finish, self._bucket = start, land, finish, bucket
        self._pool = ThreadPoolExecutor(WIDTH)
        self._flights: deque[Flight[T]] = deque()
        self._under_way: set[Future[T]] = set()
        self._more = True
        self._came = 0.0
        self._trouble: ConnectorError | None = None

    def __enter__(self) -> Self:
        self._turn = sys.getswitchinterval()
        sys.setswitchinterval(min(self._turn, TURN))
        return self

    def __exit__(self, *_: object) -> None:
        # What left was counted: its exchange is kept as well, whatever became of the reading. What has not left yet
        # stays here, and its exchange says so.
        for one in self._under_way:
            one.cancel()
        self._bucket.hold(0)
        while self._flights:
            flight = self._flights.popleft()
            if not flight.landed:
                with suppress(Exception):
                    self._land(flight)
        self._pool.shutdown(wait=False, cancel_futures=True)
        sys.setswitchinterval(self._turn)

    def answers(self, asked: Iterable[Asked]) -> Iterator[T | None]:
        """Yield the answers in the order of what was asked; None, once for each, where the next is on its way."""
        rest = iter(asked)
        while True:
            self._go_on(rest)
            if not self._flights:
                break
            if not self._flights[0].landed:
                yield None
                self._go_on(rest)
            while not self._flights[0].landed:
                # Calls that the bucket held back go as soon as they may.
                room = self._more and self._has_room()
                wait(self._under_way, timeout=self._bucket.wait() if room else None, return_when=FIRST_COMPLETED)
                self._go_on(rest)
            self._let_come(rest)
            answer = self._finish(self._flights.popleft())
            if self._flights or not self._bucket.wait():
                self._go_on(rest)
            yield answer
        if self._trouble is not None:
            raise self._trouble

    def _go_on(self, rest: Iterator[Asked]) -> None:
        """Begin the calls there is room for, and report what came: the remote need not wait until that is done."""
        self._begin(rest)
        while came := [one for one in self._flights if one.is_done()]:
            for flight in came:
                self._take_in(flight)
                self._begin(rest)

    def _let_come(self, rest: Iterator[Asked]) -> None:
        """Wait until a wave of answers is over: calls that left together are answered together.

        Who reads one of them meanwhile keeps the others from being taken in, and the next calls from leaving. It ends
        at the latest when there is no room for another answer.
        """
        while self._under_way and time.monotonic() - self._came < LULL:
            wait(self._under_way, timeout=LULL, return_when=FIRST_COMPLETED)
            self._go_on(rest)

    def _take_in(self, flight: Flight[T]) -> None:
        """Report an answer; an error is raised when it is its turn."""
        self._came = time.monotonic()
        self._under_way = {one for one in self._under_way if one is not flight.future}
        try:
            flight.answer = self._land(flight)
        except ConnectorError as error:
            flight.error = error
        flight.landed = True

    def _has_room(self) -> bool:
        under_way = sum([not one.done() for one in self._under_way])
        failed = any(one.error is not None for one in self._flights)
        return under_way < WIDTH + READY and len(self._flights) < MOST and not failed

    def _begin(self, rest: Iterator[Asked]) -> None:
        while self._more and self._has_room():
            self._bucket.hold(sum([not one.running() and not one.done() for one in self._under_way]))
            if self._flights and self._bucket.wait():
                return
            one = next(rest, None)
            try:
                flight = self._start(one) if one is not None else None
            except ConnectorError as error:
                self._trouble, flight = error, None
            if flight is None:
                self._more = False
                return
            flight.future = self._pool.submit(flight.call)
            self._under_way.add(flight.future)
            self._flights.append(flight)
