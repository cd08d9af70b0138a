"""Slots are exact to the moment over a whole year, both daylight-saving days included."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.schedule import (
    ScheduleError,
    ScheduleFault,
    due_slots,
    latest_missed,
    next_slot,
    parse_times,
    slot_moment,
)

pytestmark = pytest.mark.pure
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TIMES = (time(7), time(14))
START, END = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def walk_the_year(times: tuple[time, ...]) -> list[datetime]:
    """Find the slots the slow way: look at the clock on the wall every quarter of an hour."""
    wanted = {(START.astimezone(AMSTERDAM).date() + timedelta(days=day), at) for day in range(365) for at in times}
    found: dict[tuple[date, time], datetime] = {}
    last = datetime(2025, 12, 31, 23, 45)  # noqa: DTZ001 - the time on the wall
    moment = START
    while moment < END:
        wall = moment.astimezone(AMSTERDAM).replace(tzinfo=None)
        step = last + timedelta(minutes=15)
        while step <= wall:  # more than one step where the clocks jump
            key = (step.date(), step.time())
            if key in wanted:
                found.setdefault(key, moment)
            step += timedelta(minutes=15)
        last = max(last, wall)
        moment += timedelta(minutes=15)
    return sorted(set(found.values()))


@pytest.mark.parametrize("times", [TIMES, (time(0), time(2, 30), time(3), time(23, 45)), (time(2), time(2, 15))])
def test_a_year_has_exactly_the_slots_that_the_wall_clock_shows(times: tuple[time, ...]) -> None:
    before = START - timedelta(seconds=1)
    slots = due_slots(times, AMSTERDAM, after=before, until=END - timedelta(seconds=1))
    assert list(slots) == walk_the_year(times)


def test_seven_in_the_morning_moves_with_the_clocks() -> None:
    assert slot_moment(date(2026, 3, 28), time(7), AMSTERDAM) == datetime(2026, 3, 28, 6, tzinfo=UTC)
    assert slot_moment(SPRING, time(7), AMSTERDAM) == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert slot_moment(AUTUMN, time(7), AMSTERDAM) == datetime(2026, 10, 25, 6, tzinfo=UTC)


@pytest.mark.parametrize("at", [time(2), time(2, 15), time(2, 59)])
def test_a_time_that_the_clocks_skip_moves_to_the_moment_they_jump_to(at: time) -> None:
    assert slot_moment(SPRING, at, AMSTERDAM) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_skipped_times_and_the_one_they_move_to_are_one_slot() -> None:
    times = (time(2, 15), time(2, 45), time(3))
    after = datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert due_slots(times, AMSTERDAM, after=after, until=after + timedelta(hours=12)) == (
        datetime(2026, 3, 29, 1, tzinfo=UTC),
    )


def test_a_time_that_comes_twice_fires_once_the_first() -> None:
    after = datetime(2026, 10, 24, 22, tzinfo=UTC)
    slots = due_slots((time(2, 30),), AMSTERDAM, after=after, until=after + timedelta(hours=24))
    assert slots == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC),)


def test_a_jump_that_is_not_a_whole_hour_is_found_too() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    moment = slot_moment(date(2026, 10, 4), time(2, 10), lord_howe)
    assert moment.astimezone(lord_howe).replace(tzinfo=None) == datetime(2026, 10, 4, 2, 30)  # noqa: DTZ001


def test_the_interval_is_open_before_and_closed_after() -> None:
    slot = slot_moment(date(2026, 6, 1), time(7), AMSTERDAM)
    tick = timedelta(microseconds=1)
    assert due_slots(TIMES, AMSTERDAM, after=slot, until=slot + tick) == ()
    assert due_slots(TIMES, AMSTERDAM, after=slot - tick, until=slot) == (slot,)
    assert due_slots(TIMES, AMSTERDAM, after=slot, until=slot - tick) == ()


moments = st.timedeltas(timedelta(0), timedelta(days=364)).map(lambda gap: datetime(2026, 1, 1, tzinfo=UTC) + gap)


@given(st.lists(moments, min_size=2, max_size=8).map(sorted))
def test_however_often_one_looks_every_slot_is_due_exactly_once(ticks: list[datetime]) -> None:
    pieces = [
        slot for after, until in pairwise(ticks) for slot in due_slots(TIMES, AMSTERDAM, after=after, until=until)
    ]
    assert tuple(pieces) == due_slots(TIMES, AMSTERDAM, after=ticks[0], until=ticks[-1])


@given(moments, st.sets(st.times().map(lambda at: at.replace(second=0, microsecond=0)), min_size=1, max_size=4))
def test_the_next_slot_is_the_first_one_that_becomes_due(after: datetime, times: set[time]) -> None:
    found = next_slot(sorted(times), AMSTERDAM, after=after)
    assert due_slots(sorted(times), AMSTERDAM, after=after, until=found) == (found,)
    wall = found.astimezone(AMSTERDAM).time()
    assert wall in times or found == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_of_several_missed_slots_only_the_latest_is_caught_up() -> None:
    ran = slot_moment(date(2025, 5, 1), time(7), AMSTERDAM)
    now = datetime(2026, 6, 3, 11, tzinfo=UTC)
    assert latest_missed(TIMES, AMSTERDAM, after=ran, until=now) == slot_moment(date(2026, 6, 3), time(7), AMSTERDAM)


def test_a_slot_that_was_run_is_not_missed() -> None:
    slot = slot_moment(date(2026, 6, 3), time(7), AMSTERDAM)
    assert latest_missed(TIMES, AMSTERDAM, after=slot, until=slot + timedelta(hours=3)) is None
    assert latest_missed((), AMSTERDAM, after=slot, until=slot + timedelta(days=3)) is None


@given(moments, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_what_is_caught_up_is_the_last_slot_that_was_due(after: datetime, gap: timedelta) -> None:
    due = due_slots(TIMES, AMSTERDAM, after=after, until=after + gap)
    assert latest_missed(TIMES, AMSTERDAM, after=after, until=after + gap) == (due[-1] if due else None)


@pytest.mark.parametrize(
    "text", ["07:00, 14:00", "14:00;7:00", " 07:00\n14:00 ", ["14:00", "07:00", "7:00"], "07:00,,14:00"]
)
def test_times_are_read_sorted_and_each_once(text: str | list[str]) -> None:
    assert parse_times(text) == TIMES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ScheduleFault.EMPTY),
        (" , ", ScheduleFault.EMPTY),
        ([], ScheduleFault.EMPTY),
        ("24:00", ScheduleFault.MALFORMED),
        ("7", ScheduleFault.MALFORMED),
        ("07:60", ScheduleFault.MALFORMED),
        ("07:00:00", ScheduleFault.MALFORMED),
        ("\u0660\u0667:00", ScheduleFault.MALFORMED),
        ([f"{hour:02}:{minute:02}" for hour in range(13) for minute in (0, 30)], ScheduleFault.TOO_MANY),
    ],
)
def test_a_list_of_times_that_is_none_is_refused_with_its_reason(text: str | list[str], reason: ScheduleFault) -> None:
    with pytest.raises(ScheduleError) as refusal:
        parse_times(text)
    assert refusal.value.reason is reason


def test_a_schedule_without_times_has_no_next_slot() -> None:
    with pytest.raises(ScheduleError):
        next_slot((), AMSTERDAM, after=START)
