"""Numbers with check figures: VAT numbers and bank accounts, judged by python-stdnum."""

from importlib import import_module
from typing import Any

from stdnum import iban
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

_OTHERS = {"GB": "stdnum.gb.vat", "CH": "stdnum.ch.vat", "NO": "stdnum.no.mva"}


def is_vat_number(number: str, country: str) -> bool:
    """Whether a VAT number can be right: with the letters of its country, or without them in `country`'s form.

    A country of which no rule is known is believed.
    """
    text = "".join(number.split()).upper().replace(".", "").replace("-", "")
    code = country.upper()
    if text[:2].isalpha() and text[:2].isascii():
        code = "GR" if text[:2] == "EL" else text[:2]
        if code not in _EU and code not in _OTHERS:
            return _believed(country)
    if code in _EU:
        prefix = "EL" if code == "GR" else code
        return bool(vat.is_valid(text if text.startswith(prefix) else prefix + text))
    if code in _OTHERS:
        module: Any = import_module(_OTHERS[code])
        return bool(module.is_valid(text) or module.is_valid(text.removeprefix(code)))
    return True


def _believed(country: str) -> bool:
    return country.upper() not in _EU and country.upper() not in _OTHERS


def is_iban(number: str) -> bool:
    """Whether a bank account is an IBAN whose figures add up; spaces do no harm."""
    try:
        iban.validate(number)
    except ValidationError:
        return False
    return True


_EU = frozenset(code.upper() for code in vat.MEMBER_STATES)
