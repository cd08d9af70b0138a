"""One invoice: its page, with what may be done with it and why something may not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from webapp.domain.crediting import credit_obstacle, left_to_credit
from webapp.domain.drafts import delete_obstacle, edit_obstacle, move_obstacle
from webapp.domain.failures import Failure
from webapp.domain.invoices import (
    FETCHED_SOURCES,
    LIVE_DELIVERIES,
    DeliveryState,
    DocumentStatus,
    InvoiceKind,
    can_move,
    is_overdue,
    sendable,
)
from webapp.domain.totals import Calculation, LineInput, calculate
from webapp.queries import filed_document
from webapp.queries.failures import Explanation, explain
from webapp.queries.fetched import Fetched
from webapp.queries.fetched import of_invoice as fetched_of
from webapp.queries.invoice_filters import today
from webapp.queries.payment import Choice, EntryRow, credit_notes, of_invoice
from webapp.queries.waiting import explain_waiting
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceDocument, InvoiceEvent
from webapp.store.numbering import is_in_series
from webapp.store.organisations import Department, needs_contact_code
from webapp.store.senders import senders
from webapp.store.session import current
from webapp.store.words import word

TROUBLED = (DeliveryState.REJECTED, DeliveryState.CONFLICT, DeliveryState.UNKNOWN)
MOVING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
BUTTON = "Yuki"
"""What the button reads that sends an invoice from its page."""

NEXT = {
    DocumentStatus.PROPOSED: DocumentStatus.DRAFT,
    DocumentStatus.DRAFT: DocumentStatus.APPROVED,
    DocumentStatus.APPROVED: DocumentStatus.AUTHORISED,
    DocumentStatus.AUTHORISED: DocumentStatus.SENT,
    DocumentStatus.REVIEW: DocumentStatus.SENT,
}
"""The step that usually comes next."""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One offer of the invoice to the books."""

    id: int
    state: str
    connection_id: int
    connection: str
    provider: str
    generation: int
    attempts: int
    draft: bool
    found: bool
    failure: str
    field: str
    remote_text: str
    run_id: int | None
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None

    @property
    def reason(self) -> str:
        """Why it did not arrive, in a few words of ours; empty where nothing went wrong."""
        return explain(self.failure, {"provider": self.provider, "outcome": "failed"}).title if self.failure else ""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """An invoice beside this one: a credit note of it, or the one that it credits."""

    id: int
    number: str
    status: str
    total: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the invoice is not in the books, or not known to be: cause, consequence and next step in words."""

    words: Explanation
    tone: str
    field: str
    remote_text: str
    run_id: int | None
    can_retry: bool
    asks_person: bool = False
    connection_id: int | None = None


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """The page of an invoice; obstacles are codes, "" where nothing stands in the way.

    `fetched` is what its source says of an invoice that was fetched, None for one's own.
    """

    invoice: Invoice
    department: str
    calculation: Calculation
    overdue: bool
    deliveries: tuple[DeliveryRow, ...]
    entries: tuple[EntryRow, ...]
    credit_notes: tuple[Choice, ...]
    trouble: Trouble | None
    send_obstacle: str
    edit_obstacle: str
    delete_obstacle: str
    next_status: str
    moves: tuple[str, ...]
    returned: InvoiceEvent | None = None
    credit_obstacle: str = ""
    credit_left: Decimal = Decimal(0)
    credited: NoteRow | None = None
    notes: tuple[NoteRow, ...] = ()
    fetched: Fetched | None = None
    filed: filed_document.Filed | None = None

    @property
    def from_books(self) -> bool:
        """Whether it was fetched from the books: nothing of it is changed or sent from here."""
        return self.edit_obstacle == "filed"

    @property
    def send_reason(self) -> Explanation | None:
        """Why the invoice cannot be sent to the books now, in words."""
        if not self.send_obstacle or self.from_books:
            return None
        return explain("skipped", {"reason": self.send_obstacle, "button": BUTTON})

    @property
    def takes_entries(self) -> bool:
        """Whether payments, credits and write-offs may be set against it."""
        return self.invoice.kind == InvoiceKind.SALES and self.invoice.status in ("sent", "review")

    @property
    def moving(self) -> bool:
        """Whether the books may change its delivery any moment."""
        return self.invoice.delivery in MOVING

    @property
    def run_id(self) -> int | None:
        """The run of the newest delivery."""
        return self.deliveries[0].run_id if self.deliveries else None

    @property
    def sent_at(self) -> datetime | None:
        """When the books confirmed it."""
        return next((row.sent_at for row in self.deliveries if row.state == DeliveryState.SENT), None)


def find(organisation_id: int, invoice_id: int) -> Invoice | None:
    """Return an invoice of an organisation with its contact, None when there is none."""
    return current().scalar(
        select(Invoice)
        .where(Invoice.organisation_id == organisation_id, Invoice.id == invoice_id)
        .options(joinedload(Invoice.contact))
    )


def attached(organisation_id: int, invoice_id: int) -> InvoiceDocument | None:
    """Return the PDF of an invoice of an organisation; its bytes are read when they are asked for."""
    return current().scalar(
        select(InvoiceDocument).where(
            InvoiceDocument.organisation_id == organisation_id, InvoiceDocument.invoice_id == invoice_id
        )
    )


def find_number(organisation_id: int, number: str) -> Invoice | None:
    """Return the sales invoice with a number."""
    return current().scalar(
        select(Invoice)
        .where(Invoice.organisation_id == organisation_id, Invoice.kind == word("sales"), Invoice.number == number)
        .options(joinedload(Invoice.contact))
    )


def show(organisation_id: int, invoice_id: int) -> InvoiceView | None:
    """Return the page of an invoice; None for one that this organisation does not have."""
    invoice = find(organisation_id, invoice_id)
    if invoice is None:
        return None
    deliveries = _deliveries(invoice.id)
    status, delivery = invoice.status, invoice.delivery
    fetched = invoice.source in FETCHED_SOURCES
    moves = tuple(
        target.value
        for target in DocumentStatus
        if not fetched
        and target is not DocumentStatus.EMAILING
        and can_move(DocumentStatus(status), target)
        and not move_obstacle(status, delivery, target.value)
    )
    notes, is_note = _notes(Invoice.credited_invoice_id == invoice.id), invoice.credited_invoice_id is not None
    left = left_to_credit(invoice.gross_total, (row.total for row in notes if row.status != "cancelled"))
    step = NEXT.get(DocumentStatus(status))
    return InvoiceView(
        invoice=invoice,
        department=_department(invoice.department_id),
        calculation=_calculation(invoice),
        overdue=status == DocumentStatus.SENT
        and is_overdue(invoice.due_date, invoice.outstanding_amount, today=today()),
        deliveries=deliveries,
        entries=of_invoice(invoice.id),
        credit_notes=credit_notes(invoice) if invoice.outstanding_amount > 0 and invoice.contact_id else (),
        trouble=_trouble(invoice, deliveries),
        send_obstacle=send_obstacle(invoice),
        edit_obstacle=edit_obstacle(status, delivery, invoice.source),
        delete_obstacle=edit_obstacle(status, delivery, invoice.source) if fetched else _delete_obstacle(invoice),
        next_status=step.value if step is not None and step.value in moves else "",
        moves=tuple(move for move in moves if step is None or move != step),
        credit_obstacle=credit_obstacle(
            status=status,
            kind=invoice.kind,
            source=invoice.source,
            total=invoice.gross_total,
            left=left,
        ),
        credit_left=left,
        credited=next(iter(_notes(Invoice.id == invoice.credited_invoice_id)), None) if is_note else None,
        notes=notes,
        returned=_returned(invoice) if status == DocumentStatus.REVIEW else None,
        fetched=fetched_of(invoice.id) if fetched and invoice.source != "yuki" else None,
        filed=filed_document.of_invoice(invoice.id),
    )


def _notes(condition: ColumnElement[bool]) -> tuple[NoteRow, ...]:
    query = select(Invoice.id, Invoice.number, Invoice.status, Invoice.gross_total, Invoice.currency)
    return tuple(NoteRow(*row) for row in current().execute(query.where(condition).order_by(Invoice.id)))


def _delete_obstacle(invoice: Invoice) -> str:
    numbered = bool(invoice.number) and is_in_series(invoice.organisation_id, invoice.number)
    return delete_obstacle(invoice.status, invoice.delivery, numbered=numbered)


def _returned(invoice: Invoice) -> InvoiceEvent | None:
    """Return the line of history with which the invoice was last returned for correction."""
    return current().scalar(
        select(InvoiceEvent)
        .where(InvoiceEvent.invoice_id == invoice.id, InvoiceEvent.event == "invoice.review")
        .order_by(InvoiceEvent.id.desc())
        .limit(1)
    )


def send_obstacle(invoice: Invoice) -> str:
    """Return why an invoice cannot go to the books now, as a reason of a skipped item; "" when it can."""
    reason = sendable(DocumentStatus(invoice.status), InvoiceKind(invoice.kind), invoice.source)
    if reason is not None:
        return reason.value
    if invoice.delivery == DeliveryState.SENT:
        return "already_sent"
    if invoice.delivery in LIVE_DELIVERIES:
        return "in_progress"
    if needs_contact_code(invoice.organisation_id) and not (invoice.contact and invoice.contact.code):
        return "no_contact_code"
    connection = senders(invoice.organisation_id).of(invoice.department_id)
    if connection is None:
        return "no_connection"
    return "paused" if connection.state == "paused" else ""


def _department(department_id: int | None) -> str:
    if department_id is None:
        return ""
    return current().scalar(select(Department.name).where(Department.id == department_id)) or ""


def _calculation(invoice: Invoice) -> Calculation:
    """Compute the invoice anew, for the amounts per rate and for what rounding per rate would give."""
    lines = [
        LineInput(line.quantity, line.unit_price, line.vat_rate, vat_included=line.vat_included, vat_type=line.vat_type)
        for line in invoice.lines
    ]
    return calculate(lines, invoice.currency)


def _deliveries(invoice_id: int) -> tuple[DeliveryRow, ...]:
    rows: Any = current().execute(
        select(
            Delivery.id,
            Delivery.state,
            Delivery.connection_id,
            Connection.name,
            Connection.provider,
            Delivery.generation,
            Delivery.attempts,
            Delivery.draft,
            Delivery.found,
            Delivery.failure,
            Delivery.field,
            Delivery.remote_text,
            Delivery.run_id,
            Delivery.created_at,
            Delivery.updated_at,
            Delivery.sent_at,
        )
        .join(Connection, Connection.id == Delivery.connection_id)
        .where(Delivery.invoice_id == invoice_id)
        .order_by(Delivery.id.desc())
        .limit(50)
    )
    return tuple(DeliveryRow(*row) for row in rows)


def _trouble(invoice: Invoice, deliveries: Sequence[DeliveryRow]) -> Trouble | None:
    if not deliveries or invoice.delivery not in (*TROUBLED, DeliveryState.QUEUED):
        return None
    last = deliveries[0]
    unknown = invoice.delivery == DeliveryState.UNKNOWN
    failure = last.failure or _usual_failure(invoice.delivery)
    asks_person = unknown and failure == Failure.DRAFT_UNKNOWN.value
    if invoice.delivery in MOVING and not asks_person:
        waiting = explain_waiting(current().get_one(Connection, last.connection_id), unknown=unknown)
        if waiting is not None:
            return Trouble(waiting, "warn", "", "", last.run_id, can_retry=False, connection_id=last.connection_id)
    if invoice.delivery not in TROUBLED:
        return None
    can_retry = not unknown and not send_obstacle(invoice)
    facts: dict[str, Any] = {"provider": last.provider, "outcome": "unknown" if unknown else "failed"}
    return Trouble(
        words=explain(failure, facts if can_retry else facts | {"button": BUTTON}),
        tone="warn" if unknown else "bad",
        field=last.field,
        remote_text=last.remote_text,
        run_id=last.run_id,
        can_retry=can_retry,
        asks_person=asks_person,
    )


def _usual_failure(delivery: str) -> str:
    if delivery == DeliveryState.UNKNOWN:
        return Failure.UNKNOWN_OUTCOME.value
    return Failure.DUPLICATE.value if delivery == DeliveryState.CONFLICT else Failure.REFUSED.value
