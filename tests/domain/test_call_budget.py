"""The day's calls: people may use them all, automatic work leaves them theirs and is spread over the day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.budget import Budget, BudgetReason, may_call, next_midnight, yuki_day
from webapp.domain.runs import Trigger

pytestmark = pytest.mark.pure
DAWN = datetime(2026, 8, 6, 22, 0, 1, tzinfo=UTC)  # a second past midnight in Amsterdam
EVENING = datetime(2026, 8, 7, 21, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 8, 7, 22, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=364)).map(lambda gap: datetime(2026, 1, 1, tzinfo=UTC) + gap)
budgets = st.builds(
    Budget, limit=st.integers(0, 1200), used_manual=st.integers(0, 1200), used_automatic=st.integers(0, 1200)
)


def test_the_day_of_a_call_is_the_one_in_amsterdam() -> None:
    assert yuki_day(DAWN) == date(2026, 8, 7)
    assert yuki_day(DAWN - timedelta(seconds=2)) == date(2026, 8, 6)
    assert next_midnight(DAWN) == MIDNIGHT


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(day: tuple[int, int, int], hours: int) -> None:
    start = next_midnight(datetime(*day, tzinfo=UTC) - timedelta(hours=6))
    assert next_midnight(start) - start == timedelta(hours=hours)


def test_people_may_use_every_call_of_the_day() -> None:
    assert may_call(Budget(1000, used_manual=999), Trigger.MANUAL, now=DAWN).allowed
    refused = may_call(Budget(1000, used_manual=700, used_automatic=300), Trigger.MANUAL, now=DAWN)
    assert (refused.allowed, refused.reason, refused.retry_at) == (False, BudgetReason.USED_UP, MIDNIGHT)


def test_several_calls_at_once_must_all_fit() -> None:
    assert may_call(Budget(1000, used_manual=998), Trigger.MANUAL, now=DAWN, calls=2).allowed
    assert not may_call(Budget(1000, used_manual=998), Trigger.MANUAL, now=DAWN, calls=3).allowed


def test_automatic_work_stops_at_ninety_percent() -> None:
    assert may_call(Budget(1000, used_manual=500, used_automatic=399), Trigger.AUTOMATIC, now=EVENING).allowed
    refused = may_call(Budget(1000, used_manual=500, used_automatic=400), Trigger.AUTOMATIC, now=EVENING)
    assert (refused.reason, refused.retry_at) == (BudgetReason.KEPT_FOR_PEOPLE, MIDNIGHT)


def test_automatic_work_leaves_people_their_share() -> None:
    assert may_call(Budget(1000, used_automatic=699), Trigger.AUTOMATIC, now=EVENING).allowed
    assert not may_call(Budget(1000, used_automatic=700), Trigger.AUTOMATIC, now=EVENING).allowed
    assert may_call(Budget(1000, used_automatic=700), Trigger.MANUAL, now=EVENING).allowed


def test_half_of_the_automatic_share_is_there_at_once_and_the_rest_comes_through_the_day() -> None:
    assert may_call(Budget(1000, used_automatic=349), Trigger.AUTOMATIC, now=DAWN).allowed
    slowed = may_call(Budget(1000, used_automatic=524), Trigger.AUTOMATIC, now=DAWN)
    assert slowed.reason is BudgetReason.SLOWED
    assert slowed.retry_at is not None
    noon = DAWN + timedelta(hours=12)
    assert abs(slowed.retry_at - noon) < timedelta(minutes=10)


def test_what_the_remote_says_wins_over_what_was_counted() -> None:
    spent = Budget(1000, used_manual=3, exhausted=True)
    assert spent.remaining == 0
    for kind in Trigger:
        assert may_call(spent, kind, now=DAWN).retry_at == MIDNIGHT


@given(budgets, st.sampled_from(Trigger), moments, st.integers(1, 5))
def test_a_refusal_says_why_and_a_later_moment_of_this_day(
    budget: Budget, kind: Trigger, now: datetime, calls: int
) -> None:
    answer = may_call(budget, kind, now=now, calls=calls)
    if answer.allowed:
        assert (answer.reason, answer.retry_at) == (None, None)
        assert budget.used + calls <= budget.limit
    else:
        assert answer.reason is not None
        assert answer.retry_at is not None
        assert now < answer.retry_at <= next_midnight(now)


@given(budgets, moments)
def test_what_automatic_work_may_do_a_person_may_too(budget: Budget, now: datetime) -> None:
    if may_call(budget, Trigger.AUTOMATIC, now=now).allowed:
        assert may_call(budget, Trigger.MANUAL, now=now).allowed


@given(budgets, moments)
def test_a_slowed_call_is_allowed_at_the_moment_it_was_told(budget: Budget, now: datetime) -> None:
    answer = may_call(budget, Trigger.AUTOMATIC, now=now)
    if answer.reason is BudgetReason.SLOWED:
        assert answer.retry_at is not None
        assert may_call(budget, Trigger.AUTOMATIC, now=answer.retry_at).allowed


@given(st.integers(1, 1000), st.integers(0, 400))
def test_a_greedy_machine_never_takes_what_is_kept_for_people(limit: int, manual: int) -> None:
    now, used, waits = DAWN, 0, 0
    while now < MIDNIGHT:
        answer = may_call(Budget(limit, min(manual, limit), used), Trigger.AUTOMATIC, now=now)
        if answer.allowed:
            used += 1
        else:
            assert answer.retry_at is not None
            now, waits = answer.retry_at, waits + 1
    assert used + min(manual, limit) <= max(limit * 9 // 10, manual)
    assert waits <= used + 1
