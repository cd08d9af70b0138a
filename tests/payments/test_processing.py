"""Payment runs on the sandbox's books over HTTP: what was paid there shows here, to the cent and once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.payments.conftest import Desk
from tests.support.records import make_connection, make_invoices
from webapp.extensions import clock
from webapp.queries.reconciliation import strangers
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import current

# Every invoice of these tests is 100.00 net, 121.00 with VAT, unless it says otherwise.


def test_a_payment_in_full_is_one_call_and_two_lines_of_history(desk: Desk) -> None:
    invoice_id = desk.booked()
    desk.books.pay("26-0001")

    run = desk.process()

    assert (run.status, run.result, run.offered, run.succeeded) == ("completed", "ok", 1, 1)
    assert desk.calls(run) == ["OutstandingDebtorItems", "GetTransactionDetails"]
    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert desk.history(invoice_id) == ["payment.received", "invoice.paid"]
    assert desk.causes(run) == {}


def test_part_payments_add_up(desk: Desk) -> None:
    invoice_id = desk.booked()
    desk.books.pay("26-0001", "26.40")
    first = desk.process()
    assert desk.state(invoice_id) == ("partially_paid", "26.40", "94.60")
    assert desk.history(invoice_id) == ["payment.received", "invoice.partially_paid"]
    assert desk.items(first) == {"26-0001": ("succeeded", "")}

    desk.books.pay("26-0001", "50.00")
    desk.process()
    assert desk.state(invoice_id) == ("partially_paid", "76.40", "44.60")
    assert desk.history(invoice_id)[2:] == ["payment.received"]

    desk.books.pay("26-0001")
    run = desk.process()
    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert desk.history(invoice_id)[3:] == ["payment.received", "invoice.paid"]
    assert desk.payments() == desk.allocations() == ["26.40", "50.00", "44.60"]
    assert desk.causes(run) == {}


def test_a_payment_is_dated_the_day_it_was_seen_in_amsterdam(desk: Desk) -> None:
    desk.booked()
    desk.books.pay("26-0001", "26.40")
    clock.advance(timedelta(hours=14, minutes=30))  # 23:11 in London, and after midnight in Amsterdam

    desk.process()

    payment = current().query(Payment).one()
    assert (payment.received_on.isoformat(), payment.seen_on) == ("2026-03-03", True)


def test_money_taken_back_opens_the_invoice_again(desk: Desk) -> None:
    invoice_id = desk.booked()
    desk.books.pay("26-0001")
    desk.process()
    desk.books.pay("26-0001", "-21.00")

    run = desk.process()

    assert desk.state(invoice_id) == ("partially_paid", "100.00", "21.00")
    assert desk.history(invoice_id)[2:] == ["payment.reversed", "invoice.partially_paid"]
    assert desk.payments() == ["121.00", "-21.00"]
    assert desk.causes(run) == {}

    desk.books.pay("26-0001", "-100.00")
    desk.process()
    assert desk.state(invoice_id) == ("open", "0.00", "121.00")
    assert desk.history(invoice_id)[4:] == ["payment.reversed", "invoice.open"]


def test_the_same_step_twice_is_two_payments(desk: Desk) -> None:
    invoice_id = desk.booked()
    for _ in range(2):
        desk.books.pay("26-0001")
        desk.process()
        desk.books.pay("26-0001", "-121.00")
        desk.process()

    assert desk.payments() == ["121.00", "-121.00"] * 2
    assert desk.state(invoice_id) == ("open", "0.00", "121.00")


def test_a_credit_note_is_settled_with_its_own_sign(desk: Desk) -> None:
    invoice_id = desk.booked(price="-100.00")
    desk.process()
    assert desk.state(invoice_id) == ("open", "0.00", "-121.00")

    desk.books.pay("26-0001", "-21.00")
    run = desk.process()

    assert desk.state(invoice_id) == ("partially_paid", "-21.00", "-100.00")
    assert desk.history(invoice_id) == ["payment.received", "invoice.partially_paid"]
    assert desk.causes(run) == {}

    desk.books.pay("26-0001")
    desk.process()
    assert desk.state(invoice_id) == ("paid", "-121.00", "0.00")


def test_an_invoice_paid_by_card_is_never_outstanding_and_stays_as_it_is(desk: Desk) -> None:
    invoice_id = desk.booked(payment_method="CreditCard")

    run = desk.process()

    assert (run.status, run.skipped, run.succeeded) == ("completed", 1, 0)
    assert desk.items(run) == {"26-0001": ("skipped", "never_outstanding")}
    assert desk.state(invoice_id) == ("open", "0.00", "121.00")
    assert desk.history(invoice_id) == []
    assert desk.causes(run) == {"not_proved": Decimal("-121.00")}


def test_an_invoice_booked_a_moment_ago_is_not_judged_by_its_absence(desk: Desk) -> None:
    invoice_id = desk.booked()
    clock.advance(timedelta(minutes=-10))
    desk.books.pay("26-0001")

    run = desk.process()

    assert desk.items(run) == {"26-0001": ("skipped", "too_recent")}
    assert desk.state(invoice_id)[0] == "open"
    assert desk.causes(run) == {"not_proved": Decimal("-121.00")}

    clock.advance(timedelta(minutes=10))
    desk.process()
    assert desk.state(invoice_id)[0] == "paid"


def test_what_is_open_there_and_unknown_here_is_listed(desk: Desk, other_organisation: Organisation) -> None:
    """Another organisation books in the same administration: what it books is strange to us."""
    neighbour = Desk(
        other_organisation,
        make_connection(other_organisation.id, key=NL_KEY, administration_id=NL_ADMINISTRATION),
        desk.books,
    )
    invoice_id, strange_id = desk.booked(), neighbour.booked("B-17", price="10.00")
    neighbour.booked("B-18", price="-2.00")

    run = desk.process()

    assert desk.state(invoice_id) == ("open", "0.00", "121.00")
    assert run.details["causes"] == [{"cause": "unknown_items", "count": 2, "amount": "9.68"}]
    assert (run.details["open_here"], run.details["open_there"]) == ("121.00", "130.68")
    assert [row.reference for row in strangers(desk.organisation.id).rows] == ["B-18", "B-17"]
    assert desk.invoice(strange_id).payment == "open"
    assert strangers(other_organisation.id).count == 0


def test_a_run_done_twice_changes_nothing(desk: Desk) -> None:
    desk.booked()
    desk.booked("26-0002")
    desk.books.pay("26-0001", "26.40")
    desk.process()
    before = desk.everything()

    for _ in range(3):
        run = desk.process()
        assert (run.status, run.offered, desk.items(run)) == ("completed", 2, {})

    assert desk.everything() == before


def test_thirty_invoices_are_one_call_and_one_for_their_days(desk: Desk) -> None:
    ids = make_invoices(desk.organisation.id, 30)
    desk.send(*ids)
    clock.advance(timedelta(hours=1))
    for n in range(1, 31):
        desk.books.pay(f"26-{n:04}", None if n % 2 else "0.01")

    run = desk.process()

    assert (run.offered, run.succeeded) == (30, 30)
    assert desk.calls(run) == ["OutstandingDebtorItems", "GetTransactionDetails"]
    assert [desk.state(identity)[0] for identity in ids] == ["paid", "partially_paid"] * 15
    assert desk.causes(run) == {}


@pytest.mark.parametrize("amount", ["0.01", "120.99"])
def test_a_cent_is_a_cent(desk: Desk, amount: str) -> None:
    invoice_id = desk.booked()
    desk.books.pay("26-0001", amount)
    desk.process()
    assert desk.state(invoice_id) == ("partially_paid", amount, str(Decimal("121.00") - Decimal(amount)))
