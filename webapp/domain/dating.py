"""On which day a payment that the books told of really came: read off the debtor account, never guessed. Pure.

The books' open items say that an amount fell, not when. The debtor account lists what was posted with its
day, but no link from a bank line to the invoice it settled. So a day counts only where the line itself
leaves no other choice: it names the invoice, or it is the only one of that amount from that contact.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Undated:
    """A payment known by the day it was seen: `amount` as the invoice's open amount fell, negative for a rise."""

    payment_id: int
    reference: str
    contact_code: str
    amount: Decimal
    seen_on: date


@dataclass(frozen=True, slots=True)
class Posting:
    """A bank line on the debtor account; `amount` is debit positive, so what a customer pays is negative."""

    posting_id: str
    day: date
    amount: Decimal
    text: str
    contact_code: str = ""


@dataclass(frozen=True, slots=True)
class Dated:
    """The day of a payment, and the postings that tell it."""

    payment_id: int
    day: date
    posting_ids: tuple[str, ...]


def date_payments(payments: Iterable[Undated], postings: Iterable[Posting]) -> tuple[Dated, ...]:
    """Return the payments whose day the postings tell; the order of neither matters.

    `postings` are those that no payment was dated by before. A payment of several lines has the day of the
    last. Where two answers are possible, there is none.
    """
    found: list[Dated] = []
    free = {one.posting_id: one for one in sorted(postings, key=lambda one: one.posting_id)}
    rest: list[Undated] = []
    for payment in sorted(payments, key=lambda one: one.payment_id):
        named = [one for one in free.values() if _names(one, payment)]
        chosen = _fitting(payment, named)
        if chosen:
            found.append(_dated(payment, chosen))
            for one in chosen:
                del free[one.posting_id]
        elif not named:
            rest.append(payment)
    return (*found, *_by_contact(rest, free.values()))


def _names(posting: Posting, payment: Undated) -> bool:
    """Whether a line names the invoice: its number, not a part of a longer one."""
    if posting.day > payment.seen_on or not payment.reference or payment.reference not in posting.text:
        return False
    return re.search(rf"(?<![\w-]){re.escape(payment.reference)}(?![\w-])", posting.text) is not None


def _fitting(payment: Undated, named: Sequence[Posting]) -> list[Posting]:
    """Return the lines that make up a payment: one of its amount, or all of them together."""
    same = [one for one in named if one.amount == -payment.amount]
    if same:
        return same[:1] if len({one.day for one in same}) == 1 else []
    return list(named) if named and sum((one.amount for one in named), ZERO) == -payment.amount else []


def _by_contact(payments: Sequence[Undated], postings: Iterable[Posting]) -> list[Dated]:
    """Date what one contact paid, where one line and one payment of that amount stand alone."""
    lines: dict[tuple[str, Decimal], list[Posting]] = defaultdict(list)
    for one in postings:
        if one.contact_code:
            lines[one.contact_code, -one.amount].append(one)
    wanted: dict[tuple[str, Decimal], list[Undated]] = defaultdict(list)
    for payment in payments:
        wanted[payment.contact_code, payment.amount].append(payment)
    found = []
    for key, several in wanted.items():
        able = lines.get(key, [])
        if len(several) == 1 and len(able) == 1 and able[0].day <= several[0].seen_on:
            found.append(_dated(several[0], able))
    return found


def _dated(payment: Undated, chosen: Sequence[Posting]) -> Dated:
    return Dated(payment.payment_id, max(one.day for one in chosen), tuple(one.posting_id for one in chosen))
