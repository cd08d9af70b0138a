"""Row 10: build and validate 1,000 invoices of three lines, beside zeep's objects, a tree, and a bare template."""

import gc
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree
from zeep.xsd import Schema

from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.connectors.oracle import tree_of
from webapp.connectors.yuki import rules
from webapp.connectors.yuki.mapping import batch_of, build_invoice
from webapp.connectors.yuki.ordinary import TOGETHER
from webapp.connectors.yuki.rules import find_faults_of, refuse_faulty
from webapp.connectors.yuki.wire import SALES
from webapp.domain.documents import DocumentContact, DocumentLine, DocumentProduct, PaymentMethod, SalesDocument

SCHEMA_FILE = Path(rules.__file__).with_name("schema.xsd")
_LINE = """<InvoiceLine><Description>%s</Description><ProductQuantity>%s</ProductQuantity><Product>\
<Description>%s</Description><Reference>%s</Reference><Category xsi:nil="true"/><SalesPrice>%.2f</SalesPrice>\
<VATPercentage>%.2f</VATPercentage><VATIncluded>false</VATIncluded><VATType>%s</VATType>\
<GLAccountCode>%s</GLAccountCode></Product></InvoiceLine>"""
_INVOICE = """<SalesInvoice xmlns="urn:xmlns:http://www.theyukicompany.com:salesinvoices" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Reference>%s</Reference><Subject>%s</Subject>\
<PaymentMethod>%s</PaymentMethod><PaymentID>%s</PaymentID><Process>true</Process><Date>%s</Date><DueDate>%s</DueDate>\
<Currency>%s</Currency><Contact><ContactCode>%s</ContactCode><FullName>%s</FullName><CountryCode>%s</CountryCode>\
<City>%s</City><Zipcode>%s</Zipcode><AddressLine_1>%s</AddressLine_1><EmailAddress>%s</EmailAddress>\
<VATNumber>%s</VATNumber><ContactType>%s</ContactType></Contact><InvoiceLines>%s</InvoiceLines></SalesInvoice>"""


def measure(options: Options) -> list[Figure]:
    """Measure all in turn, over the same documents; each round's ratio is within that round, its documents new."""
    count = options.size(1000, 50)
    documents = make(count)
    ways: dict[str, Callable[[list[SalesDocument]], list[bytes]]] = {
        "product": _product, "zeep": _Zeep().write, "tree": _tree, "template": _template, "leaving": _leaving,
    }  # fmt: skip
    _compare({name: way(documents) for name, way in ways.items()})
    series = Series()
    for turn in range(1, options.rounds + 1):
        documents = make(count, first=turn * count)
        # Who comes first meets documents that no cache holds yet; so each does in its turn.
        order = sorted(ways, key=lambda name: (list(ways).index(name) + turn) % len(ways))
        taken = {name: _time(ways[name], documents) for name in order}
        series.add("zeep", taken["zeep"] / taken["product"])
        series.add("tree", taken["tree"] / taken["product"])
        series.add("template", taken["product"] / taken["template"])
        series.add("leaving", taken["leaving"] / taken["template"])
        series.add("product", taken["product"] * 1000)
    values = {name: tuple(rounds) for name, rounds in series.values.items()}
    return [
        Figure("build and validate, against zeep's objects, unvalidated", values["zeep"], bound=10, row=10),
        Figure("build and validate, against a tree and the XSD", values["tree"], bound=2.3, row=10),
        Figure("build and validate, against a bare string template", values["template"], bound=4, most=True, row=10),
        Figure("the same, made one message and judged again as it leaves, against the template", values["leaving"]),
        Figure(f"{len(documents)} invoices of three lines", values["product"], unit="ms"),
    ]


def make(count: int, *, first: int = 0) -> list[SalesDocument]:
    """Return invoices of three lines, each other than the last; none has the name, number or prices of another."""
    return [_document(number) for number in range(first, first + count)]


def _document(number: int) -> SalesDocument:
    issued = date(2026, 1, 1) + timedelta(days=number % 300)
    lines = tuple(
        DocumentLine(
            quantity=Decimal(place + 1),
            description=f"Levering {place}, week {number % 52}",
            product=DocumentProduct(
                description=f"Product {place}", reference=f"P-{place}", sales_price=Decimal(number * 3 + place) / 4,
                vat_percentage=Decimal(21), vat_included=False, vat_type=1, gl_account_code="80000",
            ),
        )
        for place in range(3)
    )  # fmt: skip
    contact = DocumentContact(
        full_name=f"Bakkerij {number}", code=f"{number}", country_code="NL", city="Haarlem", zipcode="2011 AA",
        address_line_1="Kade 1", email="info@korenbloem.example", vat_number="NL004495445B01", contact_type="Company",
    )  # fmt: skip
    return SalesDocument(
        issue_date=issued, due_date=issued + timedelta(days=30), reference=f"2026-{number:05}",
        subject=f"Levering van week {number % 52}", payment_method=PaymentMethod.ELECTRONIC_TRANSFER,
        payment_id=f"{number}-456", currency="EUR", contact=contact, lines=lines,
    )  # fmt: skip


