"""Read single fields of a record strictly: a value is what the OpenAPI document says it is, or the record is bad.

Missing words (`""`, `"--"`, null, absent) are an empty text: which of them Billingo uses depends on the field, and no
record is refused for it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from webapp.domain.money import LIMIT, round_to, whole_of

MONEY_DECIMALS = 4
FINE_DECIMALS = 6
NOISE = Decimal("0.000001")
"""What a float may add to an amount of money (19476607.000000004) and is no part of it."""

_LIMIT = int(LIMIT)
NONE = frozenset({"", "--"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?) ?%")


class BadField(ValueError):
    """A record cannot be read; `field` is where, `reason` a code of sources.BadRecord."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Unfit(ValueError):
    """A figure that cannot be kept; `reason` as BadField has it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text(record: Mapping[str, Any], name: str, *, most: int | None = None) -> str:
    """Return a text without the spaces around it, empty for a missing one; a figure is its text.

    `most`: a longer one is refused, where cutting it would make it another.
    """
    value = record.get(name)
    if value is None or value == "":
        return ""
    if type(value) is str and value.isprintable():
        found = value.strip()  # nothing in it is unfit
    elif isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadField(name, "not_text")
    else:
        found = _UNFIT.sub("\ufffd", str(value)).strip()
    if found in NONE:
        return ""
    if most is not None and len(found) > most:
        raise BadField(name, "too_long")
    return found


def number_of(record: Mapping[str, Any], name: str) -> str:
    """Return an id as text; raises BadField for what is none."""
    value = record.get(name)
    if type(value) is not int or not 0 < value < 2**63:
        raise BadField(name, "missing" if value is None else "not_an_id")
    return str(value)


def reference(record: Mapping[str, Any], name: str) -> str:
    """Return an id as text where there is one, else nothing."""
    value = record.get(name)
    return str(value) if type(value) is int and value > 0 else ""


def flag(record: Mapping[str, Any], name: str) -> bool:
    """Return whether a flag is set; absent is not."""
    return record.get(name) is True


def money(record: Mapping[str, Any], name: str, *, default: int | None = None) -> int:
    """Return an amount exactly, in ten-thousandths, without the noise of a float.

    Raises BadField for more decimals than can be kept.
    """
    return _figure(record, name, money_of, default)


def fine(record: Mapping[str, Any], name: str) -> int:
    """Return a price or quantity in millionths: a third has no end, and the amount of the line stands beside it."""
    return _figure(record, name, fine_of, None)


def rate(record: Mapping[str, Any], name: str) -> int | None:
    """Return an exchange rate in millionths, None where there is none."""
    return None if record.get(name) in (None, "", "--") else fine(record, name)


def money_of(value: int | Decimal) -> int:
    """Return an amount in ten-thousandths; raises Unfit for one that cannot be kept."""
    if type(value) is int:
        if -_LIMIT < value < _LIMIT:
            return value * 10_000
        raise Unfit("too_large")
    scaled = _sized(value).scaleb(MONEY_DECIMALS)
    whole = int(scaled)
    if whole == scaled:
        return whole
    rounded = round_to(Decimal(value), MONEY_DECIMALS)
    if abs(value - rounded) > NOISE:
        raise Unfit("too_precise")
    return whole_of(rounded, MONEY_DECIMALS)


def fine_of(value: int | Decimal) -> int:
    """Return a price or quantity in millionths; raises Unfit for one that cannot be kept."""
    if type(value) is int and -_LIMIT < value < _LIMIT:
        return value * 1_000_000
    return whole_of(round_to(_sized(value), FINE_DECIMALS), FINE_DECIMALS)


def _sized(value: int | Decimal) -> Decimal:
    # Compared before anything is worked out: 1e999999 would be a million figures.
    if isinstance(value, Decimal) and (not value.is_finite() or value.adjusted() > 14):
        raise Unfit("too_large")
    found = Decimal(value)
    if abs(found) >= LIMIT:
        raise Unfit("too_large")
    return found


def _figure(record: Mapping[str, Any], name: str, read: Callable[[int | Decimal], int], default: int | None) -> int:
    value = record.get(name)
    if value is None or value == "":
        if default is None:
            raise BadField(name, "missing")
        return default
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadField(name, "not_an_amount")
    try:
        return read(value)
    except Unfit as error:
        raise BadField(name, error.reason) from None


def day(record: Mapping[str, Any], name: str) -> date | None:
    """Return a date, None for a missing one; raises BadField for what is no day of the calendar."""
    value = record.get(name)
    if value is None or value in NONE:
        return None
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise BadField(name, "not_a_date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadField(name, "not_a_date") from None


def rows(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return a list of objects; raises BadField, also for one that is missing."""
    value = record.get(name)
    if not isinstance(value, list):
        raise BadField(name, "missing" if value is None else "not_a_list")
    if not all(isinstance(row, dict) for row in value):
        raise BadField(name, "not_an_object")
    return value


def part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object inside of a record, empty when it is missing."""
    value = record.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadField(name, "not_an_object")
    return value


def percentage(vat: str) -> int | None:
    """Return the rate of a VAT code in ten-thousandths ("27%", "5,5%": with a comma), None for a word (AAM, EUK …)."""
    return _percentage(vat) if len(vat) < 9 else None


@lru_cache(maxsize=500)
def _percentage(vat: str) -> int | None:
    found = _PERCENT.fullmatch(vat)
    return whole_of(Decimal(found[1].replace(",", "."))) if found else None
