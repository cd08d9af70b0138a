"""What the sandbox's books are made of: administrations, contacts, sales items, bookings and archive documents."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ZERO = Decimal("0.00")
Day = date
"""A name of its own, because records have a field called date."""


@dataclass(frozen=True)
class Domain:
    """A customer of Yuki; `has_database` is false when its books are kept on the other country's host."""

    id: str
    name: str
    has_database: bool = True


@dataclass(frozen=True)
class Administration:
    """One set of books within a domain, with the invoice settings that decide what it accepts."""

    id: str
    domain_id: str
    name: str
    address: str
    postcode: str
    city: str
    country: str
    coc_number: str
    vat_number: str
    start: Day
    active: bool = True
    projects: dict[str, str] = field(default_factory=dict)
    """Project id to project code; empty when the bundle has no projects."""
    direct_debit: bool = True


@dataclass(frozen=True)
class AccessKey:
    """A web service key; without an administration it sees every one of its domains."""

    key: str
    title: str
    domain_ids: tuple[str, ...]
    administration_id: str | None
    rights: frozenset[str]


@dataclass
class Session:
    id: str
    key: str
    domain_id: str
    expires: datetime
    language: str = "nl"


@dataclass
class Contact:
    """A card in the address book of a domain; `fields` holds the document's own element names."""

    id: str
    domain_id: str
    code: str
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    invoice_email: str = ""
    other_emails: list[str] = field(default_factory=list)
    bank_accounts: dict[str, str] = field(default_factory=dict)
    """Account number to BIC."""


@dataclass
class Price:
    """What one price list says of a sales item."""

    amount: Decimal
    vat_included: bool
    vat_type: int
    vat_percentage: Decimal


@dataclass
class SalesItem:
    id: str
    administration_id: str
    description: str
    reference: str
    gl_account: str
    remarks: str = ""
    prices: dict[str, Price] = field(default_factory=dict)


@dataclass(frozen=True)
class Accrual:
    """Over which periods the revenue of a line is spread: from a day, so many periods of so many months."""

    start: Day
    periods: int
    months: int


@dataclass
class Line:
    """One booked line, amounts in the booking's currency, rounded to cents."""

    description: str
    quantity: Decimal
    price: Decimal
    vat_included: bool
    vat_type: int
    vat_percentage: Decimal
    gl_account: str
    item_id: str
    net: Decimal
    vat: Decimal
    accrual: Accrual | None = None


@dataclass
class Payment:
    """A bank line matched with a booking; negative when the bank took it back."""

    amount: Decimal
    date: Day
    created: datetime
    receipt_id: str = ""
    """The receipt that it was until somebody matched it."""


@dataclass
class Booking:
    """A sales or purchase invoice; a draft waits in "To be sent" and owes nothing yet."""

    id: str
    kind: str
    administration_id: str
    reference: str
    subject: str
    payment_method: str
    payment_id: str
    contact_id: str
    contact_name: str
    date: Day
    due_date: Day | None
    currency: str
    lines: list[Line]
    net: Decimal
    vat: Decimal
    draft: bool
    created: datetime
    order: int
    """Counts the bookings of this sandbox, so that the order of arrival can be told."""
    emailed: bool = False
    remarks: str = ""
    project: str = ""
    document_id: str = ""
    xml: str = ""
    payments: list[Payment] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return self.net + self.vat

    def open_on(self, day: Day | None = None) -> Decimal:
        """What is still to be paid, at the end of `day` or, without one, now."""
        return self.total - sum((p.amount for p in self.payments if day is None or p.date <= day), ZERO)


@dataclass
class Receipt:
    """A bank line that arrived unmatched; `matched` is how much of it has been since."""

    id: str
    administration_id: str
    amount: Decimal
    date: Day
    description: str
    matched: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        return self.amount - self.matched


@dataclass
class Document:
    """A document of the archive; `created` and `modified` are Yuki's local time without a zone."""

    id: str
    domain_id: str
    administration_id: str
    folder: int
    tab: int
    type: int
    subject: str
    date: Day | None
    amount: Decimal
    vat_amount: Decimal | None
    contact_id: str
    contact_name: str
    reference: str
    file_name: str
    content_type: str
    size: int
    sha256: str
    created: datetime
    creator: str
    modified: datetime
    modifier: str
    booking_id: str = ""
    xml: str = ""
    data: dict[str, str] = field(default_factory=dict)
    """What an upload said of itself: currency, cost category, payment method, project, remarks."""
    odd: dict[str, str | None] = field(default_factory=dict)
    """Elements of a list that say something else than they should; None leaves one out."""
    content: str = ""
    """The file itself as base64, where it is not simply drawn."""
