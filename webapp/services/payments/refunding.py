"""Say that money that went out is a refund of money that came in: of all that is left of it, or of a part."""

from collections.abc import Sequence
from decimal import Decimal

from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.payments.ledger import LedgerError, check_amount, entry, lock, standing, use
from webapp.store.payments import Allocation, Payment
from webapp.store.session import within

Refund = tuple[int, int, Decimal]
"""The payment that came in, the one that went out, and how much of the one went back by the other, positive."""


def refund(actor: Actor, payment_id: int, refund_id: int, amount: Decimal, *, reason: str = "") -> int:
    """Set a payment that went out against one that came in; see refund_all. Returns the id of the entry."""
    return refund_all(actor, [(payment_id, refund_id, amount)], reason=reason)[0]


def refund_all(actor: Actor, refunds: Sequence[Refund], *, reason: str = "") -> list[int]:
    """Set payments that went out against payments that came in, all of them or none; returns the ids of the entries.

    Of neither side more than is left of it: what stands against an invoice has to be taken off there first. Raises
    LedgerError: `not_found`, `nothing`, `amount`, `not_refund`, `from_books`, `currency_of_refund`, `other_books`,
    `over_payment`, `over_refund`.
    """
    if not refunds:
        raise LedgerError("nothing")
    for *_, amount in refunds:
        check_amount(amount)
    with within() as session:
        held = lock(actor, payment_ids={one for payment, back, _ in refunds for one in (payment, back)}).payments
        rows: list[Allocation] = []
        for payment_id, refund_id, amount in refunds:
            payment, back = held[payment_id], held[refund_id]
            _check(payment, back, amount)
            rows.append(
                entry(
                    actor,
                    kind="refund",
                    amount=amount,
                    payment_id=payment_id,
                    refund_id=refund_id,
                    reason=reason,
                )
            )
            use(payment, amount)
            use(back, -amount)
            tell_refund(actor, payment, back, amount, event="payment.refunded")
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def tell_refund(actor: Actor, payment: Payment, back: Payment, amount: Decimal, *, event: str) -> None:
    """Write a line of history on each invoice that a payment stands against, of which a part went back."""
    params = {"amount": str(amount), "currency": payment.currency, "date": back.received_on.isoformat()}
    invoices = {one.invoice_id for one in standing(Allocation.payment_id == payment.id)} - {None}
    for invoice_id in sorted(one for one in invoices if one is not None):
        history.record(invoice_id, event, actor=actor, params=params | {"payment_id": back.id})


def _check(payment: Payment, back: Payment, amount: Decimal) -> None:
    """Refuse what is no refund: other signs, currencies or books, what the books told, and more than is left."""
    if not payment.amount > 0 > back.amount or amount < 0:
        raise LedgerError("not_refund")
    if payment.invoice_id is not None or back.invoice_id is not None:
        raise LedgerError("from_books")
    if payment.currency != back.currency:
        raise LedgerError("currency_of_refund")
    if None not in (payment.connection_id, back.connection_id) and payment.connection_id != back.connection_id:
        raise LedgerError("other_books")
    if amount > payment.unapplied_amount:
        raise LedgerError("over_payment", left=payment.unapplied_amount, currency=payment.currency)
    if amount > -back.unapplied_amount:
        raise LedgerError("over_refund", left=-back.unapplied_amount, currency=back.currency)
