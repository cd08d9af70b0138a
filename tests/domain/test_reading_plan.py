"""The plan of readings, simulated: as often as the calls allow, never on people's share, right on both odd days."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from webapp.domain.budget import Budget, may_call, next_midnight, yuki_day
from webapp.domain.reading_plan import MINUTE, Work, details_allowed, next_reading, pace
from webapp.domain.runs import Trigger

pytestmark = pytest.mark.pure
FOUR = Work(calls=4)


def walk(
    first: date, days: int, *, limit: int, people: int = 0, work: Work = FOUR
) -> tuple[Counter[date], Counter[date], list[datetime]]:
    """Play days of readings; `people` make that many calls a day at random moments."""
    random = Random(limit)
    now = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = now + timedelta(days=days)
    readings: Counter[date] = Counter()
    calls: Counter[date] = Counter()
    moments: list[datetime] = []
    last_at: datetime | None = None
    day, manual = yuki_day(now), 0
    while now < end:
        if yuki_day(now) != day:
            day, manual = yuki_day(now), 0
        gone = 1 - (next_midnight(now) - now) / timedelta(days=1)
        while manual < people * min(1.0, gone * 1.3) and random.random() < 0.9:
            manual += 1
        budget = Budget(limit, used_manual=manual, used_automatic=calls[day])
        due = next_reading(budget, work, now=now, last_at=last_at)
        if due > now:
            now = due if due < next_midnight(now) else next_midnight(now)
            continue
        assert may_call(budget, Trigger.AUTOMATIC, now=now, calls=work.calls).allowed
        if last_at is not None:
            assert now - last_at >= MINUTE
        readings[day] += 1
        calls[day] += work.calls
        moments.append(now)
        last_at = now
        now += timedelta(seconds=1)
    return readings, calls, moments


@pytest.mark.parametrize(
    "first", [date(2026, 3, 16), date(2026, 6, 8), date(2026, 10, 12), date(2026, 12, 14)], ids=str
)
def test_a_month_of_a_thousand_calls_a_day_never_touches_what_people_may_use(first: date) -> None:
    readings, calls, moments = walk(first, 28, limit=1000, people=250)
    assert max(calls.values()) <= 700
    assert min(readings[day] for day in list(readings)[1:-1]) >= 140
    for odd in {date(2026, 3, 29), date(2026, 10, 25)} & set(readings):
        assert abs(readings[odd] - readings[odd + timedelta(days=7)]) <= 12
    gaps = [after - before for before, after in pairwise(moments)]
    assert max(gaps) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("first", "minutes"), [(date(2026, 3, 29), 1380), (date(2026, 10, 25), 1500), (date(2026, 6, 3), 1440)]
)
def test_ten_thousand_calls_a_day_really_is_every_minute(first: date, minutes: int) -> None:
    readings, calls, _ = walk(first - timedelta(days=1), 3, limit=10_000)
    assert minutes - 15 <= readings[first] <= minutes
    assert calls[first] <= 7000


def test_office_hours_are_read_more_often_and_a_send_brings_the_next_reading_forward() -> None:
    noon = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
    budget = Budget(1000, used_automatic=250)
    plan = pace(budget, FOUR, now=noon)
    assert plan.pause is not None
    assert plan.later is not None
    assert plan.pause * 2 < plan.later
    assert plan.until == datetime(2026, 6, 3, 16, 0, tzinfo=UTC)
    usual = next_reading(budget, FOUR, now=noon, last_at=noon - MINUTE)
    sooner = next_reading(budget, FOUR, now=noon, last_at=noon - MINUTE, sent_at=noon - timedelta(seconds=30))
    assert sooner < usual
    assert sooner >= noon + MINUTE / 2


def test_people_who_use_their_calls_slow_the_readings_down_and_nothing_is_asked_where_nothing_is_left() -> None:
    noon = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
    free = pace(Budget(1000, used_automatic=250), FOUR, now=noon).pause
    busy = pace(Budget(1000, used_manual=500, used_automatic=250), FOUR, now=noon).pause
    assert free is not None
    assert busy is not None
    assert busy > free
    spent = Budget(1000, used_manual=300, used_automatic=600)
    assert next_reading(spent, FOUR, now=noon, last_at=None) == next_midnight(noon)
    assert pace(spent, FOUR, now=noon).pause is None


def test_details_take_only_what_readings_leave() -> None:
    noon = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
    waiting = Work(calls=4, details=True)
    assert 0 < details_allowed(Budget(1000, used_automatic=200), waiting, now=noon, most=20) <= 20
    assert details_allowed(Budget(1000, used_automatic=690), waiting, now=noon, most=20) == 0
    assert details_allowed(Budget(1000, used_manual=1000), waiting, now=noon, most=20) == 0
