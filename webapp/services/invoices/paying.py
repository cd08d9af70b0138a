"""What was received on an invoice and what is outstanding, always summed anew from its allocations."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import case, func, select, type_coerce

from webapp.domain.invoices import PaymentStatus, outstanding, payment_status
from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import system
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current
from webapp.store.types import AMOUNT

EVENTS = {
    PaymentStatus.OPEN: "invoice.open",
    PaymentStatus.PARTIALLY_PAID: "invoice.partially_paid",
    PaymentStatus.PAID: "invoice.paid",
    PaymentStatus.OVERPAID: "invoice.overpaid",
}


def refresh_payment(invoice: Invoice, *, run_id: int | None = None) -> None:
    """Set paid and outstanding amount and payment status from the allocations; see refresh_payments."""
    refresh_payments([invoice], run_id=run_id)


def refresh_payments(invoices: Sequence[Invoice], *, run_id: int | None = None) -> None:
    """Set paid and outstanding amount and payment status from the allocations, inside of a transaction.

    At most 500 invoices at a time. The sums are taken by the database; a line of history (with `run_id`,
    where a run caused it) is written only when the status changes. Never more than the total is set
    against an invoice: it is overpaid when the books hold more for it than that.
    """
    current().flush()
    sums = _sums([invoice.id for invoice in invoices])
    now = clock.now()
    for invoice in invoices:
        paid, said = sums.get(invoice.id, (Decimal(0), Decimal(0)))
        status = payment_status(invoice.gross_total, paid)
        if status is PaymentStatus.PAID and _is_beyond(said, invoice.gross_total):
            status = PaymentStatus.OVERPAID
        invoice.paid_amount = paid
        invoice.outstanding_amount = outstanding(invoice.gross_total, paid)
        invoice.updated_at = now
        if status.value != invoice.payment:
            invoice.payment = status.value
            if status in EVENTS:
                history.record(invoice.id, EVENTS[status], actor=system(invoice.organisation_id), run_id=run_id)


def _sums(invoice_ids: Sequence[int]) -> dict[int, tuple[Decimal, Decimal]]:
    """Return for each invoice what was set against it, and what the books say came in on it."""
    from_books = case((Payment.source == "yuki", Payment.amount), else_=0)
    query = (
        select(
            Allocation.invoice_id,
            func.sum(Allocation.amount),
            type_coerce(func.sum(from_books), AMOUNT),
        )
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.invoice_id.in_(invoice_ids))
        .group_by(Allocation.invoice_id)
    )
    return {row[0]: (row[1], row[2]) for row in current().execute(query)}


def _is_beyond(said: Decimal, total: Decimal) -> bool:
    """Whether an amount is beyond a total, in the direction of the total's sign."""
    return said > total if total >= 0 else said < total
