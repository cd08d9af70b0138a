"""What matching needs of one organisation: what is open, who is known, and a payment as it sees it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from webapp.domain.matching import Index, KnownContact, OpenInvoice, Receipt
from webapp.services.matching.retelling import CHUNK, books_shares, told_of
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment
from webapp.store.session import current
from webapp.store.statements import LearnedAccount
from webapp.store.words import word

ISSUED = ("sent", "review")


def gather(organisation_id: int, *, payments: Sequence[int] = ()) -> Index:
    """Return the index of what is open in an organisation; few queries, whatever there is.

    Of `payments` it has also the invoices that are paid by the books' word, where that may be about them.
    """
    columns = (
        Invoice.id,
        Invoice.number,
        Invoice.outstanding_amount,
        Invoice.currency,
        Invoice.issue_date,
        Invoice.due_date,
        Invoice.contact_id,
        Invoice.contact_name,
        Invoice.payment_reference,
    )
    issued = select(*columns).where(
        Invoice.organisation_id == organisation_id, Invoice.kind == word("sales"), Invoice.status.in_(ISSUED)
    )
    rows = current().execute(issued.where(Invoice.outstanding_amount != 0))
    invoices = {row.id: OpenInvoice(*row) for row in rows}
    told = sorted({one for several in told_of(organisation_id, payments).values() for one in several})
    for start in range(0, len(told), CHUNK):
        chunk = told[start : start + CHUNK]
        shares = books_shares(chunk)
        for row in current().execute(issued.where(Invoice.id.in_(chunk))):
            open_amount = row.outstanding_amount + shares.get(row.id, 0)
            invoices[row.id] = replace(OpenInvoice(*row), open_amount=open_amount)
    return Index(invoices.values(), _contacts(organisation_id))


def _contacts(organisation_id: int) -> list[KnownContact]:
    learned: dict[int, list[str]] = defaultdict(list)
    standing = select(LearnedAccount.contact_id, LearnedAccount.iban).where(
        LearnedAccount.organisation_id == organisation_id, LearnedAccount.revoked_at.is_(None)
    )
    for contact_id, iban in current().execute(standing):
        learned[contact_id].append(iban)
    rows = current().execute(
        select(Contact.id, Contact.name, Contact.bank_account).where(Contact.organisation_id == organisation_id)
    )
    return [
        KnownContact(contact_id, name, (*([account] if account else ()), *learned[contact_id]))
        for contact_id, name, account in rows
    ]


def receipt_of(payment: Payment) -> Receipt:
    """Return what is left of a payment, as matching sees it."""
    told = payment.fact
    text = str(told.get("text") or payment.description)
    end_to_end = str(told.get("end_to_end") or "")
    return Receipt(
        payment.id,
        payment.unapplied_amount,
        payment.currency,
        payment.received_on,
        f"{text}\n{end_to_end}" if end_to_end else text,
        payment.contact_name,
        payment.iban,
        str(told.get("reference") or ""),
    )
