"""Books one sales invoice, or says why not, by the rules of Yuki's article on the fields of the document."""

import hashlib
from dataclasses import dataclass

from webapp.sandbox.yuki.books import Books, new_id
from webapp.sandbox.yuki.charts import DEFAULT_PRICE_LIST, METHODS, PRICE_LISTS
from webapp.sandbox.yuki.contacts import place_contact
from webapp.sandbox.yuki.documents import Offer
from webapp.sandbox.yuki.products import Terms, place_line
from webapp.sandbox.yuki.records import ZERO, Administration, Booking, Contact, Document
from webapp.sandbox.yuki.stage import Cancelled, Stage


@dataclass(frozen=True)
class Verdict:
    """What the answer says of one invoice."""

    succeeded: bool
    processed: bool
    emailed: bool
    reference: str
    subject: str
    contact: str
    message: str = ""


def process(books: Books, administration: Administration, offer: Offer, language: str) -> Verdict:
    """Books the invoice with all it needs, or changes nothing."""
    stage = Stage(books)
    try:
        booking = _place(stage, administration, offer, language)
    except Cancelled as reason:
        return _refused(offer, str(reason))
    stage.keep()
    reference = booking.reference if offer.process else offer.reference
    return Verdict(
        succeeded=True,
        processed=not booking.draft,
        emailed=booking.emailed,
        reference=reference,
        subject=offer.subject,
        contact=booking.contact_name,
    )


def _refused(offer: Offer, message: str) -> Verdict:
    return Verdict(
        succeeded=False,
        processed=False,
        emailed=False,
        reference=offer.reference,
        subject=offer.subject,
        contact="",
        message=message,
    )


def _place(stage: Stage, administration: Administration, offer: Offer, language: str) -> Booking:
    books = stage.books
    if not offer.process and books.mode.drafts == "refuse":
        raise Cancelled("The bundle of this administration needs Process to be true")
    if (
        offer.process
        and offer.reference
        and books.mode.duplicates == "refuse"
        and books.booked_as(administration.id, offer.reference)
    ):
        raise Cancelled(_exists(offer.reference, language))
    if offer.process and offer.due_date is None and books.mode.due_date_required:
        raise Cancelled("An invoice that is processed needs a due date")
    method = offer.payment_method if offer.payment_method in METHODS else "ElectronicTransfer"
    if method == "DirectCollection" and not administration.direct_debit:
        raise Cancelled("The payment method 'Direct debit' is not active in the invoice settings")
    price_list, currency = _currency(offer)
    project = _project(administration, offer)
    contact = place_contact(stage, administration.domain_id, offer.contact)
    terms = Terms(administration, price_list, offer.date)
    lines = [place_line(stage, terms, one) for one in offer.lines]
    reference = ""
    if offer.process:
        reference = offer.reference or books.next_number(administration.id, offer.date.year)
    booking = Booking(
        id=new_id(),
        kind="sales",
        administration_id=administration.id,
        reference=reference,
        subject=offer.subject,
        payment_method=method,
        payment_id=offer.payment_id,
        contact_id=contact.id,
        contact_name=contact.name,
        date=offer.date,
        due_date=offer.due_date,
        currency=currency,
        lines=lines,
        net=sum((one.net for one in lines), ZERO),
        vat=sum((one.vat for one in lines), ZERO),
        draft=not offer.process,
        created=books.now(),
        order=books.count_order(),
        remarks=offer.remarks,
        project=project,
        xml=offer.xml,
        emailed=offer.process and offer.email and bool(contact.invoice_email),
    )
    document = None if booking.draft else file_document(books, administration, booking, contact, offer.file_name)
    stage.put_booking(booking, document)
    return booking


def finish_draft(books: Books, booking: Booking) -> None:
    """What a person does in "To be sent": Yuki gives the draft its number and books it."""
    administration = books.administrations[booking.administration_id]
    booking.reference = books.next_number(administration.id, booking.date.year)
    booking.draft = False
    document = file_document(books, administration, booking, books.contacts[booking.contact_id], "")
    books.put_document(document)
    books.put_booking(booking)


def file_document(
    books: Books, administration: Administration, booking: Booking, contact: Contact, file_name: str
) -> Document:
    """The archive document of a booked sales invoice: type 6, in the sales folder, on the tab of sales invoices."""
    now = books.local()
    body = booking.xml.encode()
    booking.document_id = new_id()
    return Document(
        id=booking.document_id,
        domain_id=administration.domain_id,
        administration_id=administration.id,
        folder=2,
        tab=201,
        type=6,
        subject=booking.subject or f"Factuur {booking.reference}",
        date=booking.date,
        amount=booking.total,
        vat_amount=booking.vat,
        contact_id=contact.id,
        contact_name=contact.name,
        reference=booking.reference,
        file_name=file_name or "invoice.pdf",
        content_type="application/pdf",
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        created=now,
        creator="yuki",
        modified=now,
        modifier="yuki",
        booking_id=booking.id,
        xml=booking.xml,
    )


def _exists(reference: str, language: str) -> str:
    if language.startswith("en"):
        return f"An invoice with invoice number {reference} already exists"
    return f"Er bestaat al een factuur met het factuurnummer {reference}"


def _currency(offer: Offer) -> tuple[str, str]:
    """The price list, by default the first, and the currency, by default EUR; they must agree."""
    price_list = offer.price_list or DEFAULT_PRICE_LIST
    if price_list not in PRICE_LISTS:
        raise Cancelled(f"The pricelist '{price_list}' does not exist")
    currency = offer.currency or "EUR"
    if PRICE_LISTS[price_list] != currency:
        raise Cancelled(f"The pricelist's currency \"{PRICE_LISTS[price_list]}\" does not match with the invoice's")
    return price_list, currency


def _project(administration: Administration, offer: Offer) -> str:
    """The project's code; the id wins over the code, and the administration's bundle must have projects."""
    if not offer.project_id and not offer.project_code:
        return ""
    if not administration.projects:
        raise Cancelled("Projects need the Medium, Large or Unlimited bundle")
    if offer.project_id:
        code = administration.projects.get(offer.project_id.lower(), "")
    else:
        code = offer.project_code if offer.project_code in administration.projects.values() else ""
    if not code:
        raise Cancelled(f"The project '{offer.project_id or offer.project_code}' does not exist")
    return code
