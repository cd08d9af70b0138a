"""The breaker of a connection: after five systemic failures in a row it rests, then probes with one call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.domain.failures import SYSTEMIC, Failure

OPENS_AFTER = 5
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=2)
PROBE_TIME = timedelta(seconds=90)
"""How long a probe may take before another process may try one."""

# These are answers: the way is fine, whatever they say of one invoice or of the key.
_ANSWERS = frozenset(
    {
        Failure.AUTH,
        Failure.RIGHT,
        Failure.ADMINISTRATION,
        Failure.QUOTA,
        Failure.SUBSCRIPTION,
        Failure.BUSY,
        Failure.SCHEMA,
        Failure.VAT,
        Failure.CONTACT,
        Failure.PRICE_LIST,
        Failure.DUPLICATE,
        Failure.REFUSED,
    }
)


class BreakerState(StrEnum):
    """Closed: calls flow. Open: none. Probing: the rest is over, one call may try."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@dataclass(frozen=True, slots=True)
class Breaker:
    """`failures` in a row, and until when the connection rests (None: it does not)."""

    failures: int = 0
    rests_until: datetime | None = None

    def state(self, now: datetime) -> BreakerState:
        """Return how it stands at this moment."""
        if self.rests_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.rests_until else BreakerState.PROBING


def try_call(breaker: Breaker, now: datetime) -> tuple[bool, Breaker]:
    """Say whether a call may leave, and how the breaker stands then.

    A probe moves the rest on, so that of several processes only the one that stores this first
    (compare and set on `rests_until`) makes the call.
    """
    state = breaker.state(now)
    if state is BreakerState.PROBING:
        return True, Breaker(breaker.failures, now + PROBE_TIME)
    return state is BreakerState.CLOSED, breaker


def after_success(breaker: Breaker) -> Breaker:
    """A call was answered: everything is forgotten."""
    return breaker if breaker == Breaker() else Breaker()


def after_failure(breaker: Breaker, failure: Failure, *, now: datetime) -> Breaker:
    """A call failed. Systemic failures count; a refusal is an answer and ends the row; others change nothing.

    The rest doubles with every failed probe, up to two minutes: long enough to spare a remote that is
    down, short enough that work goes on soon after it is back.
    """
    if failure in _ANSWERS:
        return after_success(breaker)
    if failure not in SYSTEMIC:
        return breaker
    failures = breaker.failures + 1
    if failures < OPENS_AFTER:
        return Breaker(failures)
    doublings = min(failures - OPENS_AFTER, 10)
    return Breaker(failures, now + min(FIRST_REST * (1 << doublings), LONGEST_REST))
