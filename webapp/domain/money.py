"""Amounts of money: exact decimals, rounded in one way, and read from text without guessing."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Wide enough for quantity times price times percentage; the ambient context of a thread is never asked."""

LIMIT = Decimal(10) ** 12
"""Amounts stay below this, in either direction, whatever the currency."""

_LONGEST_TEXT = 60
_CURRENCY = re.compile(r"[A-Z]{3}")
# ISO 4217, the currencies that do not have two decimals; HUF has two there, though people write none.
_MINOR_UNITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "FT": "HUF"}
_DECIMAL_MARK = {"nl": ",", "hu": ",", "en": "."}

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_UNIT = r"(?:€|\$|£|[A-Za-z]{2,3})"
_SIGN = r"[-+]"
_SHAPE = re.compile(
    rf"(?P<s1>{_SIGN})? ?(?P<u1>{_UNIT})? ?(?P<s2>{_SIGN})? ?(?P<body>[0-9][0-9., ]*?)(?P<whole>,-)?"
    rf" ?(?P<s3>{_SIGN})? ?(?P<u2>{_UNIT})?"
)


class AmountFault(StrEnum):
    """Why an amount was not taken; the words for a person stand elsewhere."""

    EMPTY = "empty"
    MALFORMED = "malformed"
    AMBIGUOUS = "ambiguous"
    NOT_FINITE = "not_finite"
    EXPONENT = "exponent"
    DECIMALS = "decimals"
    TOO_LARGE = "too_large"
    CURRENCY = "currency"


class AmountError(ValueError):
    """An amount that is refused; `reason` says why."""

    def __init__(self, reason: AmountFault) -> None:
        super().__init__(reason.value)
        self.reason = reason


def minor_units(currency: str) -> int:
    """Return how many decimals amounts in this currency have (ISO 4217: EUR 2, HUF 2, JPY 0).

    Raises AmountError(CURRENCY) for what is not three capital letters.
    """
    if not _CURRENCY.fullmatch(currency):
        raise AmountError(AmountFault.CURRENCY)
    return _MINOR_UNITS.get(currency, 2)


_UNITS = {decimals: Decimal(1).scaleb(-decimals) for decimals in range(8)}
_CENT = _UNITS[2]


def cents(amount: Decimal, currency: str = "EUR") -> Decimal:
    """Round to the currency's smallest unit, halves away from zero, so that a credit note mirrors its invoice.

    Raises AmountError for NaN, infinities and amounts of 10^12 or more.
    """
    return round_to(amount, minor_units(currency))


def round_to(amount: Decimal, decimals: int) -> Decimal:
    """Round to a number of decimals as `cents` does; the result is never a negative zero."""
    if not amount.is_finite():
        raise AmountError(AmountFault.NOT_FINITE)
    if abs(amount) >= LIMIT:
        raise AmountError(AmountFault.TOO_LARGE)
    rounded = amount.quantize(_UNITS.get(decimals) or Decimal(1).scaleb(-decimals), context=EXACT)
    if abs(rounded) >= LIMIT:
        raise AmountError(AmountFault.TOO_LARGE)
    return rounded if rounded else abs(rounded)


def whole_of(amount: Decimal, scale: int = 4) -> int:
    """Return an amount as the whole number of 10^-scale that is stored; one with more decimals is a ValueError."""
    scaled = amount.scaleb(scale)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{amount} has more than {scale} decimals")
    return whole


