"""Money that goes back to somebody who paid too much: it takes back what is left of that payment."""

from datetime import date
from decimal import Decimal

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.payments import LedgerError
from webapp.services.payments.ledger import balance, lock
from webapp.services.payments.pairing import DIRECT
from webapp.store.payments import Payment
from webapp.store.session import current, transaction
from webapp.store.statements import Match

PAID_BACK = "paid_back"
"""The reason of a match by which a payment went back; it has no entries, and is undone by parting the two."""


def overpaid(organisation_id: int, amount: Decimal, *, currency: str, iban: str, on: date) -> int | None:
    """Return the oldest payment from this account of which exactly `amount` is left, until this day; None without.

    Only what the account's own holder sent counts: a name may be two people's.
    """
    if not iban or amount <= 0:
        return None
    back = aliased(Payment)
    query = (
        select(Payment.id)
        .where(
            Payment.organisation_id == organisation_id,
            Payment.unapplied_amount == amount,
            Payment.currency == currency,
            Payment.iban == iban,
            Payment.received_on <= on,
            Payment.source.in_(DIRECT),
            Payment.reverses_id.is_(None),
            ~exists().where(back.reverses_id == Payment.id),
        )
        .order_by(Payment.received_on, Payment.id)
    )
    return current().scalar(query.limit(1))


def pay_back(actor: Actor, refund_id: int) -> bool:
    """Set a payment that went out against the one that it returns the rest of; False where there is none.

    Both keep their amounts, and what went back waits on neither side any more. The desk can undo it.
    """
    with transaction() as session:
        refund = session.get_one(Payment, refund_id)
        amount = -refund.unapplied_amount
        if refund.source not in DIRECT or refund.reverses_id is not None or amount != -refund.amount:
            return False
        found = overpaid(
            actor.organisation_id, amount, currency=refund.currency, iban=refund.iban, on=refund.received_on
        )
        if found is None:
            return False
        held = lock(actor, payment_ids=[refund_id, found]).payments
        refund, payment = held[refund_id], held[found]
        if (refund.unapplied_amount, payment.unapplied_amount) != (-amount, amount):
            return False  # somebody used one of them meanwhile
        refund.reverses_id = payment.id
        _move(payment, amount)
        _move(refund, -amount)
        made = Match(organisation_id=actor.organisation_id, payment_id=refund_id, reasons=[PAID_BACK], entries=[])
        made.automatic, made.made_at = True, clock.now()
        made.actor_kind, made.actor_name = actor.kind, actor.name
        session.add(made)
        return True


def part_again(actor: Actor, refund_id: int) -> None:
    """Let both wait again, inside of the transaction that undoes the match. Raises LedgerError(`not_found`)."""
    payment_id = current().scalar(
        select(Payment.reverses_id).where(Payment.id == refund_id, Payment.organisation_id == actor.organisation_id)
    )
    if payment_id is None:
        raise LedgerError("not_found")
    held = lock(actor, payment_ids=[refund_id, payment_id]).payments
    refund, payment = held[refund_id], held[payment_id]
    amount = -refund.amount
    refund.reverses_id = None
    _move(payment, -amount)
    _move(refund, amount)


def _move(payment: Payment, amount: Decimal) -> None:
    payment.reversed_amount += amount
    balance(payment)
