"""What matching takes and gives: open invoices, contacts and one payment; proposals with their reasons."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice of which something is open; a credit note has a negative `open_amount`.

    `reference` is the payment reference that was printed on it (structured or not), if any.
    """

    invoice_id: int
    number: str
    open_amount: Decimal
    currency: str
    issue_date: date
    due_date: date | None = None
    contact_id: int | None = None
    contact_name: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact with its names and bank accounts, also one that owes nothing now.

    `ibans` are those of its card and those that were learned from accepted matches.
    """

    contact_id: int
    name: str
    ibans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment as matching sees it: `amount` is what is still unapplied, negative for money that went out.

    `reference` is the field for a structured communication, `text` whatever else was written.
    """

    payment_id: int
    amount: Decimal
    currency: str
    received_on: date
    text: str = ""
    name: str = ""
    iban: str = ""
    reference: str = ""


class Reason(StrEnum):
    """What speaks for a proposal, or against it; put into words by the catalogues."""

    __hash__ = str.__hash__  # an enum's own is written in Python, and sets of reasons are made all the time

    STRUCTURED = "structured"
    REFERENCE = "reference"
    LOOSE_REFERENCE = "loose_reference"
    AMOUNT = "amount"
    SUM = "sum"
    TOLERANCE = "tolerance"
    DISCOUNT = "discount"
    PART = "part"
    TOO_MUCH = "too_much"
    ALL_OPEN = "all_open"
    IBAN = "iban"
    NAME = "name"
    LIKE_NAME = "like_name"
    ONLY_AMOUNT = "only_amount"
    OTHER_CONTACT = "other_contact"
    OTHER_NUMBER = "other_number"
    ISSUED_LATER = "issued_later"
    RIVAL = "rival"


PLACES = {reason: place for place, reason in enumerate(Reason)}
"""The order in which reasons are given."""

AGAINST = frozenset(
    {Reason.OTHER_CONTACT, Reason.OTHER_NUMBER, Reason.ISSUED_LATER, Reason.RIVAL, Reason.TOO_MUCH, Reason.ONLY_AMOUNT}
)
"""What speaks against a proposal."""


class Difference(StrEnum):
    """What the rest that stays open on the invoices probably is."""

    NONE = "none"
    PAYMENT_DIFFERENCE = "payment_difference"
    PAYMENT_DISCOUNT = "payment_discount"
    PART = "part"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True)
class Part:
    """How much of the payment goes to one invoice, with the sign of the invoice."""

    invoice_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a payment may settle: the parts never add up to more than the payment, nor exceed what is open.

    `score` is 1-100. `rest` is the difference between what is open on these invoices and the payment
    (positive: something stays open; negative: something stays unapplied). `automatic`: nothing speaks
    against it, and there is no second reading.
    """

    parts: tuple[Part, ...]
    score: int
    reasons: tuple[Reason, ...]
    difference: Difference = Difference.NONE
    rest: Decimal = ZERO
    automatic: bool = False

    @property
    def invoice_ids(self) -> frozenset[int]:
        """The invoices it is about."""
        return frozenset(part.invoice_id for part in self.parts)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an organisation allows: amounts in the currency of the payment, shares as a fraction.

    `tolerance`: a difference up to this counts as a payment difference. `discount`: a deduction of up to
    this share, taken within `discount_days` after the invoice date, counts as payment discount.
    """

    tolerance: Decimal = Decimal("0.10")
    tolerances: tuple[tuple[str, Decimal], ...] = (("HUF", Decimal(5)),)
    discount: Decimal = Decimal("0.03")
    discount_days: int = 14
    most: int = 5

    def tolerance_in(self, currency: str) -> Decimal:
        """Return the tolerance in one currency; `tolerances` holds those that differ (cash is rounded to 5 forint)."""
        return next((amount for code, amount in self.tolerances if code == currency), self.tolerance)