def amount_of(whole: int, scale: int = 4) -> Decimal:
    """Return the amount that is stored as a whole number, with two decimals, or more where there are more."""
    per_cent = 10 ** (scale - 2)
    return _UNITS[scale] * whole if whole % per_cent else _CENT * (whole // per_cent)


def parse_amount(
    text: str, *, locale: str | None = None, currency: str = "EUR", decimals: int | None = None
) -> Decimal:
    """Read an amount that a person or a file wrote: `1.234,56`, `1 234,56`, `1234.56`, `€ 1.234,56`, `26,40-`.

    `locale` (`nl`, `hu`, `en`) decides only what is otherwise ambiguous: `1.234` or `1,234`; without it
    these are refused. `decimals` is how many may be written, the currency's own number unless given;
    zeros beyond it do no harm. Returns the amount with exactly that many decimals.
    Raises AmountError with the reason.
    """
    allowed = minor_units(currency) if decimals is None else decimals
    match = _shape(text, currency)
    # `1.234,-` says by itself which mark stands before the decimals.
    mark = "," if match["whole"] else _DECIMAL_MARK.get((locale or "")[:2].lower())
    whole, fraction = _split(match["body"].strip(), mark)
    if match["whole"] and fraction:
        raise AmountError(AmountFault.MALFORMED)
    if len(fraction.rstrip("0")) > allowed:
        raise AmountError(AmountFault.DECIMALS)
    signs = [match[name] for name in ("s1", "s2", "s3") if match[name]]
    if len(signs) > 1:
        raise AmountError(AmountFault.MALFORMED)
    return round_to(Decimal(f"{''.join(signs)}{whole}.{fraction or '0'}"), allowed)


def _shape(text: str, currency: str) -> re.Match[str]:
    """Take sign, currency and figures apart; refuse what no amount looks like."""
    plain = _SPACES.sub(" ", text).strip().replace("\u2212", "-")
    if not plain:
        raise AmountError(AmountFault.EMPTY)
    if len(plain) > _LONGEST_TEXT:
        raise AmountError(AmountFault.MALFORMED)
    if re.fullmatch(r"[-+]?(?:s?nan[0-9]*|inf(?:inity)?|∞)", plain, re.IGNORECASE):
        raise AmountError(AmountFault.NOT_FINITE)
    if re.fullmatch(r"[-+]?[0-9.,]+ ?e ?[-+]?[0-9]+", plain, re.IGNORECASE):
        raise AmountError(AmountFault.EXPONENT)
    match = _SHAPE.fullmatch(plain)
    if match is None:
        raise AmountError(AmountFault.MALFORMED)
    units = {_SYMBOLS.get(unit.upper(), unit.upper()) for unit in (match["u1"], match["u2"]) if unit}
    if units - {currency}:
        raise AmountError(AmountFault.CURRENCY)
    return match


def _split(body: str, decimal_mark: str | None) -> tuple[str, str]:
    """Return the whole part and the decimals of the figures, both as plain digits."""
    marks = [mark for mark in ".," if mark in body]
    if len(marks) == 2:
        mark = max(marks, key=body.rindex)
    elif not marks:
        return _ungrouped(body), ""
    else:
        mark = marks[0]
        if body.count(mark) > 1:
            return _ungrouped(body), ""
        if _could_be_thousands(body, mark):
            if decimal_mark is None:
                raise AmountError(AmountFault.AMBIGUOUS)
            if mark != decimal_mark:
                return _ungrouped(body), ""
    whole, _, fraction = body.rpartition(mark)
    if mark in whole or not fraction.isdigit():
        raise AmountError(AmountFault.MALFORMED)
    return _ungrouped(whole), fraction


def _could_be_thousands(body: str, mark: str) -> bool:
    """Whether the only mark may be meant as a thousands mark: `1.234`, never `0.123` or `1234.567`."""
    whole, _, rest = body.partition(mark)
    return len(rest) == 3 and rest.isdigit() and whole.isdigit() and len(whole) <= 3 and not whole.startswith("0")


def _ungrouped(whole: str) -> str:
    """Take the thousands marks out; one kind of mark, and groups of three, or it is refused."""
    if re.fullmatch(r"[0-9]+|[0-9]{1,3}(?:([., ])[0-9]{3})(?:\1[0-9]{3})*", whole) is None:
        raise AmountError(AmountFault.MALFORMED)
    return re.sub(r"[., ]", "", whole)
