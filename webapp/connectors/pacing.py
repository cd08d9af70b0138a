"""Keep within a remote's limit: calls are spread over the minute, and a read that failed is tried again in time."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from webapp.connectors.ports import Unavailable
from webapp.domain.failures import Failure

T = TypeVar("T")
_PASSING = frozenset({Failure.NETWORK, Failure.REMOTE, Failure.BUSY})
Sleep = Callable[[float], None]


@dataclass(slots=True)
class TokenBucket:
    """Lets at most `per_minute` calls go in any minute; `burst` of them may go at once.

    What refills in a minute and what may go at once are together the limit: a bucket that refilled at the full rate
    would let its burst go on top of it. `clock` counts seconds and never jumps.
    """

    per_minute: int
    burst: int = 20
    clock: Callable[[], float] = time.monotonic
    sleep: Sleep = time.sleep
    _level: float = field(init=False)
    _at: float = field(init=False)
    _held: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if not 0 < self.burst < self.per_minute:
            raise ValueError("the burst is a part of the limit")
        self._level, self._at = float(self.burst), self.clock()

    def wait(self) -> float:
        """Return the seconds until a call may go, 0 for at once."""
        self._refill()
        return max(0.0, (1 - self._level) / self._rate)

    def take(self) -> None:
        """Wait until a call may go, and count it."""
        seconds = self.wait()
        if seconds:
            self.sleep(seconds)
            self._refill()
        self._level = max(0.0, self._level - 1)

    def hold(self, number: int) -> None:
        """Say how many of the calls that were counted have not left yet: they and a full bucket are no more than it."""
        self._refill()
        self._held = number

    def _refill(self) -> None:
        now = self.clock()
        refilled = self._level + (now - self._at) * self._rate
        self._level = max(self._level, min(float(self.burst - self._held), refilled))
        self._at = now

    @property
    def _rate(self) -> float:
        return (self.per_minute - self.burst) / 60


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a read is tried again, and how long is waited before each time.

    `longest` is what a call waits by itself, in seconds: a remote that asks for more is left alone until then, and
    whoever asked comes back later. `jitter` gives a number from 0 to 1, so that many clients do not come back at once.
    """

    retries: int = 3
    base: float = 0.5
    longest: float = 60.0
    sleep: Sleep = time.sleep
    jitter: Callable[[], float] = random.random

    def read(self, call: Callable[[], T]) -> T:
        """Return what `call` gives; tried again only where it raises Unavailable. For reads: a write may happen twice.

        A wait that the remote names is kept to exactly, else it doubles from `base`, by up to a quarter of a second
        more.
        """
        for tried in range(self.retries):
            try:
                return call()
            except Unavailable as error:
                wait = self.wait(tried, error.retry_after)
                if wait > self.longest or error.failure not in _PASSING:
                    raise
            self.sleep(wait)
        return call()

    def wait(self, tried: int, asked: int | None) -> float:
        """Return the seconds before the next try, after `tried` that failed before this one."""
        if asked is not None:
            return float(asked)
        return float(self.base * 2**tried + 0.25 * self.jitter())
