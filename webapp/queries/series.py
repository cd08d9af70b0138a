"""Series over time for the charts: sends by outcome per day, payments per week, success per connection."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import String, case, cast, func, select

from webapp.domain.runs import RunCategory
from webapp.store import tallies
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.words import word

DAYS = 14
WEEKS = 8
_CAME = tallies.RECEIVED.c
OUTCOMES = ("succeeded", "failed", "unknown", "skipped")


@dataclass(frozen=True, slots=True)
class DayOfSends:
    """What became of the invoices that were offered on one day."""

    day: date
    succeeded: int
    failed: int
    unknown: int
    skipped: int

    @property
    def total(self) -> int:
        """How many were offered and are decided."""
        return self.succeeded + self.failed + self.unknown + self.skipped


@dataclass(frozen=True, slots=True)
class WeekOfPayments:
    """What came in from one Monday to the next, net of what was taken back, in one currency."""

    monday: date
    currency: str
    amount: Decimal
    count: int

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return self.monday + timedelta(days=6)


def send_days(organisation_id: int, *, today: date, days: int = DAYS) -> tuple[DayOfSends, ...]:
    """Return the last days, oldest first; the days are those of the organisation's zone."""
    zone = current_app.extensions["koppel"].zone
    first = today - timedelta(days=days - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    sums: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(OUTCOMES, 0))
    for row in _by_hour(organisation_id, since=since, category=RunCategory.SEND_INVOICES):
        hour = datetime.strptime(row.hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
        for name in OUTCOMES:
            sums[hour.astimezone(zone).date()][name] += getattr(row, name)
    return tuple(DayOfSends(day, **sums[day]) for day in (first + timedelta(days=count) for count in range(days)))


def success_rates(organisation_id: int, *, since: datetime) -> dict[int, int]:
    """Return, for each connection that did anything, the percentage that succeeded of what could fail.

    A run that failed as a whole, with nothing counted, counts as one failure. Rounded down: 100 means all.
    """
    whole = func.sum(case(((Run.status == "failed") & (Run.failed == 0), 1), else_=0))
    query = (
        select(func.max(Run.connection_id), func.sum(Run.succeeded), func.sum(Run.failed + Run.unknown), whole)
        .where(Run.organisation_id == organisation_id, *_since(since))
        .group_by(func.coalesce(Run.connection_id, 0))  # by itself SQLite walks all runs there ever were
    )
    rates: dict[int, int] = {}
    for connection_id, succeeded, failed, broken in current().execute(query):
        total = int(succeeded) + int(failed) + int(broken)
        if total and connection_id is not None:
            rates[connection_id] = int(succeeded) * 100 // total
    return rates


def payment_weeks(organisation_id: int, *, today: date, weeks: int = WEEKS) -> tuple[WeekOfPayments, ...]:
    """Return the last weeks, oldest first, for each currency in which anything came in."""
    this_monday = today - timedelta(days=today.weekday())
    first = this_monday - timedelta(weeks=weeks - 1)
    days = (_CAME.received_on, _CAME.currency)
    query = (
        select(*days, func.sum(_CAME.amount), func.sum(_CAME.number))
        .where(_CAME.organisation_id == organisation_id, _CAME.received_on >= first)
        .group_by(*days)
    )
    amounts: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    counts: dict[tuple[str, date], int] = defaultdict(int)
    for day, currency, amount, count in current().execute(query):
        monday = day - timedelta(days=day.weekday())
        amounts[currency, monday] += amount
        counts[currency, monday] += int(count)
    currencies = sorted({currency for (currency, _), count in counts.items() if count})
    mondays = [first + timedelta(weeks=count) for count in range(weeks)]
    return tuple(
        WeekOfPayments(monday, currency, amounts[currency, monday], counts[currency, monday])
        for currency in currencies
        for monday in mondays
    )


def _by_hour(organisation_id: int, *, since: datetime, category: RunCategory) -> Any:
    # Hours rather than days: the database knows UTC, and a day begins where the organisation is.
    hour = func.substr(cast(_moment(), String), 1, 13).label("hour")
    sums = [func.sum(getattr(Run, name)).label(name) for name in OUTCOMES]
    return current().execute(
        select(hour, *sums)
        .where(Run.organisation_id == organisation_id, Run.category == word(category.value), *_since(since))
        .group_by(hour)
    )


def _since(since: datetime) -> tuple[Any, Any]:
    """What ran since a moment; no run waits a month to begin, and when it was made stands in an index."""
    return _moment() >= since, Run.created_at >= since - timedelta(days=31)


def _moment() -> Any:
    return func.coalesce(Run.started_at, Run.created_at)
