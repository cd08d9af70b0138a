"""What a list of invoices may be limited to beside its axes: how long overdue, and why the last delivery failed."""

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import aliased

from webapp.domain.failures import Failure
from webapp.domain.invoices import DeliveryState, DocumentStatus
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, owed

AGES = ("not-due", "1-30", "31-60", "61-90", "over-90")
"""Days past due, as the address says it, in the order of the charts."""

AGE_WORDS: dict[str, Any] = {
    "not-due": _l("Not due"),
    "1-30": _l("1–30 days overdue"),
    "31-60": _l("31–60 days overdue"),
    "61-90": _l("61–90 days overdue"),
    "over-90": _l("More than 90 days overdue"),
}
FAILURES = tuple(failure.value for failure in Failure)
_FAILED = {
    DeliveryState.REJECTED: Failure.REFUSED,
    DeliveryState.CONFLICT: Failure.DUPLICATE,
    DeliveryState.UNKNOWN: Failure.UNKNOWN_OUTCOME,
}
"""What a delivery failed for that does not say so itself."""


def age_bounds(age: str, on: date) -> tuple[date | None, date | None]:
    """Return the due dates of an age on a day: the first, and the first that is too late; None for no bound."""
    if age == AGES[0]:
        return on, None
    late = {one: on - timedelta(days=days) for one, days in zip(AGES[1:], (0, 30, 60, 90), strict=True)}
    following = AGES[AGES.index(age) + 1 :][:1]
    return late[following[0]] if following else None, late[age]


def age_condition(age: str, on: date) -> ColumnElement[bool]:
    """Return the condition of what customers owe, by how many days it is past due on a day; see AGES."""
    first, beyond = age_bounds(age, on)
    if beyond is None:
        return and_(owed(), or_(Invoice.due_date.is_(None), Invoice.due_date >= first))
    found = and_(owed(), Invoice.due_date < beyond)
    return and_(found, Invoice.due_date >= first) if first is not None else found


def failure_condition(failure: str) -> ColumnElement[bool]:
    """Return the condition of the invoices whose last delivery failed for a reason, and stands so now."""
    later = aliased(Delivery)
    reason = case(
        (Delivery.failure != "", Delivery.failure),
        *((Delivery.state == state.value, meant.value) for state, meant in _FAILED.items()),
        else_="",
    )
    failed = select(Delivery.id).where(
        Delivery.invoice_id == Invoice.id,
        Delivery.state.in_([state.value for state in _FAILED]),
        reason == failure,
        ~exists().where(later.invoice_id == Delivery.invoice_id, later.id > Delivery.id),
    )
    return and_(
        Invoice.status.in_(tuple(DocumentStatus)),  # the index of the axes begins with it
        Invoice.delivery.in_([state.value for state in _FAILED]),
        failed.exists(),
    )
