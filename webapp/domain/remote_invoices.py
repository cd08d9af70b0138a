"""Invoices as a remote tells them: amounts, dates and words as given there, nothing filled in, nothing worked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from operator import attrgetter
from typing import Any

BOX_SALES, BOX_PURCHASES = "sales", "purchases"
"""The two places that a set of books keeps its invoices in."""

BOOKED_TYPES = frozenset({"purchase_invoice", "sales_invoice", "sales_invoice_prescanned"})
"""Documents of a set of books that somebody there recognised as invoices."""

FILED_TYPES = BOOKED_TYPES | {"purchase_unrecognised", "sales_unrecognised"}
"""All documents of a set of books; what is not recognised makes no claim."""

ISSUED_TYPES = BOOKED_TYPES | {"invoice", "advance", "modification", "cancellation", "receipt", "receipt_cancellation"}
"""Documents that were issued and can never disappear over there (Billingo OpenAPI 3.0.15, DocumentType).

The others (drafts, offers, pro formas, waybills …) carry no claim, and may vanish.
"""

STORNO_TYPES = frozenset({"cancellation", "receipt_cancellation"})
"""Documents that cancel another one: their amounts take back what that one claims."""

FOREIGN_VAT = -1
"""The VAT type of a line that was not made for the books: only its percentage and its own words say what it is."""


@dataclass(frozen=True, slots=True)
class RemoteContact:
    """The other party as it stands on the document; `remote_id` is empty where the remote gives none."""

    remote_id: str
    name: str
    tax_number: str = ""
    country: str = ""
    zipcode: str = ""
    city: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""
    bic: str = ""
    account_number: str = ""


attributes = attrgetter(*RemoteContact.__slots__)
"""All that stands of the other party, in its order."""


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """A line with its amounts as given; `vat_rate` is a percentage, None where the code is not one (AAM, EUK …)."""

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net_amount: Decimal
    vat_amount: Decimal
    gross_amount: Decimal
    vat: str
    vat_rate: Decimal | None
    remarks: str = ""
    product_id: str = ""
    entitlement: str | None = None


@dataclass(frozen=True, slots=True)
class RemotePayment:
    """A payment of one document, in its currency; the remote gives it no id."""

    day: date
    amount: Decimal
    method: str
    voucher: str = ""


@dataclass(frozen=True, slots=True)
class RemoteInvoice:
    """One document; words (`document_type`, `payment_status`, `payment_method` …) are the remote's, also unknown ones.

    `paid_date` only where the remote says that something was paid. `related` are the ids of the documents that belong
    to it: the original of a storno, the storno of an original. `facts` is what else the remote said, JSON only.
    """

    remote_id: str
    number: str
    document_type: str
    correction_type: str
    cancelled: bool
    payment_status: str
    payment_method: str
    issue_date: date
    fulfillment_date: date | None
    due_date: date | None
    paid_date: date | None
    currency: str
    conversion_rate: Decimal | None
    net_total: Decimal
    vat_total: Decimal
    gross_total: Decimal
    contact: RemoteContact
    lines: tuple[RemoteLine, ...]
    related: tuple[tuple[str, str], ...] = ()
    comment: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def issued(self) -> bool:
        """Whether it was issued: then it cannot be taken away over there, only cancelled by another document."""
        return self.document_type in ISSUED_TYPES

    @property
    def filed(self) -> bool:
        """Whether it comes from the archive of a set of books: that tells a part, the rest is asked for elsewhere."""
        return self.document_type in FILED_TYPES

    @property
    def kind(self) -> str:
        """Which side of the books it stands on: sales or purchase."""
        return "purchase" if self.document_type.startswith("purchase") else "sales"

    @property
    def difference(self) -> Decimal:
        """Return how far the total stands from the sum of the lines; a remote may round the one and not the other."""
        if self.filed and not self.lines:
            return Decimal(0)  # the lines are not told
        return self.gross_total - sum((line.gross_amount for line in self.lines), Decimal(0))


def digest(invoice: RemoteInvoice) -> int:
    """Return a number of 63 bits that is the same as long as the document is: what is unchanged need not be written.

    Amounts count by value (1.0 and 1.00 are the same); the order of what JSON does not order counts for nothing.
    """
    found = blake2b(repr(_told(invoice)).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(found.digest(), "big") >> 1


def _told(one: RemoteInvoice) -> list[Any]:
    """Return all that a document says, in the order of its fields: another order would be another digest for all."""
    return [
        *(one.remote_id, one.number, one.document_type, one.correction_type, one.cancelled),
        *(one.payment_status, one.payment_method),
        *map(_day, (one.issue_date, one.fulfillment_date, one.due_date, one.paid_date)),
        *(one.currency, _rate(one.conversion_rate)),
        *map(_amount, (one.net_total, one.vat_total, one.gross_total)),
        list(attributes(one.contact)),
        [_line(line) for line in one.lines],
        [list(pair) for pair in one.related],
        one.comment,
        _plain(one.facts),
    ]


def _line(line: RemoteLine) -> list[Any]:
    return [
        *(line.name, _amount(line.quantity), line.unit, _amount(line.unit_price)),
        *(_amount(line.net_amount), _amount(line.vat_amount), _amount(line.gross_amount)),
        *(line.vat, _rate(line.vat_rate), line.remarks, line.product_id, line.entitlement),
    ]


def _amount(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def _rate(value: Decimal | None) -> str | None:
    return None if value is None else _amount(value)


def _day(value: date | None) -> str | None:
    return None if value is None else str(value)


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int:
        return value
    if kind is Decimal:
        return _amount(value)
    if isinstance(value, Mapping):
        return sorted((str(key), _plain(one)) for key, one in value.items())
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, date) else value
