"""One value of a file becomes a text, an amount, a date, a number or a yes or no; nothing is guessed."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from webapp.domain.money import LIMIT, AmountError, parse_amount
from webapp.services.judging import FINE_DECIMALS, decimals

YES = frozenset({"true", "1", "yes", "y", "ja", "j", "waar", "igen", "i"})
NO = frozenset({"false", "0", "no", "n", "nee", "onwaar", "nem"})
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?")
_YEAR_FIRST = re.compile(r"(\d{4})[-./] ?(\d{1,2})[-./] ?(\d{1,2})\.?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-./] ?(\d{1,2})[-./] ?(\d{4})\.?")


class Unfit(ValueError):
    """A value that is refused; `code` and `params` say why."""

    def __init__(self, code: str, value: Any = "", **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = {"value": shown(value)} | params


def shown(value: Any) -> str:
    """Return a value as a sentence about it may quote it."""
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def as_text(value: Any, *, lines: bool = False, typed: bool = False) -> str:
    """Return a text, trimmed; a whole number of a spreadsheet (a number, a zip code) is one too."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < LIMIT:
        whole = value.to_integral_value()
        if whole == value:
            return str(int(whole))
        if not typed:
            return format(value.normalize(), "f")
    if not isinstance(value, str):
        raise Unfit("not_text_value", value)
    return value.strip() if lines else " ".join(value.split())


def as_amount(value: Any, *, currency: str, typed: bool, most: int = FINE_DECIMALS) -> Decimal:
    """Return an amount with at most `most` decimals; a text only in a way that can be read in one way."""
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value) >= LIMIT:
            raise Unfit("too_large", value)
        if decimals(value) > most:
            raise Unfit("decimals", value, most=most)
        return value.quantize(Decimal(1).scaleb(-most))
    if not isinstance(value, str):
        raise Unfit("not_number", value)
    if typed:
        if not _PLAIN_NUMBER.fullmatch(value.strip()):
            raise Unfit("not_number", value)
        return as_amount(Decimal(value.strip()), currency=currency, typed=False, most=most)
    try:
        return parse_amount(value, currency=currency, decimals=most)
    except AmountError as error:
        raise Unfit(f"amount_{error.reason.value}", value, most=most, currency=currency) from None


def as_rate(value: Any, *, typed: bool) -> Decimal:
    """Return a percentage; a percent sign may stand behind it."""
    text = value.strip().removesuffix("%").strip() if isinstance(value, str) and not typed else value
    rate = as_amount(text, currency="EUR", typed=typed, most=2)
    if not 0 <= rate <= 100:
        raise Unfit("rate_range", value)
    return rate


def as_day(value: Any) -> date:
    """Return a date: 2026-03-31, 31-03-2026, 31/03/2026, 2026. 03. 31., or a spreadsheet's own."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise Unfit("not_date", value)
    text = value.strip()
    year_first, day_first = _YEAR_FIRST.fullmatch(text), _DAY_FIRST.fullmatch(text)
    if not year_first and not day_first:
        raise Unfit("not_date", value)
    figures = year_first.groups() if year_first else day_first.groups()[::-1] if day_first else ()
    try:
        year, month, day = (int(figure) for figure in figures)
        return date(year, month, day)
    except ValueError:
        raise Unfit("no_such_date", value) from None


def as_whole(value: Any, *, typed: bool = False) -> int:
    """Return a whole number."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(value.strip()) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or (typed and isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value)):
        raise Unfit("not_whole", value)
    if not number.is_finite() or abs(number) > 1_000_000 or number != number.to_integral_value():
        raise Unfit("not_whole", value)
    return int(number)


def as_flag(value: Any, *, typed: bool = False) -> bool:
    """Return yes or no, as true/false, 1/0, ja/nee, yes/no or igen/nem."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in (("true",) if typed else YES):
        return True
    if word in (("false",) if typed else NO):
        return False
    raise Unfit("not_flag", value)
