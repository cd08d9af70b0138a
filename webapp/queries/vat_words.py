"""The VAT types in words, and the pairs of type and percentage that a form offers."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import flask_babel
from flask_babel import lazy_gettext as _l

from webapp.domain.drafts import vat_country
from webapp.domain.remote_invoices import FOREIGN_VAT
from webapp.domain.vat import VARIABLE, VatType, percentages, vat_types
from webapp.queries.numbers import plain_number

_: Callable[..., str] = flask_babel.gettext

NAMES: dict[int, Any] = {
    FOREIGN_VAT: _l("VAT"),
    VatType.EXEMPT: _l("Exempt from VAT"),
    VatType.HIGH: _l("VAT high"),
    VatType.LOW: _l("VAT low"),
    VatType.ZERO: _l("VAT zero"),
    VatType.EXPORT_OUTSIDE_EU: _l("Export outside the EU"),
    VatType.EXPORT_WITHIN_EU: _l("Export within the EU"),
    VatType.DISTANCE_SALES: _l("Distance sales within the EU"),
    VatType.REVERSE_CHARGE: _l("VAT reverse charge"),
    VatType.EXPORT_GOODS_EU: _l("Goods to the EU"),
    VatType.EXPORT_SERVICES_EU: _l("Services to the EU"),
    VatType.MEDIUM: _l("VAT medium"),
    VatType.OSS: _l("OSS"),
}
ELSEWHERE = tuple(Decimal(rate) for rate in ("17", "18", "19", "20", "21", "22", "23", "24", "25", "25.5", "27"))
"""The standard percentages of the other countries of the EU, for the types that the customer's country sets."""


def vat_word(vat_type: int, rate: Decimal) -> str:
    """Return type and percentage in words: VAT high 21 %."""
    name = str(NAMES.get(vat_type, _("VAT type %(type)s", type=vat_type)))
    return f"{name} {plain_number(rate)} %"


def pair(vat_type: int, rate: Decimal) -> str:
    """Return type and percentage as the value of a choice: 1:21."""
    return f"{vat_type}:{format(rate.normalize() + 0, 'f')}"


def choices(country: str) -> dict[str, list[tuple[str, str]]]:
    """Return the pairs that can be chosen in a country, in groups."""
    here = vat_country(country)
    fixed: list[tuple[str, str]] = []
    variable: list[tuple[str, str]] = []
    for vat_type in vat_types(here):
        rates = percentages(here, vat_type)
        target = variable if vat_type in VARIABLE else fixed
        for rate in ELSEWHERE if rates is None else rates:
            target.append((pair(vat_type, rate), vat_word(vat_type, rate)))
    order = {str(VatType.HIGH.value): 0, str(VatType.MEDIUM.value): 1, str(VatType.LOW.value): 2}
    fixed.sort(key=lambda choice: order.get(choice[0].partition(":")[0], 3))
    return {_("Usual"): fixed, _("Rate of the customer's country"): variable}
