"""Whatever a document says in any of its fields: written the same twice over, valid or found out, never changed."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from lxml import etree

from tests.connectors.oracle import tree_of
from webapp.connectors.ports import Refused
from webapp.connectors.yuki import mapping, ordinary, rules
from webapp.connectors.yuki.mapping import batch_of, build_invoice
from webapp.connectors.yuki.rules import find_faults
from webapp.connectors.yuki.templates import Writing
from webapp.connectors.yuki.wire import NOT_XML_CHARACTERS, SALES
from webapp.domain.documents import (
    CLEAR,
    CLEARABLE,
    KEEP,
    ContactType,
    DocumentContact,
    DocumentLine,
    DocumentPerson,
    DocumentProduct,
    Gender,
    PaymentMethod,
    SalesDocument,
)

pytestmark = pytest.mark.pure
N = f"{{{SALES}}}"
SCHEMA = etree.XMLSchema(etree.parse(str(Path(rules.__file__).with_name("schema.xsd"))))

safe = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
) | st.sampled_from("\r\n\t&<>\"'")
words = st.text(safe, max_size=70)
text = st.none() | words
wild_text = st.text(st.characters() | st.sampled_from("\x00\x0b\ud800\ufffe"), max_size=20)
wish = st.sampled_from([KEEP, CLEAR]) | words.filter(bool)
flag = st.none() | st.booleans()
numbers = st.none() | st.decimals("-99999", "99999", places=4) | st.decimals("-1e15", "1e15", places=6)
wild_numbers = st.decimals(allow_nan=True, allow_infinity=True)
whole = st.none() | st.integers(-5, 700)
days = st.none() | st.dates()

named = st.text(safe, min_size=1, max_size=40).filter(str.strip)
address = st.sampled_from([None, "a@b.nl"])
good_wish = st.sampled_from([KEEP, CLEAR]) | named
fine = st.decimals("-9999999999", "9999999999", places=4)
cents = st.none() | st.decimals("-9999999999", "9999999999", places=2)


def every_field(kind: type, **strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build documents' parts with a strategy for each of their fields; a field that is forgotten fails here."""
    assert set(strategies) == {field.name for field in fields(kind)}
    return st.builds(kind, **strategies)


def document_of(
    text: Any, wish: Any, number: Any, count: Any, gender: Any, products: Any, lines: Callable[[Any], Any], **more: Any
) -> st.SearchStrategy[SalesDocument]:
    person = every_field(
        DocumentPerson,
        full_name=text, first_name=text, middle_name=text, last_name=text, gender=gender, email=more["email"],
    )  # fmt: skip
    contact = every_field(
        DocumentContact,
        full_name=more["name"], code=more["code"], gender=gender, country_code=more["country"],
        contact_type=more["kind"], bank_account=text, bic=text,
        **{name: more["wished_email"] if name == "email" else wish for name in CLEARABLE},
    )  # fmt: skip
    line = every_field(
        DocumentLine,
        quantity=more["quantity"], product=products, description=text, remarks=text, line_amount=number,
        line_vat_amount=number, accrual_date=days, accrual_periods=count, accrual_interval=count,
    )  # fmt: skip
    return every_field(
        SalesDocument,
        issue_date=st.dates(), due_date=days, contact=contact, contact_person=st.none() | person, lines=lines(line),
        process=more["process"], reference=more["reference"], subject=text,
        payment_method=st.none() | st.sampled_from(PaymentMethod), payment_id=text, purchase_order_number=text,
        email_to_customer=flag, sent_to_peppol=flag, layout=text, notes=text, price_list=text,
        currency=more["currency"], project_id=more["project_id"], project_code=text, remarks=text,
        document_file_name=more["file_name"], document_base64=more["base64"],
    )  # fmt: skip


