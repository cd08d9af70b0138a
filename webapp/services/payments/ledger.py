"""What the verbs of the ledger share: the locks in one order, the checks, and the entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from webapp.domain.books_share import explained_elsewhere
from webapp.domain.invoices import DocumentStatus, InvoiceKind
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.invoices.paying import Sums
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current

DECIMALS = 4
LARGEST = Decimal(10) ** 13
MOST_REASON = 300
ZERO = Decimal(0)
ISSUED = (DocumentStatus.SENT, DocumentStatus.REVIEW)


class LedgerError(Exception):
    """Nothing was written; `code` says why, `params` what its words need (queries/ledger_words.py has them)."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Locked:
    """Invoices and payments that this transaction holds."""

    invoices: dict[int, Invoice]
    payments: dict[int, Payment]


def lock(actor: Actor, *, invoice_ids: Iterable[int] = (), payment_ids: Iterable[int] = ()) -> Locked:
    """Lock invoices, then payments (those the books told of these invoices too), each in the order of their ids.

    Everybody who takes several takes them so; nobody waits for each other. Raises LedgerError(`not_found`)
    for what the actor's organisation does not have.
    """
    invoices, payments = set(invoice_ids), set(payment_ids)
    query = (
        select(Invoice)
        .where(Invoice.id.in_(invoices), Invoice.organisation_id == actor.organisation_id)
        .order_by(Invoice.id)
        .with_for_update()
    )
    found = {row.id: row for row in current().scalars(query.execution_options(populate_existing=True))}
    about = (
        select(Payment)
        .where(
            Payment.organisation_id == actor.organisation_id,
            or_(Payment.id.in_(payments), Payment.invoice_id.in_(invoices)),
        )
        .order_by(Payment.id)
        .with_for_update()
    )
    held = {row.id: row for row in current().scalars(about.execution_options(populate_existing=True))}
    if set(found) != invoices or not payments <= set(held):
        raise LedgerError("not_found")
    return Locked(found, held)


def check_amount(amount: Decimal) -> None:
    """Refuse what is no amount that can be kept exactly: zero, endless, or finer than a hundredth of a cent."""
    if not amount.is_finite() or amount == 0:
        raise LedgerError("amount")
    if abs(amount) >= LARGEST or amount != round(amount, DECIMALS):
        raise LedgerError("amount")


def check_issued(invoice: Invoice) -> None:
    """Refuse an invoice that was never issued to the customer, or is not one of ours."""
    if invoice.kind != InvoiceKind.SALES:
        raise LedgerError("not_sales", number=invoice.number)
    if invoice.status not in ISSUED:
        raise LedgerError("not_issued", number=invoice.number)


def check_room(invoice: Invoice, amount: Decimal, *, ours: Sums) -> None:
    """Refuse an amount that goes beyond the total.

    `ours` is what our own entries settle of it already: the books' word gives way to them.
    """
    low, high = sorted((ZERO, invoice.gross_total))
    if not low <= ours.all + amount <= high:
        raise LedgerError(
            "over_invoice", number=invoice.number, room=invoice.gross_total - ours.all, currency=invoice.currency
        )


def check_paid(invoice: Invoice, amount: Decimal, *, ours: Sums) -> None:
    """Refuse a payment's amount that does not fit, or would take back more than payments brought."""
    check_room(invoice, amount, ours=ours)
    low, high = sorted((ZERO, invoice.gross_total))
    if not low <= ours.paid + amount <= high:
        raise LedgerError("more_back", number=invoice.number, paid=ours.paid, currency=invoice.currency)


def administrations(invoice_ids: Sequence[int]) -> dict[int, int]:
    """Return in which connection's books invoices are, by invoice; those in none are left out."""
    query = select(Delivery.invoice_id, Delivery.connection_id).where(
        Delivery.invoice_id.in_(invoice_ids), Delivery.state == "sent"
    )
    return {row.invoice_id: row.connection_id for row in current().execute(query)}


def entry(actor: Actor, *, kind: str, amount: Decimal, **facts: Any) -> Allocation:
    """Return a new entry of the ledger, not yet added; `facts` are its other columns."""
    reason = " ".join(str(facts.pop("reason", "")).split())[:MOST_REASON]
    return Allocation(
        organisation_id=actor.organisation_id,
        kind=kind,
        amount=amount,
        reason=reason,
        actor_kind=actor.kind,
        actor_name=actor.name,
        created_at=clock.now(),
        **facts,
    )


def reversal(actor: Actor, row: Allocation, *, reason: str = "") -> Allocation:
    """Return the entry that undoes another."""
    return entry(
        actor,
        kind=row.kind,
        amount=-row.amount,
        payment_id=row.payment_id,
        invoice_id=row.invoice_id,
        credit_note_id=row.credit_note_id,
        refund_id=row.refund_id,
        write_off_kind=row.write_off_kind,
        reverses_id=row.id,
        reason=reason,
    )


def standing(*conditions: Any) -> list[Allocation]:
    """Return the entries that meet all conditions and were not undone, oldest first."""
    undone = aliased(Allocation)
    query = (
        select(Allocation)
        .outerjoin(undone, undone.reverses_id == Allocation.id)
        .where(*conditions, Allocation.reverses_id.is_(None), undone.id.is_(None))
        .order_by(Allocation.id)
    )
    return list(current().scalars(query))


def use(payment: Payment, amount: Decimal) -> None:
    """Take a part of a payment, or (with the other sign) give it back."""
    payment.allocated_amount += amount
    balance(payment)


def balance(payment: Payment) -> None:
    """Bring what is left of a payment up to date; what the books told of an invoice has its share from elsewhere."""
    used = payment.allocated_amount + payment.reversed_amount
    if payment.invoice_id is None:
        payment.explained_amount = explained_elsewhere(
            payment.amount, used=used, matched_there=payment.matched_there, same=payment.same_as_id is not None
        )
    payment.unapplied_amount = payment.amount - used - payment.explained_amount
