"""A sales document as the bytes of one `<SalesInvoice>`: pure, in the vendor's order, the same bytes every time.

The order is that of the vendor's schema (a violation cancels a whole call); the rules of leaving out and of
clearing are those of the vendor's article on the sales invoice fields.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from webapp.connectors.ports import Refused
from webapp.connectors.yuki.wire import NOT_XML_CHARACTERS, SALES, XSI
from webapp.domain.documents import DocumentContact, DocumentLine, DocumentPerson, DocumentProduct, SalesDocument
from webapp.domain.failures import Failure

Value = str | bool | int | Decimal | date | None

_NAMESPACES: Any = {None: SALES, "xsi": XSI}  # the stubs do not know the default namespace
_NIL = f"{{{XSI}}}nil"
_NEW_LINE = re.compile(r"\r\n?|\n")
_MAX_DIGITS = 40


def build_invoice(document: SalesDocument) -> bytes:
    """Return the UTF-8 bytes of one `<SalesInvoice>`, its namespace declared on it.

    `None` leaves an element out, `""` sends it empty. Decimals are written in one form (no exponent, no
    needless zeros), so equal values give equal bytes. Raises Refused with the field for what XML cannot
    carry: control characters, lone surrogates, numbers that are none.
    """
    invoice = etree.Element(f"{{{SALES}}}SalesInvoice", nsmap=_NAMESPACES)
    book = _Writer(invoice, "")
    book.add("Reference", document.reference, "reference")
    book.add("Subject", document.subject, "subject")
    book.add("PaymentMethod", document.payment_method and document.payment_method.value, "payment_method")
    book.add("PaymentID", document.payment_id, "payment_id")
    book.add("PurchaseOrderNumber", document.purchase_order_number, "purchase_order_number")
    book.add("Process", document.process, "process")
    book.add("EmailToCustomer", document.email_to_customer, "email_to_customer")
    book.add("SentToPeppol", document.sent_to_peppol, "sent_to_peppol")
    book.add("Layout", document.layout, "layout")
    book.add("Notes", document.notes, "notes")
    book.add("Date", document.issue_date, "issue_date")
    book.add("DueDate", document.due_date, "due_date")
    book.add("PriceList", document.price_list, "price_list")
    book.add("Currency", document.currency, "currency")
    book.add("ProjectID", document.project_id, "project_id")
    book.add("ProjectCode", document.project_code, "project_code")
    book.add("Remarks", _lines(document.remarks), "remarks")
    book.add("DocumentFileName", document.document_file_name, "document_file_name")
    book.add("DocumentBase64", document.document_base64, "document_base64")
    _add_contact(book.open("Contact", "contact"), document.contact)
    if document.contact_person is not None:
        _add_person(book.open("ContactPerson", "contact_person"), document.contact_person)
    rows = book.open("InvoiceLines", "lines")
    for number, line in enumerate(document.lines, start=1):
        _add_line(rows.open("InvoiceLine", str(number)), line)
    return bytes(etree.tostring(invoice, encoding="utf-8"))


def batch_of(payloads: Sequence[bytes]) -> etree._Element:
    """Return one `<SalesInvoices>` with the invoices under it, in their order."""
    root = etree.Element(f"{{{SALES}}}SalesInvoices", nsmap=_NAMESPACES)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    for payload in payloads:
        # Our own bytes, so a large document inside them is no danger.
        root.append(etree.fromstring(payload, parser))
    return root


class _Writer:
    """Adds elements in the order of the calls, and knows the field's path in our words."""

    def __init__(self, element: etree._Element, path: str) -> None:
        self._element = element
        self._path = path

    def open(self, name: str, field: str) -> "_Writer":
        return _Writer(etree.SubElement(self._element, f"{{{SALES}}}{name}"), f"{self._path}{field}.")

    def add(self, name: str, value: Value, field: str, *, places: int = 0) -> None:
        if value is None:
            return
        text = self._text(value, self._path + field, places)
        etree.SubElement(self._element, f"{{{SALES}}}{name}").text = text or None

    def nil(self, name: str) -> None:
        etree.SubElement(self._element, f"{{{SALES}}}{name}").set(_NIL, "true")

    def _text(self, value: str | bool | int | Decimal | date, field: str, places: int) -> str:
        if isinstance(value, str):
            if NOT_XML_CHARACTERS.search(value):
                raise Refused(Failure.SCHEMA, "a character that XML cannot carry", field=field)
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return decimal_text(value, places=places, field=field)
        return value.isoformat() if isinstance(value, date) else str(value)


