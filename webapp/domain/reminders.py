"""Reminders 1 and 2 and the demand: which one is due, and why none is sent yet.

The levels are those of the glossary: 0 none, 1 first, 2 second, 3 demand (aanmaning).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

FIRST, SECOND, DEMAND = 1, 2, 3
STALE = timedelta(days=14)
"""How old the last look at payments may be: whoever paid since must not be reminded."""


class NotNow(StrEnum):
    """Why an overdue invoice gets no reminder now."""

    PAID = "paid"
    NOT_DUE = "not_due"
    RECENT = "recent"
    STALE = "payments_stale"
    NO_ADDRESS = "no_address"
    LAST = "last_level"
    UNDER_WAY = "mail_open"
    COLLECTED = "collected"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Terms:
    """Days after the due date until the first reminder, and then from each one to the next."""

    first: int = 7
    second: int = 14
    demand: int = 14

    @property
    def days(self) -> tuple[int, int, int]:
        """By level."""
        return self.first, self.second, self.demand


@dataclass(frozen=True, slots=True)
class Standing:
    """How an invoice stands; `looked_on` is when payments were last processed, None where the books know none of it."""

    issued: bool
    outstanding: Decimal
    due_date: date | None
    level: int = 0
    reminded_on: date | None = None
    has_address: bool = True
    under_way: bool = False
    collected: bool = False
    in_books: bool = False
    looked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The level that is next, and why it is not sent now; "" when it is due. `on` is when it will be."""

    level: int
    reason: str = ""
    on: date | None = None


def propose(standing: Standing, *, today: date, terms: Terms) -> Proposal:
    """Return the reminder that is next for an invoice; what speaks against it comes first, then the days."""
    level = min(standing.level + 1, DEMAND)
    against = _against(standing, today)
    if against:
        return Proposal(level, against.value)
    since = standing.reminded_on if standing.level else standing.due_date
    on = (since or standing.due_date or today) + timedelta(days=terms.days[level - 1])
    if today >= on:
        return Proposal(level)
    return Proposal(level, (NotNow.RECENT if standing.level else NotNow.NOT_DUE).value, on)


def _against(standing: Standing, today: date) -> NotNow | None:
    checks = (
        (not standing.issued, NotNow.NOT_SENT),
        (standing.outstanding <= 0, NotNow.PAID),
        (standing.due_date is None or standing.due_date >= today, NotNow.NOT_DUE),
        (standing.level >= DEMAND, NotNow.LAST),
        (standing.collected, NotNow.COLLECTED),
        (standing.under_way, NotNow.UNDER_WAY),
        (standing.in_books and (standing.looked_on is None or today - standing.looked_on > STALE), NotNow.STALE),
        (not standing.has_address, NotNow.NO_ADDRESS),
    )
    return next((reason for holds, reason in checks if holds), None)