any_document = document_of(
    text, wish, numbers, whole, st.sampled_from([None, "", "Male", "x"]),
    every_field(
        DocumentProduct,
        description=text, reference=text, category=st.none() | st.integers(12, 14), sales_price=numbers,
        vat_percentage=st.none() | st.decimals("0", "101", places=2), vat_included=flag,
        vat_type=st.none() | st.sampled_from([0, 1, 2, 8, 17, 99]), vat_description=text, gl_account_code=text,
        remarks=text,
    ),
    lambda line: st.lists(line, max_size=3).map(tuple),
    name=words, code=text, country=st.sampled_from([None, "", "NL", "nl", "NLD"]),
    kind=st.sampled_from([None, "Person", "Other"]), email=text | st.emails(), wished_email=wish,
    quantity=numbers.filter(lambda number: number is not None), process=st.booleans(), reference=text,
    currency=st.sampled_from([None, "", "EUR", "eur"]), project_id=text, file_name=text,
    base64=st.sampled_from([None, "", "QUJD", "@"]),
)  # fmt: skip
good_products = every_field(
    DocumentProduct,
    description=named, reference=st.none() | named, category=st.sampled_from([None, 13]), sales_price=fine,
    vat_percentage=st.decimals("0", "100", places=2), vat_included=flag, vat_type=st.sampled_from([1, 2, 21, 40]),
    vat_description=st.none(), gl_account_code=text, remarks=text,
)  # fmt: skip
good_document = document_of(
    text, good_wish, cents, st.none() | st.integers(1, 99), st.sampled_from([None, *Gender]), good_products,
    lambda line: st.lists(line, min_size=1, max_size=3).map(tuple),
    name=named, code=st.none() | named, country=st.sampled_from([None, "NL", "HU"]),
    kind=st.sampled_from([None, *ContactType]), email=address, wished_email=st.sampled_from([KEEP, CLEAR, "a@b.nl"]),
    quantity=fine, process=st.just(True), reference=named, currency=st.sampled_from([None, "EUR", "HUF"]),
    project_id=st.sampled_from([None, "0b9d0a4e-9d4e-4a43-8d0e-2f5f0b7a1c11"]), file_name=st.just("a.pdf"),
    base64=st.just("QUJD"),
)  # fmt: skip
MINIMUM = SalesDocument(
    issue_date=date(2026, 3, 2), reference="1", contact=DocumentContact("A"),
    lines=(DocumentLine(Decimal(1), DocumentProduct("B", None, None, Decimal(1), Decimal(21), None, 1)),),
)  # fmt: skip


@given(good_document)
def test_a_good_document_has_no_finding(document: SalesDocument) -> None:
    payload = build_invoice(document)
    assert find_faults(payload) == ()
    assert SCHEMA.validate(batch_of([payload]))


@given(any_document)
def test_any_document_is_written_as_a_tree_would_be(document: SalesDocument) -> None:
    # An element that ought to have children and has none is closed in two ways; no such document leaves.
    assert etree.tostring(etree.fromstring(build_invoice(document)), encoding="utf-8") == tree_of(document)


@given(good_document)
def test_a_good_document_is_written_to_the_byte_as_a_tree_would_be(document: SalesDocument) -> None:
    assert build_invoice(document) == tree_of(document)


@given(any_document)
def test_any_document_is_valid_or_has_a_finding(document: SalesDocument) -> None:
    payload = build_invoice(document)
    found = find_faults(payload)
    event("has findings" if found else "is valid")
    assert build_invoice(document) == payload
    assert find_faults(payload) == found
    assert found or SCHEMA.validate(etree.fromstring(payload))
    for finding in found:
        assert re.fullmatch(r"[a-z_]+[a-z_0-9]*(\.[a-z_0-9]+)*", finding.field)
        assert finding.text


@given(any_document)
def test_what_looks_ordinary_at_one_look_keeps_every_rule(document: SalesDocument) -> None:
    root = etree.fromstring(build_invoice(document))
    taken = ordinary.accepts(root)
    event("ordinary" if taken else "looked at")
    assert not (taken and (list(rules._invoice_findings(root)) or not SCHEMA.validate(root)))


@given(any_document | good_document)
def test_what_is_written_at_one_go_is_what_is_written_element_by_element(document: SalesDocument) -> None:
    for one in (document, replace(document, contact_person=None), replace(document, contact_person=None, remarks=None)):
        written = mapping._at_one_go(one)
        event("element by element" if written is None else "at one go")
        assert written in (None, mapping._by_element(one))


@given(st.lists(any_document | good_document.map(lambda one: replace(one, document_base64=None)), max_size=3))
def test_many_are_judged_as_each_by_itself(documents: list[SalesDocument]) -> None:
    payloads = [build_invoice(one) for one in documents]
    payloads += [build_invoice(MINIMUM)]
    assert rules.find_faults_of(payloads) == [find_faults(payload) for payload in payloads]


