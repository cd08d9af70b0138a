"""Move an invoice along its document axis, or delete a draft."""

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, or_, select

from webapp.domain.drafts import delete_obstacle, move_obstacle
from webapp.domain.invoices import DocumentStatus
from webapp.extensions import clock
from webapp.services import announcing, history
from webapp.services.actors import Actor
from webapp.services.invoices.data import InvoiceError
from webapp.services.invoices.drafting import locked
from webapp.services.invoices.paying import has_entries
from webapp.services.sending import queue_automatically
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation
from webapp.store.session import current, transaction

EVENTS = {
    DocumentStatus.DRAFT: "invoice.reopened",
    DocumentStatus.APPROVED: "invoice.approved",
    DocumentStatus.AUTHORISED: "invoice.authorised",
    DocumentStatus.SENT: "invoice.sent",
    DocumentStatus.CANCELLED: "invoice.cancelled",
    DocumentStatus.REVIEW: "invoice.review",
}
MOST_REASON = 1000


def move(actor: Actor, invoice_id: int, target: str, *, reason: str = "") -> Invoice:
    """Move an invoice to another document status; a review needs a reason.

    Raises InvoiceError: `not_found`, `no_such_status`, `reason_needed`, `settled`, or what `move_obstacle` says.
    """
    if target not in set(DocumentStatus):
        raise InvoiceError("no_such_status")
    status = DocumentStatus(target)
    words = " ".join(reason.split())[:MOST_REASON]
    if status is DocumentStatus.REVIEW and not words:
        raise InvoiceError("reason_needed")
    with transaction():
        invoice = locked(actor, invoice_id)
        obstacle = move_obstacle(invoice.status, invoice.delivery, status.value)
        if obstacle:
            raise InvoiceError(obstacle, status=invoice.status, target=status.value)
        if status in (DocumentStatus.CANCELLED, DocumentStatus.DRAFT) and has_entries(invoice.id):
            raise InvoiceError("settled", status=invoice.status, target=status.value)
        invoice.status = status.value
        invoice.updated_at = clock.now()
        if status is DocumentStatus.SENT and invoice.sent_at is None:
            invoice.sent_at = clock.now()
        history.record(invoice.id, EVENTS[status], actor=actor, params={"reason": words} if words else {})
        if status is DocumentStatus.SENT:
            queue_automatically(actor.organisation_id, [invoice.id])
        if status is DocumentStatus.REVIEW:
            announcing.announce(announcing.REVIEW, invoice)
    return invoice


def delete(actor: Actor, invoice_id: int) -> str:
    """Delete a draft that never left, with its lines and history; returns its number. Raises InvoiceError."""
    with transaction() as session:
        invoice = locked(actor, invoice_id)
        obstacle = delete_obstacle(invoice.status, invoice.delivery)
        if not obstacle and session.scalar(
            select(func.count()).select_from(Delivery).where(Delivery.invoice_id == invoice.id)
        ):
            obstacle = "was_sent"
        entries = Allocation.invoice_id == invoice.id, Allocation.credit_note_id == invoice.id
        if not obstacle and session.scalar(select(Allocation.id).where(or_(*entries)).limit(1)):
            obstacle = "settled"
        if obstacle:
            raise InvoiceError(obstacle)
        number = invoice.number
        current().execute(delete_rows(Invoice).where(Invoice.id == invoice.id))
        session.expunge(invoice)
    return number
