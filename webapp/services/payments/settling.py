"""Settle an invoice without money: by a credit note, or by writing off to a named kind."""

from decimal import Decimal

from webapp.domain.allocation import WriteOffKind
from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.invoices import refresh_payments
from webapp.services.invoices.paying import Sums, own_sums
from webapp.services.payments.ledger import (
    LedgerError,
    administrations,
    check_amount,
    check_issued,
    check_room,
    entry,
    lock,
    use,
)
from webapp.store.session import within

ZERO = Decimal(0)


def write_off(actor: Actor, invoice_id: int, kind: str, amount: Decimal, *, reason: str = "") -> int:
    """Give up a part of what is outstanding on an invoice; returns the id of the entry.

    `kind` is a WriteOffKind; `amount` has the sign of the invoice's total. Raises LedgerError: `kind`,
    `amount`, `not_found`, `not_sales`, `not_issued`, `over_invoice`.
    """
    _check_kind(kind)
    check_amount(amount)
    with within() as session:
        invoice = lock(actor, invoice_ids=[invoice_id]).invoices[invoice_id]
        check_issued(invoice)
        ours = own_sums([invoice_id]).get(invoice_id, Sums())
        if (amount > 0) != (invoice.gross_total > 0):
            raise LedgerError(
                "over_invoice", number=invoice.number, room=invoice.gross_total - ours.all, currency=invoice.currency
            )
        check_room(invoice, amount, ours=ours)
        row = entry(actor, kind="write_off", amount=amount, invoice_id=invoice_id, write_off_kind=kind, reason=reason)
        session.add(row)
        params = {"amount": str(amount), "currency": invoice.currency, "kind": kind, "reason": reason}
        history.record(invoice_id, "write_off.made", actor=actor, params=params)
        refresh_payments([invoice], actor=actor)
        return row.id


def write_off_rest(actor: Actor, payment_id: int, kind: str, amount: Decimal, *, reason: str = "") -> int:
    """Write off a part of what is left of a payment, as a cent that was paid too much; returns the entry's id.

    `amount` has the sign of the payment. Raises LedgerError: `kind`, `amount`, `not_found`, `over_payment`.
    """
    _check_kind(kind)
    check_amount(amount)
    with within() as session:
        payment = lock(actor, payment_ids=[payment_id]).payments[payment_id]
        left = payment.unapplied_amount
        if (amount > 0) != (left > 0) or abs(amount) > abs(left):
            raise LedgerError("over_payment", left=left, currency=payment.currency)
        row = entry(actor, kind="write_off", amount=amount, payment_id=payment_id, write_off_kind=kind, reason=reason)
        session.add(row)
        use(payment, amount)
        session.flush()
        return row.id


def credit_against(
    actor: Actor, credit_note_id: int, invoice_id: int, amount: Decimal | None = None, *, reason: str = ""
) -> int:
    """Set a credit note against an invoice, `amount` (positive) of it or as much as fits; returns the entry's id.

    Raises LedgerError: `not_found`, `not_credit`, `nothing`, `amount`, `currency`, `administration`,
    `not_sales`, `not_issued`, `over_invoice`, `over_credit`.
    """
    if amount is not None:
        check_amount(amount)
    with within() as session:
        if credit_note_id == invoice_id:
            raise LedgerError("not_credit")
        invoices = lock(actor, invoice_ids=[credit_note_id, invoice_id]).invoices
        note, invoice = invoices[credit_note_id], invoices[invoice_id]
        check_issued(note)
        check_issued(invoice)
        if note.gross_total >= 0 or invoice.gross_total <= 0:
            raise LedgerError("not_credit")
        if note.currency != invoice.currency:
            raise LedgerError(
                "currency", number=invoice.number, currency=invoice.currency, payment_currency=note.currency
            )
        booked = administrations([note.id, invoice.id])
        if len(set(booked.values())) > 1:
            raise LedgerError("administration", number=invoice.number)
        sums = own_sums([note.id, invoice.id])
        note_left = sums.get(note.id, Sums()).all - note.gross_total
        ours = sums.get(invoice.id, Sums())
        if amount is None:
            amount = min(note_left, invoice.gross_total - ours.all)
            if amount <= 0:
                raise LedgerError("nothing")
        if not 0 < amount <= note_left:
            raise LedgerError("over_credit", number=note.number, left=note_left, currency=note.currency)
        check_room(invoice, amount, ours=ours)
        row = entry(actor, kind="credit", amount=amount, credit_note_id=note.id, invoice_id=invoice.id, reason=reason)
        session.add(row)
        params = {"amount": str(amount), "currency": invoice.currency}
        history.record(invoice.id, "credit.applied", actor=actor, params=params | {"number": note.number})
        history.record(note.id, "credit.used", actor=actor, params=params | {"number": invoice.number})
        refresh_payments([invoices[one] for one in sorted(invoices)], actor=actor)
        return row.id


def _check_kind(kind: str) -> None:
    if kind not in set(WriteOffKind):
        raise LedgerError("kind")
