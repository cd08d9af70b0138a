"""The clock can be set, and never tells a naive time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webapp.domain.clock import Clock, local_date

pytestmark = pytest.mark.pure
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_running_clock_tells_aware_utc() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)


def test_a_frozen_clock_stands_still_until_it_is_moved() -> None:
    clock = Clock()
    clock.freeze(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(minutes=5))
    assert clock.now() == NOON + timedelta(minutes=5)


def test_an_offset_shifts_a_running_clock_and_reset_forgets_it() -> None:
    clock = Clock()
    clock.offset = timedelta(days=400)
    assert clock.now() - datetime.now(UTC) > timedelta(days=399)
    clock.reset()
    assert clock.offset == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_freezing_in_another_zone_still_tells_utc() -> None:
    clock = Clock()
    clock.freeze(datetime(2026, 7, 1, 0, 30, tzinfo=AMSTERDAM))
    assert clock.now() == datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    assert clock.today(AMSTERDAM) == date(2026, 7, 1)
    assert clock.today(UTC) == date(2026, 6, 30)


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 1, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        Clock().freeze(naive)
    with pytest.raises(ValueError, match="zone"):
        local_date(naive, UTC)