def _product(documents: list[SalesDocument]) -> list[bytes]:
    payloads = [build_invoice(document) for document in documents]
    if any(find_faults_of(payloads)):
        raise WrongResult("a good document has a finding")
    return payloads


def _leaving(documents: list[SalesDocument]) -> list[bytes]:
    """What a send does before its call: a hundred at a time, each judged when it was built, and all as they leave."""
    payloads = _product(documents)
    for start in range(0, len(payloads), TOGETHER):
        refuse_faulty(batch_of(payloads[start : start + TOGETHER]))
    return payloads


def _tree(documents: list[SalesDocument]) -> list[bytes]:
    schema = etree.XMLSchema(etree.parse(str(SCHEMA_FILE)))
    payloads = []
    for document in documents:
        payload = tree_of(document)
        if not schema.validate(etree.fromstring(payload)):
            raise WrongResult("a tree is not valid")
        payloads.append(payload)
    return payloads


def _template(documents: list[SalesDocument]) -> list[bytes]:
    """What a program does that escapes and checks nothing."""
    return [_filled(document).encode() for document in documents]


def _filled(document: SalesDocument) -> str:
    lines = "".join(
        _LINE
        % (
            line.description, line.quantity, line.product.description, line.product.reference,
            line.product.sales_price, line.product.vat_percentage, line.product.vat_type, line.product.gl_account_code,
        )
        for line in document.lines
    )  # fmt: skip
    contact = document.contact
    return _INVOICE % (
        document.reference, document.subject, document.payment_method and document.payment_method.value,
        document.payment_id, document.issue_date, document.due_date, document.currency, contact.code,
        contact.full_name, contact.country_code, contact.city, contact.zipcode, contact.address_line_1, contact.email,
        contact.vat_number, contact.contact_type, lines,
    )  # fmt: skip


class _Zeep:
    """zeep's typed objects, made of the same schema; it checks no lengths and no patterns."""

    def __init__(self) -> None:
        make_schema: Any = Schema
        self._schema: Any = make_schema(_root(), location=str(SCHEMA_FILE))
        self._element: Any = self._schema.get_element(f"{{{SALES}}}SalesInvoice")

    def write(self, documents: list[SalesDocument]) -> list[bytes]:
        payloads = []
        for document in documents:
            parent = etree.Element("parent")
            self._element.render(parent, self._element(**self._words(document)))
            payloads.append(etree.tostring(parent[0]))
        return payloads

    @staticmethod
    def _words(document: SalesDocument) -> dict[str, Any]:
        contact = document.contact
        lines = [
            {
                "Description": line.description,
                "ProductQuantity": line.quantity,
                "Product": {
                    "Description": line.product.description, "Reference": line.product.reference,
                    "SalesPrice": line.product.sales_price, "VATPercentage": line.product.vat_percentage,
                    "VATIncluded": line.product.vat_included, "VATType": line.product.vat_type,
                    "GLAccountCode": line.product.gl_account_code,
                },
            }
            for line in document.lines
        ]  # fmt: skip
        return {
            "Reference": document.reference, "Subject": document.subject,
            "PaymentMethod": document.payment_method and document.payment_method.value,
            "PaymentID": document.payment_id, "Process": True, "Date": document.issue_date,
            "DueDate": document.due_date, "Currency": document.currency,
            "Contact": {
                "ContactCode": contact.code, "FullName": contact.full_name, "CountryCode": contact.country_code,
                "City": contact.city, "Zipcode": contact.zipcode, "AddressLine_1": contact.address_line_1,
                "EmailAddress": contact.email, "VATNumber": contact.vat_number, "ContactType": contact.contact_type,
            },
            "InvoiceLines": {"InvoiceLine": lines},
        }  # fmt: skip


def _root() -> etree._Element:
    """zeep reads no comments."""
    return etree.parse(str(SCHEMA_FILE), etree.XMLParser(remove_comments=True)).getroot()


def _compare(made: dict[str, list[bytes]]) -> None:
    """See that all say the same: the tree to the byte, the others in names and texts."""
    if made["product"] != made["tree"]:
        raise WrongResult("the tree says something else")
    for name in ("template", "zeep"):
        for ours, theirs in zip(made["product"], made[name], strict=True):
            if _said(ours) != _said(theirs):
                raise WrongResult(f"{name} says something else")


def _said(payload: bytes) -> list[tuple[str, str]]:
    leaves = [item for item in etree.fromstring(payload).iter() if not len(item) and item.text]
    return [(etree.QName(item).localname, _plain(item.text or "")) for item in leaves]


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text and text.replace(".", "").isdigit() else text


def _time(way: Callable[[list[SalesDocument]], list[bytes]], documents: list[SalesDocument]) -> float:
    """Return the seconds of processor that it takes: nothing here waits, and others may have work for the machine."""
    gc.collect()
    began = time.process_time()
    way(documents)
    return time.process_time() - began
