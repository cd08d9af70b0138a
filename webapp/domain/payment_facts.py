"""What the payment planner takes and gives: what we knew, what the books say is open, what follows."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from webapp.domain.documents import PaymentMethod


@dataclass(frozen=True, slots=True)
class KnownInvoice:
    """What we knew of one invoice before this look.

    `last_open` is what was open when we last looked: None if it was never seen open, zero once it was
    gone. `booked_at` is when our own delivery was confirmed as booked (None: not by us, or a draft).
    `movements` counts the payments and reversals that were recorded from the books so far: it keeps
    the second of two equal steps apart from the first.
    """

    invoice_id: int
    reference: str
    total: Decimal
    currency: str = "EUR"
    document_id: str = ""
    last_open: Decimal | None = None
    first_seen_open: datetime | None = None
    booked_at: datetime | None = None
    payment_method: PaymentMethod | None = None
    movements: int = 0


class RemoteItem(NamedTuple):
    """One open item as the books tell it; `type_id` is empty for a receipt that is not matched yet."""

    remote_id: str
    reference: str
    open_amount: Decimal
    original_amount: Decimal
    document_id: str = ""
    type_id: str = ""
    contact_name: str = ""
    currency: str = "EUR"


class NoProof(StrEnum):
    """Why the absence of an item says nothing about the payment."""

    NOT_BOOKED = "not_booked"
    TOO_RECENT = "too_recent"


@dataclass(frozen=True, slots=True)
class Received:
    """The open amount fell: money came in, on a day that we only know as the day it was seen.

    `settles`: nothing is open any more. The amount has the sign of the invoice (negative: a credit
    note was paid back or used).
    """

    invoice_id: int
    amount: Decimal
    currency: str
    seen_on: date
    settles: bool
    remote_key: str


@dataclass(frozen=True, slots=True)
class Reversed:
    """The open amount rose: a collection bounced, or a match was undone; amount as in `Received`."""

    invoice_id: int
    amount: Decimal
    currency: str
    seen_on: date
    remote_key: str


@dataclass(frozen=True, slots=True)
class SeenOpen:
    """What to remember of this look; only where it differs from what we knew."""

    invoice_id: int
    remote_id: str
    open_amount: Decimal
    original_amount: Decimal
    first: bool


@dataclass(frozen=True, slots=True)
class NeverOutstanding:
    """Not open, which proves nothing: what is paid by card, iDEAL, online or cash never shows."""

    invoice_id: int
    payment_method: PaymentMethod


@dataclass(frozen=True, slots=True)
class NotYetSeen:
    """Not open, and never seen open: it may be a draft, not recognised yet, or booked a moment ago."""

    invoice_id: int
    reason: NoProof


@dataclass(frozen=True, slots=True)
class TotalDiffers:
    """The books have another original amount than we have; the payments follow the books' figures."""

    invoice_id: int
    remote_id: str
    total_here: Decimal
    total_there: Decimal


@dataclass(frozen=True, slots=True)
class CurrencyDiffers:
    """The item is in another currency than the invoice: no amount is compared."""

    invoice_id: int
    remote_id: str
    currency_here: str
    currency_there: str


@dataclass(frozen=True, slots=True)
class Unapplied:
    """A receipt in the books that is not matched to an invoice; `amount` is positive for money received."""

    remote_id: str
    amount: Decimal
    currency: str
    contact_name: str
    remote_key: str


@dataclass(frozen=True, slots=True)
class UnknownItem:
    """Open in the books, and not known here."""

    remote_id: str
    reference: str
    amount: Decimal
    contact_name: str


@dataclass(frozen=True, slots=True)
class CreditOpen:
    """A credit note that is open in the books (negative amount); `invoice_id` where it is known here."""

    remote_id: str
    reference: str
    amount: Decimal
    contact_name: str
    invoice_id: int | None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """One reference stands for several items or several invoices: nothing is concluded from it."""

    reference: str
    remote_ids: tuple[str, ...]
    invoice_ids: tuple[int, ...]
    amount: Decimal


Intent = (
    Received
    | Reversed
    | SeenOpen
    | NeverOutstanding
    | NotYetSeen
    | TotalDiffers
    | CurrencyDiffers
    | Unapplied
    | UnknownItem
    | CreditOpen
    | Ambiguous
)
