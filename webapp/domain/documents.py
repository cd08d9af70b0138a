"""The sales invoice as a document for the books: plain data, as sending needs it.

Of a contact that the books find by its code, a field left out keeps what they have, an empty one clears it,
a value overwrites it: `KEEP`, `CLEAR`, or the value (a `Wish`). Everywhere else an optional field is there
or it is not; nothing is ever sent empty. Source: the vendor's article on the fields of its sales invoice XML.
"""

from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum


class Unsaid(Enum):
    """What is wished of a field of the contact's card when there is no value for it."""

    KEEP = "keep"
    CLEAR = "clear"


KEEP, CLEAR = Unsaid.KEEP, Unsaid.CLEAR
Wish = str | Unsaid
"""Keep what the books have, clear it, or overwrite it with this text, which is never empty."""


class Gender(StrEnum):
    """The three that Yuki knows."""

    MALE = "Male"
    FEMALE = "Female"
    UNKNOWN = "Unknown"


class ContactType(StrEnum):
    """What a contact can be."""

    PERSON = "Person"
    COMPANY = "Company"


class PaymentMethod(StrEnum):
    """How the customer pays, in Yuki's nine words."""

    UNSPECIFIED = "Unspecified"
    ELECTRONIC_TRANSFER = "ElectronicTransfer"
    DIRECT_COLLECTION = "DirectCollection"
    TO_SETTLE = "ToSettle"
    CREDIT_CARD = "CreditCard"
    DEBIT_CARD = "DebitCard"
    CASH = "Cash"
    IDEAL = "iDeal"
    ONLINE = "Online"


NEVER_OUTSTANDING = frozenset(
    {
        PaymentMethod.CREDIT_CARD,
        PaymentMethod.DEBIT_CARD,
        PaymentMethod.CASH,
        PaymentMethod.IDEAL,
        PaymentMethod.ONLINE,
    }
)
"""Booked to an interim account: such an invoice never shows as an open item."""


@dataclass(frozen=True, slots=True)
class DocumentContact:
    """The customer as the document names him.

    What has no `Wish` cannot be cleared: code and name say who it is, gender, country and type are one of
    a list, and a bank account is added to those that the books have.
    """

    full_name: str
    code: str | None = None
    first_name: Wish = KEEP
    middle_name: Wish = KEEP
    last_name: Wish = KEEP
    gender: str | None = None
    country_code: str | None = None
    city: Wish = KEEP
    zipcode: Wish = KEEP
    address_line_1: Wish = KEEP
    address_line_2: Wish = KEEP
    email: Wish = KEEP
    website: Wish = KEEP
    coc_number: Wish = KEEP
    vat_number: Wish = KEEP
    contact_type: str | None = None
    bank_account: str | None = None
    bic: str | None = None
    phone: Wish = KEEP
    mobile: Wish = KEEP

    def __post_init__(self) -> None:
        """Refuse an empty text where it could mean two things."""
        for name in CLEARABLE:
            if getattr(self, name) == "":
                raise ValueError(f"{name} is empty: say KEEP or CLEAR")


CLEARABLE = tuple(one.name for one in fields(DocumentContact) if one.default is KEEP)
"""The fields of a contact that can be cleared in the books."""


@dataclass(frozen=True, slots=True)
class DocumentPerson:
    """The contact person at the customer."""

    full_name: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    gender: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentProduct:
    """The sales item of a line; price, VAT type and percentage count only when all three are there.

    Without all three the books take price and VAT from their own price list, where the item must exist.
    """

    description: str | None = None
    reference: str | None = None
    category: int | None = None
    sales_price: Decimal | None = None
    vat_percentage: Decimal | None = None
    vat_included: bool | None = None
    vat_type: int | None = None
    vat_description: str | None = None
    gl_account_code: str | None = None
    remarks: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line of the document."""

    quantity: Decimal
    product: DocumentProduct
    description: str | None = None
    remarks: str | None = None
    line_amount: Decimal | None = None
    line_vat_amount: Decimal | None = None
    accrual_date: date | None = None
    accrual_periods: int | None = None
    accrual_interval: int | None = None


@dataclass(frozen=True, slots=True)
class SalesDocument:
    """A whole sales invoice for the books; `process` books it at once, else it becomes a draft there."""

    issue_date: date
    contact: DocumentContact
    lines: tuple[DocumentLine, ...]
    process: bool = True
    reference: str | None = None
    subject: str | None = None
    payment_method: PaymentMethod | None = None
    payment_id: str | None = None
    purchase_order_number: str | None = None
    email_to_customer: bool | None = None
    sent_to_peppol: bool | None = None
    layout: str | None = None
    notes: str | None = None
    due_date: date | None = None
    price_list: str | None = None
    currency: str | None = None
    project_id: str | None = None
    project_code: str | None = None
    remarks: str | None = None
    document_file_name: str | None = None
    document_base64: str | None = field(default=None, repr=False)
    contact_person: DocumentPerson | None = None
