"""Write the message of an e-mail: its words and its PDF in the customer's language."""

from dataclasses import dataclass, field

from flask import current_app
from flask_babel import force_locale

from webapp.domain.mails import MailKind
from webapp.extensions import clock
from webapp.papers.letters import Attachment, Envelope, Letter, invoice_letter, make_message
from webapp.papers.reminding import reminder_letter
from webapp.services.papers.invoices import File, find_invoice, invoice_pdf, paper_of
from webapp.services.papers.reminders import reminder_pdf
from webapp.services.sellers import SellerData, seller_of
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail


@dataclass(frozen=True, slots=True)
class Written:
    """A message, ready to leave."""

    subject: str
    sender: str
    content: bytes = field(repr=False)


def write(mail: Mail) -> Written:
    """Return the message of an e-mail; raises LookupError when its invoice is gone."""
    invoice = find_invoice(mail.organisation_id, mail.invoice_id)
    if invoice is None:
        raise LookupError(mail.invoice_id)
    letter, files = _letter(mail, invoice)
    seller = seller_of(mail.organisation_id)
    sender = sender_of(seller)
    envelope = Envelope(
        identity=mail.uid,
        recipient=mail.recipient,
        sender=sender,
        sender_name=seller.name,
        reply_to=seller.email,
        sent_at=clock.now(),
    )
    return Written(
        letter.subject, sender, make_message(envelope, letter, [Attachment(file.name, file.content) for file in files])
    )


def sender_of(seller: SellerData) -> str:
    """Return the address that e-mails come from: the one of MAIL_URL, else the organisation's own."""
    route = current_app.extensions["koppel"].mail_route
    return (route.sender if route else "") or seller.email


def _letter(mail: Mail, invoice: Invoice) -> tuple[Letter, list[File]]:
    """Return words and files: the invoice goes along with its reminders too."""
    file = invoice_pdf(invoice)
    reminded = mail.kind == MailKind.REMINDER
    with force_locale(file.language):
        paper = paper_of(invoice)
        letter = reminder_letter(paper, mail.level) if reminded else invoice_letter(paper)
    first = [reminder_pdf(invoice, mail.level)] if reminded else []
    return letter, [*first, _attached(invoice) or file]


def _attached(invoice: Invoice) -> File | None:
    """Return the PDF that came with an invoice: what was issued with it is what its customer gets."""
    document = invoice.document
    return File(document.file_name, document.content) if document else None
