"""What books may hold that nobody wished for: nothing is guessed or counted twice, every difference has its cause."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from tests.payments.conftest import Desk
from webapp.connectors.ports import OpenItem
from webapp.extensions import clock
from webapp.store.invoices import Invoice
from webapp.store.payments import RemoteOpenItem
from webapp.store.session import current, transaction

TOTAL = Decimal("121.00")


def answer_with(desk: Desk, monkeypatch: pytest.MonkeyPatch, *items: OpenItem) -> None:
    """Let the books give this answer from now on."""
    monkeypatch.setattr(desk.books, "open_items", lambda: iter(items))
    monkeypatch.setattr(desk.books, "open_amounts", lambda: [one.open_amount for one in items])


def listed(desk: Desk) -> list[OpenItem]:
    return list(desk.books.open_items())


def test_more_than_the_invoice_comes_to_makes_it_overpaid_and_never_negative(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.pay("26-0001", TOTAL + 10)

    run = desk.process()

    assert desk.state(invoice_id) == ("overpaid", "121.00", "0.00")
    assert desk.history(invoice_id) == ["payment.received", "invoice.overpaid"]
    assert (desk.payments(), desk.allocations()) == (["131.00"], ["121.00"])
    assert desk.causes(run) == {"overpaid": Decimal("-10.00")}

    desk.books.pay("26-0001", Decimal(-10))  # the customer got it back
    run = desk.process()

    assert desk.state(invoice_id) == ("paid", "121.00", "0.00")
    assert desk.history(invoice_id)[2:] == ["payment.reversed", "invoice.paid"]
    assert (desk.payments(), desk.allocations()) == (["131.00", "-10.00"], ["121.00"])
    assert desk.causes(run) == {}


def test_a_reversal_takes_what_was_too_much_first(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.pay("26-0001", Decimal("130.00"))
    desk.process()

    desk.books.pay("26-0001", Decimal("-30.00"))
    desk.process()

    assert desk.state(invoice_id) == ("partially_paid", "100.00", "21.00")
    assert desk.allocations() == ["121.00", "-21.00"]


def test_a_number_that_two_items_carry_settles_nothing(memory_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    (item,) = listed(desk)
    twin = item._replace(remote_id="another", open_amount=Decimal("50.00"))
    answer_with(desk, monkeypatch, item, twin)

    run = desk.process()

    assert desk.items(run) == {"26-0001": ("skipped", "ambiguous")}
    assert desk.state(invoice_id) == ("open", "0.00", "121.00")
    assert desk.causes(run) == {"ambiguous": Decimal("50.00")}


def test_after_an_ambiguity_the_next_clear_answer_counts(memory_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The item that stays may be the other one: its row was a stranger's, and becomes the invoice's."""
    desk = memory_desk
    invoice_id = desk.booked()
    desk.process()
    (item,) = listed(desk)
    twin = item._replace(remote_id="another", open_amount=Decimal("100.00"))
    answer_with(desk, monkeypatch, item, twin)
    desk.process()
    assert desk.state(invoice_id)[0] == "open"
    answer_with(desk, monkeypatch, twin)

    run = desk.process()

    assert (run.status, desk.state(invoice_id)) == ("completed", ("partially_paid", "21.00", "100.00"))
    assert desk.causes(run) == {}


