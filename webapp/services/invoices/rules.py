"""The rules that every invoice keeps, by hand or from a file: lengths, dates, VAT pairs, amounts within range."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from webapp.domain.documents import PaymentMethod
from webapp.domain.drafts import Fault, vat_country
from webapp.domain.invoices import DocumentStatus
from webapp.domain.money import AmountError, cents
from webapp.domain.totals import Calculation, LineInput, calculate, line_amounts
from webapp.domain.vat import VatType, is_valid_pair
from webapp.services.contact_rules import contact_faults, person_faults
from webapp.services.invoices.attachments import document_faults
from webapp.services.invoices.data import InvoiceData, LineData
from webapp.services.judging import FINE_LIMIT, amount_faults, currencies, fine_faults, text_faults

MOST_LINES = 500
STARTING_STATES = tuple(
    state.value
    for state in (
        DocumentStatus.PROPOSED,
        DocumentStatus.DRAFT,
        DocumentStatus.APPROVED,
        DocumentStatus.AUTHORISED,
        DocumentStatus.SENT,
    )
)

_LENGTHS = {
    "number": 60,
    "subject": 200,
    "remarks": 4000,
    "payment_reference": 100,
    "purchase_order_number": 60,
    "layout": 100,
    "notes": 500,
    "price_list": 100,
    "project_id": 36,
    "project_code": 60,
}
_LINE_LENGTHS = {
    "description": 2000,
    "remarks": 2000,
    "item_code": 40,
    "product_description": 60,
    "product_remarks": 2000,
    "vat_description": 100,
    "gl_account_code": 20,
    "activity_code": 60,
    "barcode": 60,
    "packing": 100,
    "shelf_location": 60,
    "company_name": 200,
    "batch_no": 60,
}
_METHODS = frozenset(method.value for method in PaymentMethod)
_ACCRUAL = ("accrual_date", "accrual_periods", "accrual_interval")
_GUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
CATEGORY = 13
"""The only category that Yuki takes, besides none."""


def check(
    data: InvoiceData,
    *,
    country: str,
    known_codes: set[str] | frozenset[str] = frozenset(),
    number_later: bool = False,
) -> list[Fault]:
    """Return everything that is wrong with an invoice; `known_codes` are contacts that need no name here.

    `number_later`: it may come without a number, which it gets when it is authorised.
    """
    return [
        *_head(data, number_later=number_later),
        *contact_faults(data.contact, known_codes),
        *person_faults(data.person),
        *(document_faults(data.document) if data.document else ()),
        *_lines(data, vat_country(country)),
    ]


def totals_of(data: InvoiceData) -> Calculation:
    """Compute an invoice both ways; raises AmountError as `domain.totals` does."""
    return calculate([line_input(line) for line in data.lines], data.currency)


def line_input(line: LineData) -> LineInput:
    """Return a line as the totals need it."""
    return LineInput(
        line.quantity,
        line.unit_price,
        line.vat_rate,
        vat_included=line.vat_included,
        vat_type=line.vat_type,
        line_amount=line.line_amount,
        line_vat_amount=line.line_vat_amount,
    )


def _head(data: InvoiceData, *, number_later: bool) -> Iterator[Fault]:
    if not data.number and not number_later and data.process is not False:
        yield Fault("required", "number")
    if data.project_id and not _GUID.fullmatch(data.project_id):
        yield Fault("guid", "project_id", {"value": data.project_id[:40]})
    yield from _texts(data, _LENGTHS, "")
    if not 1900 <= data.issue_date.year <= 2200:
        yield Fault("date_range", "issue_date")
    if data.due_date is not None and not 1900 <= data.due_date.year <= 2200:
        yield Fault("date_range", "due_date")
    elif data.due_date is not None and data.due_date < data.issue_date:
        yield Fault("due_before_issue", "due_date")
    if data.currency not in currencies():
        yield Fault("currency", "currency", {"value": data.currency})
    if data.payment_method not in _METHODS:
        yield Fault("payment_method", "payment_method", {"value": data.payment_method})
    if data.status not in STARTING_STATES:
        yield Fault("status", "status", {"value": data.status})


def _texts(said: InvoiceData | LineData, lengths: Mapping[str, int], at: str) -> Iterator[Fault]:
    for name, most in lengths.items():
        if text := getattr(said, name):
            yield from text_faults(text, f"{at}{name}", most)


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
            yield from _too_large(data, country)
            yield Fault("too_large", "lines")


def _too_large(data: InvoiceData, country: str) -> Iterator[Fault]:
    """Say which lines are too large by themselves, beside those whose numbers or VAT are wrong."""
    for index, line in enumerate(data.lines):
        small = abs(line.quantity) < FINE_LIMIT and abs(line.unit_price) < FINE_LIMIT
        if small and _has_vat_code(line, data, country):
            try:
                cents(line_amounts(line_input(line), data.currency).gross, data.currency)
            except AmountError:
                yield Fault("too_large", f"lines.{index}.unit_price")


def _line(line: LineData, at: str, data: InvoiceData, country: str) -> Iterator[Fault]:
    if not line.description:
        yield Fault("required", f"{at}.description")
    yield from _texts(line, _LINE_LENGTHS, f"{at}.")
    for name in ("quantity", "unit_price", "mrp"):
        value = getattr(line, name)
        yield from fine_faults(value, f"{at}.{name}") if value is not None else ()
    for name in ("line_amount", "line_vat_amount"):
        yield from amount_faults(getattr(line, name), f"{at}.{name}")
    yield from _vat(line, at, data, country)
    if line.category not in (None, CATEGORY):
        yield Fault("category", f"{at}.category", {"value": line.category})
    yield from _accrual(line, at)


def _vat(line: LineData, at: str, data: InvoiceData, country: str) -> Iterator[Fault]:
    if line.vat_description and line.vat_type != VatType.DISTANCE_SALES:
        yield Fault("vat_description", f"{at}.vat_description")
    if not _has_vat_code(line, data, country):
        params: dict[str, Any] = {"type": line.vat_type, "rate": line.vat_rate, "country": country.upper()}
        yield Fault("vat_pair", f"{at}.vat_rate", params)


def _has_vat_code(line: LineData, data: InvoiceData, country: str) -> bool:
    return line.price_from_list or is_valid_pair(country, line.vat_type, line.vat_rate, on=data.issue_date)


def _accrual(line: LineData, at: str) -> Iterator[Fault]:
    given = [name for name in _ACCRUAL if getattr(line, name) is not None]
    if given and len(given) < len(_ACCRUAL):
        yield Fault("accrual", f"{at}.{given[0]}")
    for name in ("accrual_periods", "accrual_interval"):
        value = getattr(line, name)
        if value is not None and not 1 <= value <= 600:
            yield Fault("accrual", f"{at}.{name}")
