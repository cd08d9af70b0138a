"""What the books would do with a sales document: found before it is sent, as codes; the words stand with the screens.

An error is what the books (or we) would refuse; a warning is what they would do otherwise than a person may
think; a note is what they do as always. Source: the vendor's article on the fields of its sales invoice XML.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as made
from decimal import Decimal
from enum import StrEnum
from typing import Any

from webapp.domain.contact_cards import Card, Difference, fate_of
from webapp.domain.documents import NEVER_OUTSTANDING, DocumentContact, DocumentLine, PaymentMethod, SalesDocument
from webapp.domain.money import AmountError
from webapp.domain.totals import LineInput, calculate
from webapp.domain.vat import VARIABLE, is_valid_pair

MOST_DESCRIPTION, MOST_REFERENCE = 60, 40
"""Characters; the books cut what is longer."""
FINE_DECIMALS = 4
SALES_CATEGORY = 13
REVENUE = {"nl": "80000", "be": "700000"}
"""The account that a new sales item without a usable one is booked on; those of a Belgian chart have six figures."""


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that would happen: its `code`, the field in our words (`lines.2.unit_price`, lines from 1)."""

    code: str
    field: str
    severity: Severity = Severity.WARNING
    params: dict[str, Any] = made(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known around a document.

    `country` is the books' (`nl`, `be`). `active` are the pairs of VAT type and percentage that the administration
    has on the invoice date, `accounts` the codes of its ledger, None where they were not read. `known_contact`:
    an invoice of ours to this contact is in the books already, and `differences` is what changed since. `card` is the
    contact's card as the books told it today, None where they did not: then what we sent last has to do.
    `cut` names the lines whose product would be called by a shortened description; `bad_numbers` the fields
    (`contact.vat_number`) whose figures cannot be right. `total` is what we show as the invoice's.
    `code_needed`: the organisation sends no invoice to a contact without a contact code.
    """

    country: str = "nl"
    number: str = ""
    number_taken: bool = False
    has_pdf: bool = False
    active: frozenset[tuple[int, Decimal]] | None = None
    accounts: frozenset[str] | None = None
    known_contact: bool = False
    differences: tuple[Difference, ...] = ()
    card: Card | None = None
    cut: tuple[int, ...] = ()
    bad_numbers: tuple[tuple[str, str], ...] = ()
    total: Decimal | None = None
    code_needed: bool = False


def judge(document: SalesDocument, facts: Facts) -> tuple[Finding, ...]:
    """Return what the books would do with a document; errors first, else in the order of its fields. Pure."""
    found = [
        *_number(document, facts),
        *_head(document, facts),
        *_project(document),
        *_contact(document, facts),
        *_lines(document, facts),
        *_totals(document, facts),
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: order.index(one.severity)))


def _number(document: SalesDocument, facts: Facts) -> Iterator[Finding]:
    if document.process and not document.reference:
        yield Finding("number_missing", "number", Severity.ERROR)
    if not document.process and facts.number:
        yield Finding("number_not_sent", "number", params={"number": facts.number})
    if facts.number_taken:
        yield Finding("number_taken", "number", Severity.ERROR, {"number": facts.number})


def _head(document: SalesDocument, facts: Facts) -> Iterator[Finding]:
    if not document.process:
        if document.email_to_customer:
            yield Finding("email_without_process", "email_to_customer")
        if document.sent_to_peppol:
            yield Finding("peppol_without_process", "sent_to_peppol")
        if facts.has_pdf:
            yield Finding("pdf_without_process", "document")
    if document.email_to_customer and not isinstance(document.contact.email, str):
        yield Finding("email_without_address", "contact.email")
    if document.due_date is None and document.process:
        yield Finding("due_missing", "due_date")
    elif document.due_date is not None and document.due_date < document.issue_date:
        yield Finding("due_before_issue", "due_date", Severity.ERROR)
    yield from _currency(document)
    if document.payment_method is PaymentMethod.DIRECT_COLLECTION:
        yield Finding("direct_debit", "payment_method", Severity.NOTE)
    elif document.payment_method in NEVER_OUTSTANDING:
        yield Finding("never_outstanding", "payment_method", Severity.NOTE)


def _currency(document: SalesDocument) -> Iterator[Finding]:
    """The currency must be the price list's; Yuki's own words are in the finding."""
    currency = document.currency or "EUR"
    if currency == "EUR":
        if document.price_list:
            yield Finding("price_list", "price_list", Severity.NOTE, {"list": document.price_list})
        return
    if document.price_list:
        params = {"list": document.price_list, "currency": currency}
        yield Finding("currency_of_list", "currency", params=params | {"words": yuki_currency_words("EUR")})
    else:
        yield Finding(
            "currency_without_list", "currency", params={"currency": currency, "words": yuki_currency_words("EUR")}
        )


def yuki_currency_words(currency: str) -> str:
    """Return what Yuki says when a price list is in `currency` and the invoice is not."""
    return f"The pricelist's currency \"{currency}\" does not match with the invoice's"


def _project(document: SalesDocument) -> Iterator[Finding]:
    if document.project_id and document.project_code:
        yield Finding("project_twice", "project_code", params={"code": document.project_code})
    if document.project_id or document.project_code:
        name = "project_id" if document.project_id else "project_code"
        yield Finding("project_bundle", name, Severity.NOTE)


def _contact(document: SalesDocument, facts: Facts) -> Iterator[Finding]:
    contact = document.contact
    for name, value in facts.bad_numbers:
        yield Finding(name.rpartition(".")[2], name, params={"value": value})
    if facts.code_needed and not contact.code:
        yield Finding("contact_code_missing", "contact.code", Severity.ERROR, {"name": contact.full_name})
    if facts.card is not None:
        yield _on_card(contact, facts.card)
    elif not facts.known_contact:
        yield Finding("contact_new", "contact.name", Severity.NOTE, {"name": contact.full_name, "code": contact.code})
    elif not contact.code:
        yield Finding("contact_by_name", "contact.name", Severity.NOTE, {"name": contact.full_name})
    elif facts.differences:
        yield Finding(
            "contact_overwritten", "contact.code", params={"code": contact.code, "differences": facts.differences}
        )
    else:
        yield Finding("contact_by_code", "contact.code", Severity.NOTE, {"code": contact.code})


def _on_card(contact: DocumentContact, card: Card) -> Finding:
    """Say what becomes of the card that the books have, as they told it today."""
    params: dict[str, Any] = {"name": contact.full_name, "code": contact.code}
    if not card.by:
        return Finding("card_new", "contact.name", Severity.NOTE, params)
    if card.by == "namesake":
        return Finding("card_namesake", "contact.code", params=params | {"other": card.code})
    fate = fate_of(card, contact)
    if card.by == "code":
        if fate.overwritten:
            return Finding("card_overwritten", "contact.code", params=params | {"differences": fate.overwritten})
        return Finding("card_same", "contact.code", Severity.NOTE, params)
    if fate.ignored:
        return Finding("card_keeps", "contact.name", params=params | {"differences": fate.ignored})
    if fate.filled:
        return Finding("card_filled", "contact.name", Severity.NOTE, params | {"differences": fate.filled})
    return Finding("card_same_name", "contact.name", Severity.NOTE, params)


def _lines(document: SalesDocument, facts: Facts) -> Iterator[Finding]:
    for number, line in enumerate(document.lines, start=1):
        at = f"lines.{number}"
        yield from _product(line, at, facts, cut=number in facts.cut)
        yield from _price(document, line, at, facts)
        yield from _accrual(line, at)
    references: dict[str, set[str | None]] = {}
    for line in document.lines:
        references.setdefault(line.product.description or "", set()).add(line.product.reference)
    for number, line in enumerate(document.lines, start=1):
        name = line.product.description or ""
        if len(references.pop(name, ())) > 1:
            yield Finding("item_twice", f"lines.{number}.product_description", params={"name": name})


def _product(line: DocumentLine, at: str, facts: Facts, *, cut: bool) -> Iterator[Finding]:
    product = line.product
    name = product.description or ""
    if cut or len(name) > MOST_DESCRIPTION:
        params = {"most": MOST_DESCRIPTION, "name": name[:MOST_DESCRIPTION]}
        yield Finding("description_cut", f"{at}.product_description", params=params)
    if product.reference and len(product.reference) > MOST_REFERENCE:
        params = {"most": MOST_REFERENCE, "name": product.reference[:MOST_REFERENCE]}
        yield Finding("reference_cut", f"{at}.item_code", params=params)
    if product.category not in (None, SALES_CATEGORY):
        yield Finding("category", f"{at}.category", Severity.ERROR, {"value": product.category})
    account, usual = product.gl_account_code, REVENUE.get(facts.country, REVENUE["nl"])
    if not account:
        yield Finding("account_missing", f"{at}.gl_account_code", Severity.NOTE, {"usual": usual})
    elif facts.accounts is not None and account not in facts.accounts:
        yield Finding("account_unknown", f"{at}.gl_account_code", params={"account": account, "usual": usual})


def _price(document: SalesDocument, line: DocumentLine, at: str, facts: Facts) -> Iterator[Finding]:
    product = line.product
    price, kind, rate = product.sales_price, product.vat_type, product.vat_percentage
    if price is None or kind is None or rate is None:
        yield Finding("price_from_list", f"{at}.unit_price", params={"list": document.price_list or ""})
    elif price == 0:
        yield Finding("price_zero", f"{at}.unit_price")
    elif _decimals(price) > FINE_DECIMALS:
        yield Finding("price_too_fine", f"{at}.unit_price", Severity.ERROR, {"most": FINE_DECIMALS})
    if kind is not None and rate is not None:
        known = is_valid_pair(facts.country, kind, rate, on=document.issue_date, active=facts.active)
        if not known:
            params = {"type": kind, "rate": rate, "country": facts.country.upper(), "read": facts.active is not None}
            yield Finding("vat_pair", f"{at}.vat_rate", Severity.ERROR, params)
        elif facts.active is None and kind in VARIABLE:
            yield Finding("vat_unsure", f"{at}.vat_rate", params={"type": kind, "rate": rate})
    if line.line_amount is not None:
        yield Finding("line_amount", f"{at}.line_amount")
    if line.line_vat_amount is not None:
        yield Finding("line_vat_amount", f"{at}.line_vat_amount")


def _accrual(line: DocumentLine, at: str) -> Iterator[Finding]:
    said = (line.accrual_date, line.accrual_periods, line.accrual_interval)
    given = [one for one in said if one is not None]
    if not given:
        return
    if len(given) < len(said) or any(isinstance(one, int) and one < 1 for one in given):
        yield Finding("accrual_incomplete", f"{at}.accrual_date", Severity.ERROR)
    else:
        params = {"date": line.accrual_date, "periods": line.accrual_periods, "interval": line.accrual_interval}
        yield Finding("accrual", f"{at}.accrual_date", Severity.NOTE, params)


def _totals(document: SalesDocument, facts: Facts) -> Iterator[Finding]:
    """Compute the document as the books do, line by line, beside what we show, and beside rounding per rate."""
    lines = [_input(line) for line in document.lines]
    if not lines or any(one is None for one in lines):
        return
    currency = document.currency or "EUR"
    try:
        sums = calculate([one for one in lines if one is not None], currency)
    except AmountError:
        yield Finding("too_large", "lines", Severity.ERROR)
        return
    theirs = sums.per_line.gross
    params = {"theirs": theirs, "ours": facts.total, "per_rate": sums.per_rate.gross, "currency": currency}
    if facts.total is not None and theirs != facts.total:
        yield Finding("totals_differ", "total", Severity.ERROR, params)
    elif sums.difference.gross or sums.difference.vat:
        yield Finding("rounding", "total", params=params)


def _input(line: DocumentLine) -> LineInput | None:
    product = line.product
    if product.sales_price is None or product.vat_percentage is None or product.vat_type is None:
        return None
    return LineInput(
        line.quantity,
        product.sales_price,
        product.vat_percentage,
        vat_included=bool(product.vat_included),
        vat_type=product.vat_type,
        line_amount=line.line_amount,
        line_vat_amount=line.line_vat_amount,
    )


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def worst(findings: tuple[Finding, ...]) -> Severity | None:
    """Return the gravest severity among findings, None where there is nothing."""
    counts = Counter(one.severity for one in findings)
    return next((one for one in Severity if counts[one]), None)
