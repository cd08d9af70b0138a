"""The text inside of a payment QR code: a SEPA credit transfer that a banking app fills in by itself.

Source: EPC069-12, the guidelines of the European Payments Council for such codes.
"""

import re
from decimal import Decimal

MOST_NAME, MOST_TEXT, MOST_REFERENCE = 70, 140, 35
SMALLEST, LARGEST = Decimal("0.01"), Decimal("999999999.99")
MOST_BYTES = 331
"""The guidelines' limit for the whole payload."""

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


def epc_payload(*, name: str, iban: str, amount: Decimal, reference: str = "", bic: str = "") -> str:
    """Return the payload for a transfer of euros; "" where the guidelines have no such one.

    `reference` is a creditor reference (ISO 11649, such as RF18 5390 0754 7034) where it checks as one, and plain text
    otherwise; both cannot be given. Version 002: the BIC may be left out within the European Economic Area.
    """
    account, bank = _plain(iban).upper(), _plain(bic).upper()
    who = _one_line(name)[:MOST_NAME].strip()
    fits = who and _IBAN.fullmatch(account) and SMALLEST <= amount <= LARGEST
    if not fits or amount != amount.quantize(SMALLEST):
        return ""
    structured, text = _reference(reference)
    lines = ["BCD", "002", "1", "SCT", bank if _BIC.fullmatch(bank) else "", who, account]
    lines += [f"EUR{amount:.2f}", "", structured, text]
    payload = "\n".join(lines).rstrip("\n")
    return payload if len(payload.encode()) <= MOST_BYTES else ""


def is_creditor_reference(text: str) -> bool:
    """Whether a text is a creditor reference of ISO 11649: RF, two check figures, up to 21 signs, modulo 97 one."""
    plain = _plain(text).upper()
    if not re.fullmatch(r"RF[0-9]{2}[A-Z0-9]{1,21}", plain):
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _reference(text: str) -> tuple[str, str]:
    if is_creditor_reference(text):
        return _plain(text).upper(), ""
    return "", _one_line(text)[:MOST_TEXT]


def _plain(text: str) -> str:
    return "".join(text.split())


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
