"""What is wrong with one invoice's bytes, found here before a call is spent: the schema, and the rules beside it."""

import re
import threading
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from lxml import etree

from webapp.connectors.ports import Finding, Refused
from webapp.connectors.yuki import ordinary
from webapp.connectors.yuki.wire import SALES, has_doctype, local_name
from webapp.domain.failures import Failure

_PREFIX = re.compile(r"^Element '[^']*?([^'}]+)'(?:, attribute '[^']*')?: (?:\[[^\]]*\] )?")
_NAMESPACE = f"{{{SALES}}}"
_PREFIX_LENGTH = len(_NAMESPACE)
_BLANKS = " \t\r\n"

_lock = threading.Lock()

ZERO_RATED = frozenset({0, 4, 6, 7, 17, 19, 20})
"""VAT types that the vendor's table gives 0 % and nothing else."""

_WORDS = {
    "Reference": "reference",
    "Subject": "subject",
    "PaymentMethod": "payment_method",
    "PaymentID": "payment_id",
    "PurchaseOrderNumber": "purchase_order_number",
    "Process": "process",
    "EmailToCustomer": "email_to_customer",
    "SentToPeppol": "sent_to_peppol",
    "Layout": "layout",
    "Notes": "notes",
    "Date": "issue_date",
    "DueDate": "due_date",
    "PriceList": "price_list",
    "Currency": "currency",
    "ProjectID": "project_id",
    "ProjectCode": "project_code",
    "Remarks": "remarks",
    "DocumentFileName": "document_file_name",
    "DocumentBase64": "document_base64",
    "Contact": "contact",
    "ContactPerson": "contact_person",
    "InvoiceLines": "lines",
    "ContactCode": "code",
    "FullName": "full_name",
    "FirstName": "first_name",
    "MiddleName": "middle_name",
    "LastName": "last_name",
    "Gender": "gender",
    "CountryCode": "country_code",
    "City": "city",
    "Zipcode": "zipcode",
    "AddressLine_1": "address_line_1",
    "AddressLine_2": "address_line_2",
    "EmailAddress": "email",
    "Website": "website",
    "CoCNumber": "coc_number",
    "VATNumber": "vat_number",
    "ContactType": "contact_type",
    "BankAccount": "bank_account",
    "BIC": "bic",
    "PhoneHome": "phone",
    "MobileHome": "mobile",
    "Description": "description",
    "ProductQuantity": "quantity",
    "LineAmount": "line_amount",
    "LineVATAmount": "line_vat_amount",
    "Product": "product",
    "AccrualDate": "accrual_date",
    "AccrualPeriods": "accrual_periods",
    "AccrualInterval": "accrual_interval",
    "Category": "category",
    "SalesPrice": "sales_price",
    "VATPercentage": "vat_percentage",
    "VATIncluded": "vat_included",
    "VATType": "vat_type",
    "VATDescription": "vat_description",
    "GLAccountCode": "gl_account_code",
}


def find_faults(payload: bytes) -> tuple[Finding, ...]:
    """Return what is wrong with the bytes of one invoice, empty when nothing is; pure, in document order.

    A finding's `field` is the path in our words (`lines.1.product.description`; lines count from 1).
    """
    try:
        invoice = etree.fromstring(payload, ordinary.own_parser())
    except (etree.XMLSyntaxError, ValueError):
        return (Finding("", "not well-formed XML"),)
    if b"<!" in payload and has_doctype(invoice):
        return (Finding("", "a DOCTYPE is not allowed"),)
    if invoice.tag != f"{_NAMESPACE}SalesInvoice":
        return (Finding("", "the root is not a SalesInvoice"),)
    if ordinary.accepts(invoice):
        return ()
    return (*_schema_findings(invoice), *_invoice_findings(invoice))


def find_faults_of(payloads: Sequence[bytes]) -> list[tuple[Finding, ...]]:
    """Return what `find_faults` says of each; good ones, as nearly all are, are read and judged many at a time."""
    found: list[tuple[Finding, ...]] = []
    for start in range(0, len(payloads), ordinary.TOGETHER):
        group = payloads[start : start + ordinary.TOGETHER]
        found += [()] * len(group) if ordinary.are_good(group) else [find_faults(payload) for payload in group]
    return found


def refuse_faulty(batch: etree._Element) -> None:
    """Let the schema judge the very elements that are about to leave, each of them whole.

    What was built is judged before (find_faults_of), so this finds nothing; should it ever, raises Refused with the
    invoice and its field, and none of the batch leaves.
    """
    if _is_valid(batch):
        return
    invoice = next((one for one in batch if not _is_valid(one)), batch)
    found = next(iter(_schema_findings(invoice)), Finding("", "the schema refuses it"))
    reference = invoice.findtext(f"{_NAMESPACE}Reference", default="")
    raise Refused(found.failure, f"{reference}: {found.text}".removeprefix(": "), field=found.field)


