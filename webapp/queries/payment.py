"""One payment: what its source said, what became of it entry by entry, and which invoices it may settle."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from webapp.queries.ledger_words import SOURCES, WRITE_OFF_KINDS
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current
from webapp.store.words import word

MOST_ENTRIES = 200
MOST_INVOICES = 15


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of the ledger; `number` is the other side's, `undone_by` the entry that reversed it.

    `from_books`: it follows from what Yuki says, and is undone there. `who` is empty for the system. `beside_id` is the
    other payment of a refund, with its day.
    """

    id: int
    kind: str
    words: str
    amount: Decimal
    currency: str
    at: datetime
    who: str
    reason: str
    number: str
    invoice_id: int | None
    payment_id: int | None
    reverses_id: int | None
    undone_by: int | None
    from_books: bool
    received_on: date | None = None
    seen_on: bool = False
    source: str = ""
    run_id: int | None = None
    beside_id: int | None = None
    beside_on: date | None = None

    @property
    def may_be_undone(self) -> bool:
        """Whether a person may reverse it now."""
        return self.reverses_id is None and self.undone_by is None and not self.from_books


@dataclass(frozen=True, slots=True)
class Choice:
    """An invoice that a payment may be set against, or a credit note that an invoice may be set off with."""

    id: int
    number: str
    contact_name: str
    outstanding: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A payment the other way that may be the refund of one, or what it pays back; `left` without its sign."""

    id: int
    received_on: date
    name: str
    text: str
    amount: Decimal
    left: Decimal
    currency: str
    fits: Decimal


@dataclass(frozen=True, slots=True)
class PaymentView:
    """The page of a payment."""

    payment: Payment
    source: str
    connection: str
    invoice_number: str
    reversed_by: int | None
    twin_id: int | None
    entries: tuple[EntryRow, ...]
    choices: tuple[Choice, ...]
    counterparts: tuple[Counterpart, ...]

    @property
    def who(self) -> str:
        """Who recorded it; empty for the system."""
        return self.payment.actor_name if self.payment.actor_kind == "user" else ""

    @property
    def first_seen(self) -> date | None:
        """The day it was seen in the books, where the bank's day was learnt afterwards."""
        told = self.payment.fact.get("seen_on") if not self.payment.seen_on else None
        return date.fromisoformat(told) if told else None

    @property
    def pays_back(self) -> bool:
        """Whether it is money of the bank that went back, not the reversal that a person wrote."""
        return self.payment.reverses_id is not None and not self.payment.remote_key.startswith("reversal:")

    @property
    def may_be_reversed(self) -> bool:
        """Whether a person may take it back: what the books told is undone there."""
        payment = self.payment
        return payment.source != "yuki" and payment.reverses_id is None and self.reversed_by is None


def show(organisation_id: int, payment_id: int) -> PaymentView | None:
    """Return the page of a payment; None for one that this organisation does not have."""
    back, twin = aliased(Payment), aliased(Payment)
    row = (
        current()
        .execute(
            select(Payment, Connection.name, Invoice.number, back.id, func.coalesce(Payment.same_as_id, twin.id))
            .outerjoin(Connection, Connection.id == Payment.connection_id)
            .outerjoin(Invoice, Invoice.id == Payment.invoice_id)
            .outerjoin(back, back.reverses_id == Payment.id)
            .outerjoin(twin, twin.same_as_id == Payment.id)
            .where(Payment.organisation_id == organisation_id, Payment.id == payment_id)
        )
        .first()
    )
    if row is None:
        return None
    payment, connection, number, reversed_by, twin_id = row
    return PaymentView(
        payment=payment,
        source=str(SOURCES.get(payment.source, payment.source)),
        connection=connection or "",
        invoice_number=number or "",
        reversed_by=reversed_by,
        twin_id=twin_id,
        entries=_entries((Allocation.payment_id == payment_id) | (Allocation.refund_id == payment_id), of=payment_id),
        choices=open_invoices(organisation_id, payment) if payment.unapplied_amount else (),
        counterparts=counterparts(payment),
    )


def of_invoice(invoice_id: int) -> tuple[EntryRow, ...]:
    """Return the entries of an invoice or credit note, newest first."""
    return _entries((Allocation.invoice_id == invoice_id) | (Allocation.credit_note_id == invoice_id), own=invoice_id)


def open_invoices(organisation_id: int, payment: Payment) -> tuple[Choice, ...]:
    """Return invoices that a payment may settle: those of its own payer first, then the oldest."""
    same = Invoice.contact_name == payment.contact_name
    sign = Invoice.outstanding_amount > 0 if payment.unapplied_amount > 0 else Invoice.outstanding_amount < 0
    return _choices(organisation_id, payment.currency, sign, first=same)


