"""Lines of a bank statement as payments: what came in, and what went out once somebody says that it was a refund."""

from sqlalchemy import select

from webapp.domain.statements import Line
from webapp.services.actors import Actor
from webapp.services.payments import LedgerError, PaymentData
from webapp.services.payments.receiving import store_payments
from webapp.store.payments import Payment
from webapp.store.session import current
from webapp.store.statements import BankLine, BankStatement


def as_payment(line: Line | BankLine, *, key: str, account: str, currency: str, number: str) -> PaymentData:
    """Return the payment that a line is; account, currency and number are those of its statement."""
    return PaymentData(
        source="statement",
        remote_key=key,
        amount=line.amount,
        received_on=line.booked_on,
        currency=line.currency or currency,
        contact_name=line.name,
        iban=line.iban,
        description=line.text or line.reference,
        account=account,
        fact={
            "text": line.text,
            "reference": line.reference,
            "end_to_end": line.end_to_end,
            "bank_reference": line.bank_reference,
            "statement": number,
        },
    )


def take_line(actor: Actor, line_id: int) -> Payment:
    """Return the payment of a line that went out, made now where nothing had explained it; inside of a transaction.

    Its key is the one that taking in the statement would have given. Raises LedgerError: `not_found`, `not_refund`.
    """
    session = current()
    found = session.execute(
        select(BankLine, BankStatement)
        .join(BankStatement, BankStatement.id == BankLine.statement_id)
        .where(BankLine.id == line_id, BankLine.organisation_id == actor.organisation_id)
        .with_for_update(of=BankLine)
    ).first()
    if found is None:
        raise LedgerError("not_found")
    line, statement = found
    if line.amount >= 0:
        raise LedgerError("not_refund")
    if line.payment_id is None:
        key = f"{line.content}-{line.ordinal}"
        told = {"account": statement.account, "currency": statement.currency, "number": statement.number}
        line.payment_id = store_payments(actor, [as_payment(line, key=key, **told)])[0].payment_id
    return session.get_one(Payment, line.payment_id)
