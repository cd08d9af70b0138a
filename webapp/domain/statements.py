"""Bank statements as plain facts: what one line is known by, and whether the balances add up.

A line's key is made of what the bank says of it, so that the same statement a second time, or another one
that overlaps it, brings nothing new. Two transactions that are equal in everything are told apart by
counting: the second on that day is the second one, in whatever file it stands.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Balance:
    """What stood on an account at the beginning or the end of a day."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One transaction: `amount` is positive for money that came in; `place` is its line in the file.

    `reference` is a structured communication, `text` whatever else was written; `bank_reference` is the
    bank's own, where it gives one. `reversal`: the bank took an earlier booking back. `charges` are the
    bank's costs that are in the amount already.
    """

    booked_on: date
    amount: Decimal
    currency: str
    valued_on: date | None = None
    name: str = ""
    iban: str = ""
    text: str = ""
    reference: str = ""
    end_to_end: str = ""
    bank_reference: str = ""
    reversal: bool = False
    charges: Decimal = ZERO
    place: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of one account; `pending` counts lines that the bank has not booked yet and that were left out."""

    account: str
    currency: str
    number: str
    lines: tuple[Line, ...]
    opening: Balance | None = None
    closing: Balance | None = None
    pending: int = 0
    undivided: int = 0
    place: int = 0

    @property
    def identity(self) -> str:
        """What tells this statement from every other: the same file again has the same."""
        facts = [self.account, self.currency, self.number, str(self.opening), str(self.closing)]
        return _digest([*facts, *(content_key(self.account, line) for line in self.lines)])

    @property
    def difference(self) -> Decimal:
        """What the closing balance holds beyond the opening balance and the lines; zero when it adds up."""
        if self.opening is None or self.closing is None:
            return ZERO
        moved = sum((line.amount for line in self.lines), ZERO)
        return self.closing.amount - self.opening.amount - moved


@dataclass(frozen=True, slots=True)
class Gap:
    """Between the closing balance of one statement and the opening balance of the next something is missing."""

    account: str
    until: date
    since: date
    closed_with: Decimal
    opened_with: Decimal


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line with the key by which it is known for ever."""

    line: Line
    content: str
    ordinal: int

    @property
    def key(self) -> str:
        """The content and which one of its kind it is."""
        return f"{self.content}-{self.ordinal}"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A statement of the same account that is known: its balances, and how many of each content it holds."""

    opening: Balance | None
    closing: Balance | None
    contents: Mapping[str, int] = field(default_factory=dict)


def content_key(account: str, line: Line) -> str:
    """Return what a transaction says, as one short text: equal for equal transactions."""
    return _digest(
        [
            account,
            line.booked_on.isoformat(),
            line.valued_on.isoformat() if line.valued_on else "",
            f"{line.amount.normalize():f}",
            line.currency,
            line.name,
            line.iban,
            line.text,
            line.reference,
            line.end_to_end,
            line.bank_reference,
            str(line.reversal),
        ]
    )


def number(statement: Statement, neighbours: Iterable[Neighbour] = ()) -> list[Numbered]:
    """Give each line its key.

    Statements that touch this one (one ends with the balance that the other begins with) cannot hold the
    same transactions: equal ones are counted on from theirs. In every other case equal content is the same
    transaction.
    """
    before: Counter[str] = Counter()
    for neighbour in neighbours:
        if touches(statement, neighbour):
            for content, ordinal in neighbour.contents.items():
                before[content] = max(before[content], ordinal)
    found = []
    for line in statement.lines:
        content = content_key(statement.account, line)
        before[content] += 1
        found.append(Numbered(line, content, before[content]))
    return found


def touches(statement: Statement, other: Neighbour) -> bool:
    """Whether two statements of one account stand one after the other, as far as the balances prove it.

    A statement that ends as it began proves nothing: it could be a part of the other.
    """
    opening, closing, first, last = statement.opening, statement.closing, other.opening, other.closing
    if opening is None or closing is None or first is None or last is None:
        return False
    if opening.amount == closing.amount or first.amount == last.amount:
        return False
    after = last.amount == opening.amount and first.day <= opening.day and last.day <= closing.day
    before = closing.amount == first.amount and opening.day <= first.day and closing.day <= last.day
    return after is not before


def gaps(account: str, statements: Iterable[tuple[Balance | None, Balance | None]]) -> list[Gap]:
    """Return where the balances of an account's statements do not connect, in the order of their days.

    Statements that overlap or repeat others hide no gap: only a beginning that nothing before it leads to
    counts.
    """
    known = [(opening, closing) for opening, closing in statements if opening is not None and closing is not None]
    known.sort(key=lambda pair: (pair[1].day, pair[0].day))
    found: list[Gap] = []
    for place, (opening, _closing) in enumerate(known):
        earlier = known[:place]
        if not earlier or any(last.amount == opening.amount or first == opening for first, last in earlier):
            continue
        latest = earlier[-1][1]
        if latest.day <= opening.day:
            found.append(Gap(account, latest.day, opening.day, latest.amount, opening.amount))
    return found


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]
