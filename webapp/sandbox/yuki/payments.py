"""What is open, what was paid, and how both show on the ledger accounts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from webapp.sandbox.asked import BadRequest, amount_of, day_of
from webapp.sandbox.yuki.books import Books, new_id
from webapp.sandbox.yuki.charts import CHARTS, SETTLED_METHODS
from webapp.sandbox.yuki.records import ZERO, Booking, Payment, Receipt


def can_be_open(booking: Booking) -> bool:
    """Drafts owe nothing yet, and what was paid by card, iDEAL, online or in cash goes through the interim account."""
    return not booking.draft and booking.payment_method not in SETTLED_METHODS


def open_bookings(
    books: Books, administration_ids: list[str], kind: str, day: date | None = None
) -> list[tuple[Booking, Decimal]]:
    """The open items of a kind with what is open on them, now or at the end of `day`."""
    found = []
    for booking in books.bookings_of(administration_ids):
        if booking.kind == kind and can_be_open(booking) and (day is None or booking.date <= day):
            amount = booking.open_on(day)
            if amount != ZERO:
                found.append((booking, amount))
    return found


def pay(books: Books, reference: str, amount: Any = None, *, day: Any = None, administration_id: str = "") -> Booking:
    """
    Matches a bank line with a booking. Without an amount all that is open; a negative one takes a payment back (for a
    credit note the signs are the other way round). Raises BadRequest when there is no such item or it does not fit.
    """
    found = [
        one
        for one in books.bookings.values()
        if one.reference == reference and not one.draft and administration_id in ("", one.administration_id)
    ]
    if not found:
        raise BadRequest(f"There is no booking with the reference '{reference}'.")
    able = [one for one in found if can_be_open(one)]
    if not able:
        raise BadRequest(f"'{reference}' was paid by {found[0].payment_method} and never becomes an open item.")
    booking = next((one for one in able if one.open_on() != ZERO), able[0])
    still_open = booking.open_on()
    paid = still_open if amount in (None, "") else amount_of(amount)
    if paid == ZERO:
        raise BadRequest(f"'{reference}' is paid already." if still_open == ZERO else "The amount must not be 0.")
    low, high = sorted((ZERO, booking.total))
    if not low <= still_open - paid <= high:
        raise BadRequest(f"Of '{reference}' {still_open} of {booking.total} is open: {paid} does not fit.")
    booking.payments.append(Payment(paid, day_of(day, books.local().date()), books.now()))
    books.put_booking(booking)
    return booking


def receive(books: Books, administration_id: str, amount: Any, *, day: Any = None, description: str = "") -> Receipt:
    """Puts a bank line on the books that is matched with no invoice."""
    if administration_id not in books.administrations:
        raise BadRequest(f"There is no administration '{administration_id}'.")
    receipt = Receipt(
        new_id(), administration_id, amount_of(amount), day_of(day, books.local().date()), description or "Ontvangst"
    )
    books.put_receipt(receipt)
    return receipt


@dataclass(frozen=True)
class Posting:
    """One line on a ledger account, debit positive."""

    id: str
    account: str
    date: date
    description: str
    amount: Decimal
    booking: Booking | None
    """None for a bank line that is matched with nothing."""
    by_bank: bool = False
    """It stands on a statement: its document is not the invoice's, and no link leads to that."""


def match(books: Books, receipt_id: str, reference: str, amount: Any = None) -> Booking:
    """Matches a receipt, or a part of it, with a booking; what is left of it stays open. Raises BadRequest."""
    receipt = books.receipts.get(receipt_id)
    if receipt is None:
        raise BadRequest("There is no such receipt.")
    part = receipt.left if amount in (None, "") else amount_of(amount)
    if part == ZERO or abs(part) > abs(receipt.left) or (part > ZERO) is not (receipt.left > ZERO):
        raise BadRequest(f"Of the receipt {receipt.left} is left: {part} does not fit.")
    booking = pay(books, reference, part, day=receipt.date.isoformat(), administration_id=receipt.administration_id)
    booking.payments[-1].receipt_id = receipt.id
    books.put_booking(booking)
    receipt.matched += part
    books.put_receipt(receipt)
    return booking


def postings(books: Books, administration_id: str) -> Iterator[Posting]:
    """Everything posted in an administration, bookings with their counterparts and payments. It sums to zero."""
    chart = CHARTS[books.administrations[administration_id].country]
    for booking in books.bookings_of([administration_id]):
        if booking.draft:
            continue
        sign, side = (1, chart.debtors) if booking.kind == "sales" else (-1, chart.creditors)
        if not can_be_open(booking):
            side = chart.interim
        title = f"Factuur {booking.reference}"
        yield Posting(f"{booking.id}-0", side, booking.date, title, sign * booking.total, booking)
        for number, line in enumerate(booking.lines, 1):
            yield Posting(
                f"{booking.id}-{number}", line.gl_account, booking.date, line.description, -sign * line.net, booking
            )
        if booking.vat:
            yield Posting(f"{booking.id}-v", chart.vat_due, booking.date, f"Btw {title}", -sign * booking.vat, booking)
        for number, payment in enumerate(booking.payments, 1):
            if payment.receipt_id:
                continue  # the bank line stands there already, as what it was before it was matched
            words = f"Betaling {title}" if payment.amount * booking.total > 0 else f"Storno {title}"
            paid, against = sign * payment.amount, f"{booking.id}-p{number}"
            yield Posting(against, side, payment.date, words, -paid, booking, by_bank=True)
            yield Posting(f"{booking.id}-b{number}", chart.bank, payment.date, words, paid, booking, by_bank=True)
    for one in books.receipts.values():
        if one.administration_id == administration_id:
            yield Posting(f"{one.id}-p", chart.debtors, one.date, one.description, -one.amount, None, by_bank=True)
            yield Posting(f"{one.id}-b", chart.bank, one.date, one.description, one.amount, None, by_bank=True)
