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
from webapp.domain.remote_invoices import (
    ISSUED_TYPES,
    STORNO_TYPES,
    RemoteContact,
    RemoteInvoice,
    RemoteLine,
    Shared,
    digest,
)
from webapp.services.fetching.rows import OF_DOCUMENT, OF_INVOICE, document_row, invoice_row, line_rows

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
    kind = draw(st.sampled_from([*sorted(ISSUED_TYPES), "draft", ""]))
    one = RemoteInvoice(
        "7", "INV-7", kind, "", draw(st.booleans()), "paid", "cash", date(2026, 3, 1), None, date(2026, 3, 9), None,
        "HUF", None, 1, 2, draw(FIGURES), RemoteContact("3", draw(WORDS), zipcode=draw(WORDS)),
        tuple(draw(st.lists(LINES, max_size=3))), draw(st.sampled_from([(), (("4", "A-4"),)])), "",
        draw(st.sampled_from([facts, Shared(facts)])),
    )  # fmt: skip
    return Case(one, facts)


@given(cases())
def test_a_row_says_what_the_document_says(case: Case) -> None:
    one = case.one
    row = dict(zip(OF_DOCUMENT, document_row(one, 1, None, own=False), strict=True))
    more = [
        {"product_id": line.product_id, "unit": line.unit, "vat": line.vat, "entitlement": line.entitlement}
        for line in one.lines
    ]
    beside = {"related": [list(other) for other in one.related], "partner": one.contact._asdict(), "lines": more}
    told = json.loads(row["facts"], object_pairs_hook=pairs)
    if one.filed:
        beside = {"partner": {"remote_id": "3", "name": one.contact.name}}
    assert told == case.facts | beside
    assert list(line_rows([(5, one.lines)])) == [
        (5, at, line.name, line.remarks, line.product_id[:40], line.quantity_e6, line.unit_price_e6, line.rate_e4 or 0,
         line.vat[:100], line.net_e4, line.vat_e4, line.gross_e4)
        for at, line in enumerate(one.lines, 1)
    ]  # fmt: skip
    claims = one.issued and not one.cancelled and not (one.document_type in STORNO_TYPES and one.gross_e4 > 0)
    status = "draft" if not one.issued else "sent" if claims else "cancelled"
    assert dict(zip(OF_INVOICE, invoice_row(one), strict=True))["status"] == status
    assert digest(one) == digest(one._replace(facts=case.facts))


def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that names nothing twice: databases do not agree on which of the two counts."""
    assert len(dict(found)) == len(found)
    return dict(found)


PIECES = st.sampled_from([b'"paid_date":', b' "2026-03-09"', b'"2026-03-10"', b"   ", b"null", b'"paid_date" :', b"x"])


@given(st.lists(PIECES, max_size=8).map(b"".join), st.sampled_from(["paid", "outstanding"]))
def test_the_mark_of_a_document_is_that_of_its_bytes_without_the_days_that_mean_nothing(body: bytes, how: str) -> None:
    at = body.find(b'"paid_date":')
    if how != "paid" and at >= 0:
        body_now = body[:at] + re.sub(rb'"paid_date":\s*"\d{4}-\d\d-\d\d"', b"", body[at:])
    else:
        body_now = body
    assert records.mark_of(body, how) == records.mark_of_page(body_now)


def test_a_mark_is_that_of_the_code_that_read_it_too() -> None:
    assert number_of(b"{}", 1) != number_of(b"{}", 2)
    assert 0 <= number_of(b"{}", 2**64 - 1) < 2**63
    assert records.mark_of_page(b"{}") != number_of(b"{}", 0)
