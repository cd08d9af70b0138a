"""Judge single values: texts, amounts, currencies, countries."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from babel import Locale

from webapp.domain.drafts import Fault, unfit_sign

FINE_DECIMALS = 4
FINE_LIMIT = Decimal(10) ** 10
"""Quantities and prices have at most ten figures before and four after the comma, as in Yuki's schema."""

REPLACED = "\ufffd"
"""Stands where a program could not read what was there, half of a surrogate pair say: nobody means it."""


def text_faults(value: str, field: str, most: int) -> Iterator[Fault]:
    """Judge one text: its length, and signs that no document can carry."""
    if len(value) > most:
        yield Fault("too_long", field, {"most": most})
    unfit = unfit_sign(value) or (REPLACED if REPLACED in value else "")
    if unfit:
        yield Fault("characters", field, {"character": f"U+{ord(unfit):04X}"})


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return the currency codes there are."""
    return frozenset(Locale("en").currencies)


@lru_cache(maxsize=1)
def territories() -> frozenset[str]:
    """Return the codes of countries, two letters each."""
    return frozenset(str(code) for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code)))


def amount_faults(value: Decimal | None, field: str) -> Iterator[Fault]:
    """Judge the amount of a line, where one is given: at most two decimals."""
    if value is not None and abs(value) >= FINE_LIMIT:
        yield Fault("too_large", field)
    elif value is not None and decimals(value) > 2:
        yield Fault("decimals", field, {"most": 2})


def fine_faults(value: Decimal, field: str) -> Iterator[Fault]:
    """Judge a quantity or a unit price: within ten figures, at most four decimals."""
    if abs(value) >= FINE_LIMIT:
        yield Fault("too_large", field)
    elif decimals(value) > FINE_DECIMALS:
        yield Fault("decimals", field, {"most": FINE_DECIMALS})


def decimals(value: Decimal) -> int:
    """Return how many decimals a finite amount has, zeros at its end not counted."""
    # By its figures: normalize() would round a value that has more of them than the context.
    _, digits, exponent = value.as_tuple()
    figures = "".join(map(str, digits))
    zeros = len(figures) - len(figures.rstrip("0"))
    return max(0, -exponent - zeros) if isinstance(exponent, int) and zeros < len(figures) else 0
