"""What a list of invoices is limited to and sorted on, as the address says it and as the database asks it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import current_app
from sqlalchemy import BindParameter, ColumnElement, and_, or_

from webapp.domain.invoices import FETCHED_SOURCES, DeliveryState, DocumentStatus, InvoiceKind, PaymentStatus
from webapp.domain.money import AmountError, parse_amount
from webapp.extensions import clock
from webapp.queries.invoice_limits import age_condition, failure_condition
from webapp.queries.invoice_search import candidates
from webapp.queries.piece_search import among
from webapp.store.invoices import Invoice, owed
from webapp.store.words import word

Of = int | BindParameter[int]
"""Whose invoices: an organisation's id, or what stands for it in a statement that is made once."""

OVERDUE = "overdue"
OWN = "own"
"""The source of what was made here, imported, or pushed in by another system: everything that was not fetched."""

SOURCES = (OWN, *sorted(FETCHED_SOURCES))
COLUMNS: dict[str, Any] = {
    "issue_date": Invoice.issue_date,
    "due_date": Invoice.due_date,
    "total": Invoice.gross_total,
    "open": Invoice.outstanding_amount,
    "number": Invoice.number,
    "contact": Invoice.contact_name,
}
DEFAULT_SORT = "-issue_date"
DELIVERIES = tuple(state.value for state in DeliveryState if state is not DeliveryState.CANCELLED)
PAYMENTS = (*(state.value for state in PaymentStatus), OVERDUE)
STATUSES = tuple(state.value for state in DocumentStatus)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is limited to, and its order; empty means everything. `sort`: `-` before a column is falling."""

    kind: str = InvoiceKind.SALES.value
    status: str = ""
    delivery: str = ""
    payment: str = ""
    q: str = ""
    department: int | None = None
    since: date | None = None
    until: date | None = None
    age: str = ""
    failure: str = ""
    currency: str = ""
    source: str = ""
    sort: str = DEFAULT_SORT

    @property
    def any(self) -> bool:
        """Whether anything is filtered out."""
        return bool(
            self.status
            or self.delivery
            or self.payment
            or self.q
            or self.department is not None
            or self.since
            or self.until
            or self.source
            or self.narrowed
        )

    @property
    def narrowed(self) -> bool:
        """Whether it is limited to an age, a reason of failure or a currency: what a link of another page asks."""
        return bool(self.age or self.failure or self.currency)

    @property
    def column(self) -> str:
        """The column that the list is sorted on."""
        return self.sort.removeprefix("-")

    @property
    def falling(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    @property
    def args(self) -> dict[str, Any]:
        """The filters as they stand in the address; what is not set is left out."""
        values: dict[str, Any] = {
            "kind": self.kind if self.kind != InvoiceKind.SALES else "",
            "status": self.status,
            "delivery": self.delivery,
            "payment": self.payment,
            "q": self.q,
            "department": self.department,
            "from": self.since,
            "to": self.until,
            "age": self.age,
            "failure": self.failure,
            "currency": self.currency,
            "source": self.source,
            "sort": self.sort if self.sort != DEFAULT_SORT else "",
        }
        return {name: str(value) for name, value in values.items() if value not in ("", None)}

    @property
    def but_text(self) -> "Filters":
        """The same without what is searched for."""
        return replace(self, q="")

    def but(self, **changes: Any) -> dict[str, Any]:
        """Return the arguments of the same list with something else in some places."""
        return replace(self, **changes).args


def today() -> date:
    """Return the date in the zone of the screens."""
    return clock.today(current_app.extensions["koppel"].zone)


def conditions(organisation_id: Of, filters: Filters, on: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a list on a day."""
    found = [*base(organisation_id, filters, on), *on_axes(filters, on)]
    if isinstance(organisation_id, BindParameter) or not filters.q:
        return found
    ids = candidates(organisation_id, filters.kind, filters.q)
    return found if ids is None else [*found, among(Invoice.id, ids)]


def on_axes(filters: Filters, on: date) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that stand on an axis."""
    for axis in ("status", "delivery"):
        if getattr(filters, axis):
            yield getattr(Invoice, axis) == word(getattr(filters, axis))
    if filters.payment == OVERDUE:
        yield overdue_condition(on)
    elif filters.payment:
        yield Invoice.payment == word(filters.payment)


def overdue_condition(on: date) -> ColumnElement[bool]:
    """Return the condition of what customers owe beyond the due date on a day."""
    return and_(owed(), Invoice.due_date < on)


def base(organisation_id: Of, filters: Filters, on: date) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that do not stand on an axis."""
    yield Invoice.organisation_id == organisation_id
    yield Invoice.kind == word(filters.kind)
    if filters.department is not None:
        yield Invoice.department_id == filters.department
    if filters.since:
        yield Invoice.issue_date >= filters.since
    if filters.until:
        yield Invoice.issue_date <= filters.until
    if filters.q:
        yield search_condition(filters.q)
    if filters.currency:
        yield Invoice.currency == filters.currency
    if filters.source == OWN:
        yield Invoice.source.not_in(sorted(FETCHED_SOURCES))
    elif filters.source:
        yield Invoice.source == filters.source
    if filters.age:
        yield age_condition(filters.age, on)
    if filters.failure:
        yield failure_condition(filters.failure)


def search_condition(text: str) -> ColumnElement[bool]:
    """Return the condition of a search: number, reference by the beginning, contact, subject by any part, an amount."""
    options: list[ColumnElement[bool]] = [
        Invoice.number.istartswith(text, autoescape=True),
        Invoice.payment_reference.istartswith(text, autoescape=True),
    ]
    for spelling in {text, text.lower(), text.upper(), text.capitalize()}:  # SQLite knows the case of ASCII alone
        options.append(Invoice.contact_name.icontains(spelling, autoescape=True))
        options.append(Invoice.subject.icontains(spelling, autoescape=True))
        if text.isascii():
            break
    for locale in ("nl", "en"):
        try:
            amount = parse_amount(text, locale=locale)
        except AmountError:
            continue
        options += [Invoice.gross_total == amount, Invoice.outstanding_amount == amount]
    return or_(*options)
