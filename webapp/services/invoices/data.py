"""What an invoice says before it is stored, and what can be wrong with it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from webapp.domain.drafts import Fault
from webapp.services.contacts import ContactData


@dataclass(frozen=True, slots=True)
class LineData:
    """One line; the price is per unit, including VAT when `vat_included` says so; `vat_rate` in per cent.

    `price_from_list` leaves price and VAT to the price list of the books; what stands here is then a guess.
    From `barcode` on it is what other systems say of the goods; `mrp` is the maximum retail price of a piece.
    """

    description: str
    quantity: Decimal
    unit_price: Decimal
    vat_rate: Decimal
    vat_type: int
    vat_included: bool = False
    gl_account_code: str = ""
    item_code: str = ""
    activity_code: str = ""
    product_description: str = ""
    product_remarks: str = ""
    category: int | None = None
    vat_description: str = ""
    price_from_list: bool = False
    line_amount: Decimal | None = None
    line_vat_amount: Decimal | None = None
    remarks: str = ""
    accrual_date: date | None = None
    accrual_periods: int | None = None
    accrual_interval: int | None = None
    barcode: str = ""
    packing: str = ""
    shelf_location: str = ""
    mrp: Decimal | None = None
    company_name: str = ""
    batch_no: str = ""


@dataclass(frozen=True, slots=True)
class PersonData:
    """The contact person that an invoice names."""

    full_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    gender: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class FileData:
    """A file as it came in: its name, and its bytes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class InvoiceData:
    """A sales invoice with its contact and lines.

    `process`: booked at once, a draft in the books, or as the connection says (None). Without `document` a
    PDF that is attached stays, unless `drop_document` takes it away.
    """

    number: str
    issue_date: date
    currency: str
    contact: ContactData
    lines: tuple[LineData, ...]
    due_date: date | None = None
    payment_method: str = "ElectronicTransfer"
    payment_reference: str = ""
    subject: str = ""
    remarks: str = ""
    purchase_order_number: str = ""
    process: bool | None = None
    email_to_customer: bool = False
    sent_to_peppol: bool = False
    layout: str = ""
    notes: str = ""
    price_list: str = ""
    project_id: str = ""
    project_code: str = ""
    person: PersonData = PersonData()
    document: FileData | None = None
    drop_document: bool = False
    department_id: int | None = None
    status: str = "draft"


class InvoiceFaults(Exception):
    """An invoice, or a file of them, that was not stored; `faults` names everything that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults[:5]))
        self.faults = faults


class InvoiceError(Exception):
    """Something cannot be done with an invoice; `code` names the reason, `params` what its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
