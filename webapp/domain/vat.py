"""The VAT types of Yuki's sales document, and which percentages go with them in which country.

Source: the table in Yuki's article on the sales invoice XML; type 21 (medium) exists in Belgium only.
What an administration really has is read from the books (ActiveVATCodesList); pass it as `active`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum


class VatType(IntEnum):
    """Yuki's numbers; the names in words stand with the screens."""

    EXEMPT = 0
    HIGH = 1
    LOW = 2
    ZERO = 4
    EXPORT_OUTSIDE_EU = 6
    EXPORT_WITHIN_EU = 7
    DISTANCE_SALES = 8
    REVERSE_CHARGE = 17
    EXPORT_GOODS_EU = 19
    EXPORT_SERVICES_EU = 20
    MEDIUM = 21
    OSS = 40


VARIABLE = frozenset({VatType.DISTANCE_SALES, VatType.OSS})
"""The customer's country sets the percentage of these."""

ZERO_RATED = frozenset(
    {
        VatType.EXEMPT,
        VatType.ZERO,
        VatType.EXPORT_OUTSIDE_EU,
        VatType.EXPORT_WITHIN_EU,
        VatType.REVERSE_CHARGE,
        VatType.EXPORT_GOODS_EU,
        VatType.EXPORT_SERVICES_EU,
    }
)


@dataclass(frozen=True, slots=True)
class _Rate:
    vat_type: VatType
    percentage: Decimal
    first: date = date.min
    last: date = date.max


_RATES: dict[str, tuple[_Rate, ...]] = {
    "nl": (
        _Rate(VatType.HIGH, Decimal(21), first=date(2012, 10, 1)),
        _Rate(VatType.HIGH, Decimal(19), last=date(2012, 9, 30)),
        _Rate(VatType.LOW, Decimal(9), first=date(2019, 1, 1)),
        _Rate(VatType.LOW, Decimal(6), last=date(2018, 12, 31)),
    ),
    "be": (
        _Rate(VatType.HIGH, Decimal(21)),
        _Rate(VatType.LOW, Decimal(6)),
        _Rate(VatType.MEDIUM, Decimal(12)),
    ),
}


def vat_types(country: str) -> tuple[VatType, ...]:
    """Return the types that can be chosen in a country (`nl`, `be`), in Yuki's order; none for another."""
    rates = _RATES.get(country.lower())
    if rates is None:
        return ()
    return tuple(sorted({rate.vat_type for rate in rates} | ZERO_RATED | VARIABLE))


def percentages(country: str, vat_type: int, *, on: date = date.max) -> tuple[Decimal, ...] | None:
    """Return the percentages of a type on a day (by default: now), or None when the type leaves them open."""
    if vat_type in VARIABLE and country.lower() in _RATES:
        return None
    if vat_type in ZERO_RATED and country.lower() in _RATES:
        return (Decimal(0),)
    return tuple(rate.percentage for rate in _rates(country, on) if rate.vat_type == vat_type)


def is_valid_pair(
    country: str,
    vat_type: int,
    rate: Decimal,
    *,
    on: date = date.max,
    active: Collection[tuple[int, Decimal]] | None = None,
) -> bool:
    """Whether the books have a VAT code for this type and percentage; if not, Yuki cancels the invoice.

    `country` is `nl` or `be`; `on` the invoice date (older documents may carry 19 or 6 %); `active`
    the pairs that the administration itself lists, which then decide alone.
    """
    if active is not None:
        return (vat_type, rate) in active
    known = percentages(country, vat_type, on=on)
    if known is None:
        return 0 <= rate <= 100
    return rate in known


def default_type(country: str, rate: Decimal, *, on: date = date.max) -> VatType | None:
    """Return the type that a bare percentage stands for, or None where it does not say.

    0 % is never clear: it may be exempt, an export or a reverse charge.
    """
    found = [entry.vat_type for entry in _rates(country, on) if entry.percentage == rate]
    return found[0] if len(found) == 1 else None


def _rates(country: str, on: date) -> tuple[_Rate, ...]:
    return tuple(rate for rate in _RATES.get(country.lower(), ()) if rate.first <= on <= rate.last)
