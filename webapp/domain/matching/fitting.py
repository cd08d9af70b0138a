"""How a payment's amount fits what is open on some invoices, and how it is divided among them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from operator import itemgetter

from webapp.domain.matching.facts import ZERO, Difference, OpenInvoice, Part, Receipt, Rules
from webapp.domain.matching.index import total

WIDEST = 14
"""Open invoices of one contact among which a sum is looked for."""

ENOUGH = 8
"""Choices after which no further one is looked for: there is a second, so none is certain."""

DEEPEST = 6
"""Invoices that one sum may be made of."""


def fit(receipt: Receipt, invoices: Sequence[OpenInvoice], rules: Rules) -> Difference | None:
    """Return what the difference between the payment and these invoices would be; None: they cannot go together."""
    open_amount = invoices[0].open_amount if len(invoices) == 1 else total(invoices)
    amount = receipt.amount
    if open_amount == amount and amount:
        return Difference.NONE
    if not open_amount or (amount > 0) is not (open_amount > 0):
        return None
    rest = open_amount - amount
    if abs(rest) <= rules.tolerance_in(receipt.currency) and abs(rest) * 20 <= abs(open_amount):
        return Difference.PAYMENT_DIFFERENCE
    if (rest > 0) is not (open_amount > 0):
        return Difference.TOO_MUCH
    if abs(rest) <= abs(open_amount) * rules.discount and _in_time(receipt, invoices, rules):
        return Difference.PAYMENT_DISCOUNT
    return Difference.PART


def _in_time(receipt: Receipt, invoices: Sequence[OpenInvoice], rules: Rules) -> bool:
    latest = timedelta(days=rules.discount_days)
    return all(receipt.received_on <= invoice.issue_date + latest for invoice in invoices)


def divide(receipt: Receipt, invoices: Sequence[OpenInvoice]) -> tuple[Part, ...]:
    """Set the payment against the invoices, credit notes first, then in the order given.

    Never more than is open on one of them, and together never more than the payment.
    """
    sign = 1 if receipt.amount > 0 else -1
    against = [invoice for invoice in invoices if invoice.open_amount * sign < 0]
    left = receipt.amount - total(against)
    parts = [Part(invoice.invoice_id, invoice.open_amount) for invoice in against]
    for invoice in invoices:
        if invoice.open_amount * sign <= 0:
            continue
        part = min(invoice.open_amount * sign, left * sign) * sign
        if part * sign > 0:
            parts.append(Part(invoice.invoice_id, part))
            left -= part
    return tuple(parts)


def sums_to(invoices: Sequence[OpenInvoice], amount: Decimal, *, most: int = 2) -> list[tuple[OpenInvoice, ...]]:
    """Return up to `most` choices of two or more invoices that add up to an amount exactly, the smallest first.

    Only the first WIDEST invoices are tried, at most DEEPEST at a time: enough for what people pay in
    one go, and bounded for a contact with hundreds open.
    """
    if len(invoices) < 2:
        return []
    sign = 1 if amount > 0 else -1
    worth = _worth_trying(invoices[:WIDEST], amount * sign, sign)
    found = _choices([owed for owed, _ in worth], amount * sign) if len(worth) > 1 else []
    if not found and len(invoices) <= DEEPEST:
        return []
    among = [one for _, one in worth]
    place = {one.invoice_id: n for n, one in enumerate(invoices)}
    choices = [tuple(sorted((among[n] for n in one), key=lambda each: place[each.invoice_id])) for one in found]
    if len(invoices) > DEEPEST and total(invoices) == amount:
        choices.append(tuple(invoices))
    choices.sort(key=lambda one: (len(one), [place[each.invoice_id] for each in one]))
    return choices[:most]


def _worth_trying(invoices: Sequence[OpenInvoice], wanted: Decimal, sign: int) -> list[tuple[Decimal, OpenInvoice]]:
    """Return those that can be part of a sum, the largest first, each with what is open on it times `sign`.

    Without a credit note none that is too large.
    """
    owed = [one.open_amount for one in invoices] if sign > 0 else [-one.open_amount for one in invoices]
    pairs = list(zip(owed, invoices, strict=True))
    if min(owed) > 0:
        pairs = [pair for pair in pairs if pair[0] < wanted]
        if sum([pair[0] for pair in pairs]) < wanted:
            return []
    return sorted(pairs, key=itemgetter(0), reverse=True)


def _choices(amounts: Sequence[Decimal], wanted: Decimal) -> list[tuple[int, ...]]:
    """Return which of these amounts, positive ones first and in falling order, add up to a positive one."""
    least, largest = [ZERO], [ZERO]
    for one in reversed(amounts):
        least.append(least[-1] + min(one, ZERO))
        largest.append(largest[-1] + max(one, ZERO))
    least.reverse()
    largest.reverse()
    found: list[tuple[int, ...]] = []

    def go_on(place: int, chosen: tuple[int, ...], left: Decimal) -> None:
        if not left and len(chosen) > 1:
            found.append(chosen)
        if place == len(amounts) or len(chosen) == DEEPEST or len(found) >= ENOUGH:
            return
        after = place + 1
        for more, rest in (((*chosen, place), left - amounts[place]), (chosen, left)):
            # Else all that is still to come is too little, or takes off too little.
            if least[after] <= rest <= largest[after]:
                go_on(after, more, rest)

    go_on(0, (), wanted)
    return list(dict.fromkeys(found))