def counterparts(payment: Payment) -> tuple[Counterpart, ...]:
    """Return payments the other way of which something is left: those of the same account first, then of that name.

    Those of whom neither is known to be the same come last, the nearest in time first.
    """
    left = payment.unapplied_amount
    if not left or payment.invoice_id is not None:
        return ()
    same_account = (Payment.iban == payment.iban) & (Payment.iban != "")
    same_name = (Payment.contact_name == payment.contact_name) & (Payment.contact_name != "")
    other_way = Payment.unapplied_amount < 0 if left > 0 else Payment.unapplied_amount > 0
    before = Payment.received_on >= payment.received_on if left > 0 else Payment.received_on <= payment.received_on
    rows = current().scalars(
        select(Payment)
        .where(
            Payment.organisation_id == payment.organisation_id,
            Payment.currency == payment.currency,
            Payment.invoice_id.is_(None),
            other_way,
        )
        .order_by(same_account.desc(), same_name.desc(), before.desc(), Payment.received_on.desc(), Payment.id.desc())
        .limit(MOST_INVOICES)
    )
    return tuple(
        Counterpart(
            row.id,
            row.received_on,
            row.contact_name,
            str(row.fact.get("text") or row.description),
            row.amount,
            abs(row.unapplied_amount),
            row.currency,
            min(abs(row.unapplied_amount), abs(left)),
        )
        for row in rows
    )


def credit_notes(invoice: Invoice) -> tuple[Choice, ...]:
    """Return open credit notes that may be set against an invoice: those of its own contact."""
    own = Invoice.contact_id == invoice.contact_id
    return _choices(invoice.organisation_id, invoice.currency, (Invoice.outstanding_amount < 0) & own, first=own)


def _choices(
    organisation_id: int, currency: str, condition: ColumnElement[bool], *, first: ColumnElement[bool]
) -> tuple[Choice, ...]:
    rows = current().execute(
        select(Invoice.id, Invoice.number, Invoice.contact_name, Invoice.outstanding_amount, Invoice.currency)
        .where(
            Invoice.organisation_id == organisation_id,
            Invoice.kind == word("sales"),
            Invoice.status.in_(("sent", "review")),
            Invoice.currency == currency,
            condition,
        )
        .order_by(first.desc(), Invoice.due_date, Invoice.id)
        .limit(MOST_INVOICES)
    )
    return tuple(Choice(*row) for row in rows)


def _entries(condition: ColumnElement[bool], *, own: int | None = None, of: int | None = None) -> tuple[EntryRow, ...]:
    """Select entries with the number of their other side: the invoice, or for `own` the credit note.

    `of` is the payment on whose page they stand.
    """
    undone, note, back = aliased(Allocation), aliased(Invoice), aliased(Payment)
    rows = current().execute(
        select(Allocation, Invoice, note, Payment, undone.id, back)
        .outerjoin(Invoice, Invoice.id == Allocation.invoice_id)
        .outerjoin(note, note.id == Allocation.credit_note_id)
        .outerjoin(Payment, Payment.id == Allocation.payment_id)
        .outerjoin(back, back.id == Allocation.refund_id)
        .outerjoin(undone, undone.reverses_id == Allocation.id)
        .where(condition)
        .order_by(Allocation.id.desc())
        .limit(MOST_ENTRIES)
    )
    return tuple(_row(*row, own=own, of=of) for row in rows)


def _row(
    entry: Allocation,
    invoice: Invoice | None,
    note: Invoice | None,
    payment: Payment | None,
    undone_by: int | None,
    back: Payment | None,
    *,
    own: int | None,
    of: int | None,
) -> EntryRow:
    other = note if note is not None and invoice is not None and invoice.id == own else invoice
    as_note = note is not None and note.id == own
    as_refund = back is not None and back.id == of
    beside = (payment if as_refund else back) if back is not None else None
    side = invoice or payment
    return EntryRow(
        id=entry.id,
        kind=entry.kind,
        words=str(WRITE_OFF_KINDS.get(entry.write_off_kind, "")),
        amount=-entry.amount if as_note or as_refund else entry.amount,
        currency=side.currency if side is not None else "EUR",
        at=entry.created_at,
        who=entry.actor_name if entry.actor_kind == "user" else "",
        reason=entry.reason,
        number=other.number if other is not None else "",
        invoice_id=other.id if other is not None else None,
        payment_id=entry.payment_id,
        reverses_id=entry.reverses_id,
        undone_by=undone_by,
        from_books=payment is not None and payment.invoice_id is not None and payment.invoice_id == entry.invoice_id,
        received_on=payment.received_on if payment is not None else None,
        seen_on=payment.seen_on if payment is not None else False,
        source=str(SOURCES.get(payment.source, payment.source)) if payment is not None else "",
        run_id=payment.run_id if payment is not None else None,
        beside_id=beside.id if beside is not None else None,
        beside_on=beside.received_on if beside is not None else None,
    )


def entry(organisation_id: int, entry_id: int) -> Allocation | None:
    """Return an entry of an organisation."""
    return current().scalar(
        select(Allocation).where(Allocation.organisation_id == organisation_id, Allocation.id == entry_id)
    )
