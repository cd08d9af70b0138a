"""Invoice numbers: a prefix, which may hold the year, and a figure that counts up by one."""

import re
from dataclasses import dataclass
from datetime import date

YEAR, SHORT_YEAR = "{year}", "{yy}"
DIGITS = (1, 9)
MOST_PREFIX = 20
_SIGNS = re.compile(r"[A-Za-z0-9./_-]*")


class PatternError(ValueError):
    """A pattern of numbers that cannot be; `field` names which part of it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Pattern:
    """How numbers look: what stands before the figure, with {year} or {yy} in it, and its least number of digits."""

    prefix: str = "{year}-"
    digits: int = 4

    def prefix_on(self, day: date) -> str:
        """Return what stands before the figure on an invoice of this date; each prefix has a count of its own."""
        return self.prefix.replace(YEAR, f"{day.year:04}").replace(SHORT_YEAR, f"{day.year % 100:02}")

    def write(self, day: date, figure: int) -> str:
        """Return the number with this figure on an invoice of this date."""
        return f"{self.prefix_on(day)}{figure:0{self.digits}d}"


def fit_pattern(prefix: str, digits: int) -> Pattern:
    """Return a pattern as it is kept; raises PatternError."""
    text = prefix.strip()
    if len(text) > MOST_PREFIX or not _SIGNS.fullmatch(text.replace(YEAR, "").replace(SHORT_YEAR, "")):
        raise PatternError("prefix")
    if not DIGITS[0] <= digits <= DIGITS[1]:
        raise PatternError("digits")
    return Pattern(text, digits)


def figure_of(number: str, prefix: str) -> int | None:
    """Return the figure of a number that begins with a prefix, None for one that is no such number."""
    tail = number.removeprefix(prefix)
    if not number.startswith(prefix) or not (tail.isascii() and tail.isdigit() and len(tail) <= DIGITS[1]):
        return None
    return int(tail)
