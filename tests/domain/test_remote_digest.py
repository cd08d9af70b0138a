"""The digest of a document: another one for every document that is stored would be a change of all of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.remote_invoices import RemoteContact, RemoteInvoice, RemoteLine, digest

pytestmark = pytest.mark.pure

WHOLE = st.integers(-(10**16), 10**16)
FACTS = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none() | st.integers(min_value=2) | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
DOCUMENT = RemoteInvoice(
    *("1001", "F-1", "invoice", "invoice", False, "outstanding", "wire_transfer"),
    *(date(2026, 1, 6), None, date(2026, 2, 6), None, "EUR", None, 1_000_000, 210_000, 1_210_000),
    RemoteContact("77", "Bakkerij De Halve Maan"),
    (RemoteLine("Dienst", 1_000_000, "st", 100_000_000, 1_000_000, 210_000, 1_210_000, "21%", 210_000),),
    facts={"language": "hu", "discount": {"value": Decimal("1.50"), "type": "percent"}, "tags": ["é"]},
)


def test_the_digest_is_what_it_was() -> None:
    assert digest(DOCUMENT) == 4657410809254721259


@settings(max_examples=25, deadline=None)
@given(st.builds(RemoteInvoice, facts=FACTS, gross_e4=WHOLE), st.data())
def test_whatever_changes_changes_the_digest_and_nothing_else_does(invoice: RemoteInvoice, data: Any) -> None:
    turned = dict(reversed(invoice.facts.items()))
    assert digest(invoice._replace(facts=turned)) == digest(invoice)
    name = data.draw(st.sampled_from(["number", "comment", "gross_e4", "due_date", "related", "facts", "lines"]))
    value = data.draw(
        {
            "gross_e4": WHOLE,
            "due_date": st.none() | st.dates(),
            "related": st.lists(st.tuples(st.text(), st.text())).map(tuple),
            "facts": FACTS,
            "lines": st.just((*invoice.lines, *DOCUMENT.lines)),
        }.get(name, st.text(max_size=3))
    )
    other = invoice._replace(**{name: value})
    assert (digest(other) == digest(invoice)) == (other == invoice)


def test_amounts_in_facts_count_by_value() -> None:
    same = {"discount": {"type": "percent", "value": Decimal("1.5")}, "tags": ["é"], "language": "hu"}
    assert digest(DOCUMENT._replace(facts=same)) == digest(DOCUMENT)
