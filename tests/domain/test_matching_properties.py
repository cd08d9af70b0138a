"""What holds for any payment and any open invoices."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.matching import Index, KnownContact, OpenInvoice, Receipt, propose

pytestmark = pytest.mark.pure
NAMES = ("Bakkerij Jansen", "Bakkerij Janssen", "Garage Smit B.V.", "Kovács Kft.")
amounts = st.sampled_from(("10.00", "20.00", "30.00", "60.50", "121.00", "121.01", "-21.00", "-10.00")).map(Decimal)
pieces = st.sampled_from(
    ("26-0001", "26-0002", "260003", "26 0004", "2026", "factuur", "Bakkerij Jansen", "26-5", "é/+")
)


@st.composite
def books(draw: st.DrawFn) -> list[OpenInvoice]:
    found = []
    for number in range(1, draw(st.integers(0, 9)) + 1):
        contact = draw(st.integers(0, 3))
        found.append(
            OpenInvoice(
                number,
                f"26-{number:04}",
                draw(amounts),
                draw(st.sampled_from(("EUR", "EUR", "EUR", "USD"))),
                date(2026, 3, 1) - timedelta(days=draw(st.integers(-3, 60))),
                contact_id=contact + 1,
                contact_name=NAMES[contact],
            )
        )
    return found


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    return Receipt(
        1,
        draw(st.one_of(amounts, amounts.map(lambda one: one * 2))),
        "EUR",
        date(2026, 3, 2),
        " ".join(draw(st.lists(pieces, max_size=4))),
        draw(st.sampled_from(("", "BAKKERIJ JANSEN", "Bakerij Jansen", "Smit Garage", "Iemand"))),
        draw(st.sampled_from(("", "NL91ABNA0417164300"))),
    )


def index(invoices: list[OpenInvoice]) -> Index:
    return Index(invoices, [KnownContact(1, NAMES[0], ("NL91ABNA0417164300",))])


@settings(max_examples=300, deadline=None)
@given(books(), receipts(), st.integers())
def test_the_order_of_the_invoices_does_not_matter(owed: list[OpenInvoice], payment: Receipt, seed: int) -> None:
    shuffled = owed[:]
    Random(seed).shuffle(shuffled)
    assert propose(payment, index(owed)) == propose(payment, index(shuffled))


@settings(max_examples=300, deadline=None)
@given(books(), receipts())
def test_no_currency_is_crossed_and_never_more_than_open_or_paid_is_proposed(
    owed: list[OpenInvoice], payment: Receipt
) -> None:
    by_id = {one.invoice_id: one for one in owed}
    for proposal in propose(payment, index(owed)):
        assert 1 <= proposal.score <= 100
        assert len(proposal.invoice_ids) == len(proposal.parts) > 0
        given_out = sum(part.amount for part in proposal.parts)
        assert abs(given_out) <= abs(payment.amount)
        assert given_out * payment.amount > 0
        for part in proposal.parts:
            invoice = by_id[part.invoice_id]
            assert invoice.currency == payment.currency
            assert part.amount * invoice.open_amount > 0
            assert abs(part.amount) <= abs(invoice.open_amount)


@settings(max_examples=300, deadline=None)
@given(books(), receipts())
def test_what_is_automatic_is_the_one_best(owed: list[OpenInvoice], payment: Receipt) -> None:
    found = propose(payment, index(owed))
    assert [one.automatic for one in found[1:]] == [False] * len(found[1:])
    assert all(one.score < 90 for one in found if not one.automatic)
    assert len({one.invoice_ids for one in found}) == len(found)


@settings(max_examples=200, deadline=None)
@given(books(), receipts())
def test_a_second_invoice_like_the_automatic_one_makes_it_a_question(owed: list[OpenInvoice], payment: Receipt) -> None:
    """Unless the payment names which of the two."""
    found = propose(payment, index(owed))
    if not found or not found[0].automatic or len(found[0].parts) > 1:
        return
    one = next(each for each in owed if each.invoice_id == found[0].parts[0].invoice_id)
    twin = replace(one, invoice_id=99, number="26-0999")
    again = propose(payment, index([*owed, twin]))
    if again and again[0].automatic:
        assert {"reference", "loose_reference"} & set(again[0].reasons)
        assert again[0].invoice_ids == {one.invoice_id}