def _is_valid(element: etree._Element) -> bool:
    # One schema object keeps one error log, so threads take turns.
    with _lock:
        return bool(_schema().validate(element))


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(ordinary.SCHEMA_FILE)))


def _schema_findings(invoice: etree._Element) -> list[Finding]:
    # One schema object keeps one error log, so threads take turns.
    with _lock:
        schema = _schema()
        if schema.validate(invoice):
            return []
        log: Any = schema.error_log  # a list, which the stubs do not know
        errors = [(entry.path, entry.message) for entry in log]
    findings: dict[str, Finding] = {}
    for path, message in errors:
        element = _element_at(invoice, path)
        field = field_path(element)
        failure = Failure.CONTACT if field.startswith("contact.") else Failure.SCHEMA
        # The first error of a field says it; libxml2 repeats a facet's error as one of the type.
        findings.setdefault(field, Finding(field, _sentence(element, message), failure))
    return list(findings.values())


def _element_at(invoice: etree._Element, path: str | None) -> etree._Element:
    found = invoice.xpath(path) if path else None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else invoice


def _sentence(element: etree._Element, message: str) -> str:
    return f"{local_name(element)}: {_PREFIX.sub('', message).replace(_NAMESPACE, '')}"[:400]


def field_path(element: etree._Element) -> str:
    """Return an element's path in our words, without the invoice itself."""
    parts: list[str] = []
    item: etree._Element | None = element
    while item is not None and local_name(item) not in ("SalesInvoice", "SalesInvoices"):
        parent = item.getparent()
        name = local_name(item)
        if name == "InvoiceLine" and parent is not None:
            parts.append(str(1 + parent.index(item)))
        else:
            parts.append(_WORDS.get(name, name))
        item = parent
    return ".".join(reversed(parts))


def _said(element: etree._Element | None) -> dict[str, str]:
    """Return the texts of an element's children by name, and "" for one that is empty or nil."""
    if element is None:
        return {}
    return {str(item.tag)[_PREFIX_LENGTH:]: (item.text or "").strip(_BLANKS) for item in element}


def _invoice_findings(invoice: etree._Element) -> Iterator[Finding]:
    said = _said(invoice)
    reference, process = said.get("Reference", ""), said.get("Process", "") in ("true", "1")
    if process and not reference:
        yield Finding("reference", "an invoice that is booked at once needs its number", Failure.INCOMPLETE)
    if not process and "Reference" in said:
        yield Finding("reference", "a draft carries no number: it is given one over there", Failure.INCOMPLETE)
    name, document = said.get("DocumentFileName", ""), said.get("DocumentBase64", "")
    if bool(name) != bool(document):
        field = "document_base64" if name else "document_file_name"
        yield Finding(field, "a document needs both its name and its content", Failure.INCOMPLETE)
    if document and not (process and reference):
        yield Finding("document_base64", "only a booked invoice with a number takes a document", Failure.INCOMPLETE)
    contact = _said(invoice.find(f"{_NAMESPACE}Contact"))
    if not any(contact.get(part) for part in ("FullName", "FirstName", "LastName")):
        yield Finding("contact.full_name", "a contact needs a name", Failure.CONTACT)
    lines = invoice.find(f"{_NAMESPACE}InvoiceLines")
    for number, line in enumerate(lines if lines is not None else (), start=1):
        product = line.find(f"{_NAMESPACE}Product")
        if product is not None:
            yield from _product_findings(_said(product), f"lines.{number}.product")


def _product_findings(said: dict[str, str], path: str) -> Iterator[Finding]:
    if not said.get("Description") and not said.get("Reference"):
        yield Finding(f"{path}.description", "an item needs a description or a reference", Failure.INCOMPLETE)
    vat_type, percentage = said.get("VATType", ""), said.get("VATPercentage", "")
    if said.get("SalesPrice") and not (vat_type and percentage):
        # Without all three the books silently take price and VAT from their own price list.
        field = "vat_percentage" if vat_type else "vat_type"
        yield Finding(f"{path}.{field}", "a price counts only with VAT type and percentage", Failure.VAT)
    if vat_type.isdigit() and int(vat_type) in ZERO_RATED and percentage and not _is_zero(percentage):
        yield Finding(f"{path}.vat_percentage", f"VAT type {vat_type} goes with 0 %", Failure.VAT)
    if said.get("VATDescription") and vat_type != "8":
        yield Finding(f"{path}.vat_description", "a VAT description goes with VAT type 8 only", Failure.VAT)


def _is_zero(text: str) -> bool:
    try:
        return Decimal(text) == 0
    except InvalidOperation:
        return False
