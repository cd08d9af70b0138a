"""What a paper says, as plain facts: amounts and dates, not yet in anybody's words."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class PaperKind(StrEnum):
    """What the paper is; a pro forma has no number and asks for no money."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PRO_FORMA = "pro_forma"


@dataclass(frozen=True, slots=True)
class Party:
    """A name with its address, as it stands on paper: `street` may have two lines."""

    name: str
    street: tuple[str, ...] = ()
    zipcode: str = ""
    city: str = ""
    country: str = ""
    vat_number: str = ""
    coc_number: str = ""


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sends the paper, and where its money is to go; `logo` is a PNG."""

    party: Party
    iban: str = ""
    bic: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    logo: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line; price and amount are without VAT unless the paper's prices include it."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    vat_type: int
    vat_rate: Decimal
    amount: Decimal
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class VatRow:
    """The amounts of one VAT type and rate."""

    vat_type: int
    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class InvoicePaper:
    """An invoice, a credit note or a pro forma. `due` is what is still to be paid, None where nothing is asked."""

    kind: PaperKind
    number: str
    issue_date: date
    currency: str
    seller: Seller
    buyer: Party
    lines: tuple[PaperLine, ...]
    vat: tuple[VatRow, ...]
    net: Decimal
    vat_total: Decimal
    gross: Decimal
    prices_include_vat: bool = False
    due_date: date | None = None
    contact_person: str = ""
    contact_code: str = ""
    purchase_order: str = ""
    payment_reference: str = ""
    subject: str = ""
    remarks: str = ""
    credited_number: str = ""
    cancelled: bool = False
    received: Decimal = Decimal(0)
    due: Decimal | None = None
    payment: str = ""