def decimal_text(value: Decimal, *, places: int = 0, field: str = "") -> str:
    """Return a number with a dot, without exponent and with no more zeros than `places` decimals need.

    Raises Refused if it is no number, or one of a size that no invoice has.
    """
    if not value.is_finite() or abs(value.adjusted()) > _MAX_DIGITS or len(value.as_tuple().digits) > _MAX_DIGITS:
        raise Refused(Failure.SCHEMA, "not a number of a sensible size", field=field)
    whole, _, fraction = format(abs(value) if value == 0 else value, "f").partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _lines(text: str | None) -> str | None:
    # A new line in remarks has to arrive as &#13; (the vendor's article), which is how XML writes a \r.
    return None if text is None else _NEW_LINE.sub("\r", text)


def _add_contact(book: _Writer, contact: DocumentContact) -> None:
    book.add("ContactCode", contact.code, "code")
    book.add("FullName", contact.full_name, "full_name")
    book.add("FirstName", contact.first_name, "first_name")
    book.add("MiddleName", contact.middle_name, "middle_name")
    book.add("LastName", contact.last_name, "last_name")
    book.add("Gender", contact.gender, "gender")
    book.add("CountryCode", contact.country_code, "country_code")
    book.add("City", contact.city, "city")
    book.add("Zipcode", contact.zipcode, "zipcode")
    book.add("AddressLine_1", contact.address_line_1, "address_line_1")
    book.add("AddressLine_2", contact.address_line_2, "address_line_2")
    book.add("EmailAddress", contact.email, "email")
    book.add("Website", contact.website, "website")
    book.add("CoCNumber", contact.coc_number, "coc_number")
    book.add("VATNumber", contact.vat_number, "vat_number")
    book.add("ContactType", contact.contact_type, "contact_type")
    book.add("BankAccount", contact.bank_account, "bank_account")
    book.add("BIC", contact.bic, "bic")
    book.add("PhoneHome", contact.phone, "phone")
    book.add("MobileHome", contact.mobile, "mobile")


def _add_person(book: _Writer, person: DocumentPerson) -> None:
    book.add("FullName", person.full_name, "full_name")
    book.add("FirstName", person.first_name, "first_name")
    book.add("MiddleName", person.middle_name, "middle_name")
    book.add("LastName", person.last_name, "last_name")
    book.add("Gender", person.gender, "gender")
    book.add("EmailAddress", person.email, "email")


def _add_line(book: _Writer, line: DocumentLine) -> None:
    book.add("Description", line.description, "description")
    book.add("Remarks", _lines(line.remarks), "remarks")
    book.add("ProductQuantity", line.quantity, "quantity")
    book.add("LineAmount", line.line_amount, "line_amount", places=2)
    book.add("LineVATAmount", line.line_vat_amount, "line_vat_amount", places=2)
    _add_product(book.open("Product", "product"), line.product)
    book.add("AccrualDate", line.accrual_date, "accrual_date")
    book.add("AccrualPeriods", line.accrual_periods, "accrual_periods")
    book.add("AccrualInterval", line.accrual_interval, "accrual_interval")


def _add_product(book: _Writer, product: DocumentProduct) -> None:
    book.add("Description", product.description, "description")
    book.add("Reference", product.reference, "reference")
    # Must not be empty and may be 13 or nil; nil is what the vendor's example sends.
    if product.category is None:
        book.nil("Category")
    book.add("Category", product.category, "category")
    book.add("SalesPrice", product.sales_price, "sales_price", places=2)
    book.add("VATPercentage", product.vat_percentage, "vat_percentage", places=2)
    book.add("VATIncluded", product.vat_included, "vat_included")
    book.add("VATType", product.vat_type, "vat_type")
    book.add("VATDescription", product.vat_description, "vat_description")
    book.add("GLAccountCode", product.gl_account_code, "gl_account_code")
    book.add("Remarks", _lines(product.remarks), "remarks")
