"""The ledger rebuilt from its log and held against what is stored: every difference by its name."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webapp.domain.allocation import Balances, Entry, EntryKind, broken_caps, rebuild
from webapp.domain.books_share import BooksMovement, explained_elsewhere, said_by_books, shares
from webapp.domain.invoices import PaymentStatus, payment_status
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current

ZERO = Decimal(0)


def differences(organisation_id: int) -> tuple[str, ...]:
    """Rebuild all payments and sales invoices of an organisation; return where the stored state differs."""
    invoices = {row.id: row for row in current().scalars(_of(Invoice, organisation_id).where(Invoice.kind == "sales"))}
    payments = {row.id: row for row in current().scalars(_of(Payment, organisation_id))}
    log = [_entry(row) for row in current().scalars(_of(Allocation, organisation_id))]
    balances = rebuild(
        log,
        payments={key: row.amount for key, row in payments.items()},
        invoices={key: row.gross_total for key, row in invoices.items()},
    )
    told = _told(payments.values(), log)
    return (
        *broken_caps(balances),
        *(text for row in invoices.values() for text in _of_invoice(row, balances, told.get(row.id, []))),
        *(text for row in payments.values() for text in _of_payment(row, balances)),
        *_of_shares(invoices, payments, balances, told, log),
    )


def _of(table: Any, organisation_id: int) -> Any:
    return select(table).where(table.organisation_id == organisation_id).order_by(table.id)


def _entry(row: Allocation) -> Entry:
    return Entry(
        row.id,
        row.invoice_id,
        row.amount,
        EntryKind(row.kind),
        payment_id=row.payment_id,
        credit_note_id=row.credit_note_id,
        refund_id=row.refund_id,
        reverses=row.reverses_id,
    )


def _told(payments: Any, log: list[Entry]) -> dict[int, list[BooksMovement]]:
    """Return what the books told, by invoice, with what of it was used elsewhere."""
    about = {row.id: row.invoice_id for row in payments if row.invoice_id is not None}
    elsewhere = dict.fromkeys(about, ZERO)
    for entry in log:
        if entry.payment_id in about and entry.invoice_id != about[entry.payment_id]:
            elsewhere[entry.payment_id] += entry.amount
    found: dict[int, list[BooksMovement]] = {}
    for row in payments:
        if row.invoice_id is not None:
            found.setdefault(row.invoice_id, []).append(BooksMovement(row.id, row.amount, elsewhere[row.id]))
    return found


def _of_invoice(row: Invoice, balances: Balances, told: list[BooksMovement]) -> Iterator[str]:
    balance = balances.invoices[row.id]
    stored = (row.paid_amount, row.credited_amount, row.written_off_amount, row.outstanding_amount)
    if stored != (balance.paid, balance.credited, balance.written_off, balance.outstanding):
        yield f"invoice {row.number}: {stored} stored, {balance} by the log"
    status = payment_status(row.gross_total, balance.paid, credited=balance.credited, written_off=balance.written_off)
    said = said_by_books(told)
    beyond = said > row.gross_total if row.gross_total >= 0 else said < row.gross_total
    if beyond and status in (PaymentStatus.PAID, PaymentStatus.WRITTEN_OFF):
        status = PaymentStatus.OVERPAID
    if row.payment != status:
        yield f"invoice {row.number}: {row.payment} stored, {status} by the log"


def _of_payment(row: Payment, balances: Balances) -> Iterator[str]:
    allocated = balances.payments[row.id].allocated
    left = row.amount - allocated - row.explained_amount - row.reversed_amount
    if (row.allocated_amount, row.unapplied_amount) != (allocated, left):
        yield f"payment {row.id}: {row.allocated_amount} stored as used, {allocated} by the log"
    if row.invoice_id is None:
        used, same = allocated + row.reversed_amount, row.same_as_id is not None
        told = explained_elsewhere(row.amount, used=used, matched_there=row.matched_there, same=same)
        if row.explained_amount != told:
            yield f"payment {row.id}: {row.explained_amount} stored as explained, {told} by what the books matched"


def _of_shares(
    invoices: dict[int, Invoice],
    payments: dict[int, Payment],
    balances: Balances,
    told: dict[int, list[BooksMovement]],
    log: list[Entry],
) -> Iterator[str]:
    """The books' payments hold the share that follows from what they told and from our own entries."""
    here = dict.fromkeys(payments, ZERO)
    for entry in log:
        if entry.payment_id is not None and payments[entry.payment_id].invoice_id == entry.invoice_id:
            here[entry.payment_id] += entry.amount
    for invoice_id, movements in told.items():
        ours = balances.invoices[invoice_id].settled - sum((here[one.payment_id] for one in movements), ZERO)
        for payment_id, share in shares(invoices[invoice_id].gross_total, ours, movements).items():
            row = payments[payment_id]
            stored = (here[payment_id], row.explained_amount, row.reversed_amount)
            if stored != (share.allocated, share.explained, share.reversed):
                yield f"payment {payment_id}: {stored} stored, {share} by what the books told"