@given(any_document | good_document.map(lambda one: replace(one, document_base64=None, document_file_name=None)))
def test_a_form_and_texts_seen_before_are_judged_as_the_whole_is(document: SalesDocument) -> None:
    for one in (document, replace(document, contact_person=None)):
        payload = build_invoice(one)
        verdict = ordinary.accepts(etree.fromstring(payload))
        known = isinstance(payload, Writing) and ordinary._seen().know([payload])
        event(f"{'known' if known else 'not known'}, {'ordinary' if verdict else 'looked at'}")
        assert verdict or not known
        assert ordinary.are_good([payload]) == verdict
        # The second time its form is known, and the answer the same.
        assert ordinary.are_good([payload]) == verdict
        assert ordinary.are_good([bytes(payload)]) == verdict


def test_a_bad_value_in_a_form_that_was_found_good_is_found() -> None:
    assert ordinary.are_good([build_invoice(MINIMUM)])
    product = MINIMUM.lines[0].product
    for bad in (replace(product, sales_price=Decimal("0.00001")), replace(product, description="x" * 61)):
        line = replace(MINIMUM.lines[0], product=bad)
        payload = build_invoice(replace(MINIMUM, lines=(line,)))
        assert isinstance(payload, Writing)
        assert not ordinary.are_good([payload])
        assert rules.find_faults_of([payload]) == [find_faults(payload)] != [()]
    assert not ordinary.are_good([build_invoice(replace(MINIMUM, lines=()))])


def test_two_invoices_in_one_payload_are_not_taken_for_one() -> None:
    good = build_invoice(MINIMUM)
    half = good.partition(b"<Contact>")
    for pair in ([good + good], [half[0], half[1] + half[2]], [good, b"<SalesInvoice "], [b"x" + good]):
        assert any(rules.find_faults_of(pair))


@given(any_document)
def test_only_what_is_to_be_cleared_is_sent_empty(document: SalesDocument) -> None:
    root = etree.fromstring(build_invoice(document))
    empty = [item for item in root.iter() if not len(item) and not item.text and not item.attrib]
    contact = root.find(f"{N}Contact")
    cleared = [name for name in CLEARABLE if getattr(document.contact, name) is CLEAR]
    lists = [item for item in empty if item.tag in (f"{N}InvoiceLines", f"{N}Product", f"{N}Contact")]
    assert len(empty) - len(lists) == len(cleared)
    assert all(item.getparent() is contact for item in empty if item not in lists)


@given(any_document, wild_text, wild_numbers)
def test_any_text_and_any_number_are_written_or_refused_by_field(
    document: SalesDocument, subject: str, price: Decimal
) -> None:
    product = replace(MINIMUM.lines[0].product, sales_price=price, description=subject)
    document = replace(document, subject=subject, lines=(replace(MINIMUM.lines[0], product=product),))
    try:
        payload = build_invoice(document)
    except Refused as error:
        field = error.field
        payload = b""
    else:
        field = ""
    impossible = bool(NOT_XML_CHARACTERS.search(subject))
    assert not impossible or field == "subject"
    assert payload or field in ("subject", "lines.1.product.sales_price")
    assert not payload or find_faults(payload) is not None


@given(named, named, named)
def test_any_text_that_xml_can_carry_arrives_as_it_was(subject: str, name: str, remark: str) -> None:
    document = replace(MINIMUM, subject=subject, contact=DocumentContact(name), remarks=remark)
    root = etree.fromstring(etree.tostring(batch_of([build_invoice(document)])))[0]
    plain = subject.replace("\r\n", "\n")
    assert (root.findtext(f"{N}Subject") or "").replace("\r\n", "\n") == plain
    assert root.findtext(f"{N}Contact/{N}FullName") == name
    assert root.findtext(f"{N}Remarks") == "\r".join(remark.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


@given(fine)
def test_any_price_arrives_as_the_same_number(price: Decimal) -> None:
    line = MINIMUM.lines[0]
    document = replace(MINIMUM, lines=(replace(line, product=replace(line.product, sales_price=price)),))
    arrived = etree.fromstring(build_invoice(document)).findtext(f".//{N}SalesPrice")
    assert arrived is not None
    assert Decimal(arrived) == price
    assert "E" not in arrived


def test_the_smallest_document_is_valid() -> None:
    assert find_faults(build_invoice(MINIMUM)) == ()
