"""Where an electronic invoice goes: scheme and identifier of a party, by its country and its numbers.

Source: the code list EAS (Electronic Address Scheme) as Peppol takes it, which knows no e-mail addresses.
"""

import re

REGISTERS = {"NL": ("0106", r"[0-9]{8}"), "BE": ("0208", r"[01][0-9]{9}")}
"""Chambers of commerce: the Dutch one, and the Belgian Crossroads Bank for Enterprises."""

# fmt: off
VAT_SCHEMES = {
    "AT": "9914", "BE": "9925", "BG": "9926", "CH": "9927", "CY": "9928", "CZ": "9929", "DE": "9930", "EE": "9931",
    "ES": "9920", "FR": "9957", "GB": "9932", "GR": "9933", "HR": "9934", "HU": "9910", "IE": "9935", "LT": "9937",
    "LU": "9938", "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947", "SI": "9949",
    "SK": "9950",
}
# fmt: on


def registration(country: str, number: str) -> tuple[str, str]:
    """Return scheme and identifier in the register of companies; the scheme is empty where none is known for it."""
    plain = re.sub(r"[^0-9A-Za-z]", "", number).upper()
    if not plain:
        return "", ""
    scheme, shape = REGISTERS.get(country, ("", ""))
    plain = plain.removeprefix(country) if scheme else plain
    return (scheme, plain) if scheme and re.fullmatch(shape, plain) else ("", plain)


def endpoint(country: str, *, number: str, vat_number: str) -> tuple[str, str]:
    """Return the electronic address of a party: of its register, else its VAT number, else nothing."""
    scheme, known = registration(country, number)
    if scheme:
        return scheme, known
    if vat_number and country in VAT_SCHEMES:
        return VAT_SCHEMES[country], vat_number
    return "", ""


def vat_identifier(country: str, number: str) -> str:
    """Return a VAT number with the letters of its country (BR-CO-09); Greece writes EL."""
    plain = re.sub(r"[^0-9A-Za-z]", "", number).upper()
    if not plain:
        return ""
    return plain if plain[:2].isalpha() else ("EL" if country == "GR" else country) + plain
