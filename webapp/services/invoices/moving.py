"""Move an invoice along its document axis, or delete a draft."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, or_, select

from webapp.domain.drafts import delete_obstacle, move_obstacle
from webapp.domain.invoices import DocumentStatus
from webapp.domain.lifecycle import move_ban
from webapp.extensions import clock
from webapp.services import announcing, history
from webapp.services.actors import Actor
from webapp.services.invoices.crediting import check_note
from webapp.services.invoices.data import InvoiceError
from webapp.services.invoices.drafting import locked, twice
from webapp.services.invoices.issuing import issue
from webapp.services.invoices.numbering import give_number
from webapp.services.invoices.paying import has_entries
from webapp.services.invoicing import invoicing_of
from webapp.services.payloads import payload
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.numbering import is_in_series
from webapp.store.organisations import Organisation
from webapp.store.payments import Allocation
from webapp.store.session import current, transaction
from webapp.store.users import User

EVENTS = {
    DocumentStatus.DRAFT: "invoice.reopened",
    DocumentStatus.APPROVED: "invoice.approved",
    DocumentStatus.AUTHORISED: "invoice.authorised",
    DocumentStatus.CANCELLED: "invoice.cancelled",
    DocumentStatus.REVIEW: "invoice.review",
}
MOST_REASON = 1000


def move(actor: Actor, invoice_id: int, target: str, *, reason: str = "") -> Invoice:
    """Move an invoice to another document status; a review needs a reason, and authorising gives it its number.

    Being e-mailed is no move: see issuing. Raises InvoiceError: `not_found`, `no_such_status`, `reason_needed`,
    `settled`, or what `move_obstacle` and `move_ban` say.
    """
    if target not in set(DocumentStatus) or target == DocumentStatus.EMAILING:
        raise InvoiceError("no_such_status")
    status = DocumentStatus(target)
    words = " ".join(reason.split())[:MOST_REASON]
    if status is DocumentStatus.REVIEW and not words:
        raise InvoiceError("reason_needed")

    def work() -> Invoice:
        with transaction():
            invoice = locked(actor, invoice_id)
            obstacle = move_obstacle(invoice.status, invoice.delivery, status.value) or ban(actor, invoice, status)
            if not obstacle and status in (DocumentStatus.CANCELLED, DocumentStatus.DRAFT) and has_entries(invoice.id):
                obstacle = "settled"
            if not obstacle and status in (DocumentStatus.AUTHORISED, DocumentStatus.SENT):
                obstacle = check_note(invoice)
            if obstacle:
                raise InvoiceError(obstacle, status=invoice.status, target=status.value)
            returned = invoice.status == DocumentStatus.REVIEW
            _go(actor, invoice, status, words)
            _tell(invoice, words, returned=returned)
        return invoice

    return twice(work)


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a selection: how many were moved, and how many not for which reason."""

    moved: int
    held: dict[str, int]


def move_all(actor: Actor, invoice_ids: Sequence[int], target: str) -> Moved:
    """Move several invoices, each in a transaction of its own: one that may not holds up no other."""
    moved, held = 0, Counter[str]()
    for invoice_id in invoice_ids:
        try:
            move(actor, invoice_id, target)
            moved += 1
        except InvoiceError as error:
            held[error.code] += 1
    return Moved(moved, dict(held))


def ban(actor: Actor, invoice: Invoice, target: DocumentStatus) -> str:
    """Return why the actor may not make a move, see `move_ban`, or nothing; the system's ways in have own doors."""
    user = current().get(User, actor.user_id) if actor.kind == "user" and actor.user_id else None
    rules = invoicing_of(current().get_one(Organisation, invoice.organisation_id)).approval
    return move_ban(
        target,
        rules,
        role=user.role if user else "",
        user_id=user.id if user else None,
        approved_by=invoice.approved_by_id,
    )


def _go(actor: Actor, invoice: Invoice, status: DocumentStatus, words: str) -> None:
    invoice.status, invoice.updated_at = status.value, clock.now()
    if status is DocumentStatus.SENT:
        issue(actor, invoice)
        return
    if status in (DocumentStatus.APPROVED, DocumentStatus.DRAFT):
        invoice.approved_by_id = actor.user_id if status is DocumentStatus.APPROVED else None
    history.record(invoice.id, EVENTS[status], actor=actor, params={"reason": words} if words else {})
    if status is DocumentStatus.AUTHORISED:
        give_number(actor, invoice)


def _tell(invoice: Invoice, reason: str, *, returned: bool) -> None:
    """Tell other systems that an invoice has come back, and why; or that staff have put it right themselves."""
    if invoice.status == DocumentStatus.REVIEW:
        said = partial(_with_reason, invoice, reason)
        announcing.tell(announcing.REVIEW, invoice.organisation_id, invoice.id, said)
    elif returned:
        announcing.announce(announcing.UPDATED, invoice)


def _with_reason(invoice: Invoice, reason: str) -> dict[str, Any]:
    return payload(invoice) | {"review_reason": reason}


def delete(actor: Actor, invoice_id: int) -> str:
    """Delete a proposal or draft that never left, with its lines and history; returns its number.

    One whose number a series gave or passed stays, or a number would be missing. Raises InvoiceError.
    """
    with transaction() as session:
        invoice = locked(actor, invoice_id)
        numbered = bool(invoice.number) and is_in_series(invoice.organisation_id, invoice.number)
        obstacle = delete_obstacle(invoice.status, invoice.delivery, numbered=numbered)
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
