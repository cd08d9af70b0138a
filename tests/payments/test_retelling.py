"""A line of the bank about money that Yuki told of first, or tells of later: it is found, and counted once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.payments.conftest import Desk
from tests.payments.test_receipts import kept, whole
from webapp.queries import payments as listed
from webapp.services import matching, payments
from webapp.services.payments import PaymentData
from webapp.store.payments import Payment
from webapp.store.session import current

DAY = date(2026, 2, 27)
NAMED = "factuur 26-0001"


def line(desk: Desk, *, text: str = NAMED, amount: str = "121.00", day: date = DAY) -> int:
    """Take in one line of a statement, and match it where that is unambiguous; returns the payment."""
    fact = {"text": text}
    data = PaymentData("statement", "line-1", Decimal(amount), day, contact_name="Bakkerij De Korenbloem", fact=fact)
    payment_id = payments.record_payment(desk.actor, data).payment_id
    matching.match_automatically(desk.organisation.id, [payment_id])
    return payment_id


def told(desk: Desk, number: str = "26-0001", amount: str = "121.00") -> None:
    """Let Yuki match the money, and tell of it."""
    desk.books.control("pay", {"reference": number, "amount": amount, "date": DAY.isoformat()})
    desk.process()


@pytest.mark.parametrize("text", [NAMED, "dank u wel"])
@pytest.mark.parametrize("first", ["books", "bank"])
def test_the_banks_line_and_what_yuki_matched_count_once(desk: Desk, first: str, text: str) -> None:
    invoice_id = desk.booked()
    for who in (first, "bank" if first == "books" else "books"):
        if who == "books":
            told(desk)
        else:
            line(desk, text=text)

    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert listed.unapplied_totals(desk.organisation.id) == ()
    assert listed.received_since(desk.organisation.id, DAY)[0][:2] == ("EUR", Decimal("121.00"))
    assert desk.process().details["causes"] == []
    whole(desk)


def test_a_line_that_waited_is_found_when_yuki_tells_of_the_same_money(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice_id = desk.booked()
    with monkeypatch.context() as patch:
        patch.setattr(matching, "match_automatically", lambda *_: [])
        line(desk)
    assert [row[2] for row in kept(desk)] == ["121.00"]

    told(desk)

    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert sorted(row[0] for row in kept(desk) if row[3] == "0.00") == ["statement"]
    whole(desk)


@pytest.mark.parametrize("other", [{"amount": "120.00"}, {"day": DAY + timedelta(days=1)}])
def test_another_amount_or_another_day_is_other_money(desk: Desk, other: dict[str, object]) -> None:
    desk.booked()
    told(desk)
    line(desk, **other)  # type: ignore[arg-type]
    assert [row[2] for row in kept(desk)] == ["0.00", str(other.get("amount", "121.00"))]


def test_a_line_that_could_be_this_months_or_last_months_waits_for_a_person(desk: Desk) -> None:
    first, second = desk.booked(), desk.booked("26-0002")
    told(desk)
    payment_id = line(desk, text="dank u wel")

    assert [desk.state(one)[0] for one in (first, second)] == ["paid", "open"]
    index = matching.gather(desk.organisation.id, payments=[payment_id])
    payment = current().scalars(select(Payment).where(Payment.id == payment_id)).one()
    proposed = matching_proposals(payment, index)
    assert {first, second} <= {one for ids in proposed for one in ids}


def matching_proposals(payment: Payment, index: object) -> list[frozenset[int]]:
    from webapp.domain.matching import Index, propose

    assert isinstance(index, Index)
    return [one.invoice_ids for one in propose(matching.receipt_of(payment), index)]
