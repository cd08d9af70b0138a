"""Set a payment against invoices, and take an entry of the ledger back."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.invoices import refresh_payments
from webapp.services.invoices.paying import Sums, own_sums
from webapp.services.payments.ledger import (
    LedgerError,
    administrations,
    check_amount,
    check_issued,
    check_paid,
    entry,
    lock,
    reversal,
    standing,
    use,
)
from webapp.services.payments.receiving import PaymentData, Recorded, store_payments
from webapp.services.payments.refunding import tell_refund
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current, transaction, within

ZERO = Decimal(0)


def allocate(actor: Actor, payment_id: int, parts: Sequence[tuple[int, Decimal]], *, reason: str = "") -> list[int]:
    """Set parts of a payment against invoices, all of them or none; returns the ids of the entries.

    What the books told of the same invoices before gives way: the same money counts once. Raises
    LedgerError: `not_found`, `nothing`, `amount`, `currency`, `administration`, `not_sales`, `not_issued`,
    `over_payment`, `over_invoice`, `from_books`.
    """
    with within():
        return set_against(actor, payment_id, parts, reason=reason)


def receive(actor: Actor, data: PaymentData, parts: Sequence[tuple[int, Decimal]] = ()) -> Recorded:
    """Record a payment and set it against invoices in one transaction: all of it, or nothing.

    A payment that is known already stays as it is. Raises LedgerError as record_payments and allocate do.
    """
    with transaction():
        found = store_payments(actor, [data])[0]
        if found.fresh and parts:
            set_against(actor, found.payment_id, parts)
        return found


def set_against(actor: Actor, payment_id: int, parts: Sequence[tuple[int, Decimal]], *, reason: str = "") -> list[int]:
    """Do what `allocate` does inside of a transaction."""
    wanted: dict[int, Decimal] = {}
    for invoice_id, amount in parts:
        check_amount(amount)
        wanted[invoice_id] = wanted.get(invoice_id, ZERO) + amount
    if not wanted:
        raise LedgerError("nothing")
    held = lock(actor, invoice_ids=wanted, payment_ids=[payment_id])
    payment = held.payments[payment_id]
    invoices = [held.invoices[invoice_id] for invoice_id in wanted]
    _check_sides(payment, invoices)
    sums = own_sums(wanted)
    for invoice in invoices:
        check_paid(invoice, wanted[invoice.id], ours=sums.get(invoice.id, Sums()))
    _check_left(payment, wanted)
    rows = [
        entry(actor, kind="payment", amount=amount, payment_id=payment.id, invoice_id=invoice_id, reason=reason)
        for invoice_id, amount in wanted.items()
    ]
    current().add_all(rows)
    use(payment, sum(wanted.values(), ZERO))
    for invoice_id, amount in wanted.items():
        _tell(actor, "payment.allocated", payment, invoice_id, amount)
    refresh_payments(list(held.invoices.values()), actor=actor)
    return [row.id for row in rows]


def reverse_allocation(actor: Actor, entry_id: int, *, reason: str = "") -> int:
    """Undo an entry of any kind (allocation, credit, write-off or refund) by another; returns the id of that one.

    Raises LedgerError: `not_found`, `is_reversal`, `already_reversed`, `from_books` (the books' own word
    is undone in the books).
    """
    with within() as session:
        row = session.scalar(
            select(Allocation).where(Allocation.id == entry_id, Allocation.organisation_id == actor.organisation_id)
        )
        if row is None:
            raise LedgerError("not_found")
        if row.reverses_id is not None:
            raise LedgerError("is_reversal")
        sides = [one for one in (row.invoice_id, row.credit_note_id) if one is not None]
        moneys = [one for one in (row.payment_id, row.refund_id) if one is not None]
        held = lock(actor, invoice_ids=sides, payment_ids=moneys)
        payment = held.payments[row.payment_id] if row.payment_id else None
        if payment is not None and row.invoice_id is not None and payment.invoice_id == row.invoice_id:
            raise LedgerError("from_books")
        if not standing(Allocation.id == entry_id):
            raise LedgerError("already_reversed")
        if row.invoice_id is not None and row.kind == "payment":
            ours = own_sums([row.invoice_id]).get(row.invoice_id, Sums())
            check_paid(held.invoices[row.invoice_id], -row.amount, ours=ours)
        back = reversal(actor, row, reason=reason)
        session.add(back)
        if payment is not None:
            use(payment, -row.amount)
        if row.refund_id is not None and payment is not None:
            use(held.payments[row.refund_id], row.amount)
            tell_refund(actor, payment, held.payments[row.refund_id], row.amount, event="payment.refund_undone")
        _tell_reversal(actor, row, held.invoices, payment)
        refresh_payments(list(held.invoices.values()), actor=actor)
        return back.id


def _check_sides(payment: Payment, invoices: Sequence[Invoice]) -> None:
    """One currency and one administration on both sides; the books' own word has its invoice already."""
    booked = administrations([invoice.id for invoice in invoices])
    for invoice in invoices:
        check_issued(invoice)
        if invoice.id == payment.invoice_id:
            raise LedgerError("from_books")
        if invoice.currency != payment.currency:
            raise LedgerError(
                "currency", number=invoice.number, currency=invoice.currency, payment_currency=payment.currency
            )
        if payment.connection_id is not None and booked.get(invoice.id, payment.connection_id) != payment.connection_id:
            raise LedgerError("administration", number=invoice.number)


def _check_left(payment: Payment, wanted: dict[int, Decimal]) -> None:
    """Refuse parts that are more than what is left of a payment, or have another sign."""
    left, taken = payment.unapplied_amount, sum(wanted.values(), ZERO)
    signs = {amount > 0 for amount in wanted.values()} | {payment.amount > 0}
    if len(signs) > 1 or abs(taken) > abs(left):
        raise LedgerError("over_payment", left=left, currency=payment.currency)


def _tell(actor: Actor, event: str, payment: Payment, invoice_id: int, amount: Decimal) -> None:
    params = {"amount": str(amount), "currency": payment.currency, "date": payment.received_on.isoformat()}
    history.record(invoice_id, event, actor=actor, params=params | {"payment_id": payment.id})


def _tell_reversal(actor: Actor, row: Allocation, invoices: dict[int, Invoice], payment: Payment | None) -> None:
    if row.invoice_id is None:
        return
    invoice = invoices[row.invoice_id]
    params = {"amount": str(row.amount), "currency": invoice.currency}
    if payment is not None:
        _tell(actor, "payment.unallocated", payment, invoice.id, row.amount)
    elif row.credit_note_id is not None:
        note = invoices[row.credit_note_id]
        history.record(invoice.id, "credit.undone", actor=actor, params=params | {"number": note.number})
        history.record(note.id, "credit.unused", actor=actor, params=params | {"number": invoice.number})
    else:
        history.record(invoice.id, "write_off.undone", actor=actor, params=params | {"kind": row.write_off_kind})
