"""What the books hold. Amounts are whole hundredths of the document's currency, and quantities hundredths too."""

from dataclasses import dataclass, field
from datetime import date, datetime

DRAFTS = frozenset({"draft", "draft_offer", "draft_order_form", "draft_waybill"})
NOT_PAYABLE = DRAFTS | {"proforma", "offer", "order_form", "cancellation", "waybill", "dossier"}
"""Assumed: which types carry `none` as their payment status is not documented."""

HUF = "HUF"


@dataclass(slots=True)
class Item:
    """One line. `product_id` is 0 for one that was typed by hand; `price` is the net unit price before a discount."""

    product_id: int
    name: str
    quantity: int
    price: int
    unit: str
    vat: str
    entitlement: str | None = None
    comment: str = ""


@dataclass(slots=True)
class Payment:
    """One entry of the payment history; Billingo gives it no id."""

    date: date
    price: int
    method: str
    voucher: str | None = None


@dataclass(slots=True)
class Document:
    """
    One document. `rate` is ten-thousandths of a forint for one unit of the currency; `number` is 0 for a draft;
    `gross` is worked out once, as the lines of a document never change; `modified` and `paid_at` are what
    `last_modified_date` looks at, and never go over the wire themselves.
    """

    id: int
    account: str
    block_id: int
    number: int
    year: int
    type: str
    partner_id: int
    method: str
    currency: str
    rate: int
    invoice_date: date
    fulfillment_date: date
    due_date: date
    created: datetime
    modified: datetime
    items: list[Item]
    gross: int = 0
    payments: list[Payment] = field(default_factory=list)
    related: list[int] = field(default_factory=list)
    paid_at: datetime | None = None
    correction: str = ""
    cancelled: bool = False
    rounding: str = "none"
    discount: int = 0
    comment: str = ""
    language: str = "hu"
    electronic: bool = False
    nav_status: str = "done"
    quirk: str = ""

    @property
    def draft(self) -> bool:
        return self.type in DRAFTS


@dataclass(frozen=True, slots=True)
class Partner:
    """A customer; `former_name` is what it was called when its older documents were made."""

    id: int
    name: str
    country: str
    post_code: str
    city: str
    street: str
    email: str
    tax_code: str
    tax_type: str
    account_number: str
    former_name: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """Something that is sold, with its net unit price in hundredths."""

    id: int
    name: str
    price: int
    currency: str
    unit: str
    vat: str
    entitlement: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """An invoice pad; its prefix stands before the year and the number."""

    id: int
    name: str
    prefix: str
    type: str


@dataclass(frozen=True, slots=True)
class Account:
    """One organisation at Billingo, which all its books belong to; it gets 1/`share` of the size of a reset."""

    id: str
    name: str
    tax_number: str
    city: str
    street: str
    bank_account: str
    share: int
    first_id: int
    first_partner: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: of which account, and what keeps it out ("", "subscription" or "permission")."""

    key: str
    title: str
    account: str
    refusal: str = ""
