"""Checks a SalesInvoices document against the schema and reads each invoice out of it."""

import base64
import binascii
import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from lxml import etree

from webapp.sandbox.yuki.records import Accrual, Day
from webapp.sandbox.yuki.soap import Fault

DOCUMENT_NAMESPACE = "urn:xmlns:http://www.theyukicompany.com:salesinvoices"
SCHEMA_FILE = Path(__file__).with_name("SalesInvoices.xsd")
_UNEXPECTED = re.compile(
    r"Element '\{[^}]*\}(?P<child>[^']+)': This element is not expected\."
    r"(?: Expected is (?:one of )?\( ?(?P<list>.*?) ?\))?"
)


@dataclass(frozen=True)
class OfferedLine:
    """One InvoiceLine as it was sent; None means the element was absent or empty."""

    description: str
    quantity: Decimal
    amount: Decimal | None
    vat_amount: Decimal | None
    product_description: str
    product_reference: str
    price: Decimal | None
    vat_percentage: Decimal | None
    vat_included: bool
    vat_type: int | None
    gl_account: str
    remarks: str
    accrual: Accrual | None = None


@dataclass(frozen=True)
class Offer:
    """One SalesInvoice as it was sent; `contact` has only the elements that were there, empty ones as ""."""

    reference: str
    subject: str
    payment_method: str
    payment_id: str
    process: bool
    email: bool
    date: Day
    due_date: Day | None
    price_list: str
    currency: str
    project_id: str
    project_code: str
    remarks: str
    file_name: str
    contact: dict[str, str]
    lines: list[OfferedLine]
    xml: str


class Schema:
    """The compiled schema; whoever uses it holds the lock of the books."""

    def __init__(self) -> None:
        self._schema = etree.XMLSchema(file=str(SCHEMA_FILE))

    def read(self, document: etree._Element | None) -> list[Offer]:
        """The invoices of a valid document; the first violation is a fault that names it, and nothing is read."""
        if document is None:
            raise Fault("System.Xml.XmlException: Root element is missing.")
        if document.tag != f"{{{DOCUMENT_NAMESPACE}}}SalesInvoices":
            name = etree.QName(document)
            raise Fault(f"Could not find schema information for the element '{name.namespace or ''}:{name.localname}'.")
        alone = deepcopy(document)
        if not self._schema.validate(alone):
            raise Fault(_violation(alone, self._schema.error_log))
        _check_attachments(alone)
        return [_offer(one) for one in alone]


def _check_attachments(document: etree._Element) -> None:
    """libxml2 overlooks characters that base64 does not have; .NET does not."""
    for element in document.iter(f"{{{DOCUMENT_NAMESPACE}}}DocumentBase64"):
        try:
            base64.b64decode("".join((element.text or "").split()), validate=True)
        except binascii.Error:
            raise Fault("The document is invalid: Element 'DocumentBase64': the value is not base64.") from None


def _violation(document: etree._Element, log: etree._ListErrorLog) -> str:
    """The first violation, an element out of place in the words .NET has for it."""
    first = log[0]
    match = _UNEXPECTED.match(first.message)
    found = document.getroottree().xpath(first.path) if first.path else []
    element = found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None
    if match is None or element is None or element.getparent() is None:
        return "The document is invalid: " + re.sub(r"\{[^}]*\}", "", first.message)
    parent = etree.QName(element.getparent()).localname
    text = f"The element '{parent}' has invalid child element '{match['child']}'."
    if match["list"]:
        text += f" List of possible elements expected: '{re.sub(r'{[^}]*}', '', match['list'])}'."
    return text


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return element.find(f"{{{DOCUMENT_NAMESPACE}}}{name}")


def _said(element: etree._Element | None, name: str) -> str:
    found = None if element is None else _child(element, name)
    return "" if found is None else (found.text or "").strip()


def _flag(element: etree._Element, name: str) -> bool:
    return _said(element, name) in ("true", "1")


def _decimal(element: etree._Element, name: str) -> Decimal | None:
    said = _said(element, name)
    return Decimal(said) if said else None


def _day(said: str) -> date:
    return date.fromisoformat(said[:10])


def _offer(element: etree._Element) -> Offer:
    contact, lines = _child(element, "Contact"), _child(element, "InvoiceLines")
    assert contact is not None
    assert lines is not None
    return Offer(
        reference=_said(element, "Reference"),
        subject=_said(element, "Subject"),
        payment_method=_said(element, "PaymentMethod"),
        payment_id=_said(element, "PaymentID"),
        process=_flag(element, "Process"),
        email=_flag(element, "EmailToCustomer"),
        date=_day(_said(element, "Date")),
        due_date=_day(_said(element, "DueDate")) if _said(element, "DueDate") else None,
        price_list=_said(element, "PriceList"),
        currency=_said(element, "Currency"),
        project_id=_said(element, "ProjectID"),
        project_code=_said(element, "ProjectCode"),
        remarks=_said(element, "Remarks"),
        file_name=_said(element, "DocumentFileName"),
        contact={etree.QName(one).localname: (one.text or "").strip() for one in contact},
        lines=[_line(one) for one in lines],
        xml=etree.tostring(element, encoding="unicode", with_tail=False),
    )


def _line(element: etree._Element) -> OfferedLine:
    product = _child(element, "Product")
    assert product is not None
    vat_type = _said(product, "VATType")
    return OfferedLine(
        description=_said(element, "Description"),
        quantity=Decimal(_said(element, "ProductQuantity")),
        amount=_decimal(element, "LineAmount"),
        vat_amount=_decimal(element, "LineVATAmount"),
        product_description=_said(product, "Description")[:60],
        product_reference=_said(product, "Reference")[:40],
        price=_decimal(product, "SalesPrice"),
        vat_percentage=_decimal(product, "VATPercentage"),
        vat_included=_flag(product, "VATIncluded"),
        vat_type=int(vat_type) if vat_type else None,
        gl_account=_said(product, "GLAccountCode"),
        remarks=_said(product, "Remarks"),
        accrual=_accrual(element),
    )


def _accrual(element: etree._Element) -> Accrual | None:
    """The accrual of a line; without a start or a number of periods there is none."""
    start, periods = _said(element, "AccrualDate"), _said(element, "AccrualPeriods")
    if not start or not periods or int(periods) < 1:
        return None
    return Accrual(_day(start), int(periods), int(_said(element, "AccrualInterval") or 1))
