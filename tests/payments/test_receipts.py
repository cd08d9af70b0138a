"""Receipts that Yuki holds unmatched: each is a payment here, counted once whoever else tells of the same money."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.payments.conftest import Desk
from webapp.extensions import clock
from webapp.queries import ledger_audit, reconciliation
from webapp.queries import payments as listed
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION
from webapp.services import payments
from webapp.services.payments import LedgerError, PaymentData
from webapp.store.payments import Payment
from webapp.store.session import current

DAY = date(2026, 2, 27)


def arrive(desk: Desk, amount: str = "121.00", text: str = "Ontvangst") -> str:
    """A bank line in Yuki that nobody has matched; returns its id there."""
    body = {"administration": NL_ADMINISTRATION, "amount": amount, "date": DAY.isoformat(), "description": text}
    return str(desk.books.control("receipt", body)["id"])


def kept(desk: Desk) -> list[tuple[str, str, str, str]]:
    """Return source, amount, what is unapplied, and what other entries explain, of each payment."""
    current().rollback()
    rows = current().scalars(select(Payment).order_by(Payment.id))
    return [(row.source, *map(str, (row.amount, row.unapplied_amount, row.explained_amount))) for row in rows]


def whole(desk: Desk) -> None:
    assert ledger_audit.differences(desk.organisation.id) == ()


def test_a_receipt_is_a_payment_that_waits_and_no_difference(desk: Desk) -> None:
    invoice_id = desk.booked()
    arrive(desk, "75.00")

    run = desk.process()
    desk.process()

    assert desk.state(invoice_id)[0] == "open"
    assert kept(desk) == [("yuki", "75.00", "75.00", "0.00")]
    (payment,) = current().scalars(select(Payment))
    assert (payment.received_on, payment.seen_on) == (DAY, False)
    assert (run.details["open_here"], run.details["open_there"], run.details["causes"]) == ("46.00", "46.00", [])
    assert reconciliation.strangers(desk.organisation.id).count == 0


def test_a_receipt_that_names_its_invoice_is_matched_by_itself_and_waits_for_yuki(desk: Desk) -> None:
    invoice_id = desk.booked()
    receipt = arrive(desk, text="factuur 26-0001 Bakkerij De Korenbloem")
    desk.process()
    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")

    run = desk.process()
    assert run.details["causes"] == [{"cause": "here_only", "count": 2, "amount": "0.00"}]

    desk.books.control("match", {"receipt": receipt, "reference": "26-0001"})
    run = desk.process()

    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert run.details["causes"] == []
    assert listed.received_since(desk.organisation.id, DAY) == (("EUR", Decimal("121.00"), 1),)
    whole(desk)


def test_what_yuki_matches_itself_does_not_wait_here_any_more(desk: Desk) -> None:
    invoice_id = desk.booked()
    receipt = arrive(desk, "200.00")
    desk.process()

    desk.books.control("match", {"receipt": receipt, "reference": "26-0001", "amount": "121.00"})
    run = desk.process()

    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert kept(desk) == [("yuki", "200.00", "79.00", "121.00"), ("yuki", "121.00", "0.00", "0.00")]
    assert run.details["causes"] == []
    assert listed.received_since(desk.organisation.id, DAY) == (("EUR", Decimal("200.00"), 2),)
    whole(desk)


def test_what_was_used_here_and_matched_there_counts_once_even_when_it_is_undone(desk: Desk) -> None:
    invoice_id = desk.booked()
    receipt = arrive(desk)
    desk.process()
    (payment,) = current().scalars(select(Payment))
    (entry,) = payments.allocate(desk.actor, payment.id, [(invoice_id, Decimal("121.00"))])
    desk.books.control("match", {"receipt": receipt, "reference": "26-0001"})
    desk.process()
    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")

    payments.reverse_allocation(desk.actor, entry)

    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")  # Yuki still says so
    assert [row[2] for row in kept(desk)] == ["0.00", "0.00"]
    whole(desk)


@pytest.mark.parametrize("first", ["books", "bank"])
def test_the_banks_own_line_and_the_receipt_are_one_payment(desk: Desk, first: str) -> None:
    arrive(desk, "75.00")
    line = PaymentData("statement", "line-1", Decimal("75.00"), DAY, iban="NL91ABNA0417164300")
    if first == "books":
        desk.process()
        payments.record_payment(desk.actor, line)
    else:
        payments.record_payment(desk.actor, line)
        desk.process()

    waiting = [row for row in kept(desk) if row[2] != "0.00"]
    assert waiting == [("statement", "75.00", "75.00", "0.00")]
    assert listed.unapplied_totals(desk.organisation.id) == (("EUR", Decimal("75.00"), 1),)
    run = desk.process()
    assert run.details["causes"] == []
    whole(desk)


def test_two_receipts_and_one_line_of_the_bank_are_two_payments(desk: Desk) -> None:
    arrive(desk, "75.00")
    arrive(desk, "75.00")
    desk.process()
    payments.record_payment(desk.actor, PaymentData("statement", "line-1", Decimal("75.00"), DAY))

    assert listed.unapplied_totals(desk.organisation.id) == (("EUR", Decimal("150.00"), 2),)


def test_a_receipt_that_was_used_stays_and_the_banks_line_is_explained(desk: Desk) -> None:
    invoice_id = desk.booked()
    arrive(desk)
    desk.process()
    (payment,) = current().scalars(select(Payment))
    payments.allocate(desk.actor, payment.id, [(invoice_id, Decimal("121.00"))])

    payments.record_payment(desk.actor, PaymentData("statement", "line-1", Decimal("121.00"), DAY))

    assert kept(desk) == [("yuki", "121.00", "0.00", "0.00"), ("statement", "121.00", "0.00", "121.00")]
    whole(desk)


def test_a_line_of_the_bank_that_is_reversed_gives_the_receipt_back(desk: Desk) -> None:
    arrive(desk, "75.00")
    desk.process()
    line = payments.record_payment(desk.actor, PaymentData("statement", "line-1", Decimal("75.00"), DAY))

    payments.reverse_payment(desk.actor, line.payment_id)

    assert kept(desk)[0] == ("yuki", "75.00", "75.00", "0.00")
    whole(desk)


def test_what_yuki_holds_is_not_taken_back_here(desk: Desk) -> None:
    arrive(desk, "75.00")
    desk.process()
    (payment,) = current().scalars(select(Payment))
    with pytest.raises(LedgerError, match="from_books"):
        payments.reverse_payment(desk.actor, payment.id)


def test_money_that_went_out_is_a_negative_payment(memory_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = memory_desk
    desk.booked()
    (item,) = desk.books.open_items()
    refund = item._replace(
        remote_id="r-1", reference="", type_id="", open_amount=Decimal("50.00"), original_amount=Decimal("50.00")
    )
    monkeypatch.setattr(desk.books, "open_items", lambda: iter([item, refund]))
    desk.process()
    assert kept(desk) == [("yuki", "-50.00", "-50.00", "0.00")]


def test_the_day_of_a_payment_is_the_banks_where_the_debtor_account_tells_it(desk: Desk) -> None:
    desk.booked()
    desk.books.control("pay", {"reference": "26-0001", "amount": "26.40", "date": DAY.isoformat()})

    run = desk.process()

    (payment,) = current().scalars(select(Payment))
    assert (payment.received_on, payment.seen_on) == (DAY, False)
    assert run.details["days"] == {"state": "asked", "found": 1, "of": 1}
    assert desk.calls(run) == ["OutstandingDebtorItems", "GetTransactionDetails"]

    desk.books.control("pay", {"reference": "26-0001", "amount": "26.40", "date": "2026-02-28"})
    desk.process()  # the same amount again: the line that told of the first payment tells of that one only
    current().rollback()
    days = current().scalars(select(Payment.received_on).order_by(Payment.id)).all()
    assert days == [DAY, date(2026, 2, 28)]


def test_without_calls_to_spare_the_day_is_the_one_it_was_seen(desk: Desk) -> None:
    from webapp.store.connections import Connection
    from webapp.store.session import transaction

    desk.booked()
    desk.books.control("pay", {"reference": "26-0001", "date": DAY.isoformat()})
    with transaction() as session:
        session.get_one(Connection, desk.connection_id).daily_calls = 7
    for _ in range(3):
        run = desk.process()

    (payment,) = current().scalars(select(Payment))
    assert (payment.received_on, payment.seen_on) == (clock.now().date(), True)
    first = desk.run(payment.run_id or 0)
    assert first.details["days"]["state"] == "budget"
    assert desk.calls(run) == ["OutstandingDebtorItems"]


def test_a_debtor_account_that_cannot_be_read_leaves_the_run_as_it_is(desk: Desk) -> None:
    desk.booked()
    desk.books.pay("26-0001")
    desk.books.fault("no_right", operation="GetTransactionDetails")

    run = desk.process()

    assert (run.status, run.failure, run.details["days"]["state"]) == ("completed", "", "failed")
    (payment,) = current().scalars(select(Payment))
    assert payment.seen_on
