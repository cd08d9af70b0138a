"""MT940, the customer statement of SWIFT, in the dialects of Dutch, Belgian and German-style banks.

Sources: SWIFT user handbook, category 9; ING, Rabobank and ABN AMRO format descriptions of field 86
(`/CNTP/…`, `/NAME/…/REMI/…`) and the ZKA subfields (`?20…`). The package mt-940 was tried: it names no line
when something is wrong, prints the bank's text then, and leaves field 86 as it is.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webapp.domain.statements import Balance, Line, Statement
from webapp.services.statements.details import details_of
from webapp.services.statements.raw import MOST_LINES, Unreadable, amount, one_line

_TAG = re.compile(r":([0-9]{2}[A-Z]?):(.*)", re.DOTALL)
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9,.]+)")
_ENTRY = re.compile(
    r"(?P<day>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?(?P<amount>[0-9]+[,.]?[0-9]*)"
    r"(?:(?P<kind>[A-Z][A-Z0-9 ]{3})(?P<reference>(?:(?!//)[^\n])*)(?://(?P<bank>[^\n]*))?)?(?:\n(?P<extra>.*))?",
    re.DOTALL,
)
_ENVELOPE = re.compile(r"\{[12345]:[^{}\n]*\}?|-\}.*")


@dataclass(slots=True)
class Field:
    """One field of the file, with the lines that belong to it."""

    tag: str
    value: str
    place: int


def read_mt940(content: bytes) -> list[Statement]:
    """Return the statements of a file; raises Unreadable for what is no MT940, with the line."""
    fields = _fields(_decoded(content))
    if not any(one.tag == "25" for one in fields):
        raise Unreadable("not_mt940", line=fields[0].place if fields else 1)
    found: list[Statement] = []
    group: list[Field] = []
    for one in fields:
        if one.tag == "20" and any(each.tag == "25" for each in group):
            found.append(_statement(group))
            group = []
        group.append(one)
    found.append(_statement(group))
    if sum(len(one.lines) for one in found) > MOST_LINES:
        raise Unreadable("too_many_lines", most=MOST_LINES)
    return found


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _fields(text: str) -> list[Field]:
    found: list[Field] = []
    for place, row in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        plain = _ENVELOPE.sub("", row).rstrip()
        match = _TAG.fullmatch(plain)
        if match:
            found.append(Field(match[1], match[2], place))
        elif plain and plain != "-" and found:
            found[-1].value += f"\n{plain}"
    return found


def _statement(fields: list[Field]) -> Statement:
    account, currency, number = "", "", ""
    opening: Balance | None = None
    closing: Balance | None = None
    lines: list[Line] = []
    entry: Field | None = None
    for one in fields:
        if one.tag == "25":
            account, currency = _account(one, currency)
        elif one.tag == "28C":
            number = one.value.split("\n")[0].strip()
        elif one.tag in ("60F", "60M") and opening is None:
            opening, currency = _balance(one)
        elif one.tag in ("62F", "62M"):
            closing, _ = _balance(one)
        elif one.tag == "61":
            lines += [_line(entry, "", currency)] if entry else []
            entry = one
        elif one.tag == "86" and entry is not None:
            lines.append(_line(entry, one.value, currency))
            entry = None
    lines += [_line(entry, "", currency)] if entry else []
    place = fields[0].place if fields else 1
    if not account:
        raise Unreadable("no_account", line=place)
    return Statement(account, currency, number[:60], tuple(lines), opening, closing, place=place)


def _account(field: Field, currency: str) -> tuple[str, str]:
    """Take the account from `NL69INGB0123456789EUR` or `INGBNL2A/0123456789 EUR`; the currency may stand behind it."""
    plain = field.value.split("\n")[0].replace(" ", "").upper()
    match = re.fullmatch(r"(.*[0-9])(EUR|HUF|USD|GBP|CHF)", plain)
    if match:
        plain, currency = match[1], match[2]
    return plain[-34:], currency


def _balance(field: Field) -> tuple[Balance, str]:
    match = _BALANCE.match(field.value.strip())
    if match is None:
        raise Unreadable("balance", value=field.value.split("\n")[0][:40], line=field.place)
    sign = 1 if match[1] == "C" else -1
    return Balance(_day(match[2], field.place), sign * amount(match[4], line=field.place)), match[3]


def _line(field: Field, details: str, currency: str) -> Line:
    match = _ENTRY.fullmatch(field.value.strip())
    if match is None:
        raise Unreadable("entry", value=field.value.split("\n")[0][:40], line=field.place)
    valued = _day(match["day"], field.place)
    booked = _entry_day(valued, match["entry"], field.place) if match["entry"] else valued
    told = details_of(details)
    reference = (match["reference"] or "").strip()
    if reference.upper() in ("NONREF", "EREF", "PREF", "MREF"):
        reference = ""
    return Line(
        booked_on=booked,
        amount=_signed(match["mark"], amount(match["amount"], line=field.place)),
        currency=currency,
        valued_on=valued,
        name=told.name[:200],
        iban=told.iban[:34],
        text=(told.text or one_line(match["extra"] or ""))[:1000],
        reference=told.reference[:100],
        end_to_end=(told.end_to_end or reference)[:60],
        bank_reference=(match["bank"] or "").strip()[:60],
        reversal=match["mark"].startswith("R"),
        place=field.place,
    )


def _signed(mark: str, value: Decimal) -> Decimal:
    """Credit comes in; the reversal of a credit (RC) goes out again."""
    return value if mark in ("C", "RD", "EC") else -value


def _day(text: str, place: int) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise Unreadable("date", value=text, line=place) from None


def _entry_day(valued: date, text: str, place: int) -> date:
    """The day of booking has no year: it is the one nearest to the value date."""
    found = []
    for year in (valued.year - 1, valued.year, valued.year + 1):
        try:
            found.append(date(year, int(text[:2]), int(text[2:])))
        except ValueError:
            continue
    if not found:
        raise Unreadable("date", value=text, line=place)
    return min(found, key=lambda one: abs(one - valued))
