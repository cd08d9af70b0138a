"""The XML behind a document of the archive: Yuki's own sales invoice, or UBL, as what the list leaves out."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, DecimalException

from lxml import etree

from webapp.connectors.sources import Details
from webapp.connectors.yuki import wire
from webapp.connectors.yuki.archive import CURRENCY
from webapp.domain.money import round_to, whole_of
from webapp.domain.remote_invoices import RemoteLine

MOST_LINES = 1000
CENT = Decimal("0.01")
_CURRENCY = re.compile("[A-Z]{3}")
_NUMBER = re.compile(r"[+-]?\d{1,13}(?:\.\d{1,10})?\Z", re.ASCII)
_ZERO = Decimal(0)


def read_details(text: str) -> Details | None:
    """Return what the XML of a document tells; None for XML of another kind, or that cannot be read.

    It is somebody else's document: what is wrong with it is no reason to stop, and nothing of it is guessed.
    """
    if not text.strip():
        return None
    try:
        root = wire.parse_xml(wire.without_declaration(text).encode("utf-8", "surrogatepass"))
        name = wire.local_name(root)
        if name == "SalesInvoices":
            root = next(wire.children(root), root)
            name = wire.local_name(root)
        if name == "SalesInvoice":
            return _own(root)
        return _ubl(root) if name in ("Invoice", "CreditNote") else None
    except (wire.Unreadable, ValueError, DecimalException):
        return None


def _own(root: etree._Element) -> Details:
    currency = wire.text_of(root, "Currency") or CURRENCY
    lines = wire.child(root, "InvoiceLines")
    return Details(
        due_date=_day(wire.text_of(root, "DueDate")),
        currency=_currency(currency),
        net_total=None,
        vat_total=None,
        gross_total=None,
        payment_method=wire.text_of(root, "PaymentMethod")[:60],
        payment_reference=wire.text_of(root, "PaymentID")[:100],
        customer_vat_number="",
        lines=tuple(_own_line(line) for line in _some(wire.children(lines) if lines is not None else ())),
    )


def _own_line(line: etree._Element) -> RemoteLine:
    """Return a line; amounts that it does not carry follow from quantity and price, as Yuki computes them."""
    found = wire.child(line, "Product")
    product = line if found is None else found
    quantity = _number(wire.text_of(line, "ProductQuantity"))
    price, rate = _number(wire.text_of(product, "SalesPrice")), _number(wire.text_of(product, "VATPercentage"))
    included = wire.text_of(product, "VATIncluded").lower() in ("true", "1")
    amount = wire.text_of(line, "LineAmount")
    total = _number(amount) if amount else (quantity * price).quantize(CENT)
    net = (total / (1 + rate / 100)).quantize(CENT) if included and not amount else total
    vat_amount = wire.text_of(line, "LineVATAmount")
    vat = _number(vat_amount) if vat_amount else (total - net if included else (net * rate / 100).quantize(CENT))
    return RemoteLine(
        name=(wire.text_of(line, "Description") or wire.text_of(product, "Description"))[:1000],
        quantity_e6=_fine(quantity),
        unit="",
        unit_price_e6=_fine(price),
        net_e4=_money(net),
        vat_e4=_money(vat),
        gross_e4=_money(net) + _money(vat),
        vat=_rate(rate),
        rate_e4=_money(rate),
        product_id=wire.text_of(product, "Reference")[:40],
    )


def _ubl(root: etree._Element) -> Details:
    """Return what UBL 2.1 tells (EN 16931: BT-9 due date, BT-5 currency, BT-109 to BT-112 totals, BG-25 lines)."""
    sign = Decimal(-1) if wire.local_name(root) == "CreditNote" else Decimal(1)
    currency = _currency(wire.text_of(root, "DocumentCurrencyCode"))
    totals = wire.child(root, "LegalMonetaryTotal")
    net = _total(totals, "TaxExclusiveAmount", sign)
    gross = _total(totals, "TaxInclusiveAmount", sign)
    means, terms = wire.child(root, "PaymentMeans"), wire.child(root, "PaymentTerms")
    due = wire.text_of(root, "DueDate")
    for place in (means, terms):
        if not due and place is not None:
            due = wire.text_of(place, "PaymentDueDate")
    customer = _deep(root, "AccountingCustomerParty", "Party", "PartyTaxScheme")
    lines = (item for item in wire.children(root) if wire.local_name(item) in ("InvoiceLine", "CreditNoteLine"))
    return Details(
        due_date=_day(due),
        currency=currency,
        net_total=net,
        vat_total=None if net is None or gross is None else gross - net,
        gross_total=gross,
        payment_method="",
        payment_reference="" if means is None else wire.text_of(means, "PaymentID")[:100],
        customer_vat_number="" if customer is None else wire.text_of(customer, "CompanyID")[:30],
        lines=tuple(_ubl_line(line, sign) for line in _some(lines)),
    )


def _ubl_line(line: etree._Element, sign: Decimal) -> RemoteLine:
    """Return a line; UBL gives its net amount and its rate, and the VAT of a line follows from the two."""
    item, price = wire.child(line, "Item"), wire.child(line, "Price")
    category = _deep(line, "Item", "ClassifiedTaxCategory")
    quantity = wire.text_of(line, "InvoicedQuantity") or wire.text_of(line, "CreditedQuantity")
    net = sign * _number(wire.text_of(line, "LineExtensionAmount"))
    percent = "" if category is None else wire.text_of(category, "Percent")
    rate = _number(percent) if percent else None
    vat = (net * (rate or _ZERO) / 100).quantize(CENT)
    name = "" if item is None else wire.text_of(item, "Name") or wire.text_of(item, "Description")
    return RemoteLine(
        name=name[:1000],
        quantity_e6=_fine(_number(quantity) if quantity else Decimal(1)),
        unit="",
        unit_price_e6=_fine(net if price is None else _number(wire.text_of(price, "PriceAmount"))),
        net_e4=_money(net),
        vat_e4=_money(vat),
        gross_e4=_money(net) + _money(vat),
        vat="" if rate is None else _rate(rate),
        rate_e4=None if rate is None else _money(rate),
    )


def _some(lines: Iterable[etree._Element]) -> list[etree._Element]:
    found = list(lines)
    if len(found) > MOST_LINES:
        raise ValueError("more lines than are read")
    return found


def _deep(element: etree._Element, *names: str) -> etree._Element | None:
    found: etree._Element | None = element
    for name in names:
        found = wire.child(found, name) if found is not None else None
    return found


def _total(totals: etree._Element | None, name: str, sign: Decimal) -> Decimal | None:
    text = "" if totals is None else wire.text_of(totals, name)
    return sign * _number(text) if text else None


def _number(text: str) -> Decimal:
    """Return a number written with a dot; anything else is no number (ValueError)."""
    if not text:
        return _ZERO
    if not _NUMBER.match(text):
        raise ValueError("not a number")
    return Decimal(text)


def _money(amount: Decimal) -> int:
    """Return an amount in ten-thousandths; a rate may have more decimals than that, and no amount has."""
    return whole_of(round_to(amount, 4))


def _fine(figure: Decimal) -> int:
    return whole_of(round_to(figure, 6), 6)


def _rate(rate: Decimal) -> str:
    return f"{rate.normalize():f}%"


def _currency(text: str) -> str:
    return text if _CURRENCY.fullmatch(text) else CURRENCY


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text and not text.startswith("0001-01-01") else None
