"""The arithmetic of allocations: caps, reversals, and balances rebuilt from the log of entries.

Entries are never changed or deleted; an entry is undone by another that names it. Amounts have a
sign: a payment of 40 adds 40 to what was paid on an invoice, one of -40 (a bounced collection) takes
it off again; a credit note has a negative total, so a refund of -40 settles 40 of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from webapp.domain.invoices import PaymentStatus, outstanding, payment_status

ZERO = Decimal(0)


class EntryKind(StrEnum):
    """What settles an invoice: a payment, a credit note, or giving it up; and what of a payment went back."""

    PAYMENT = "payment"
    CREDIT = "credit"
    WRITE_OFF = "write_off"
    REFUND = "refund"


class WriteOffKind(StrEnum):
    """What a difference is written off to, as Yuki names them."""

    PAYMENT_DIFFERENCE = "payment_difference"
    BANK_COSTS = "bank_costs"
    EXCHANGE_DIFFERENCE = "exchange_difference"
    PAYMENT_DISCOUNT = "payment_discount"


class AllocationFault(StrEnum):
    """Why a reversal is refused."""

    REVERSAL_OF_REVERSAL = "reversal_of_reversal"
    ALREADY_REVERSED = "already_reversed"


class AllocationError(ValueError):
    """An entry that must not be made; `reason` says why."""

    def __init__(self, reason: AllocationFault) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: `amount` of a payment, credit note or write-off set against an invoice.

    Without an invoice it is what was written off of a payment's rest, or went back by another payment, the refund.
    """

    entry_id: int
    invoice_id: int | None
    amount: Decimal
    kind: EntryKind = EntryKind.PAYMENT
    payment_id: int | None = None
    credit_note_id: int | None = None
    refund_id: int | None = None
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentBalance:
    """A payment and how much of it is set against invoices."""

    amount: Decimal
    allocated: Decimal = ZERO

    @property
    def unapplied(self) -> Decimal:
        """The rest, with the payment's sign."""
        return self.amount - self.allocated


@dataclass(frozen=True, slots=True)
class InvoiceBalance:
    """An invoice and what settles it; all amounts with the sign of the total."""

    total: Decimal
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    written_off: Decimal = ZERO

    @property
    def settled(self) -> Decimal:
        """Everything that was set against it."""
        return self.paid + self.credited + self.written_off

    @property
    def outstanding(self) -> Decimal:
        """What is left; negative for a credit note, never beyond zero."""
        return outstanding(self.total, self.paid, credited=self.credited, written_off=self.written_off)

    @property
    def status(self) -> PaymentStatus:
        """The payment status that follows from the amounts."""
        return payment_status(self.total, self.paid, credited=self.credited, written_off=self.written_off)


@dataclass(frozen=True, slots=True)
class Balances:
    """The state of payments and invoices by id."""

    payments: Mapping[int, PaymentBalance] = field(default_factory=dict)
    invoices: Mapping[int, InvoiceBalance] = field(default_factory=dict)


def room(amount: Decimal, invoice: InvoiceBalance) -> Decimal:
    """Return how much of `amount` fits on the invoice: at most what is outstanding.

    An amount against the invoice's own sign takes payments back: at most what was paid.
    """
    if _sign(amount) * _sign(invoice.total) < 0:
        return _nearest_zero(amount, -invoice.paid)
    return _nearest_zero(amount, invoice.outstanding)


def apply_payment(payment: PaymentBalance, invoice: InvoiceBalance, *, wanted: Decimal | None = None) -> Decimal:
    """Return how much of a payment may be set against an invoice: within both caps, and within `wanted`."""
    left = payment.unapplied
    return room(left if wanted is None else _nearest_zero(wanted, left), invoice)


def apply_credit(credit_note: InvoiceBalance, invoice: InvoiceBalance, *, wanted: Decimal | None = None) -> Decimal:
    """Return how much of a credit note may be set against an invoice: what is left of it, and what fits."""
    left = -credit_note.outstanding
    return room(left if wanted is None else _nearest_zero(wanted, left), invoice)


def spread(amount: Decimal, invoices: Sequence[tuple[int, InvoiceBalance]]) -> tuple[dict[int, Decimal], Decimal]:
    """Set one amount against several invoices in the order given; returns the parts and the rest."""
    parts: dict[int, Decimal] = {}
    for invoice_id, balance in invoices:
        part = room(amount, balance)
        if part:
            parts[invoice_id] = part
            amount -= part
    return parts, amount


def reversal_of(entry: Entry, *, entry_id: int, log: Iterable[Entry]) -> Entry:
    """Return the entry that undoes `entry`; AllocationError if it is a reversal or was undone before."""
    if entry.reverses is not None:
        raise AllocationError(AllocationFault.REVERSAL_OF_REVERSAL)
    if any(other.reverses == entry.entry_id for other in log):
        raise AllocationError(AllocationFault.ALREADY_REVERSED)
    return replace(entry, entry_id=entry_id, amount=-entry.amount, reverses=entry.entry_id)


def rebuild(entries: Iterable[Entry], *, payments: Mapping[int, Decimal], invoices: Mapping[int, Decimal]) -> Balances:
    """Rebuild the state from the log, the payments' amounts and the invoices' totals, by id.

    The order of the entries does not matter, and an entry that comes twice counts once.
    Raises KeyError for an entry about a payment or invoice that is not given.
    """
    allocated = dict.fromkeys(payments, ZERO)
    settled = {(invoice_id, kind): ZERO for invoice_id in invoices for kind in EntryKind}
    for entry in {entry.entry_id: entry for entry in entries}.values():
        if entry.invoice_id is not None:
            settled[entry.invoice_id, entry.kind] += entry.amount
        if entry.payment_id is not None:
            allocated[entry.payment_id] += entry.amount
        if entry.refund_id is not None:
            # The one went back by the other: both are used by as much.
            allocated[entry.refund_id] -= entry.amount
        if entry.credit_note_id is not None:
            # A credit note is used up by what it settles: both move towards nothing.
            settled[entry.credit_note_id, EntryKind.CREDIT] -= entry.amount
    return Balances(
        payments={key: PaymentBalance(amount, allocated[key]) for key, amount in payments.items()},
        invoices={
            key: InvoiceBalance(
                total,
                paid=settled[key, EntryKind.PAYMENT],
                credited=settled[key, EntryKind.CREDIT],
                written_off=settled[key, EntryKind.WRITE_OFF],
            )
            for key, total in invoices.items()
        },
    )


def broken_caps(balances: Balances) -> tuple[str, ...]:
    """Name every cap that the state breaks, as `payment:7` or `invoice:3`; empty when all is well."""
    payments = (
        f"payment:{key}" for key, balance in balances.payments.items() if not _within(balance.allocated, balance.amount)
    )
    invoices = (
        f"invoice:{key}" for key, balance in balances.invoices.items() if not _within(balance.settled, balance.total)
    )
    return (*payments, *invoices)


def _sign(amount: Decimal) -> int:
    return (amount > 0) - (amount < 0)


def _nearest_zero(first: Decimal, second: Decimal) -> Decimal:
    """Return the smaller of two amounts of the same sign; zero when the signs differ."""
    if _sign(first) * _sign(second) <= 0:
        return ZERO
    return min(first, second, key=abs)


def _within(part: Decimal, whole: Decimal) -> bool:
    return min(whole, ZERO) <= part <= max(whole, ZERO)
