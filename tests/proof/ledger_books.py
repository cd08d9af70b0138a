"""The model that the ledger is held to: totals, what the books said, and the lines; everything else follows."""

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass
class Line:
    """What the model knows of one entry."""

    entry_id: int
    kind: str
    amount: Decimal
    payment: int | None = None
    invoice: int | None = None
    note: int | None = None
    back: int | None = None
    undone: bool = False


@dataclass
class Model:
    """Totals, what the books said, and the lines; everything else follows."""

    totals: dict[int, Decimal] = field(default_factory=dict)
    currency: dict[int, str] = field(default_factory=dict)
    said: dict[int, Decimal] = field(default_factory=dict)
    paid_in: dict[int, Decimal] = field(default_factory=dict)
    taken_back: set[int] = field(default_factory=set)
    matched_there: dict[int, Decimal] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def own(self, invoice: int, *kinds: str) -> Decimal:
        """What our own entries of some kinds settle of an invoice."""
        standing = [line for line in self.lines if not line.undone and (not kinds or line.kind in kinds)]
        plus = sum((line.amount for line in standing if line.invoice == invoice), ZERO)
        return plus - sum((line.amount for line in standing if line.note == invoice), ZERO)

    def within(self, invoice: int, amount: Decimal) -> bool:
        """Whether an amount lies between nothing and the total."""
        low, high = sorted((ZERO, self.totals[invoice]))
        return low <= amount <= high

    def fits(self, invoice: int, amount: Decimal) -> bool:
        """Whether a payment's amount may be added to what stands on an invoice."""
        return self.within(invoice, self.own(invoice) + amount) and self.within(
            invoice, self.own(invoice, "payment") + amount
        )

    def left(self, payment: int) -> Decimal:
        """What is left of a payment that the books did not tell of an invoice."""
        if payment in self.taken_back:
            return ZERO
        standing = [line for line in self.lines if not line.undone]
        rest = self.paid_in[payment] - sum((line.amount for line in standing if line.payment == payment), ZERO)
        rest += sum((line.amount for line in standing if line.back == payment), ZERO)
        # What the books have matched of a receipt themselves does not wait, unless it was used here.
        return rest - min(rest, self.matched_there.get(payment, ZERO), key=abs)

    def books_share(self, invoice: int) -> Decimal:
        """What only the books' word settles: it fills up what nothing of ours explains."""
        total, own, said = self.totals[invoice], self.own(invoice), self.said.get(invoice, ZERO)
        sign = 1 if total >= 0 else -1
        return sign * max(min(max(sign * said, ZERO), sign * total) - sign * own, ZERO)

    def status(self, invoice: int) -> str:
        """The payment status as the glossary means it."""
        total = self.totals[invoice]
        came = self.own(invoice, "payment", "credit") + self.books_share(invoice)
        given_up = self.own(invoice, "write_off")
        if came + given_up == total:
            if abs(self.said.get(invoice, ZERO)) > abs(total) and self.said[invoice] * total > 0:
                return "overpaid"
            return "written_off" if abs(given_up) > abs(came) else "paid"
        return "partially_paid" if came + given_up else "open"
