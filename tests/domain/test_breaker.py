"""The breaker opens for failures of the way, never for one invoice's own, and probes with one call."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.breaker import (
    LONGEST_REST,
    OPENS_AFTER,
    Breaker,
    BreakerState,
    after_failure,
    after_success,
    try_call,
)
from webapp.domain.failures import SYSTEMIC, Failure

pytestmark = pytest.mark.pure
NOW = datetime(2026, 8, 7, 12, tzinfo=UTC)


def fail(breaker: Breaker, times: int, failure: Failure = Failure.NETWORK) -> Breaker:
    for _ in range(times):
        breaker = after_failure(breaker, failure, now=NOW)
    return breaker


def test_it_opens_after_five_systemic_failures_in_a_row() -> None:
    assert fail(Breaker(), 4).state(NOW) is BreakerState.CLOSED
    assert fail(Breaker(), 5).state(NOW) is BreakerState.OPEN
    assert try_call(fail(Breaker(), 5), NOW)[0] is False


def test_an_answer_in_between_starts_the_row_again() -> None:
    assert fail(after_success(fail(Breaker(), 4)), 4).state(NOW) is BreakerState.CLOSED
    refused = after_failure(fail(Breaker(), 4), Failure.VAT, now=NOW)
    assert fail(refused, 4).state(NOW) is BreakerState.CLOSED


def test_a_lost_answer_neither_counts_nor_clears() -> None:
    breaker = after_failure(fail(Breaker(), 4), Failure.UNKNOWN_OUTCOME, now=NOW)
    assert breaker == fail(Breaker(), 4)


def test_when_the_rest_is_over_one_call_probes_and_the_others_wait() -> None:
    breaker = fail(Breaker(), 5)
    later = NOW + timedelta(seconds=30)
    assert breaker.state(later) is BreakerState.PROBING
    allowed, probing = try_call(breaker, later)
    assert allowed
    assert try_call(probing, later)[0] is False
    assert after_success(probing).state(later) is BreakerState.CLOSED


def test_a_failed_probe_rests_longer_and_never_more_than_two_minutes() -> None:
    rests = [fail(Breaker(), times).rests_until for times in range(OPENS_AFTER, OPENS_AFTER + 50)]
    seconds = [(until - NOW).total_seconds() for until in rests if until is not None]
    assert seconds[:4] == [30, 60, 120, 120]
    assert seconds[-1] == LONGEST_REST.total_seconds()


def test_a_closed_breaker_lets_calls_through_unchanged() -> None:
    assert try_call(Breaker(3), NOW) == (True, Breaker(3))


@given(st.lists(st.sampled_from(list(Failure)), max_size=40))
def test_invoices_own_faults_never_open_it(failures: list[Failure]) -> None:
    breaker = Breaker()
    for failure in failures:
        if failure not in SYSTEMIC:
            breaker = after_failure(breaker, failure, now=NOW)
    assert breaker == Breaker()
