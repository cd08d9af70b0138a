"""An electronic invoice in the terms of EN 16931, and what its rules say of it before it leaves.

Sources: EN 16931-1 (business terms BT-n, rules BR-n) and Peppol BIS Billing 3.0 (rules PEPPOL-EN16931-R…, NL-R-…).
Findings are the names of the rules, so that whoever knows them finds them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webapp.domain.money import cents
from webapp.domain.vat import VatType

INVOICE, CREDIT_NOTE = "380", "381"
TOLERANCE = Decimal(1)
"""How far VAT may stand from rate times base: the official rules allow less than one unit of the currency."""

SLACK = Decimal("0.02")
"""How far the amount of a line may stand from price times quantity (PEPPOL-EN16931-R120)."""

CATEGORIES = {
    VatType.EXEMPT: "E",
    VatType.HIGH: "S",
    VatType.LOW: "S",
    VatType.MEDIUM: "S",
    VatType.ZERO: "Z",
    VatType.EXPORT_OUTSIDE_EU: "G",
    VatType.EXPORT_WITHIN_EU: "K",
    VatType.DISTANCE_SALES: "S",
    VatType.REVERSE_CHARGE: "AE",
    VatType.EXPORT_GOODS_EU: "K",
    VatType.EXPORT_SERVICES_EU: "AE",
    VatType.OSS: "S",
}
REASONS = {
    "E": ("", "Exempt from VAT"),
    "AE": ("VATEX-EU-AE", "Reverse charge"),
    "G": ("VATEX-EU-G", "Export outside the EU"),
    "K": ("VATEX-EU-IC", "Intra-Community supply"),
}
"""Why there is no VAT, as the code list VATEX and in words; the categories S and Z have none."""

NEEDS_BUYER_VAT = frozenset({"AE", "K"})


@dataclass(frozen=True, slots=True)
class EParty:
    """Seller (BG-4) or buyer (BG-7); `endpoint` is scheme and identifier of the electronic address."""

    name: str
    country: str
    street: str = ""
    street_2: str = ""
    zipcode: str = ""
    city: str = ""
    vat_number: str = ""
    registration: tuple[str, str] = ("", "")
    endpoint: tuple[str, str] = ("", "")
    contact: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ELine:
    """An invoice line (BG-25); the price is net and never negative (BR-27)."""

    identity: str
    name: str
    quantity: Decimal
    net: Decimal
    price: Decimal
    category: str
    rate: Decimal
    note: str = ""
    item_code: str = ""


@dataclass(frozen=True, slots=True)
class EVat:
    """One VAT breakdown (BG-23)."""

    category: str
    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class EInvoice:
    """A whole electronic invoice as it was issued; all amounts of a credit note (381) are positive."""

    kind: str
    number: str
    issue_date: date
    currency: str
    seller: EParty
    buyer: EParty
    lines: tuple[ELine, ...]
    vat: tuple[EVat, ...]
    net: Decimal
    vat_total: Decimal
    gross: Decimal
    payable: Decimal
    due_date: date | None = None
    note: str = ""
    buyer_reference: str = ""
    order_number: str = ""
    preceding: tuple[str, date | None] = ("", None)
    means: str = ""
    payment_reference: str = ""
    iban: str = ""
    bic: str = ""


def category_of(vat_type: int, rate: Decimal) -> str:
    """Return the category code of a VAT type (UNCL5305); a standard rate of nothing is the zero rate."""
    code = CATEGORIES.get(VatType(vat_type), "S") if vat_type in set(VatType) else "S"
    return "Z" if code == "S" and rate == 0 else code


def findings(invoice: EInvoice) -> tuple[str, ...]:
    """Return the names of the rules that an invoice breaks, in the order in which a person mends them; () when none."""
    return tuple(dict.fromkeys([*_missing(invoice), *_sums(invoice), *_vat_rules(invoice), *_paying(invoice)]))


def _missing(invoice: EInvoice) -> Iterator[str]:
    seller, buyer = invoice.seller, invoice.buyer
    needed = {
        "BR-02": invoice.number,
        "BR-06": seller.name,
        "BR-07": buyer.name,
        "BR-09": seller.country,
        "BR-11": buyer.country,
        "BR-CO-26": seller.vat_number or seller.registration[1],
        "PEPPOL-EN16931-R020": seller.endpoint[1],
        "PEPPOL-EN16931-R010": buyer.endpoint[1],
        "PEPPOL-EN16931-R003": invoice.buyer_reference or invoice.order_number,
        "BR-16": invoice.lines,
        "BR-25": all(line.name for line in invoice.lines),
        "BR-27": all(line.price >= 0 for line in invoice.lines),
    }
    yield from (rule for rule, there in needed.items() if not there)
    if seller.country == "NL":
        yield from _dutch(invoice)


def _dutch(invoice: EInvoice) -> Iterator[str]:
    seller, buyer = invoice.seller, invoice.buyer
    if invoice.kind == CREDIT_NOTE and not invoice.preceding[0]:
        yield "NL-R-001"
    if not (seller.street and seller.city and seller.zipcode):
        yield "NL-R-002"
    if seller.registration[0] not in ("0106", "0190"):
        yield "NL-R-003"
    if buyer.country == "NL" and not (buyer.street and buyer.city and buyer.zipcode):
        yield "NL-R-004"
    if buyer.country == "NL" and buyer.registration[1] and buyer.registration[0] not in ("0106", "0190"):
        yield "NL-R-005"


def _sums(invoice: EInvoice) -> Iterator[str]:
    """Judge the arithmetic; there are no allowances or charges on document level, so BR-CO-11 and 12 hold."""
    amounts = [invoice.net, invoice.vat_total, invoice.gross, *(line.net for line in invoice.lines)]
    right = {
        "BR-CO-10": _sum(line.net for line in invoice.lines) == invoice.net,
        "BR-CO-13": _sum(row.net for row in invoice.vat) == invoice.net,
        "BR-CO-14": _sum(row.vat for row in invoice.vat) == invoice.vat_total,
        "BR-CO-15": invoice.net + invoice.vat_total == invoice.gross,
        "BR-CO-16": invoice.payable == invoice.gross,
        "BR-CO-17": all(_follows(row, invoice.currency) for row in invoice.vat),
        "PEPPOL-EN16931-R120": all(abs(line.quantity * line.price - line.net) <= SLACK for line in invoice.lines),
        "BR-DEC": all(amount == cents(amount) for amount in amounts),
    }
    yield from (rule for rule, holds in right.items() if not holds)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _follows(row: EVat, currency: str) -> bool:
    return abs(row.vat - cents(row.net * row.rate / 100, currency)) < TOLERANCE


def _vat_rules(invoice: EInvoice) -> Iterator[str]:
    if not invoice.vat:
        yield "BR-CO-18"
    for row in invoice.vat:
        same = [line for line in invoice.lines if (line.category, line.rate) == (row.category, row.rate)]
        if _sum(line.net for line in same) != row.net:
            yield f"BR-{row.category}-08"
        if row.category not in ("S", "Z") and (row.vat != 0 or row.rate != 0):
            yield f"BR-{row.category}-09"
        if not invoice.seller.vat_number:
            yield f"BR-{row.category}-02"
        if row.category in NEEDS_BUYER_VAT and not invoice.buyer.vat_number:
            yield f"BR-{'IC' if row.category == 'K' else 'AE'}-02"
        if row.category == "K":
            yield "BR-IC-11"  # the day of delivery is not known here, and is not guessed
    for party in (invoice.seller, invoice.buyer):
        if party.vat_number and not party.vat_number[:2].isalpha():
            yield "BR-CO-09"


def _paying(invoice: EInvoice) -> Iterator[str]:
    if invoice.payable > 0 and invoice.kind == INVOICE and invoice.due_date is None:
        yield "BR-CO-25"
    if invoice.means in ("30", "58") and not invoice.iban:
        yield "BR-61"
    if invoice.means in ("49", "59"):
        yield "PEPPOL-EN16931-R061"  # a mandate is needed, and none is known here
    if invoice.seller.country == "NL" and not invoice.means and invoice.kind == INVOICE:
        yield "NL-R-007"
