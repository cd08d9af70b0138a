"""The token bucket and the patience: no minute has more calls than are allowed, whenever they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.connectors.http import seconds_to_wait
from webapp.connectors.pacing import Patience, TokenBucket
from webapp.connectors.ports import AccessDenied, Unavailable
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@given(st.lists(st.floats(0, 30), min_size=1, max_size=120), st.integers(10, 60))
def test_no_minute_has_more_calls_than_the_limit(pauses: list[float], limit: int) -> None:
    time = Time()
    bucket = TokenBucket(limit, burst=5, clock=time.clock, sleep=time.sleep)
    calls: list[float] = []
    for pause in pauses:
        time.now += pause if pause > 20 else 0
        bucket.take()
        calls.append(time.now)
    for start in calls:
        assert sum(start <= at < start + 60 for at in calls) <= limit


@given(
    st.lists(st.tuples(st.sampled_from([60, 20, 1]), st.sampled_from([1, 3])), min_size=4, max_size=12),
    st.integers(20, 40),
)
def test_no_minute_has_more_calls_that_leave_after_they_were_counted(
    pauses: list[tuple[float, int]], limit: int
) -> None:
    time = Time()
    bucket = TokenBucket(limit, burst=9, clock=time.clock, sleep=time.sleep)
    ready, left = 0, list[float]()
    for pause, rounds in pauses:
        time.now += pause
        for _ in range(rounds):  # those that were ready leave, and the same moment others are made ready
            left += [time.now] * ready
            bucket.hold(0)
            ready = 0
            while ready < 8 and not bucket.wait():
                bucket.take()
                ready += 1
                bucket.hold(ready)
    for start in left:
        assert sum(start <= at < start + 60 for at in left) <= limit


def test_what_is_left_of_a_limit_is_used() -> None:
    time = Time()
    bucket = TokenBucket(300, burst=20, clock=time.clock, sleep=time.sleep)
    for _ in range(300):
        bucket.take()
    assert 59 < time.now <= 60.01


def test_a_wait_doubles_and_is_never_the_same_for_all() -> None:
    patience = Patience(jitter=lambda: 1.0)
    assert [patience.wait(tried, None) for tried in range(3)] == [0.75, 1.25, 2.25]
    assert patience.wait(0, 9) == 9.0


def test_only_what_passes_by_itself_is_tried_again() -> None:
    waits: list[float] = []
    for error, tries in (
        (Unavailable(Failure.BUSY, "busy"), 4),
        (Unavailable(Failure.NETWORK, "gone"), 4),
        (Unavailable(Failure.QUOTA, "the day's share is used up", retry_after=1), 1),
        (AccessDenied(Failure.AUTH, "no"), 1),
    ):
        made: list[int] = []

        def call(error: Exception = error, made: list[int] = made) -> None:
            made.append(1)
            raise error

        with pytest.raises(type(error)):
            Patience(sleep=waits.append).read(call)
        assert len(made) == tries


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("99999999", None),
        ("Fri, 20 Nov 2026 09:00:12 GMT", 12),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 0),
        ("Fri, 20 Nov 2099 08:00:00 GMT", None),
        ("Fri, 99 Nov 2026 08:00:00 GMT", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_or_nothing(asked: str, seconds: int | None) -> None:
    assert seconds_to_wait(asked, now="Fri, 20 Nov 2026 09:00:00 GMT") == seconds
