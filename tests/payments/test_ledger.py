"""The ledger by its verbs: what is set against what, how it is undone, and what is refused with nothing half done."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from tests.payments.conftest import Desk
from tests.support.records import make_connection, make_invoice
from webapp.domain.payments import BOOKING_MARGIN
from webapp.extensions import clock
from webapp.services import accounts, payments
from webapp.services.actors import Actor, person
from webapp.services.payments import LedgerError, PaymentData
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current, transaction

TOTAL = Decimal("121.00")


@pytest.fixture
def actor(app: Flask, organisation: Organisation, frozen_clock: Any) -> Actor:
    return person(organisation.id, "Marieke Visser")


def paid(actor: Actor, amount: str, key: str = "1", **facts: Any) -> int:
    """Record a payment by hand, and return its id."""
    data = PaymentData("manual", key, Decimal(amount), date(2026, 3, 2), **facts)
    return payments.record_payment(actor, data).payment_id


def invoice(actor: Actor, number: str = "26-0001", **facts: Any) -> int:
    return make_invoice(actor.organisation_id, number, **facts)


def state(invoice_id: int) -> tuple[str, str, str]:
    current().expire_all()
    row = current().get_one(Invoice, invoice_id)
    return row.payment, str(row.paid_amount), str(row.outstanding_amount)


def left(payment_id: int) -> str:
    current().expire_all()
    return str(current().get_one(Payment, payment_id).unapplied_amount)


def events(invoice_id: int) -> list[str]:
    query = select(InvoiceEvent.event).where(InvoiceEvent.invoice_id == invoice_id).order_by(InvoiceEvent.id)
    return list(current().scalars(query))


def refused(code: str, work: Any, *args: Any, **more: Any) -> None:
    """Check that a verb is refused for a reason, and that nothing of it stays."""
    query = select(Allocation.id)
    before = list(current().scalars(query))
    with pytest.raises(LedgerError) as error:
        work(*args, **more)
    assert error.value.code == code
    assert list(current().scalars(query)) == before


def test_a_payment_by_hand_settles_an_invoice_and_says_who_did_it(actor: Actor) -> None:
    invoice_id = invoice(actor)
    payment_id = paid(actor, "121.00")
    assert (state(invoice_id)[0], left(payment_id)) == ("open", "121.00")

    payments.allocate(actor, payment_id, [(invoice_id, TOTAL)])

    assert state(invoice_id) == ("paid", "121.00", "0.00")
    assert left(payment_id) == "0.00"
    assert events(invoice_id) == ["payment.allocated", "invoice.paid"]
    row = current().scalars(select(Allocation)).one()
    assert (row.actor_kind, row.actor_name, row.created_at) == ("user", "Marieke Visser", clock.now())


def test_the_same_fact_ten_times_is_one_payment(actor: Actor) -> None:
    data = [PaymentData("statement", "a", Decimal(5), date(2026, 3, 2))] * 10
    found = payments.record_payments(actor, data)
    assert [one.fresh for one in found] == [True] + [False] * 9
    assert not payments.record_payment(actor, data[0]).fresh
    assert len({one.payment_id for one in found}) == 1
    assert len(current().scalars(select(Payment.id)).all()) == 1


def test_one_payment_settles_several_invoices_all_or_none(actor: Actor) -> None:
    first, second = invoice(actor), invoice(actor, "26-0002", contact="Slagerij Os")
    payment_id = paid(actor, "200.00")
    refused("over_payment", payments.allocate, actor, payment_id, [(first, TOTAL), (second, Decimal(80))])
    refused("over_invoice", payments.allocate, actor, payment_id, [(first, Decimal(122))])

    payments.allocate(actor, payment_id, [(first, TOTAL), (second, Decimal(79))])

    assert state(first) == ("paid", "121.00", "0.00")
    assert state(second) == ("partially_paid", "79.00", "42.00")
    assert left(payment_id) == "0.00"


def test_what_was_set_against_an_invoice_can_be_undone_once(actor: Actor) -> None:
    invoice_id, payment_id = invoice(actor), paid(actor, "100.00")
    (entry,) = payments.allocate(actor, payment_id, [(invoice_id, Decimal(60))])

    back = payments.reverse_allocation(actor, entry, reason="wrong customer")

    assert state(invoice_id) == ("open", "0.00", "121.00")
    assert left(payment_id) == "100.00"
    assert events(invoice_id)[2:] == ["payment.unallocated", "invoice.open"]
    refused("already_reversed", payments.reverse_allocation, actor, entry)
    refused("is_reversal", payments.reverse_allocation, actor, back)
    assert current().get_one(Allocation, back).reason == "wrong customer"


def test_a_payment_that_bounced_is_taken_back_with_all_that_it_settled(actor: Actor) -> None:
    first, second = invoice(actor), invoice(actor, "26-0002", contact="Slagerij Os")
    payment_id = paid(actor, "150.00")
    payments.allocate(actor, payment_id, [(first, TOTAL), (second, Decimal(20))])

    back = payments.reverse_payment(actor, payment_id, reason="returned by the bank")

    assert state(first) == state(second) == ("open", "0.00", "121.00")
    assert (left(payment_id), left(back)) == ("0.00", "0.00")
    assert "payment.taken_back" in events(second)
    refused("already_reversed", payments.reverse_payment, actor, payment_id)
    refused("is_reversal", payments.reverse_payment, actor, back)
    refused("over_payment", payments.allocate, actor, payment_id, [(first, Decimal(1))])


def test_a_payment_taken_back_after_midnight_here_bears_the_new_day(actor: Actor) -> None:
    payment_id = paid(actor, "10.00")
    clock.freeze(datetime(2026, 3, 2, 23, 30, tzinfo=UTC))  # half past midnight in Amsterdam

    back = payments.reverse_payment(actor, payment_id)

    assert current().get_one(Payment, back).received_on == date(2026, 3, 3)


def test_a_difference_is_written_off_to_a_kind_and_that_can_be_undone(actor: Actor) -> None:
    invoice_id, payment_id = invoice(actor), paid(actor, "120.00")
    payments.allocate(actor, payment_id, [(invoice_id, Decimal(120))])
    refused("kind", payments.write_off, actor, invoice_id, "generosity", Decimal(1))
    refused("over_invoice", payments.write_off, actor, invoice_id, "bank_costs", Decimal("1.01"))
    refused("over_invoice", payments.write_off, actor, invoice_id, "bank_costs", Decimal("-0.50"))

    entry = payments.write_off(actor, invoice_id, "bank_costs", Decimal(1))

    assert state(invoice_id) == ("paid", "120.00", "0.00")
    payments.reverse_allocation(actor, entry)
    assert state(invoice_id) == ("partially_paid", "120.00", "1.00")
    assert events(invoice_id)[2:] == ["write_off.made", "invoice.paid", "write_off.undone", "invoice.partially_paid"]


def test_an_invoice_that_is_given_up_is_written_off(actor: Actor) -> None:
    invoice_id = invoice(actor)
    payments.write_off(actor, invoice_id, "payment_difference", TOTAL)
    assert state(invoice_id) == ("written_off", "0.00", "0.00")


def test_a_cent_too_much_is_written_off_on_the_payment(actor: Actor) -> None:
    payment_id = paid(actor, "121.01")
    payments.allocate(actor, payment_id, [(invoice(actor), TOTAL)])
    refused("over_payment", payments.write_off_rest, actor, payment_id, "payment_difference", Decimal("0.02"))
    entry = payments.write_off_rest(actor, payment_id, "payment_difference", Decimal("0.01"))
    assert left(payment_id) == "0.00"
    payments.reverse_allocation(actor, entry)
    assert left(payment_id) == "0.01"


def test_a_credit_note_sets_off_an_invoice_until_it_is_gone(actor: Actor) -> None:
    first, second = invoice(actor), invoice(actor, "26-0002", contact="Slagerij Os")
    note = invoice(actor, "26-0003", price="-150.00", contact="De Smederij")

    entry = payments.credit_against(actor, note, first)
    payments.credit_against(actor, note, second)

    assert state(first) == ("paid", "0.00", "0.00")
    assert state(second) == ("partially_paid", "0.00", "60.50")
    assert state(note) == ("paid", "0.00", "0.00")
    refused("nothing", payments.credit_against, actor, note, second)
    refused("over_credit", payments.credit_against, actor, note, second, Decimal(1))
    refused("not_credit", payments.credit_against, actor, first, second)
    payments.reverse_allocation(actor, entry)
    assert state(first) == ("open", "0.00", "121.00")
    assert state(note) == ("partially_paid", "0.00", "-121.00")


def test_a_refund_takes_back_what_was_paid_and_no_more(actor: Actor) -> None:
    invoice_id = invoice(actor)
    payments.allocate(actor, paid(actor, "100.00"), [(invoice_id, Decimal(100))])
    refund = paid(actor, "-120.00", "2")
    refused("over_invoice", payments.allocate, actor, refund, [(invoice_id, Decimal(-110))])
    refused("over_payment", payments.allocate, actor, refund, [(invoice_id, Decimal(10))])

    payments.allocate(actor, refund, [(invoice_id, Decimal(-100))])

    assert state(invoice_id) == ("open", "0.00", "121.00")
    assert left(refund) == "-20.00"


def test_currency_administration_and_organisation_have_to_be_the_same(actor: Actor) -> None:
    dollars = invoice(actor, currency="USD")
    draft = invoice(actor, "26-0002", contact="Slagerij Os", status="draft")
    payment_id = paid(actor, "10.00")
    refused("currency", payments.allocate, actor, payment_id, [(dollars, Decimal(1))])
    refused("not_issued", payments.allocate, actor, payment_id, [(draft, Decimal(1))])
    stranger = person(accounts.add_organisation("Anders").id, "Vreemd")
    theirs = make_invoice(stranger.organisation_id, "1")
    refused("not_found", payments.allocate, actor, payment_id, [(theirs, Decimal(1))])
    refused("not_found", payments.allocate, stranger, payment_id, [(theirs, Decimal(1))])
    refused("not_found", payments.reverse_payment, stranger, payment_id)
    refused("not_found", payments.write_off, stranger, dollars, "bank_costs", Decimal(1))
    refused("not_found", payments.credit_against, stranger, theirs, dollars, Decimal(1))


def test_a_payment_of_one_administration_settles_no_invoice_of_another(memory_desk: Desk) -> None:
    invoice_id = memory_desk.booked()
    other = make_connection(memory_desk.organisation.id, administration_id="99999999-2222-3333-4444-555555555555")
    payment_id = paid(memory_desk.actor, "10.00", connection_id=other)
    own = paid(memory_desk.actor, "10.00", "2", connection_id=memory_desk.connection_id)
    refused("administration", payments.allocate, memory_desk.actor, payment_id, [(invoice_id, Decimal(1))])
    payments.allocate(memory_desk.actor, own, [(invoice_id, Decimal(1))])


@pytest.mark.parametrize("books_first", [True, False])
def test_the_same_money_told_by_yuki_and_by_a_statement_counts_once(memory_desk: Desk, books_first: bool) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.process()
    payment_id = paid(desk.actor, "40.00")
    steps = [lambda: desk.process(), lambda: payments.allocate(desk.actor, payment_id, [(invoice_id, Decimal(40))])]
    desk.books.pay("26-0001", Decimal(40))
    for step in steps if books_first else reversed(steps):
        step()

    assert desk.state(invoice_id) == ("partially_paid", "40.00", "81.00")
    told = current().scalars(select(Payment).where(Payment.source == "yuki")).one()
    assert (told.allocated_amount, told.explained_amount, told.unapplied_amount) == (0, 40, 0)
    assert left(payment_id) == "0.00"
    assert desk.causes(desk.process()) == {}

    entry = current().scalars(select(Allocation.id).where(Allocation.payment_id == payment_id)).one()
    payments.reverse_allocation(desk.actor, entry)  # it was for another invoice: then Yuki's word stands alone
    assert desk.state(invoice_id) == ("partially_paid", "40.00", "81.00")
    assert left(payment_id) == "40.00"


def test_what_yuki_said_was_paid_gives_way_to_the_statement_that_explains_it(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.pay("26-0001", TOTAL)
    desk.process()
    assert desk.state(invoice_id)[0] == "paid"

    payments.allocate(desk.actor, paid(desk.actor, "121.00"), [(invoice_id, TOTAL)])

    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert desk.allocations() == ["121.00", "121.00", "-121.00"]


def test_the_books_own_word_is_undone_in_the_books(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.pay("26-0001", TOTAL + 9)
    desk.process()
    told = current().scalars(select(Payment.id)).one()
    entry = current().scalars(select(Allocation.id)).one()
    refused("from_books", payments.reverse_allocation, desk.actor, entry)
    refused("from_books", payments.reverse_payment, desk.actor, told)
    other = invoice(desk.actor, "26-0002", contact="Slagerij Os")
    refused("over_payment", payments.allocate, desk.actor, told, [(other, Decimal(10))])
    payments.allocate(desk.actor, told, [(other, Decimal(9))])  # what was too much may settle another one
    assert desk.state(other)[:2] == ("partially_paid", "9.00")

    desk.books.pay("26-0001", Decimal(-30))
    clock.advance(BOOKING_MARGIN + timedelta(minutes=1))
    desk.process()
    assert desk.state(invoice_id) == ("partially_paid", "100.00", "21.00")
    assert desk.payments() == ["130.00", "-30.00"]
    assert left(told) == "0.00"


def test_what_is_recorded_here_only_is_a_difference_with_its_cause(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.process()
    payments.allocate(desk.actor, paid(desk.actor, "40.00"), [(invoice_id, Decimal(40))])
    assert desk.causes(desk.process()) == {"here_only": Decimal("40.00")}


def test_the_database_itself_refuses_what_goes_beyond(actor: Actor) -> None:
    invoice_id, payment_id = invoice(actor), paid(actor, "10.00")
    for statement in (
        f"UPDATE invoices SET paid_amount = 1220000, outstanding_amount = -10000 WHERE id = {invoice_id}",
        f"UPDATE invoices SET outstanding_amount = 0 WHERE id = {invoice_id}",
        f"UPDATE payments SET allocated_amount = 110000, unapplied_amount = -10000 WHERE id = {payment_id}",
    ):
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(text(statement))
