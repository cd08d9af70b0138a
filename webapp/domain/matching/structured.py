"""Structured communications with their check digits: Belgian +++…+++, ISO 11649 (RF), Dutch betalingskenmerk.

Sources: Febelfin, structured communication (mod 97, 0 counts as 97); ISO 11649 (mod 97-10 as for an IBAN);
Betaalvereniging Nederland, specification of the betalingskenmerk (weighted modulus 11).
"""

import re
from collections.abc import Iterator

_BELGIAN = re.compile(r"(?<![0-9])[+*]{0,3}[ ]?([0-9]{3})[ ]?/[ ]?([0-9]{4})[ ]?/[ ]?([0-9]{5})(?![0-9])")
_BELGIAN_PLAIN = re.compile(r"(?<![0-9])[+*]{3}[ ]?([0-9]{12})[ ]?[+*]{3}")
_CREDITOR = re.compile(r"(?<![A-Z0-9])RF[0-9]{2}(?:[ ]?[A-Z0-9]){1,21}(?![A-Z0-9])")
_DUTCH = re.compile(r"(?<![0-9])[0-9]{4}[ .]?[0-9]{4}[ .]?[0-9]{4}[ .]?[0-9]{4}(?![0-9])")
_WEIGHTS = (2, 4, 8, 5, 10, 9, 7, 3, 6, 1)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?(?![A-Z0-9])")
_RF_LENGTHS = range(5, 26)


def is_belgian(digits: str) -> bool:
    """Whether twelve digits are a Belgian structured communication."""
    return len(digits) == 12 and digits.isdigit() and (int(digits[:10]) % 97 or 97) == int(digits[10:])


def is_creditor_reference(code: str) -> bool:
    """Whether `RF` and what follows (no spaces, capitals) is an ISO 11649 reference."""
    return len(code) in _RF_LENGTHS and code.startswith("RF") and _mod97(code) == 1


def is_dutch(digits: str) -> bool:
    """Whether sixteen digits are a Dutch payment reference: a check digit and fifteen digits."""
    if len(digits) != 16 or not digits.isdigit():
        return False
    total = sum(int(digit) * _WEIGHTS[n % 10] for n, digit in enumerate(reversed(digits[1:])))
    return int(digits[0]) == {10: 1, 11: 0}.get(11 - total % 11, 11 - total % 11)


def is_iban(code: str) -> bool:
    """Whether a code (no spaces, capitals) has the check digits of an IBAN."""
    if code.startswith("RF"):  # a creditor reference has the same check digits
        return False
    return 15 <= len(code) <= 34 and code[:2].isalpha() and code.isalnum() and code.isascii() and _mod97(code) == 1


def _mod97(code: str) -> int:
    turned = code[4:] + code[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97


def canonical(reference: str) -> str:
    """Return the code of a structured reference without its decoration: digits, or RF and what follows; else ""."""
    plain = re.sub(r"[ +*/.\-]", "", reference.upper())
    return plain if is_belgian(plain) or is_dutch(plain) or is_creditor_reference(plain) else ""


def payload(code: str) -> str:
    """Return what the check digits of a canonical code protect, without leading zeros."""
    if code.startswith("RF"):
        return code[4:].lstrip("0")
    return (code[:10] if len(code) == 12 else code[1:]).lstrip("0")


def codes_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Find the structured codes of a text in capitals, with where each begins and ends; a wrong check digit is none."""
    if "/" in text or "++" in text or "**" in text:
        for pattern in (_BELGIAN, _BELGIAN_PLAIN):
            for found in pattern.finditer(text):
                code = "".join(found.groups())
                if is_belgian(code):
                    yield code, found.start(), found.end()
    if "RF" in text:
        for found in _CREDITOR.finditer(text):
            yield from _creditor(found)
    for found in _DUTCH.finditer(text):
        code = re.sub(r"[ .]", "", found[0])
        if is_dutch(code):
            yield code, found.start(), found.end()


def _creditor(found: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """The words after a reference run on into it: the longest beginning with right check digits is it."""
    text = found[0]
    ends = [place for place in range(len(text), 4, -1) if place == len(text) or text[place] == " "]
    for end in ends:
        code = text[:end].replace(" ", "")
        if is_creditor_reference(code):
            yield code, found.start(), found.start() + end
            return


def without_accounts(text: str) -> str:
    """Blank out what is an IBAN in a text in capitals, so that its digits are not taken for a reference."""
    return _IBAN.sub(_blank, text) if len(text) > 14 else text


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    for end in range(len(text), 14, -1):
        if (end == len(text) or text[end] == " ") and is_iban(text[:end].replace(" ", "")):
            return "\n" * end + text[end:]
    return text
