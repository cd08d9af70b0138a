"""The three axes of an invoice, never mixed: the document, its delivery to the books, its payment."""

from datetime import date
from decimal import Decimal
from enum import StrEnum


class InvoiceKind(StrEnum):
    """Whose invoice it is: ours to a customer, or a supplier's to us."""

    SALES = "sales"
    PURCHASE = "purchase"


class DocumentStatus(StrEnum):
    """Where the document stands here; `sent` means sent to the customer."""

    PROPOSED = "proposed"
    DRAFT = "draft"
    APPROVED = "approved"
    AUTHORISED = "authorised"
    EMAILING = "emailing"
    SENT = "sent"
    CANCELLED = "cancelled"
    REVIEW = "review"


class DeliveryState(StrEnum):
    """Where its delivery to the books stands."""

    NOT_SENT = "not_sent"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    CANCELLED = "cancelled"


class PaymentStatus(StrEnum):
    """What the amounts say of its payment; overdue is a flag beside it."""

    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    WRITTEN_OFF = "written_off"


class NotSendable(StrEnum):
    """Why an invoice does not go to the books."""

    NOT_SALES = "not_sales"
    NOT_ISSUED = "not_issued"
    IN_REVIEW = "in_review"
    CANCELLED = "cancelled"
    FETCHED = "fetched"


UNNUMBERED = frozenset(
    {DocumentStatus.PROPOSED, DocumentStatus.DRAFT, DocumentStatus.APPROVED, DocumentStatus.AUTHORISED}
)
"""Where an invoice may stand without a number: it gets one when it is authorised."""

FETCHED_SOURCES = frozenset({"billingo", "yuki"})
"""Whose invoices are shown here and changed over there."""

LIVE_DELIVERIES = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.SENT})
"""While a delivery is in one of these, the invoice must not be sent a second time."""

_S = DocumentStatus
_MOVES: dict[DocumentStatus, frozenset[DocumentStatus]] = {
    _S.PROPOSED: frozenset({_S.DRAFT, _S.CANCELLED}),
    _S.DRAFT: frozenset({_S.APPROVED, _S.REVIEW, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.AUTHORISED, _S.DRAFT, _S.REVIEW, _S.CANCELLED}),
    _S.AUTHORISED: frozenset({_S.EMAILING, _S.SENT, _S.APPROVED, _S.DRAFT, _S.REVIEW, _S.CANCELLED}),
    _S.EMAILING: frozenset({_S.SENT, _S.AUTHORISED}),
    _S.SENT: frozenset({_S.REVIEW, _S.CANCELLED}),
    _S.REVIEW: frozenset({_S.DRAFT, _S.SENT, _S.CANCELLED}),
    _S.CANCELLED: frozenset(),
}

_D = DeliveryState
_DELIVERY_MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    _D.NOT_SENT: frozenset({_D.QUEUED}),
    _D.QUEUED: frozenset({_D.SENDING, _D.CANCELLED}),
    _D.SENDING: frozenset({_D.SENT, _D.REJECTED, _D.UNKNOWN, _D.CONFLICT, _D.QUEUED}),
    _D.UNKNOWN: frozenset({_D.QUEUED, _D.SENDING, _D.SENT, _D.CONFLICT, _D.CANCELLED}),
    _D.REJECTED: frozenset({_D.QUEUED}),
    _D.CONFLICT: frozenset({_D.QUEUED, _D.CANCELLED}),
    _D.CANCELLED: frozenset({_D.QUEUED}),
    _D.SENT: frozenset(),
}


def can_move(source: DocumentStatus, target: DocumentStatus) -> bool:
    """Whether a document may go from one status to the other; staying where it is is no move.

    A proposal becomes a draft, a draft is approved, then authorised, then sent, by e-mail or in another way; while it
    is being e-mailed it is nobody's to change. Whatever was sent comes back only through review (a corrected import is
    then sent again), and what is cancelled stays so.
    """
    return target in _MOVES[source]


def can_deliver(source: DeliveryState, target: DeliveryState) -> bool:
    """Whether the delivery axis may show `target` after `source`; what is in the books stays there."""
    return target in _DELIVERY_MOVES[source]


def sendable(status: DocumentStatus, kind: InvoiceKind, source: str = "") -> NotSendable | None:
    """Return None when the invoice may go to the books, else the reason why not.

    Only what was issued to the customer is booked, and of that what is ours: what was fetched from a remote carries
    its VAT and its numbers.
    """
    if source in FETCHED_SOURCES:
        return NotSendable.FETCHED
    if kind is not InvoiceKind.SALES:
        return NotSendable.NOT_SALES
    if status is DocumentStatus.SENT:
        return None
    if status is DocumentStatus.REVIEW:
        return NotSendable.IN_REVIEW
    if status is DocumentStatus.CANCELLED:
        return NotSendable.CANCELLED
    return NotSendable.NOT_ISSUED


def as_draft(process: bool | None, *, connection_draft: bool) -> bool:
    """Return whether an invoice becomes a draft in the books: as it says itself, else as its connection says."""
    return connection_draft if process is None else not process


def outstanding(
    total: Decimal, paid: Decimal, *, credited: Decimal = Decimal(0), written_off: Decimal = Decimal(0)
) -> Decimal:
    """Return what is still to be settled; all amounts have the sign of the total.

    A credit note has a negative total: its outstanding amount is negative until it is used or paid
    back. What was settled too much does not turn the sign round: see `overpaid_by`.
    """
    rest = total - paid - credited - written_off
    zero = rest - rest
    return max(rest, zero) if total >= 0 else min(rest, zero)


def overpaid_by(
    total: Decimal, paid: Decimal, *, credited: Decimal = Decimal(0), written_off: Decimal = Decimal(0)
) -> Decimal:
    """Return how much more was settled than the total, with the sign of the total; zero when nothing."""
    rest = total - paid - credited - written_off
    return outstanding(total, paid, credited=credited, written_off=written_off) - rest


def payment_status(
    total: Decimal, paid: Decimal, *, credited: Decimal = Decimal(0), written_off: Decimal = Decimal(0)
) -> PaymentStatus:
    """Derive the payment status from the amounts, which all have the sign of the total.

    Written off is an invoice of which more was given up than came in; a small difference written off
    after a payment leaves it paid. An invoice of nothing is paid.
    """
    sign = -1 if total < 0 else 1
    came_in, given_up = sign * (paid + credited), sign * written_off
    rest = sign * total - came_in - given_up
    if rest < 0:
        return PaymentStatus.OVERPAID
    if rest == 0:
        return PaymentStatus.WRITTEN_OFF if given_up > came_in else PaymentStatus.PAID
    return PaymentStatus.PARTIALLY_PAID if came_in + given_up > 0 else PaymentStatus.OPEN


def is_overdue(due_date: date | None, outstanding_amount: Decimal, *, today: date) -> bool:
    """Whether something is still owed to us after its due date; a credit note never is."""
    return due_date is not None and due_date < today and outstanding_amount > 0
