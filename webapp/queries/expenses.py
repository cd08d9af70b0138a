"""Expense claims as the list and the page of one show them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, or_, select

from webapp.domain.expenses import UNSENT, ClaimStatus, claim_number
from webapp.queries.expense_words import event_text
from webapp.queries.failures import explain
from webapp.store.connections import Connection
from webapp.store.expenses import ExpenseClaim, ExpenseEvent, ExpenseLine, ExpenseReceipt, ExpenseUpload
from webapp.store.organisations import Department
from webapp.store.session import current

PAGE = 50
DELIVERIES = ("not_sent", "queued", "unknown", "rejected", "sent")
MOST_EVENTS = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is limited to; `since` and `until` are days of the claim."""

    q: str = ""
    status: str = ""
    delivery: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def any(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.q or self.status or self.delivery or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Row:
    """One claim in the list."""

    id: int
    number: str
    claimed_on: date
    employee: str
    subject: str
    department: str
    total: Decimal
    currency: str
    status: str
    delivery: str
    receipts: int

    @property
    def sendable(self) -> bool:
        """Whether it can be sent to the archive now."""
        return self.status == ClaimStatus.APPROVED and self.delivery in UNSENT


@dataclass(frozen=True, slots=True)
class Table:
    """One page of the list, newest first; cursors are ids, None where there is no further page."""

    rows: tuple[Row, ...]
    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One expense; `state` is the way of its receipt, empty before anybody asked; `why` explains a refusal."""

    id: int
    position: int
    spent_on: date
    description: str
    cost_category: str
    amount: Decimal
    vat_rate: Decimal | None
    vat_amount: Decimal | None
    file_name: str
    media_type: str
    size: int
    state: str
    why: str
    remote_text: str
    remote_id: str
    exchange_id: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the history; `user` is empty for the system."""

    id: int
    user: str
    at: datetime
    event: str
    text: str
    run_id: int | None


@dataclass(frozen=True, slots=True)
class ClaimView:
    """The page of one claim."""

    row: Row
    department_id: int | None
    submitted_by_id: int | None
    run_id: int | None
    lines: tuple[Line, ...]
    events: tuple[Event, ...]

    @property
    def vat_total(self) -> Decimal | None:
        """The VAT in all expenses; None as long as it is not known of one of them."""
        known = [line.vat_amount for line in self.lines if line.vat_amount is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(self.lines) else None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is handed out."""

    file_name: str
    media_type: str
    content: bytes


def table(organisation_id: int, filters: Filters, *, after: int | None = None, before: int | None = None) -> Table:
    """Return one page of claims, newest first."""
    query = limited(_rows(organisation_id), filters)
    back = before is not None
    if before is not None:
        query = query.where(ExpenseClaim.id > before)
    elif after is not None:
        query = query.where(ExpenseClaim.id < after)
    order = ExpenseClaim.id.asc() if back else ExpenseClaim.id.desc()
    found = current().execute(query.order_by(order).limit(PAGE + 1)).all()
    more, found = len(found) > PAGE, found[:PAGE]
    rows = tuple(_row(*one) for one in (reversed(found) if back else found))
    earlier, later = (True, more) if back else (more, after is not None)
    return Table(rows, rows[-1].id if rows and earlier else None, rows[0].id if rows and later else None)


def totals(organisation_id: int) -> list[tuple[str, str, int, Decimal]]:
    """Return (status or `sendable`, currency, number, amount) of what waits for somebody."""
    waits = func.sum(ExpenseClaim.total)
    query = (
        select(ExpenseClaim.status, ExpenseClaim.currency, func.count(), waits)
        .where(
            ExpenseClaim.organisation_id == organisation_id,
            ExpenseClaim.status.in_(("submitted", "approved")),
            ExpenseClaim.delivery.in_(UNSENT),
        )
        .group_by(ExpenseClaim.status, ExpenseClaim.currency)
        .order_by(ExpenseClaim.status, ExpenseClaim.currency)
    )
    return [(row[0], row[1], row[2], row[3]) for row in current().execute(query)]


def find(organisation_id: int, claim_id: int) -> ClaimView | None:
    """Return a claim with its lines and history, None when the organisation has no such claim."""
    query = _rows(organisation_id).where(ExpenseClaim.id == claim_id)
    found = current().execute(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        return None
    claim = found[0]
    return ClaimView(
        _row(*found), claim.department_id, claim.submitted_by_id, claim.run_id, _lines(claim_id), _events(claim_id)
    )


def receipt(organisation_id: int, claim_id: int, line_id: int) -> Receipt | None:
    """Return the receipt of a line, None when the organisation has no such claim or it no such line."""
    row = (
        current()
        .execute(
            select(ExpenseLine.file_name, ExpenseLine.media_type, ExpenseReceipt.content)
            .join(ExpenseReceipt, ExpenseReceipt.line_id == ExpenseLine.id)
            .where(
                ExpenseLine.organisation_id == organisation_id,
                ExpenseLine.claim_id == claim_id,
                ExpenseLine.id == line_id,
            )
        )
        .one_or_none()
    )
    return None if row is None else Receipt(*row)


def departments(organisation_id: int) -> list[tuple[int, str]]:
    """Return id and name of the departments that a claim can be for."""
    query = select(Department.id, Department.name).where(Department.organisation_id == organisation_id)
    return [(row.id, row.name) for row in current().execute(query.order_by(Department.name))]


def is_switched_on(organisation_id: int) -> bool:
    """Whether some connection of the organisation sends expense claims."""
    query = select(Connection.id).where(Connection.organisation_id == organisation_id, Connection.send_expenses)
    return current().scalar(query.limit(1)) is not None


def _rows(organisation_id: int) -> Select[Any]:
    receipts = (
        select(func.count()).where(ExpenseLine.claim_id == ExpenseClaim.id).correlate(ExpenseClaim).scalar_subquery()
    )
    return (
        select(ExpenseClaim, Department.name, receipts)
        .outerjoin(Department, Department.id == ExpenseClaim.department_id)
        .where(ExpenseClaim.organisation_id == organisation_id)
    )


def limited(query: Select[Any], filters: Filters) -> Select[Any]:
    """Return a query of claims, limited to those that match."""
    if filters.status:
        query = query.where(ExpenseClaim.status == filters.status)
    if filters.delivery == "queued":
        query = query.where(ExpenseClaim.delivery.in_(("queued", "sending")))
    elif filters.delivery:
        query = query.where(ExpenseClaim.delivery == filters.delivery)
    if filters.since:
        query = query.where(ExpenseClaim.claimed_on >= filters.since)
    if filters.until:
        query = query.where(ExpenseClaim.claimed_on <= filters.until)
    if filters.q:
        digits = filters.q.upper().removeprefix("D-")
        named = [
            func.lower(column).contains(filters.q.lower(), autoescape=True)
            for column in (ExpenseClaim.subject, ExpenseClaim.employee)
        ]
        if digits.isascii() and digits.isdigit() and len(digits) <= 9:
            named.append(ExpenseClaim.number == int(digits))
        query = query.where(or_(*named))
    return query


def _row(claim: ExpenseClaim, department: str | None, receipts: int) -> Row:
    return Row(
        claim.id,
        claim_number(claim.number),
        claim.claimed_on,
        claim.employee,
        claim.subject,
        department or "",
        claim.total,
        claim.currency,
        claim.status,
        claim.delivery,
        receipts,
    )


def _lines(claim_id: int) -> tuple[Line, ...]:
    query = (
        select(ExpenseLine, ExpenseUpload)
        .outerjoin(ExpenseUpload, ExpenseUpload.line_id == ExpenseLine.id)
        .where(ExpenseLine.claim_id == claim_id)
        .order_by(ExpenseLine.position)
    )
    return tuple(_line(*one) for one in current().execute(query.execution_options(populate_existing=True)))


def _line(line: ExpenseLine, upload: ExpenseUpload | None) -> Line:
    failed = upload is not None and upload.state in ("rejected", "unknown") and upload.failure
    return Line(
        line.id,
        line.position,
        line.spent_on,
        line.description,
        line.cost_category,
        line.amount,
        line.vat_rate,
        line.vat_amount,
        line.file_name,
        line.media_type,
        line.size,
        upload.state if upload else "",
        explain(upload.failure).label if upload and failed else "",
        upload.remote_text if upload and failed else "",
        upload.remote_id if upload else "",
        upload.exchange_id if upload else None,
    )


def _events(claim_id: int) -> tuple[Event, ...]:
    rows = current().scalars(
        select(ExpenseEvent)
        .where(ExpenseEvent.claim_id == claim_id)
        .order_by(ExpenseEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    return tuple(
        Event(
            row.id,
            row.actor_name if row.actor_kind != "system" else "",
            row.occurred_at,
            row.event,
            event_text(row.event, row.params),
            row.run_id,
        )
        for row in rows
    )
