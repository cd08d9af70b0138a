"""How often a set of books is read by itself: as often as the day's calls allow, soonest while people work.

The rule, in four sentences. Of the calls that automatic work may still make today (domain/budget.py), all but a
reserve go to readings; a part of them is kept for details while some are waiting. In office hours readings come
three times as often as outside of them, and never more than one a minute; what office hours cannot use goes to the
rest of the day. A send brings the next reading forward, to two minutes after it, once for each third of the usual
pause. People's share of the calls is never touched, and the plan is made anew at every look, so that a morning on
which people used many calls slows the afternoon down.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.budget import YUKI_ZONE, Budget, may_call, next_midnight
from webapp.domain.runs import Trigger

OFFICE = (time(8), time(18))
"""The hours in which people work, on weekdays."""

OFFICE_WEIGHT = 3
DETAILS_PERCENT = 20
"""Of the automatic calls of a day, what is kept for details while documents wait for theirs."""

RESERVE = 20
"""Calls kept for payment runs, logins and tests; less where a day has few calls."""

LONGEST = timedelta(hours=1)
AFTER_SEND = timedelta(minutes=2)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How readings come from now on: every `pause` until `until`, then every `later`; None when none come today."""

    pause: timedelta | None
    until: datetime
    later: timedelta | None


@dataclass(frozen=True, slots=True)
class Work:
    """What a plan is made for: the calls of one reading, how many connections share them, whether details wait."""

    calls: int
    sharers: int = 1
    details: bool = False

    @property
    def cost(self) -> int:
        """What one round of readings costs the domain."""
        return max(1, self.calls * self.sharers)


def pace(budget: Budget, work: Work, *, now: datetime, zone: ZoneInfo = YUKI_ZONE) -> Pace:
    """Return how often the books are read from now to the end of Yuki's day, with the calls that are left."""
    inside, outside = _minutes_left(now, zone)
    rounds = _calls_for_readings(budget, work) / work.cost
    per_minute = rounds / (OFFICE_WEIGHT * inside + outside) if inside + outside else 0.0
    office = min(1.0, OFFICE_WEIGHT * per_minute)
    rest = min(1.0, (rounds - office * inside) / outside) if outside else 0.0
    in_office = _in_office(now, zone)
    until = _next_edge(now, zone)
    return Pace(
        _pause(office if in_office else rest),
        until,
        _pause(rest if in_office else office) if until < next_midnight(now) else None,
    )


def next_reading(
    budget: Budget,
    work: Work,
    *,
    now: datetime,
    last_at: datetime | None,
    sent_at: datetime | None = None,
    zone: ZoneInfo = YUKI_ZONE,
) -> datetime:
    """Return when the next reading may begin: now or later; `sent_at` is the last send that no reading followed."""
    permission = may_call(budget, Trigger.AUTOMATIC, now=now, calls=work.calls)
    if not permission.allowed:
        return permission.retry_at or next_midnight(now)
    if last_at is None:
        return now
    plan = pace(budget, work, now=now, zone=zone)
    if plan.pause is None:
        return next_midnight(now)
    due = last_at + plan.pause
    if due > plan.until > now and plan.later is not None:
        # The pause reaches beyond the edge: from there the other pace counts.
        due = min(due, max(plan.until, last_at + plan.later))
    if sent_at is not None and sent_at > last_at:
        due = min(due, max(sent_at + AFTER_SEND, last_at + max(MINUTE, plan.pause / 3)))
    return max(now, due)


def details_allowed(budget: Budget, work: Work, *, now: datetime, most: int) -> int:
    """Return how many documents may be asked for their details in one run, one call each: what readings leave."""
    spare = budget.automatic_share - budget.used_automatic - _reserve(budget)
    minutes = sum(_minutes_left(now, YUKI_ZONE))
    readings = min(minutes, _calls_for_readings(budget, work) / work.cost) * work.cost
    allowed = max(0, min(most, int(spare - readings) if minutes > 1 else spare))
    while allowed and not may_call(budget, Trigger.AUTOMATIC, now=now, calls=allowed).allowed:
        allowed -= 1
    return allowed


def _calls_for_readings(budget: Budget, work: Work) -> float:
    left = max(0, budget.automatic_share - budget.used_automatic - _reserve(budget))
    return left * (100 - DETAILS_PERCENT) / 100 if work.details else left


def _reserve(budget: Budget) -> int:
    return min(RESERVE, budget.limit // 20)


def _pause(per_minute: float) -> timedelta | None:
    """Return the pause between two readings in whole minutes, rounded up: what is saved is used later."""
    if per_minute <= 0:
        return None
    minutes = -(-1 // per_minute) if per_minute < 1 else 1
    pause = timedelta(minutes=minutes)
    return pause if pause <= LONGEST else _long_pause(per_minute)


def _long_pause(per_minute: float) -> timedelta | None:
    pause = timedelta(minutes=1 / per_minute)
    return pause if pause < timedelta(days=1) else None


def _minutes_left(now: datetime, zone: ZoneInfo) -> tuple[float, float]:
    """Return the minutes of office hours and of other hours from now to Yuki's midnight, also on 23 and 25 hours."""
    end = next_midnight(now)
    all_left = (end - now).total_seconds() / 60
    opens, closes = _office_day(now, zone)
    inside = max(0.0, (min(closes, end) - max(opens, now)).total_seconds() / 60)
    return inside, all_left - inside


def _office_day(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the office opens and closes on the day of a moment; the same moment twice at the weekend."""
    day = now.astimezone(zone).date()
    opens, closes = (datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for at in OFFICE)
    return (opens, closes) if day.weekday() < 5 else (opens, opens)


def _in_office(now: datetime, zone: ZoneInfo) -> bool:
    opens, closes = _office_day(now, zone)
    return opens <= now < closes


def _next_edge(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the pace changes next: the office opens or closes, or the day of calls ends."""
    opens, closes = _office_day(now, zone)
    edges = [edge for edge in (opens, closes) if edge > now and opens != closes]
    return min([*edges, next_midnight(now)])
