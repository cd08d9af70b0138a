"""Invoices as a remote tells them: amounts, dates and words as given there, nothing filled in, nothing worked out.

Amounts are whole numbers, as they are stored: what ends in `_e4` counts ten-thousandths, what ends in `_e6` millionths.
What is read by the hundred thousand is made of tuples, which cost a third of what objects cost.
"""

import marshal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from webapp.domain.money import amount_of

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


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Shared(dict[str, Any]):
    """Facts that many documents have in common, made once: nobody changes them, and they are known by their place."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class RemoteContact(NamedTuple):
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


class RemoteLine(NamedTuple):
    """A line with its amounts as given; `rate_e4` is a percentage, None where the code is not one (AAM, EUK …)."""

    name: str
    quantity_e6: int
    unit: str
    unit_price_e6: int
    net_e4: int
    vat_e4: int
    gross_e4: int
    vat: str
    rate_e4: int | None
    remarks: str = ""
    product_id: str = ""
    entitlement: str | None = None

    @property
    def gross_amount(self) -> Decimal:
        """What the line comes to, with its VAT."""
        return amount_of(self.gross_e4)


@dataclass(frozen=True, slots=True)
class RemotePayment:
    """A payment of one document, in its currency; the remote gives it no id."""

    day: date
    amount: Decimal
    method: str
    voucher: str = ""


class RemoteInvoice(NamedTuple):
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
    conversion_e6: int | None
    net_e4: int
    vat_e4: int
    gross_e4: int
    contact: RemoteContact
    lines: tuple[RemoteLine, ...]
    related: tuple[tuple[str, str], ...] = ()
    comment: str = ""
    facts: Mapping[str, Any] = NOTHING

    @property
    def gross_total(self) -> Decimal:
        """What the document comes to."""
        return amount_of(self.gross_e4)

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


_AS_IT_IS = frozenset({str, int, bool, type(None)})


def digest(invoice: RemoteInvoice) -> int:
    """Return a number of 63 bits that is the same as long as the document is: what is unchanged need not be written.

    Amounts count by value (1.0 and 1.00 are the same); the order of what JSON does not order counts for nothing.
    """
    words, days, rest = invoice[:7], invoice[7:11], invoice[11:16]
    said = (
        words,
        [day and day.toordinal() for day in days],
        rest,
        tuple(invoice.contact),
        [tuple(line) for line in invoice.lines],
        invoice.related,
        invoice.comment,
        _plain_shared(invoice.facts) if type(invoice.facts) is Shared else _plain(invoice.facts),
    )
    # Its second version writes values and nothing of how they lie in memory: the same bytes in every process.
    found = blake2b(marshal.dumps(said, 2), digest_size=8)
    return int.from_bytes(found.digest(), "big") >> 1


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is dict or isinstance(value, Mapping):
        return [(key, one if type(one) in _AS_IT_IS else _plain(one)) for key, one in sorted(value.items())]
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if kind is Decimal:
        return format(value.normalize(), "f") if value else "0"
    return str(value) if isinstance(value, date) else value


_plain_shared = lru_cache(maxsize=500)(_plain)
