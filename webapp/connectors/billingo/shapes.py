"""Documents as nearly all of them come: the fields that are read, in the order in which Billingo sends them.

Where they come in this order each is found at the first look; they may come in any.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

Figure = Any
"""A whole number or a Decimal; anything else is left to `mapping`."""


class Item(msgspec.Struct, gc=False, kw_only=True):
    """A line."""

    product_id: int | None = None
    name: str | None = None
    net_unit_amount: Figure
    quantity: Figure
    unit: str | None = None
    net_amount: Figure
    gross_amount: Figure
    vat: str | None = None
    vat_amount: Figure = None
    entitlement: str | None = None
    comment: str | None = None


class Address(msgspec.Struct, gc=False):
    """Where a partner lives."""

    country_code: str | None = None
    post_code: str | None = None
    city: str | None = None
    address: str | None = None


class Partner(msgspec.Struct, gc=False):
    """The other party as it stands on the document."""

    id: int | None = None
    name: str | None = None
    address: Address | None = None
    emails: list[str] | None = None
    taxcode: str | None = None
    iban: str | None = None
    swift: str | None = None
    account_number: str | None = None
    phone: str | None = None


class Account(msgspec.Struct, gc=False):
    """Where the issuer is to be paid."""

    account_number: str | None = None
    account_number_iban: str | None = None
    swift: str | None = None


class Organisation(msgspec.Struct, gc=False):
    """The issuer."""

    name: str | None = None
    tax_number: str | None = None
    bank_account: Account | None = None
    ev_number: str | None = None
    eu_tax_number: str | None = None


class Summary(msgspec.Struct, gc=False):
    """Totals that stand nowhere else."""

    net_amount: Figure = None
    vat_amount: Figure = None


class Settings(msgspec.Struct, gc=False):
    """How a document was made."""

    round: str | None = None


class Related(msgspec.Struct, gc=False):
    """A document that belongs to this one."""

    id: int
    invoice_number: str | None = None


class Document(msgspec.Struct, gc=False, kw_only=True):
    """A document; its parts that recur from one to the next are left as bytes."""

    id: int
    invoice_number: str | None = None
    type: str | None = None
    correction_type: str | None = None
    cancelled: bool | None = None
    block_id: int | None = None
    payment_status: str | None = None
    payment_method: str | None = None
    gross_total: Figure
    currency: str
    conversion_rate: Figure = None
    invoice_date: date
    fulfillment_date: date | None = None
    due_date: date | None = None
    paid_date: date | None = None
    organization: msgspec.Raw = msgspec.Raw(b"{}")
    document_partner: msgspec.Raw
    electronic: bool | None = None
    comment: str | None = None
    tags: list[str] | None = None
    notification_status: str | None = None
    language: str | None = None
    items: msgspec.Raw
    summary: Summary | None = None
    settings: Settings | None = None
    related_documents: list[Related] | None = None
    online_szamla_status: str | None = None
    discount: Any = None


DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)
ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
ITEM = msgspec.json.Decoder(Item, float_hook=Decimal)
PARTNER = msgspec.json.Decoder(Partner)
ORGANISATION = msgspec.json.Decoder(Organisation)
