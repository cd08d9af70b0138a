"""Bank lines that went out and that nothing explains: what may be the refund of a payment."""

from sqlalchemy import and_, or_, select

from webapp.queries.payment import Counterpart
from webapp.store.payments import Payment
from webapp.store.session import current
from webapp.store.statements import BankLine, BankStatement

MOST = 8


def refunds_of(payment: Payment) -> tuple[Counterpart, ...]:
    """Return lines that may have paid a payment back: no larger than what is left of it, and no earlier.

    Those to its own account come first, then those to its name, those of exactly what is left, and the nearest in
    time. The ids are those of the lines.
    """
    left = payment.unapplied_amount
    if left <= 0 or payment.invoice_id is not None:
        return ()
    same_account = (BankLine.iban == payment.iban) & (BankLine.iban != "")
    same_name = (BankLine.name == payment.contact_name) & (BankLine.name != "")
    own_currency = or_(
        BankLine.currency == payment.currency,
        and_(BankLine.currency == "", BankStatement.currency == payment.currency),
    )
    rows = current().execute(
        select(BankLine, BankStatement.currency)
        .join(BankStatement, BankStatement.id == BankLine.statement_id)
        .where(
            BankLine.organisation_id == payment.organisation_id,
            BankLine.payment_id.is_(None),
            BankLine.amount < 0,
            BankLine.amount >= -left,
            BankLine.booked_on >= payment.received_on,
            BankLine.reversal.is_(False),
            own_currency,
        )
        .order_by(
            same_account.desc(), same_name.desc(), (BankLine.amount == -left).desc(), BankLine.booked_on, BankLine.id
        )
        .limit(MOST)
    )
    return tuple(
        Counterpart(
            line.id,
            line.booked_on,
            line.name,
            line.text or line.reference,
            line.amount,
            -line.amount,
            line.currency or currency,
            -line.amount,
        )
        for line, currency in rows
    )
