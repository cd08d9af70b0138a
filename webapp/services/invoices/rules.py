"""The rules that every invoice keeps, by hand or from a file: lengths, dates, VAT pairs, amounts within range."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale

from webapp.domain.documents import PaymentMethod
from webapp.domain.drafts import Fault, unfit_sign, vat_country
from webapp.domain.invoices import DocumentStatus
from webapp.domain.money import AmountError, cents
from webapp.domain.totals import Calculation, LineInput, calculate, line_amounts
from webapp.domain.vat import is_valid_pair
from webapp.services.contacts import FIELDS, ContactData
from webapp.services.invoices.data import InvoiceData, LineData

MOST_LINES = 500
FINE_DECIMALS = 4
FINE_LIMIT = Decimal(10) ** 10
"""Quantities and prices have at most ten figures before and four after the comma, as in Yuki's schema."""

STARTING_STATES = tuple(
    state.value
    for state in (DocumentStatus.DRAFT, DocumentStatus.APPROVED, DocumentStatus.AUTHORISED, DocumentStatus.SENT)
)

_LENGTHS = {"number": 60, "subject": 200, "remarks": 4000, "payment_reference": 100}
_CONTACT_LENGTHS = {
    "code": 40,
    "name": 200,
    "email": 254,
    "address_line_1": 200,
    "address_line_2": 200,
    "zipcode": 20,
    "city": 100,
    "country": 2,
    "vat_number": 30,
    "coc_number": 30,
    "bank_account": 40,
    "bic": 11,
    "phone": 40,
    "mobile": 40,
    "website": 200,
}
_LINE_LENGTHS = {
    "description": 2000,
    "remarks": 2000,
    "item_code": 40,
    "product_description": 60,
    "gl_account_code": 20,
}
_ACCRUAL = ("accrual_date", "accrual_periods", "accrual_interval")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


def check(data: InvoiceData, *, country: str, known_codes: set[str] | frozenset[str] = frozenset()) -> list[Fault]:
    """Return everything that is wrong with an invoice; `known_codes` are contacts that need no name here."""
    return [*_head(data), *_contact(data.contact, known_codes), *_lines(data, vat_country(country))]


def totals_of(data: InvoiceData) -> Calculation:
    """Compute an invoice both ways; raises AmountError as `domain.totals` does."""
    return calculate([line_input(line) for line in data.lines], data.currency)


def line_input(line: LineData) -> LineInput:
    """Return a line as the totals need it."""
    return LineInput(
        line.quantity, line.unit_price, line.vat_rate, vat_included=line.vat_included, vat_type=line.vat_type
    )


def text_faults(value: str, field: str, most: int) -> Iterator[Fault]:
    """Judge one text: its length, and signs that no document can carry."""
    if len(value) > most:
        yield Fault("too_long", field, {"most": most})
    unfit = unfit_sign(value)
    if unfit:
        yield Fault("characters", field, {"character": f"U+{ord(unfit):04X}"})


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return the currency codes there are."""
    return frozenset(Locale("en").currencies)


@lru_cache(maxsize=1)
def territories() -> frozenset[str]:
    """Return the codes of countries, two letters each."""
    return frozenset(str(code) for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code)))


def _head(data: InvoiceData) -> Iterator[Fault]:
    if not data.number:
        yield Fault("required", "number")
    for name, most in _LENGTHS.items():
        yield from text_faults(getattr(data, name), name, most)
    if not 1900 <= data.issue_date.year <= 2200:
        yield Fault("date_range", "issue_date")
    if data.due_date is not None and not 1900 <= data.due_date.year <= 2200:
        yield Fault("date_range", "due_date")
    elif data.due_date is not None and data.due_date < data.issue_date:
        yield Fault("due_before_issue", "due_date")
    if data.currency not in currencies():
        yield Fault("currency", "currency", {"value": data.currency})
    if data.payment_method not in {method.value for method in PaymentMethod}:
        yield Fault("payment_method", "payment_method", {"value": data.payment_method})
    if data.status not in STARTING_STATES:
        yield Fault("status", "status", {"value": data.status})


def _contact(contact: ContactData, known_codes: set[str] | frozenset[str]) -> Iterator[Fault]:
    if not contact.name and contact.code not in known_codes:
        yield Fault("contact_needed" if not contact.code else "contact_unknown", "contact.name", {"code": contact.code})
    for name in FIELDS:
        value = getattr(contact, name)
        if value and name in _CONTACT_LENGTHS:
            yield from text_faults(value, f"contact.{name}", _CONTACT_LENGTHS[name])
    if contact.email and not _EMAIL.fullmatch(contact.email):
        yield Fault("email", "contact.email", {"value": contact.email})
    if contact.country and contact.country not in territories():
        yield Fault("country", "contact.country", {"value": contact.country})
    if contact.contact_type and contact.contact_type not in ("Company", "Person"):
        yield Fault("contact_type", "contact.contact_type", {"value": contact.contact_type})


def _lines(data: InvoiceData, country: str) -> Iterator[Fault]:
    if not data.lines:
        yield Fault("no_lines", "lines")
    if len(data.lines) > MOST_LINES:
        yield Fault("too_many_lines", "lines", {"most": MOST_LINES})
        return
    for index, line in enumerate(data.lines):
        yield from _line(line, f"lines.{index}", data, country)
    if data.currency in currencies():
        try:
            totals_of(data)
        except AmountError:
            yield Fault("too_large", "lines")


def _line(line: LineData, at: str, data: InvoiceData, country: str) -> Iterator[Fault]:
    if not line.description:
        yield Fault("required", f"{at}.description")
    for name, most in _LINE_LENGTHS.items():
        yield from text_faults(getattr(line, name), f"{at}.{name}", most)
    for name in ("quantity", "unit_price"):
        yield from fine_faults(getattr(line, name), f"{at}.{name}")
    if not is_valid_pair(country, line.vat_type, line.vat_rate, on=data.issue_date):
        params: dict[str, Any] = {"type": line.vat_type, "rate": line.vat_rate, "country": country.upper()}
        yield Fault("vat_pair", f"{at}.vat_rate", params)
    elif data.currency in currencies() and abs(line.quantity) < FINE_LIMIT and abs(line.unit_price) < FINE_LIMIT:
        try:
            cents(line_amounts(line_input(line), data.currency).gross, data.currency)
        except AmountError:
            yield Fault("too_large", f"{at}.unit_price")
    given = [name for name in _ACCRUAL if getattr(line, name) is not None]
    if given and len(given) < len(_ACCRUAL):
        yield Fault("accrual", f"{at}.{given[0]}")
    for name in ("accrual_periods", "accrual_interval"):
        value = getattr(line, name)
        if value is not None and not 1 <= value <= 600:
            yield Fault("accrual", f"{at}.{name}")


def fine_faults(value: Decimal, field: str) -> Iterator[Fault]:
    """Judge a quantity or a unit price: within ten figures, at most four decimals."""
    if abs(value) >= FINE_LIMIT:
        yield Fault("too_large", field)
    elif decimals(value) > FINE_DECIMALS:
        yield Fault("decimals", field, {"most": FINE_DECIMALS})


def decimals(value: Decimal) -> int:
    """Return how many decimals a finite amount has, zeros at its end not counted."""
    # By its figures: normalize() would round a value that has more of them than the context.
    _, digits, exponent = value.as_tuple()
    figures = "".join(map(str, digits))
    zeros = len(figures) - len(figures.rstrip("0"))
    return max(0, -exponent - zeros) if isinstance(exponent, int) and zeros < len(figures) else 0
