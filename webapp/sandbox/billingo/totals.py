"""Works out lines and totals in whole hundredths; a forint document's gross is rounded where its lines are not."""

from dataclasses import dataclass
from functools import cache

from webapp.sandbox.billingo.records import HUF, Document, Item

_STEPS = {"one": 100, "five": 500, "ten": 1000}


@dataclass(frozen=True, slots=True)
class Line:
    """One item's amounts."""

    net: int
    vat: int

    @property
    def gross(self) -> int:
        return self.net + self.vat


def half_up(value: int, divisor: int) -> int:
    """The quotient to the nearest whole, halves away from zero."""
    quotient = (2 * abs(value) + divisor) // (2 * divisor)
    return quotient if value >= 0 else -quotient


@cache
def percentage(vat: str) -> int:
    """Hundredths of a percent; 0 for the kinds without one, such as AAM."""
    if not vat.endswith("%"):
        return 0
    whole, _, part = vat[:-1].partition(",")
    return int(whole) * 100 + int(f"{part:0<2}" if part else 0)


def line_of(item: Item, discount: int) -> Line:
    """The discount (percent) is taken off the net amount of the line; the unit price stays as it was."""
    net = half_up(item.quantity * item.price * (100 - discount), 10_000)
    return Line(net, half_up(net * percentage(item.vat), 10_000))


def gross_of(document: Document) -> int:
    """
    The document's gross total. In forints it is a whole number even where `settings.round` says "none", as an answer
    of the real service shows (gross_total 154842 over one line of 154842.21).
    """
    exact = sum(line_of(one, document.discount).gross for one in document.items)
    if document.currency != HUF:
        return exact
    step = _STEPS.get(document.rounding, 100)
    return half_up(exact, step) * step


def local(amount: int, document: Document) -> int:
    """The amount in forints: as it is for a forint document, else to the whole forint."""
    return amount if document.currency == HUF else half_up(amount * document.rate, 1_000_000) * 100


def paid_of(document: Document) -> int:
    return sum(one.price for one in document.payments)
