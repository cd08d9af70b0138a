"""What part of an invoice's settlement rests on the word of the books alone, and on which of their payments. Pure.

The books tell how much of an invoice is settled, not by what. Entries of our own (a bank statement's
payment, a credit note, a write-off) may tell of the same money, before the books do or after them. So
the books' word fills up what no entry of ours explains: together they settle the larger of the two,
never the sum. That makes the result independent of who told first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BooksMovement:
    """One payment or reversal that the books told of, and how much of it was used elsewhere by hand."""

    payment_id: int
    amount: Decimal
    elsewhere: Decimal = ZERO


@dataclass(slots=True)
class Share:
    """What becomes of a movement: set against its invoice, explained by our own entries, or undone by a later one.

    What is left of its amount is unapplied. All with the sign of the movement.
    """

    allocated: Decimal = ZERO
    explained: Decimal = ZERO
    reversed: Decimal = ZERO


def said_by_books(movements: Sequence[BooksMovement]) -> Decimal:
    """Return how much the books hold for settled, in whatever way."""
    return sum((movement.amount for movement in movements), ZERO)


def shares(total: Decimal, ours: Decimal, movements: Sequence[BooksMovement]) -> dict[int, Share]:
    """Return the share of each movement, in the order in which they were recorded.

    `total` is the invoice's, `ours` what our own entries settle of it; both with the sign of the total.
    Each movement takes a stretch of what the books hold for settled; of that stretch what lies beyond the
    total is too much, what lies below `ours` is explained, and the rest is set against the invoice.
    """
    low, high = sorted((ZERO, total))
    found: dict[int, Share] = {}
    surplus: list[tuple[BooksMovement, Decimal]] = []
    said = ZERO
    for movement in movements:
        before, said = _within(said, low, high), said + movement.amount
        after = _within(said, low, high)
        allocated = _beyond(after, ours, total) - _beyond(before, ours, total)
        found[movement.payment_id] = Share(allocated, explained=after - before - allocated)
        _net(surplus, movement, movement.amount - (after - before) - movement.elsewhere, found)
    return found


def explained_elsewhere(amount: Decimal, *, used: Decimal, matched_there: Decimal, same: bool) -> Decimal:
    """Return how much of a receipt another entry tells of: it does not wait to be matched here.

    `used` is what was set against invoices here, written off or reversed, `matched_there` what the books
    have matched themselves, `same` whether another payment is the same money; all with the sign of `amount`.
    What was used here and matched there too is the same match, told twice: it counts once.
    """
    left = amount - used
    if same:
        return left
    return min(left, matched_there, key=abs)


def _within(amount: Decimal, low: Decimal, high: Decimal) -> Decimal:
    return min(max(amount, low), high)


def _beyond(said: Decimal, ours: Decimal, total: Decimal) -> Decimal:
    """Return what the books hold for settled beyond our own entries."""
    return max(said - ours, ZERO) if total >= 0 else min(said - ours, ZERO)


def _net(
    surplus: list[tuple[BooksMovement, Decimal]], movement: BooksMovement, amount: Decimal, found: dict[int, Share]
) -> None:
    """Let what is too much and what takes it back undo each other, the newest first; keep what is left."""
    while amount and surplus and (surplus[-1][1] > 0) != (amount > 0):
        earlier, rest = surplus.pop()
        undone = min(abs(amount), abs(rest)) * (1 if amount > 0 else -1)
        found[movement.payment_id].reversed += undone
        found[earlier.payment_id].reversed -= undone
        amount -= undone
        if rest + undone:
            surplus.append((earlier, rest + undone))
    if amount:
        surplus.append((movement, amount))
