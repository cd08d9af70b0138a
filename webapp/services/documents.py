"""From an invoice in the database to the document for the books, and what is missing from it."""

import base64
from dataclasses import dataclass, fields, replace

from webapp.domain.documents import (
    CLEAR,
    CLEARABLE,
    KEEP,
    DocumentContact,
    DocumentLine,
    DocumentPerson,
    DocumentProduct,
    PaymentMethod,
    SalesDocument,
    Wish,
)
from webapp.domain.failures import Failure
from webapp.domain.gl_accounts import NO_RULES, Account, AccountRules
from webapp.domain.preflight import Facts, Severity, judge
from webapp.store.contacts import Contact
from webapp.store.dimensions import place_of
from webapp.store.invoices import Invoice, InvoiceLine

PERSON_FIELDS = tuple(one.name for one in fields(DocumentPerson))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an invoice cannot leave as it is: the field of ours and the class of failure."""

    field: str
    failure: Failure
    text: str = ""


def make_document(
    invoice: Invoice, *, draft: bool, whole: bool = True, rules: AccountRules = NO_RULES
) -> SalesDocument:
    """Return the document of an invoice with its lines, contact and attached PDF loaded.

    `rules` say on which account a line goes that names none. Where it is only to be judged (not `whole`) the bytes of
    the PDF are left where they are.

    A draft carries no reference: the books give it a number. Optional fields that are empty here are
    left out, never sent empty, so that nothing over there is cleared by accident; a field of the contact
    is sent empty only where a person wished it to be cleared.
    """
    pdf = None if draft else invoice.document
    return SalesDocument(
        process=not draft,
        reference=None if draft else invoice.number,
        subject=invoice.subject or None,
        payment_method=PaymentMethod(invoice.payment_method),
        payment_id=invoice.payment_reference or None,
        purchase_order_number=invoice.purchase_order_number or None,
        email_to_customer=invoice.email_to_customer or None,
        sent_to_peppol=invoice.sent_to_peppol or None,
        layout=invoice.layout or None,
        notes=invoice.notes or None,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        price_list=invoice.price_list or None,
        currency=invoice.currency,
        project_id=invoice.project_id or None,
        project_code=invoice.project_code or None,
        remarks=invoice.remarks or None,
        document_file_name=pdf.file_name if pdf else None,
        document_base64=base64.b64encode(pdf.content if whole else b"PDF").decode() if pdf else None,
        contact=make_contact(invoice.contact, invoice.contact_name),
        contact_person=_person(invoice.contact_person),
        lines=tuple(_line(line, rules.of(place_of(invoice, line))) for line in invoice.lines),
    )


def make_contact(contact: Contact | None, name: str) -> DocumentContact:
    """Return a contact as the document names it; `name` where only that is known."""
    if contact is None:
        return DocumentContact(full_name=name)
    return DocumentContact(
        code=contact.code or None,
        full_name=contact.name,
        gender=contact.gender or None,
        country_code=contact.country or None,
        contact_type=contact.contact_type or None,
        bank_account=contact.bank_account or None,
        bic=contact.bic or None,
        **{field: wish(contact, field) for field in CLEARABLE},
    )


def wish(contact: Contact, field: str) -> Wish:
    """Return what is wished of one field of a contact's card in the books."""
    return getattr(contact, field) or (CLEAR if field in contact.cleared else KEEP)


def _person(said: dict[str, str]) -> DocumentPerson | None:
    known = {name: said[name] for name in PERSON_FIELDS if said.get(name)}
    return DocumentPerson(**known) if known else None


def _line(line: InvoiceLine, account: Account | None) -> DocumentLine:
    from_list = line.price_from_list
    return DocumentLine(
        quantity=line.quantity,
        description=line.description or None,
        remarks=line.remarks or None,
        line_amount=line.line_amount,
        line_vat_amount=line.line_vat_amount,
        product=DocumentProduct(
            description=line.product_description or line.description[:60] or None,
            reference=line.item_code or None,
            category=line.category,
            sales_price=None if from_list else line.unit_price,
            vat_percentage=None if from_list else line.vat_rate,
            vat_included=None if from_list else line.vat_included,
            vat_type=None if from_list else line.vat_type,
            vat_description=None if from_list else line.vat_description or None,
            gl_account_code=account.code if account else None,
            remarks=line.product_remarks or None,
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


def find_rule_problem(invoice: Invoice, document: SalesDocument, facts: Facts) -> Problem | None:
    """Return the first thing that the books would refuse a document for, as its examination shows it; None if nothing.

    VAT codes are theirs to judge where they did not tell them today: our table may not know all of them.
    """
    for finding in judge(document, replace(facts, number=invoice.number, total=invoice.gross_total)):
        if finding.severity is Severity.ERROR and (finding.code != "vat_pair" or facts.active is not None):
            failure = Failure.VAT if finding.code == "vat_pair" else Failure.INCOMPLETE
            return Problem(finding.field, failure, finding.code)
    return None
