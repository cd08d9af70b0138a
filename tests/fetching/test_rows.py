"""Documents as rows: what is put together of parts made before says what plain definitions say."""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.connectors.billingo import records
from webapp.connectors.marks import number_of
from webapp.domain.remote_invoices import (
    BOOKED_TYPES,
    ISSUED_TYPES,
    STORNO_TYPES,
    RemoteContact,
    RemoteInvoice,
    RemoteLine,
    Shared,
    digest,
)
from webapp.services.fetching.rows import OF_DOCUMENT, document_rows, invoice_rows, line_rows

pytestmark = pytest.mark.pure

WORDS = st.sampled_from(["", "a", 'é "\\', "w" * 61, "w" * 130, "w" * 250])
FIGURES = st.integers(-(10**16), 10**16)
DAYS = st.none() | st.dates(date(2024, 1, 1), date(2027, 12, 31))
FACTS = st.dictionaries(
    st.sampled_from(["organization", "round", "tags", "lines", "related", "subject"]), WORDS | FIGURES
)
LINES = st.builds(
    RemoteLine, name=WORDS, quantity_e6=FIGURES, unit=WORDS, unit_price_e6=FIGURES, net_e4=FIGURES, vat_e4=FIGURES,
    gross_e4=FIGURES, vat=WORDS, rate_e4=st.none() | FIGURES, remarks=WORDS, product_id=WORDS,
    entitlement=st.none() | WORDS,
)  # fmt: skip


KINDS = st.sampled_from([*sorted(ISSUED_TYPES), "draft", "sales_unrecognised", "", "k" * 70])


@dataclass(frozen=True, slots=True)
class Case:
    """A document, its facts as they were told, and whether its invoice is one of ours."""

    one: RemoteInvoice
    facts: dict[str, Any]
    own: bool


@st.composite
def cases(draw: st.DrawFn) -> Case:
    facts = draw(FACTS)
    one = RemoteInvoice(
        draw(WORDS), draw(WORDS), draw(KINDS), draw(WORDS), draw(st.booleans()), draw(WORDS), draw(WORDS),
        draw(DAYS) or date(2026, 3, 1), draw(DAYS), draw(DAYS), draw(DAYS), "HUF", draw(st.none() | FIGURES),
        draw(FIGURES), draw(FIGURES), draw(FIGURES), RemoteContact("3", draw(WORDS), draw(WORDS), zipcode=draw(WORDS)),
        tuple(draw(st.lists(LINES, max_size=3))), draw(st.sampled_from([(), (("4", "A-4"),)])), draw(WORDS),
        draw(st.sampled_from([facts, Shared(facts)])),
    )  # fmt: skip
    return Case(one, facts, draw(st.booleans()))


@given(st.lists(cases(), min_size=1, max_size=4))
def test_a_row_says_what_the_document_says(found: list[Case]) -> None:
    invoices = [case.one for case in found]
    marks = [None if at % 2 else at for at in range(len(found))]
    assert list(invoice_rows(invoices)) == [invoice_of(one) for one in invoices]
    beside = document_rows(invoices, range(len(found)), marks, [case.own for case in found])
    for at, (case, row) in enumerate(zip(found, beside, strict=True)):
        facts = OF_DOCUMENT.index("facts")
        assert (*row[:facts], None, *row[facts + 1 :]) == document_of(case, at, marks[at])
        assert json.loads(row[facts], object_pairs_hook=pairs) == told_of(case)
        assert digest(case.one) == digest(case.one._replace(facts=case.facts))
        assert list(line_rows([(5, case.one.lines)])) == [
            (5, place, line.name, line.remarks, line.product_id[:40], line.quantity_e6, line.unit_price_e6,
             line.rate_e4 or 0, line.vat[:100], line.net_e4, line.vat_e4, line.gross_e4)
            for place, line in enumerate(case.one.lines, 1)
        ]  # fmt: skip


def invoice_of(one: RemoteInvoice) -> tuple[Any, ...]:
    """The row of an invoice, said plainly."""
    claims = one.issued and not one.cancelled and not (one.document_type in STORNO_TYPES and one.gross_e4 > 0)
    status = "draft" if not one.issued else "sent" if claims else "cancelled"
    due, how, subject = one.due_date and one.due_date.isoformat(), one.payment_method[:60], ""
    if one.filed:
        due, how, subject = None, "Unspecified", str(one.facts.get("subject", ""))[:200]
    return (
        one.number, one.currency, status, one.contact.name[:200], one.comment, one.issue_date.isoformat(), due, how,
        subject, one.net_e4, one.vat_e4, one.gross_e4, one.gross_e4, "open" if one.gross_e4 else "paid",
    )  # fmt: skip


