"""What is learned when a person accepts a match: this account is that contact's. It can be taken back."""

from collections.abc import Iterable

from sqlalchemy import select

from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment
from webapp.store.session import current, transaction
from webapp.store.statements import LearnedAccount


def learn(actor: Actor, payment: Payment, invoice_ids: Iterable[int]) -> int | None:
    """Keep the account of a payment for the one contact of its invoices, inside of a transaction.

    Returns the id of what was learned; None when there is no account, several contacts, or nothing new.
    """
    contacts = set(
        current().scalars(
            select(Invoice.contact_id).where(
                Invoice.id.in_(list(invoice_ids)), Invoice.organisation_id == actor.organisation_id
            )
        )
    )
    contact_id = contacts.pop() if len(contacts) == 1 else None
    if not payment.iban or contact_id is None or _is_known(payment, contact_id):
        return None
    row = LearnedAccount(
        organisation_id=actor.organisation_id,
        iban=payment.iban,
        contact_id=contact_id,
        payment_id=payment.id,
        actor_name=actor.name,
        learned_at=clock.now(),
    )
    current().add(row)
    current().flush()
    return row.id


def _is_known(payment: Payment, contact_id: int) -> bool:
    card = current().scalar(select(Contact.bank_account).where(Contact.id == contact_id)) or ""
    if card.replace(" ", "").upper() == payment.iban:
        return True
    standing = select(LearnedAccount.id).where(
        LearnedAccount.organisation_id == payment.organisation_id,
        LearnedAccount.iban == payment.iban,
        LearnedAccount.contact_id == contact_id,
        LearnedAccount.revoked_at.is_(None),
    )
    return current().scalar(standing) is not None


def revoke(actor: Actor, learned_id: int) -> bool:
    """Take back what was learned; returns whether it stood until now. Matches that were made stay."""
    with transaction() as session:
        row = session.scalar(
            select(LearnedAccount)
            .where(LearnedAccount.id == learned_id, LearnedAccount.organisation_id == actor.organisation_id)
            .with_for_update()
        )
        if row is None or row.revoked_at is not None:
            return False
        row.revoked_at, row.revoked_by = clock.now(), actor.name
    return True
