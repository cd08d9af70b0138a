"""Reads that are under way several at a time: asked for ahead, answered in the order in which they were asked for."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Self, TypeVar

from webapp.connectors.pacing import TokenBucket
from webapp.connectors.ports import ConnectorError

WIDTH = 8
"""Calls that are under way at a time."""

T = TypeVar("T")


@dataclass(slots=True)
class Flight(Generic[T]):
    """A call that was counted: made where its result is asked for, or by a thread ahead of that."""

    operation: str
    address: str
    started: datetime
    call: Callable[[], T]
    future: Future[T] | None = field(default=None, init=False)

    def result(self) -> T:
        """Return the answer, or raise what the call raised."""
        return self.call() if self.future is None else self.future.result()


class Ahead(Generic[T]):
    """Calls ahead of those who want their answers; a context manager, which ends by waiting for what is under way.

    `start` counts a call, `land` waits for its answer and reports it, `finish` also tries again what failed for now:
    they are called by whoever iterates, and only the calls themselves by threads. No call begins before the `bucket`
    lets it, unless none is under way. When one may not begin, those that are under way are answered first.
    """

    def __init__(
        self,
        start: Callable[[str], Flight[T]],
        land: Callable[[Flight[T]], T],
        finish: Callable[[Flight[T]], T],
        bucket: TokenBucket,
    ) -> None:
        self._start, self._land, self._finish, self._bucket = start, land, finish, bucket
        self._pool = ThreadPoolExecutor(WIDTH)
        self._flights: deque[Flight[T]] = deque()
        self._trouble: ConnectorError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What left was counted: its exchange is kept as well, whatever became of the reading.
        while self._flights:
            with suppress(Exception):
                self._land(self._flights.popleft())
        self._pool.shutdown(wait=False, cancel_futures=True)

    def answers(self, addresses: Iterable[str]) -> Iterator[T | None]:
        """Yield the answers in the order of the addresses; None, once for each, where the next is on its way."""
        rest = iter(addresses)
        more = self._begin(rest)
        while self._flights:
            future = self._flights[0].future
            if future is not None and not future.done():
                yield None
            while more and future is not None and not future.done():
                # Calls that the bucket held back go as soon as they may.
                room = len(self._flights) < WIDTH
                wait([future], timeout=self._bucket.wait() if room else None)
                more = self._begin(rest)
            answer = self._finish(self._flights.popleft())
            more = more and self._begin(rest)
            yield answer
        if self._trouble is not None:
            raise self._trouble

    def _begin(self, addresses: Iterator[str]) -> bool:
        """Begin as many calls as there is room for; returns whether more are to come."""
        while len(self._flights) < WIDTH and (not self._flights or not self._bucket.wait()):
            address = next(addresses, None)
            if address is None:
                return False
            try:
                flight = self._start(address)
            except ConnectorError as error:
                self._trouble = error
                return False
            flight.future = self._pool.submit(flight.call)
            self._flights.append(flight)
        return True
