"""Field 86 of an MT940: who paid and what was written, in the dialects of the banks."""

import re
from dataclasses import dataclass

from webapp.domain.matching.structured import canonical, is_iban
from webapp.services.statements.raw import one_line

_WORDS = (
    "TRTP|IBAN|BIC|NAME|REMI|EREF|KREF|MREF|MARF|CSID|ORDP|BENM|CNTP|PURP|ULTC"
    "|ULTD|RTRN|ISDT|PREF|TRCD|ID|SVCL|ADDR|CHGS|OAMT|EXCH"
)
_SLASHED = re.compile(rf"/({_WORDS})/")
_SUBFIELD = re.compile(r"\?([0-9]{2})")
_ACCOUNT = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}[ ]?(?:[A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{0,4}(?![A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Details:
    """What field 86 tells."""

    name: str = ""
    iban: str = ""
    text: str = ""
    reference: str = ""
    end_to_end: str = ""


def details_of(value: str) -> Details:
    """Read the field, whatever the dialect: slashed words, ZKA subfields, or plain text."""
    joined = value.replace("\n", "")
    if _SLASHED.search(joined):
        return _slashed(joined)
    if len(_SUBFIELD.findall(value)) > 1:
        return _subfields(joined)
    text = one_line(value)
    account = _first_account(text.upper())
    return Details(iban=account, text=text, reference=canonical(text) if len(text) < 40 else "")


def _slashed(text: str) -> Details:
    """`/CNTP/NL…/INGBNL2A/Name/City///REMI/USTD//text/` (ING), `/IBAN/…/NAME/…/REMI/…` (ABN AMRO, Rabobank)."""
    marks = list(_SLASHED.finditer(text))
    parts: dict[str, str] = {}
    for place, mark in enumerate(marks):
        end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
        parts.setdefault(mark[1], text[mark.end() : end].strip("/ ") if mark[1] != "CNTP" else text[mark.end() : end])
    name, iban = parts.get("NAME", ""), parts.get("IBAN", "")
    if "CNTP" in parts:
        pieces = [*parts["CNTP"].split("/"), "", "", ""]
        iban, name = iban or pieces[0], name or pieces[2]
    remittance, reference = parts.get("REMI", ""), ""
    if remittance.startswith("USTD"):
        remittance = remittance[4:].strip("/ ")
    elif remittance.startswith("STRD"):
        pieces = [piece for piece in remittance[4:].strip("/ ").split("/") if piece]
        reference = pieces[-1] if pieces else ""
        remittance = ""
    if not reference and canonical(remittance):
        reference = remittance
    end_to_end = parts.get("EREF", "")
    return Details(
        one_line(name),
        iban.replace(" ", "").upper(),
        one_line(remittance),
        one_line(reference),
        "" if end_to_end.upper() in ("NOTPROVIDED", "") else one_line(end_to_end),
    )


def _subfields(text: str) -> Details:
    """`166?00…?20text?21text?31account?32name?33name`, with EREF+, KREF+, SVWZ+ inside of the text."""
    pieces = _SUBFIELD.split(text)
    parts: dict[int, str] = {}
    for code, value in zip(pieces[1::2], pieces[2::2], strict=False):
        parts[int(code)] = parts.get(int(code), "") + value
    written = "".join(value for code, value in sorted(parts.items()) if 20 <= code <= 29 or 60 <= code <= 63)
    marked = re.split(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC)\+", written)
    told = dict(zip(marked[1::2], marked[2::2], strict=False))
    account = parts.get(31, "").replace(" ", "").upper() or told.get("IBAN", "").replace(" ", "")
    end_to_end = told.get("EREF", "")
    return Details(
        one_line(parts.get(32, "") + parts.get(33, "")),
        account,
        one_line(told.get("SVWZ", "") if told else written),
        "",
        "" if end_to_end.upper().startswith("NOTPROVIDED") else one_line(end_to_end),
    )


def _first_account(text: str) -> str:
    for found in _ACCOUNT.finditer(text):
        words = found[0].split(" ")
        for end in range(len(words), 0, -1):
            plain = "".join(words[:end])
            if is_iban(plain):
                return plain
    return ""
