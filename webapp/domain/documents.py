"""The sales invoice as a document for the books: plain data, as sending needs it.

In optional text fields three things differ: `None` leaves the element out (the books keep what they
have), `""` sends it empty (the books clear it), a value overwrites.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


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
    """The customer as the document names him."""

    full_name: str
    code: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    gender: str | None = None
    country_code: str | None = None
    city: str | None = None
    zipcode: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    email: str | None = None
    website: str | None = None
    coc_number: str | None = None
    vat_number: str | None = None
    contact_type: str | None = None
    bank_account: str | None = None
    bic: str | None = None
    phone: str | None = None
    mobile: str | None = None


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
    """The sales item of a line; price, VAT type and percentage count only when all three are there."""

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
