"""From an invoice in the database to the document for the books, and what is missing from it."""

from dataclasses import dataclass

from webapp.domain.documents import (
    DocumentContact,
    DocumentLine,
    DocumentProduct,
    PaymentMethod,
    SalesDocument,
)
from webapp.domain.failures import Failure
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceLine


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an invoice cannot leave as it is: the field of ours and the class of failure."""

    field: str
    failure: Failure
    text: str = ""


def make_document(invoice: Invoice, *, draft: bool) -> SalesDocument:
    """Return the document of an invoice with its lines and contact loaded.

    A draft carries no reference: the books give it a number. Optional fields that are empty here are
    left out, never sent empty, so that nothing over there is cleared by accident.
    """
    contact = invoice.contact
    return SalesDocument(
        process=not draft,
        reference=None if draft else invoice.number,
        subject=invoice.subject or None,
        payment_method=PaymentMethod(invoice.payment_method),
        payment_id=invoice.payment_reference or None,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        remarks=invoice.remarks or None,
        contact=_contact(contact, invoice.contact_name),
        lines=tuple(_line(line) for line in invoice.lines),
    )


def _contact(contact: Contact | None, name: str) -> DocumentContact:
    if contact is None:
        return DocumentContact(full_name=name)
    return DocumentContact(
        code=contact.code or None,
        full_name=contact.name,
        country_code=contact.country or None,
        city=contact.city or None,
        zipcode=contact.zipcode or None,
        address_line_1=contact.address_line_1 or None,
        address_line_2=contact.address_line_2 or None,
        email=contact.email or None,
        website=contact.website or None,
        coc_number=contact.coc_number or None,
        vat_number=contact.vat_number or None,
        contact_type=contact.contact_type or None,
        bank_account=contact.bank_account or None,
        bic=contact.bic or None,
        phone=contact.phone or None,
        mobile=contact.mobile or None,
    )


def _line(line: InvoiceLine) -> DocumentLine:
    return DocumentLine(
        quantity=line.quantity,
        description=line.description or None,
        remarks=line.remarks or None,
        product=DocumentProduct(
            description=line.product_description or line.description[:60] or None,
            reference=line.item_code or None,
            sales_price=line.unit_price,
            vat_percentage=line.vat_rate,
            vat_included=line.vat_included,
            vat_type=line.vat_type,
            gl_account_code=line.gl_account_code or None,
        ),
        accrual_date=line.accrual_date,
        accrual_periods=line.accrual_periods,
        accrual_interval=line.accrual_interval,
    )


def find_problem(invoice: Invoice, *, draft: bool) -> Problem | None:
    """Return the first thing that keeps an invoice from being a document at all, None when there is none."""
    if not draft and not invoice.number.strip():
        return Problem("number", Failure.INCOMPLETE)
    if not invoice.lines:
        return Problem("lines", Failure.INCOMPLETE)
    if not (invoice.contact.name if invoice.contact else invoice.contact_name).strip():
        return Problem("contact", Failure.CONTACT)
    if invoice.payment_method not in {method.value for method in PaymentMethod}:
        return Problem("payment_method", Failure.INCOMPLETE, invoice.payment_method)
    return None
