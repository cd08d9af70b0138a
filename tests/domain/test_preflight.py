"""What the books would do with a document, case by case as the vendor's article has them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from webapp.domain.documents import (
    KEEP,
    DocumentContact,
    DocumentLine,
    DocumentProduct,
    PaymentMethod,
    SalesDocument,
)
from webapp.domain.preflight import Difference, Facts, Severity, judge, worst

PRODUCT = DocumentProduct(
    description="Brood",
    reference="B-1",
    sales_price=Decimal("12.50"),
    vat_percentage=Decimal(21),
    vat_included=False,
    vat_type=1,
    gl_account_code="80000",
)
LINE = DocumentLine(quantity=Decimal(2), product=PRODUCT)
DOCUMENT = SalesDocument(
    issue_date=date(2026, 3, 2),
    due_date=date(2026, 4, 1),
    reference="2026-0001",
    contact=DocumentContact("Bakkerij", code="1122", email="a@b.nl"),
    lines=(LINE,),
)
FACTS = Facts(number="2026-0001", known_contact=True, total=Decimal("30.25"))
DRAFT: dict[str, Any] = {"process": False, "reference": None}


def line(**changes: Any) -> SalesDocument:
    return replace(DOCUMENT, lines=(replace(LINE, **changes),))


def product(**changes: Any) -> SalesDocument:
    return line(product=replace(PRODUCT, **changes))


def codes(document: SalesDocument, facts: Facts = FACTS) -> dict[str, str]:
    return {
        one.code: f"{one.severity} {one.field}" for one in judge(document, facts) if one.severity is not Severity.NOTE
    }


def notes(document: SalesDocument, facts: Facts = FACTS) -> set[str]:
    return {one.code for one in judge(document, facts) if one.severity is Severity.NOTE}


def test_an_ordinary_invoice_has_nothing_but_a_note_on_its_contact() -> None:
    assert codes(DOCUMENT) == {}
    assert notes(DOCUMENT) == {"contact_by_code"}
    assert worst(judge(DOCUMENT, FACTS)) is Severity.NOTE


@pytest.mark.parametrize(
    ("document", "facts", "expected"),
    [
        (replace(DOCUMENT, reference=None), {"number": ""}, {"number_missing": "error number"}),
        (replace(DOCUMENT, **DRAFT), {}, {"number_not_sent": "warning number"}),
        (replace(DOCUMENT, **DRAFT), {"number": ""}, {}),
        (DOCUMENT, {"number_taken": True}, {"number_taken": "error number"}),
        (
            replace(DOCUMENT, **DRAFT, email_to_customer=True, sent_to_peppol=True),
            {"number": "", "has_pdf": True},
            {
                "email_without_process": "warning email_to_customer",
                "peppol_without_process": "warning sent_to_peppol",
                "pdf_without_process": "warning document",
            },
        ),
        (
            replace(DOCUMENT, email_to_customer=True, contact=replace(DOCUMENT.contact, email=KEEP)),
            {},
            {"email_without_address": "warning contact.email"},
        ),
        (replace(DOCUMENT, due_date=None), {}, {"due_missing": "warning due_date"}),
        (replace(DOCUMENT, due_date=date(2026, 3, 1)), {}, {"due_before_issue": "error due_date"}),
        (product(sales_price=None), {"total": None}, {"price_from_list": "warning lines.1.unit_price"}),
        (product(vat_type=None), {"total": None}, {"price_from_list": "warning lines.1.unit_price"}),
        (product(sales_price=Decimal(0)), {"total": Decimal(0)}, {"price_zero": "warning lines.1.unit_price"}),
        (
            product(sales_price=Decimal("12.500001")),
            {"total": None},
            {"price_too_fine": "error lines.1.unit_price"},
        ),
        (replace(DOCUMENT, currency="USD"), {}, {"currency_without_list": "warning currency"}),
        (replace(DOCUMENT, currency="USD", price_list="US"), {}, {"currency_of_list": "warning currency"}),
        (replace(DOCUMENT, project_id="x", project_code="y"), {}, {"project_twice": "warning project_code"}),
        (DOCUMENT, {"cut": (1,)}, {"description_cut": "warning lines.1.product_description"}),
        (product(reference="x" * 41), {}, {"reference_cut": "warning lines.1.item_code"}),
        (product(category=12), {}, {"category": "error lines.1.category"}),
        (line(accrual_periods=12), {}, {"accrual_incomplete": "error lines.1.accrual_date"}),
        (
            line(accrual_date=date(2026, 1, 1), accrual_periods=-1, accrual_interval=1),
            {},
            {"accrual_incomplete": "error lines.1.accrual_date"},
        ),
        (product(vat_percentage=Decimal(9)), {"total": None}, {"vat_pair": "error lines.1.vat_rate"}),
        (DOCUMENT, {"active": frozenset({(1, Decimal(19))})}, {"vat_pair": "error lines.1.vat_rate"}),
        (DOCUMENT, {"active": frozenset({(1, Decimal("21.00"))})}, {}),
        (
            product(vat_type=40, vat_percentage=Decimal(22)),
            {"total": None},
            {"vat_unsure": "warning lines.1.vat_rate"},
        ),
        (
            product(vat_type=40, vat_percentage=Decimal(22)),
            {"total": None, "active": frozenset({(40, Decimal(22))})},
            {},
        ),
        (product(vat_type=21, vat_percentage=Decimal(12)), {"country": "be", "total": None}, {}),
        (product(vat_type=21, vat_percentage=Decimal(12)), {"total": None}, {"vat_pair": "error lines.1.vat_rate"}),
        (DOCUMENT, {"accounts": frozenset({"80100"})}, {"account_unknown": "warning lines.1.gl_account_code"}),
        (
            DOCUMENT,
            {"bad_numbers": (("contact.vat_number", "NL1"), ("contact.bank_account", "NL2"))},
            {"vat_number": "warning contact.vat_number", "bank_account": "warning contact.bank_account"},
        ),
        (
            DOCUMENT,
            {"differences": (Difference("city", "Ede", "Edam"),)},
            {"contact_overwritten": "warning contact.code"},
        ),
        (line(line_amount=Decimal(25)), {}, {"line_amount": "warning lines.1.line_amount"}),
        (
            line(line_vat_amount=Decimal(5)),
            {"total": Decimal(30)},
            {"line_vat_amount": "warning lines.1.line_vat_amount"},
        ),
        (DOCUMENT, {"total": Decimal("30.24")}, {"totals_differ": "error total"}),
    ],
)
def test_what_yuki_would_do_is_foreseen(
    document: SalesDocument, facts: dict[str, Any], expected: dict[str, str]
) -> None:
    assert codes(document, replace(FACTS, **facts)) == expected


def test_the_currency_is_told_in_yukis_own_words() -> None:
    (found,) = [one for one in judge(replace(DOCUMENT, currency="USD"), FACTS) if one.severity is Severity.WARNING]
    assert found.params["words"] == "The pricelist's currency \"EUR\" does not match with the invoice's"


@pytest.mark.parametrize(
    ("document", "facts", "note"),
    [
        (DOCUMENT, {"known_contact": False}, "contact_new"),
        (replace(DOCUMENT, contact=DocumentContact("Bakkerij")), {}, "contact_by_name"),
        (replace(DOCUMENT, project_code="P"), {}, "project_bundle"),
        (product(gl_account_code=None), {}, "account_missing"),
        (line(accrual_date=date(2026, 1, 1), accrual_periods=12, accrual_interval=1), {}, "accrual"),
        (replace(DOCUMENT, payment_method=PaymentMethod.IDEAL), {}, "never_outstanding"),
        (replace(DOCUMENT, payment_method=PaymentMethod.DIRECT_COLLECTION), {}, "direct_debit"),
        (replace(DOCUMENT, price_list="Retail"), {}, "price_list"),
    ],
)
def test_what_goes_as_always_is_only_a_note(document: SalesDocument, facts: dict[str, Any], note: str) -> None:
    assert note in notes(document, replace(FACTS, **facts))
    assert codes(document, replace(FACTS, **facts)) == {}


def test_a_cent_between_two_ways_of_rounding_is_shown_with_both_totals() -> None:
    cheap = replace(LINE, quantity=Decimal(1), product=replace(PRODUCT, sales_price=Decimal("0.03")))
    document = replace(DOCUMENT, lines=(cheap, cheap, cheap))
    (found,) = [one for one in judge(document, replace(FACTS, total=Decimal("0.12"))) if one.code == "rounding"]
    assert (found.params["theirs"], found.params["per_rate"]) == (Decimal("0.12"), Decimal("0.11"))


def test_two_codes_for_one_product_name_are_told_once() -> None:
    document = replace(DOCUMENT, lines=(LINE, replace(LINE, product=replace(PRODUCT, reference="B-2")), LINE))
    found = [one for one in judge(document, replace(FACTS, total=None)) if one.code == "item_twice"]
    assert [one.field for one in found] == ["lines.1.product_description"]


def test_errors_come_first() -> None:
    document = replace(DOCUMENT, reference=None, currency="USD", lines=(replace(LINE, accrual_periods=1),))
    severities = [one.severity for one in judge(document, FACTS)]
    assert severities == sorted(severities, key=list(Severity).index)
