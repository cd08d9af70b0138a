"""The call budget of a domain and a day: what may call now, and if not, when.

The rule, in four sentences. People may use every call of the day. Automatic work stops when 90 % of the
day's calls are used by anybody, and always leaves people what they have not used of their 30 %. The
first half of what automatic work may use is there at once; the second half comes evenly through the
day, so that a busy morning does not leave the afternoon without. When the remote says that the
day's calls are used up, nobody calls before its midnight, whatever was counted here.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from webapp.domain.clock import local_date
from webapp.domain.runs import Trigger

YUKI_ZONE = ZoneInfo("Europe/Amsterdam")
"""Yuki counts its days here."""

SPARE_PERCENT = 50
"""Share of the day's calls up to which one is made that is only good to have."""

STOP_PERCENT = 90
PEOPLE_PERCENT = 30
AT_ONCE_PERCENT = 50


class BudgetReason(StrEnum):
    """Why a call has to wait."""

    USED_UP = "used_up"
    KEPT_FOR_PEOPLE = "kept_for_people"
    SLOWED = "slowed"


@dataclass(frozen=True, slots=True)
class Budget:
    """The calls of one domain on one day; `exhausted` when the remote itself refused for lack of them."""

    limit: int
    used_manual: int = 0
    used_automatic: int = 0
    exhausted: bool = False

    @property
    def used(self) -> int:
        """All calls of the day."""
        return self.used_manual + self.used_automatic

    @property
    def remaining(self) -> int:
        """What is left of the day's calls."""
        return 0 if self.exhausted else max(0, self.limit - self.used)

    @property
    def automatic_share(self) -> int:
        """How many calls automatic work may have used by the end of the day, at most."""
        stop = self.limit * STOP_PERCENT // 100 - self.used_manual
        kept = max(0, -(-self.limit * PEOPLE_PERCENT // 100) - self.used_manual)
        return max(0, min(stop, self.limit - self.used_manual - kept))


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a call may leave now; if not, why, and the UTC moment from which it is worth asking again."""

    allowed: bool
    reason: BudgetReason | None = None
    retry_at: datetime | None = None


_ALLOWED = Permission(allowed=True)


def yuki_day(moment: datetime) -> date:
    """Return the day on which a call at this moment counts."""
    return local_date(moment, YUKI_ZONE)


def next_midnight(moment: datetime) -> datetime:
    """Return the UTC moment at which the next day of calls begins."""
    return _midnight(yuki_day(moment) + timedelta(days=1))


def may_call(budget: Budget, kind: Trigger, *, now: datetime, calls: int = 1) -> Permission:
    """Say whether `calls` calls (logins are calls too) may be made now by a person or by automatic work."""
    if budget.exhausted or budget.used + calls > budget.limit:
        return Permission(allowed=False, reason=BudgetReason.USED_UP, retry_at=next_midnight(now))
    if kind is Trigger.MANUAL:
        return _ALLOWED
    wanted = budget.used_automatic + calls
    if wanted > budget.automatic_share:
        return Permission(allowed=False, reason=BudgetReason.KEPT_FOR_PEOPLE, retry_at=next_midnight(now))
    free_at = _free_at(budget, wanted, now)
    if now < free_at:
        return Permission(allowed=False, reason=BudgetReason.SLOWED, retry_at=free_at)
    return _ALLOWED


def may_spare(budget: Budget, *, calls: int = 1) -> bool:
    """Say whether calls may be made that are only good to have: nobody can come to miss them."""
    return not budget.exhausted and (budget.used + calls) * 100 <= budget.limit * SPARE_PERCENT


def _free_at(budget: Budget, wanted: int, now: datetime) -> datetime:
    """Return the moment of the day at which automatic work may have made `wanted` calls."""
    start, end = _midnight(yuki_day(now)), next_midnight(now)
    at_once = budget.automatic_share * AT_ONCE_PERCENT // 100
    late = wanted - at_once
    if late <= 0:
        return start
    # The length of the day is taken as it is: 23 or 25 hours when the clocks change.
    return start + (end - start) * late / (budget.automatic_share - at_once + 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=YUKI_ZONE).astimezone(UTC)
