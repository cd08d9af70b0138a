"""The words, amounts and dates of papers, in the language of who gets them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import flask_babel
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from flask_babel import lazy_gettext as _l

from webapp.domain.vat import VatType

_: Callable[..., str] = flask_babel.gettext

LANGUAGES = {"NL": "nl", "BE": "nl", "HU": "hu"}
"""What a customer of a country reads; English everywhere else."""

VAT_NOTES: dict[int, Any] = {
    VatType.EXEMPT: _l("Exempt from VAT"),
    VatType.REVERSE_CHARGE: _l("VAT reverse charged"),
    VatType.EXPORT_OUTSIDE_EU: _l("Export outside the EU, VAT 0%%"),
    VatType.EXPORT_WITHIN_EU: _l("Intra-Community supply, VAT 0%%"),
    VatType.EXPORT_GOODS_EU: _l("Intra-Community supply of goods, VAT 0%%"),
    VatType.EXPORT_SERVICES_EU: _l("Services within the EU, VAT reverse charged"),
}
"""What has to be said of lines without VAT."""


def language_of(country: str) -> str:
    """Return the language in which a customer of a country is written to."""
    return LANGUAGES.get(country.upper(), "en")


def language() -> str:
    """Return the language that is written just now."""
    return str(getattr(flask_babel.get_locale(), "language", "en"))


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency: € 26,40 in Dutch."""
    return str(format_currency(amount, currency, locale=language(), decimal_quantization=False))


def number(value: Decimal, pattern: str = "#,##0.######") -> str:
    """Write a number."""
    return str(format_decimal(value, format=pattern, locale=language()))


def figures(amount: Decimal) -> str:
    """Write an amount without its currency, never with less than its cents."""
    return number(amount, "#,##0.00####")


def day(value: date) -> str:
    """Write a date in full: 2 maart 2026."""
    return str(format_date(value, "long" if language() == "hu" else "d MMMM yyyy", locale=language()))


def country_name(code: str) -> str:
    """Return the name of a country."""
    names = Locale.parse(language()).territories
    return str(names.get(code.upper(), code))


def rate(vat_type: int, percentage: Decimal) -> str:
    """Write a VAT rate: 21%; a dash where there is none."""
    return "–" if vat_type == VatType.EXEMPT else f"{number(percentage)}%"


def iban_in_groups(iban: str) -> str:
    """Write an IBAN in groups of four."""
    plain = "".join(iban.split())
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))