def document_of(case: Case, digest: int, mark: int | None) -> tuple[Any, ...]:
    """The row of a document, said plainly, without what was told beside."""
    one = case.one
    difference = one.gross_e4 - sum(line.gross_e4 for line in one.lines)
    return (
        digest, mark, one.document_type[:60], one.correction_type[:60], one.cancelled, one.payment_status[:60],
        one.payment_method[:60], one.fulfillment_date and one.fulfillment_date.isoformat(),
        one.paid_date and one.paid_date.isoformat(), one.conversion_e6,
        0 if one.filed and not one.lines else difference, None, one.contact.tax_number[:60],
        "wanted" if one.document_type in BOOKED_TYPES and not case.own else "",
    )  # fmt: skip


def told_of(case: Case) -> dict[str, Any]:
    one = case.one
    if one.filed:
        return case.facts | {"partner": {"remote_id": "3", "name": one.contact.name}}
    more = [
        {"product_id": line.product_id, "unit": line.unit, "vat": line.vat, "entitlement": line.entitlement}
        for line in one.lines
    ]
    return case.facts | {
        "related": [list(other) for other in one.related], "partner": one.contact._asdict(), "lines": more
    }  # fmt: skip


def test_many_documents_are_a_row_each_in_their_order() -> None:
    contact = RemoteContact("3", "Vevő")
    found = [
        RemoteInvoice(
            str(n), f"INV-{n}", "invoice", "", False, "none", "cash", date(2026, 3, 1), None, None, None, "HUF", None,
            1, 2, n, contact, (),
        )
        for n in range(250)
    ]  # fmt: skip
    assert [row[0] for row in invoice_rows(found)] == [one.number for one in found]
    numbers = range(250)
    rows = document_rows(found, numbers, numbers, [False] * 250)
    assert [(row[0], row[1]) for row in rows] == [(n, n) for n in numbers]
    assert list(invoice_rows([])) == []
    assert list(document_rows([], [], [], [])) == []


def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that names nothing twice: databases do not agree on which of the two counts."""
    assert len(dict(found)) == len(found)
    return dict(found)


PAID = b'"paid_date": "2026-03-09"'
TWICE = PAID + b"x" + PAID
PIECES = st.sampled_from(
    [PAID, PAID, b'"paid_date":', b' "2026-03-09"', b'"2026-03-10"', b" ", b"null", b'"paid_date" :', b"x", b"y"]
)
BODIES = st.lists(PIECES, max_size=8).map(b"".join)
DAY = re.compile(rb'"paid_date":\s{0,2}"\d{4}-\d\d-\d\d"')


def what_counts(body: bytes, status: str, *, paired: bool) -> list[bytes]:
    """The bytes of a document without the days that mean nothing, in the parts that these leave."""
    if status == "paid":
        return [body]
    if paired:
        return DAY.split(body)
    at = body.find(b'"paid_date":')
    found = DAY.match(body, at) if at >= 0 else None
    return [body[:at], body[found.end() :]] if found is not None else [body]


@example(one=TWICE, other=TWICE, status="outstanding", paired=True)
@example(one=TWICE, other=TWICE, status="outstanding", paired=False)
@example(one=TWICE, other=TWICE, status="paid", paired=True)
@given(one=BODIES, other=BODIES, status=st.sampled_from(["paid", "outstanding"]), paired=st.booleans())
def test_the_mark_of_a_document_is_that_of_its_bytes_without_the_days_that_mean_nothing(
    one: bytes, other: bytes, status: str, *, paired: bool
) -> None:
    same = what_counts(one, status, paired=paired) == what_counts(other, status, paired=paired)
    marks = [records.mark_of(body, status, paired=paired) for body in (one, other)]
    assert (marks[0] == marks[1]) == same
    later = DAY.sub(b'"paid_date":"2027-01-01"', one)
    again = what_counts(later, status, paired=paired) == what_counts(one, status, paired=paired)
    assert (records.mark_of(later, status, paired=paired) == marks[0]) == again


def test_a_mark_is_that_of_the_code_that_read_it_too() -> None:
    assert number_of(b"{}", 1) != number_of(b"{}", 2)
    assert 0 <= number_of(b"{}", 2**64 - 1) < 2**63
    assert records.mark_of_page(b"{}") != number_of(b"{}", 0)
