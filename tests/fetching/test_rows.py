"""Documents as rows: what is put together of parts made before says what plain definitions say."""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.connectors.billingo import records
from webapp.connectors.marks import number_of
from webapp.domain.remote_columns import RemoteColumns
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
from webapp.services.fetching.rows import OF_DOCUMENT, OF_INVOICE, document_rows, invoice_rows, line_rows

pytestmark = pytest.mark.pure

WORDS = st.sampled_from(["", "a", 'é "\\', "w" * 130])
FIGURES = st.integers(-(10**16), 10**16)
FACTS = st.dictionaries(st.sampled_from(["organization", "round", "tags", "lines", "related"]), WORDS | FIGURES)
LINES = st.builds(
    RemoteLine, name=WORDS, quantity_e6=FIGURES, unit=WORDS, unit_price_e6=FIGURES, net_e4=FIGURES, vat_e4=FIGURES,
    gross_e4=FIGURES, vat=WORDS, rate_e4=st.none() | FIGURES, remarks=WORDS, product_id=WORDS,
    entitlement=st.none() | WORDS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A document, and its facts as they were told."""

    one: RemoteInvoice
    facts: dict[str, Any]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    facts = draw(FACTS)
    kind = draw(st.sampled_from([*sorted(ISSUED_TYPES), "draft", "sales_unrecognised", ""]))
    one = RemoteInvoice(
        "7", "INV-7", kind, "", draw(st.booleans()), "paid", "cash", date(2026, 3, 1), None, date(2026, 3, 9), None,
        "HUF", None, 1, 2, draw(FIGURES), RemoteContact("3", draw(WORDS), zipcode=draw(WORDS)),
        tuple(draw(st.lists(LINES, max_size=3))), draw(st.sampled_from([(), (("4", "A-4"),)])), "",
        draw(st.sampled_from([facts, Shared(facts)])),
    )  # fmt: skip
    return Case(one, facts)


@given(st.lists(cases(), min_size=1, max_size=4))
def test_a_row_says_what_the_document_says(found: list[Case]) -> None:
    invoices = [case.one for case in found]
    marks = [None if at % 2 else at for at in range(len(found))]
    beside = document_rows(invoices, range(len(found)), marks, [False] * len(found))
    rows = zip(found, invoice_rows(invoices), beside, strict=True)
    for at, (case, of_invoice, of_document) in enumerate(rows):
        check(case, dict(zip(OF_INVOICE, of_invoice, strict=True)), dict(zip(OF_DOCUMENT, of_document, strict=True)))
        assert of_document[:2] == (at, marks[at])


def check(case: Case, invoice: dict[str, Any], document: dict[str, Any]) -> None:
    one = case.one
    more = [
        {"product_id": line.product_id, "unit": line.unit, "vat": line.vat, "entitlement": line.entitlement}
        for line in one.lines
    ]
    beside = {"related": [list(other) for other in one.related], "partner": one.contact._asdict(), "lines": more}
    told = json.loads(document["facts"], object_pairs_hook=pairs)
    if one.filed:
        beside = {"partner": {"remote_id": "3", "name": one.contact.name}}
    assert told == case.facts | beside
    assert list(line_rows([(5, one.lines)])) == [
        (5, at, line.name, line.remarks, line.product_id[:40], line.quantity_e6, line.unit_price_e6, line.rate_e4 or 0,
         line.vat[:100], line.net_e4, line.vat_e4, line.gross_e4)
        for at, line in enumerate(one.lines, 1)
    ]  # fmt: skip
    claims = one.issued and not one.cancelled and not (one.document_type in STORNO_TYPES and one.gross_e4 > 0)
    assert invoice["status"] == ("draft" if not one.issued else "sent" if claims else "cancelled")
    assert invoice["payment"] == ("open" if one.gross_e4 else "paid")
    assert (invoice["issue_date"], invoice["due_date"]) == ("2026-03-01", None if one.filed else "2026-03-09")
    assert invoice["payment_method"] == ("Unspecified" if one.filed else "cash")
    difference = one.gross_e4 - sum(line.gross_e4 for line in one.lines)
    assert document["difference"] == (0 if one.filed and not one.lines else difference)
    assert document["details"] == ("wanted" if one.document_type in BOOKED_TYPES else "")
    assert (document["cancelled"], document["fulfillment_date"]) == (one.cancelled, None)
    assert digest(one) == digest(one._replace(facts=case.facts))


def test_documents_as_columns_have_the_fields_of_a_document_in_its_order() -> None:
    assert RemoteColumns._fields == RemoteInvoice._fields


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


PIECES = st.sampled_from([b'"paid_date":', b' "2026-03-09"', b'"2026-03-10"', b" ", b"null", b'"paid_date" :', b"x"])
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


@given(BODIES, BODIES, st.sampled_from(["paid", "outstanding"]), st.booleans())
def test_the_mark_of_a_document_is_that_of_its_bytes_without_the_days_that_mean_nothing(
    one: bytes, other: bytes, status: str, paired: bool
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
