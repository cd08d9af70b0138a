"""The proposals of reminders: who gets what, and who gets none and why; and how far one invoice was reminded of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import flask_babel
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, tuple_

from webapp.domain.reminders import DEMAND, FIRST, NotNow, Proposal, Terms, propose
from webapp.store.invoices import Invoice
from webapp.store.reminders import address_of, overdue, standings
from webapp.store.session import current

_: Callable[..., str] = flask_babel.gettext
PAGE = 50
LEVELS: dict[int, Any] = {1: _l("First reminder"), 2: _l("Second reminder"), 3: _l("Demand")}
REASONS: dict[str, Any] = {
    NotNow.PAID: _l("paid in the meantime"),
    NotNow.NOT_DUE: _l("too short overdue"),
    NotNow.RECENT: _l("recently reminded"),
    NotNow.STALE: _l("payments were not processed for more than 14 days: process them first"),
    NotNow.NO_ADDRESS: _l("no e-mail address"),
    NotNow.LAST: _l("the demand was sent already"),
    NotNow.UNDER_WAY: _l("a reminder is under way"),
    NotNow.COLLECTED: _l("is collected by direct debit"),
    NotNow.NOT_SENT: _l("not sent to the customer"),
    "fetched": _l("issued elsewhere"),
    "not_ours": _l("issued elsewhere"),
}


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """An overdue invoice with the reminder that is next for it."""

    id: int
    number: str
    contact: str
    address: str
    due_date: date
    days: int
    outstanding: Decimal
    currency: str
    level: int
    reminded_on: date | None
    proposal: Proposal

    @property
    def next_word(self) -> str:
        """What the next reminder is called."""
        return str(LEVELS[self.proposal.level])

    @property
    def why_not(self) -> str:
        """Why none is sent now, in words; empty when one is due."""
        return say_reason(self.proposal.reason)


@dataclass(frozen=True, slots=True)
class ReminderPage:
    """One page of overdue invoices, in two groups; `after` is the id to go on after, None on the last page.

    `not_overdue` is how many of the invoices that were asked for are not overdue.
    """

    due: tuple[ReminderRow, ...]
    later: tuple[ReminderRow, ...]
    after: int | None
    not_overdue: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the strip on an invoice's page."""

    level: int
    label: str
    at: datetime | None


def say_reason(code: str) -> str:
    """Return why an invoice gets no reminder, in words."""
    return str(REASONS.get(code, code)) if code else ""


def proposals(
    organisation_id: int, *, today: date, terms: Terms, after: int | None = None, only: Sequence[int] = ()
) -> ReminderPage:
    """Return the overdue invoices with what is proposed for each; with `only` those of these that are overdue."""
    query, left = overdue(organisation_id, today=today), 0
    if only:
        query = query.where(Invoice.id.in_(only))
        left = len(only) - (current().scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0)
    if after is not None:
        start = current().execute(select(Invoice.due_date, Invoice.id).where(Invoice.id == after)).one_or_none()
        if start is not None:
            query = query.where(tuple_(Invoice.due_date, Invoice.id) > tuple_(*start))
    found = list(current().scalars(query.limit(PAGE + 1)))
    shown, known = found[:PAGE], standings(found[:PAGE])
    rows = [_row(one, propose(known[one.id], today=today, terms=terms), today) for one in shown]
    return ReminderPage(
        due=tuple(row for row in rows if not row.proposal.reason),
        later=tuple(row for row in rows if row.proposal.reason),
        after=shown[-1].id if len(found) > PAGE else None,
        not_overdue=left,
    )


def stages(sent: Mapping[int, datetime | None]) -> tuple[Stage, ...]:
    """Return the three steps with the moment at which each was sent."""
    return tuple(Stage(level, str(LEVELS[level]), sent.get(level)) for level in range(FIRST, DEMAND + 1))


def _row(invoice: Invoice, proposal: Proposal, today: date) -> ReminderRow:
    due = invoice.due_date or today
    return ReminderRow(
        id=invoice.id,
        number=invoice.number,
        contact=invoice.contact_name,
        address=address_of(invoice),
        due_date=due,
        days=(today - due).days,
        outstanding=invoice.outstanding_amount,
        currency=invoice.currency,
        level=invoice.reminder_level,
        reminded_on=invoice.reminded_on,
        proposal=proposal,
    )
