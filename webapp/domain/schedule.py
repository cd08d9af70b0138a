"""The slots of a schedule: local times of day, as exact moments, right on both daylight-saving days.

Zones come from the system's zone data or from the tzdata package.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from webapp.domain.clock import local_date

MOST_TIMES = 24
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY = timedelta(days=1)


class ScheduleFault(StrEnum):
    """Why a list of times was not taken."""

    EMPTY = "empty"
    MALFORMED = "malformed"
    TOO_MANY = "too_many"


class ScheduleError(ValueError):
    """A list of times that is refused; `reason` says why, `text` which part of it."""

    def __init__(self, reason: ScheduleFault, text: str = "") -> None:
        super().__init__(f"{reason.value}: {text}" if text else reason.value)
        self.reason = reason
        self.text = text


def parse_times(text: str | Iterable[str]) -> tuple[time, ...]:
    """Read times of day from `07:00, 14:00` or from a list of them; sorted, each once.

    Raises ScheduleError for none at all, for more than 24, and for what is not HH:MM.
    """
    parts = re.split(r"[,;\s]+", text.strip()) if isinstance(text, str) else [part.strip() for part in text]
    times = {_parse_time(part) for part in parts if part}
    if not times:
        raise ScheduleError(ScheduleFault.EMPTY)
    if len(times) > MOST_TIMES:
        raise ScheduleError(ScheduleFault.TOO_MANY)
    return tuple(sorted(times))


def slot_moment(day: date, at: time, zone: tzinfo) -> datetime:
    """Return the UTC moment of a local time on a day.

    A time that the clocks skip moves to the moment they jump to; one that comes twice means the first.
    """
    first = _as_utc(day, at, zone, fold=0)
    if first.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, at):
        return first
    # Skipped: the jump lies between the two readings of this time, with the old and the new offset.
    before, after = sorted((first, _as_utc(day, at, zone, fold=1)))
    return _jump(before, after, zone)


def due_slots(times: Sequence[time], zone: tzinfo, *, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """Return every slot in (after, until], in order, as UTC moments; each moment once."""
    if until <= after:
        return ()
    found: set[datetime] = set()
    day, last = local_date(after, zone) - _DAY, local_date(until, zone) + _DAY
    while day <= last:
        found.update(moment for moment in _day_slots(times, zone, day) if after < moment <= until)
        day += _DAY
    return tuple(sorted(found))


def next_slot(times: Sequence[time], zone: tzinfo, *, after: datetime) -> datetime:
    """Return the first slot after a moment. Raises ScheduleError without any time of day."""
    if not times:
        raise ScheduleError(ScheduleFault.EMPTY)
    return due_slots(times, zone, after=after, until=after + 2 * _DAY)[0]


def latest_missed(times: Sequence[time], zone: tzinfo, *, after: datetime, until: datetime) -> datetime | None:
    """Return the one slot to catch up: the latest in (after, until], or None.

    `after` is the last slot that was run (or the moment the schedule began). One run makes up for all
    that were missed, since it reads the present state; a year of them costs no more than a day.
    """
    if not times:
        return None
    found = due_slots(times, zone, after=max(after, until - 2 * _DAY), until=until)
    return found[-1] if found else None


def _parse_time(text: str) -> time:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ScheduleError(ScheduleFault.MALFORMED, text[:20])
    return time(int(match[1]), int(match[2]))


def _day_slots(times: Sequence[time], zone: tzinfo, day: date) -> Iterator[datetime]:
    return (slot_moment(day, at, zone) for at in times)


def _as_utc(day: date, at: time, zone: tzinfo, *, fold: int) -> datetime:
    return datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC)


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Find the moment between two, to the second, at which the zone's offset changes."""
    old = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)