def test_an_item_booked_anew_under_another_id_stays_the_invoices(
    memory_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = memory_desk
    desk.booked()
    desk.process()
    before = desk.everything()
    (item,) = listed(desk)
    answer_with(desk, monkeypatch, item._replace(remote_id="anew"))

    run = desk.process()

    assert desk.everything() == before
    assert desk.causes(run) == {}
    row = current().query(RemoteOpenItem).one()
    assert (row.remote_id, row.invoice_id is not None) == ("anew", True)


def test_an_item_listed_twice_counts_once(memory_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = memory_desk
    desk.booked()
    (item,) = listed(desk)
    monkeypatch.setattr(desk.books, "open_items", lambda: iter([item, item]))

    run = desk.process()

    assert desk.causes(run) == {}
    assert run.details["items"] == 1


def test_an_invoice_in_another_currency_is_not_compared(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked(currency="USD")
    desk.books.pay("26-0001", Decimal("21.00"))

    run = desk.process()

    assert desk.items(run) == {"26-0001": ("skipped", "currency_differs")}
    assert desk.state(invoice_id) == ("open", "0.00", "121.00")
    assert desk.causes(run) == {"other_currency": Decimal("100.00")}


def test_another_total_in_the_books_is_named_before_and_after_it_is_paid(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.ledger[0].amount = desk.books.ledger[0].open_amount = Decimal("120.99")

    run = desk.process()
    assert desk.causes(run) == {"total_differs": Decimal("-0.01")}
    assert run.details["total_differs"] == 1

    desk.books.pay("26-0001", Decimal("120.99"))
    run = desk.process()
    assert desk.state(invoice_id) == ("partially_paid", "120.99", "0.01")
    assert desk.causes(run) == {"total_differs": Decimal("-0.01")}


def test_an_answer_to_an_older_question_changes_nothing(memory_desk: Desk) -> None:
    desk = memory_desk
    desk.booked()
    desk.books.pay("26-0001", Decimal("21.00"))
    desk.process()
    before = desk.everything()
    desk.books.pay("26-0001", Decimal("-21.00"))

    clock.advance(timedelta(minutes=-5))
    run = desk.process()

    assert (run.status, run.offered) == ("completed", 0)
    assert desk.everything() == before


def test_what_was_never_seen_open_and_is_reversed_is_found_again(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.pay("26-0001", TOTAL)
    desk.process()
    assert desk.state(invoice_id)[0] == "paid"

    desk.books.pay("26-0001", Decimal("-50.00"))
    run = desk.process()

    assert desk.state(invoice_id) == ("partially_paid", "71.00", "50.00")
    assert desk.payments() == ["121.00", "-50.00"]
    assert desk.causes(run) == {}


def test_a_draft_is_not_judged_until_it_is_seen(memory_desk: Desk) -> None:
    desk = memory_desk
    with transaction():
        desk.connection().draft = True
    invoice_id = desk.booked()

    run = desk.process()

    assert desk.items(run) == {"26-0001": ("skipped", "not_booked")}
    assert desk.state(invoice_id)[0] == "open"


def test_an_invoice_with_a_method_nobody_knows_counts_as_one_that_shows(memory_desk: Desk) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.pay("26-0001", TOTAL)
    with transaction() as session:
        session.execute(update(Invoice).values(payment_method="Ruilhandel"))

    desk.process()

    assert desk.state(invoice_id)[0] == "paid"


@pytest.mark.parametrize("amount", ["26.40001", "99999999999999.00"])
def test_an_amount_that_cannot_be_kept_exactly_is_refused_whole(
    memory_desk: Desk, monkeypatch: pytest.MonkeyPatch, amount: str
) -> None:
    desk = memory_desk
    desk.booked()
    desk.booked("26-0002")
    desk.books.pay("26-0002", TOTAL)
    item = listed(desk)[0]
    before = desk.everything()
    monkeypatch.setattr(desk.books, "open_items", lambda: iter([item._replace(open_amount=Decimal(amount))]))

    run = desk.process()

    assert (run.status, run.failure) == ("failed", "not_understood")
    assert desk.everything() == before


def test_a_mistake_of_ours_ends_the_run_and_is_not_made_again_and_again(
    memory_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = memory_desk
    desk.booked()
    before = desk.everything()

    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.books, "open_items", broken)
    run_id = desk.ask()
    with pytest.raises(ZeroDivisionError):
        desk.work()

    run = desk.run(run_id)
    assert (run.status, run.failure) == ("failed", "internal")
    desk.later(minutes=5)
    assert desk.everything() == before
    monkeypatch.undo()


def test_an_item_that_moves_to_another_invoice_stops_no_run(memory_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = memory_desk
    first, second = desk.booked("26-0001"), desk.booked("26-0002")
    desk.process()
    one, other = sorted(listed(desk), key=lambda item: item.reference)
    answer_with(desk, monkeypatch, one._replace(reference="26-0002"))  # corrected over there: the other's has gone

    run = desk.process()

    assert run.status == "completed"
    assert (desk.state(first)[0], desk.state(second)[0]) == ("paid", "open")
    assert [(row.remote_id, row.invoice_id) for row in current().query(RemoteOpenItem)] == [(one.remote_id, second)]

    swapped = (one._replace(remote_id=other.remote_id), other._replace(remote_id=one.remote_id))
    answer_with(desk, monkeypatch, *swapped)
    assert desk.process().status == "completed"
    answer_with(desk, monkeypatch, one, other)
    assert desk.process().status == "completed"
    answer_with(desk, monkeypatch, one, other._replace(open_amount=Decimal("21.00")))
    assert desk.process().status == "completed"
    assert (desk.state(first)[0], desk.state(second)[0]) == ("open", "partially_paid")


def test_one_item_that_is_told_as_two_invoices_stops_no_run(memory_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = memory_desk
    first, second = desk.booked("26-0001"), desk.booked("26-0002")
    one, other = sorted(listed(desk), key=lambda item: item.reference)
    answer_with(desk, monkeypatch, one, other._replace(remote_id=one.remote_id))

    for _ in range(2):
        run = desk.process()
        assert run.status == "completed"
        assert (desk.state(first)[0], desk.state(second)[0]) == ("open", "open")
        assert current().query(RemoteOpenItem).count() == 1

    answer_with(desk, monkeypatch, one, other)
    assert desk.process().status == "completed"
    answer_with(desk, monkeypatch, one, other._replace(open_amount=Decimal("21.00")))
    assert desk.process().status == "completed"
    assert (desk.state(first)[0], desk.state(second)[0]) == ("open", "partially_paid")
