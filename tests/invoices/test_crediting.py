"""Credit notes: of all of an invoice or a part, with a number of their own, set off, and sent to the books."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from tests.invoices.conftest import data, line
from tests.support.records import make_connection
from webapp.queries import invoice
from webapp.services import payments
from webapp.services.actors import Actor, person
from webapp.services.documents import make_document
from webapp.services.invoices import InvoiceError, credit, move, update
from webapp.services.payments import PaymentData
from webapp.store.invoices import Invoice
from webapp.store.session import current
from webapp.store.users import User

Make = Callable[..., Invoice]
TODAY = date(2026, 4, 1)
TWO = (line(), line(description="Koek", quantity=Decimal(3), unit_price=Decimal("2.00")))


def issued(actor: Actor, note: Invoice) -> Invoice:
    for step in ("approved", "authorised", "sent"):
        note = move(actor, note.id, step)
    return note


def row(invoice_id: int) -> Invoice:
    return current().get_one(Invoice, invoice_id, populate_existing=True)


def test_a_whole_invoice_is_credited_and_both_are_settled(actor: Actor, make: Make) -> None:
    made = make("2026-0001", status="sent", lines=TWO)
    note = credit(actor, made.id, on=TODAY, subject="Creditfactuur")
    assert (note.status, note.number, note.gross_total) == ("draft", "", -made.gross_total)
    note = issued(actor, note)
    assert (note.number, note.payment, note.outstanding_amount) == ("C2026-0001", "paid", 0)
    assert (row(made.id).payment, row(made.id).credited_amount) == ("paid", made.gross_total)
    with pytest.raises(InvoiceError, match="all_credited"):
        credit(actor, made.id, on=TODAY)


def test_a_part_is_credited_and_never_more_than_the_rest(actor: Actor, make: Make) -> None:
    made = make("2026-0001", status="sent", lines=TWO)
    note = issued(actor, credit(actor, made.id, {1: Decimal(4)}, on=TODAY))
    assert note.gross_total == Decimal("-60.50")
    assert (row(made.id).payment, row(made.id).outstanding_amount) == (
        "partially_paid",
        made.gross_total - Decimal("60.50"),
    )
    for wrong, why in (
        ({}, "nothing_to_credit"),
        ({1: Decimal(11)}, "too_many_credited"),
        ({1: Decimal(-1)}, "too_many_credited"),
        ({1: Decimal(10)}, "note_too_large"),
    ):
        with pytest.raises(InvoiceError, match=why):
            credit(actor, made.id, wrong, on=TODAY)
    view = invoice.show(actor.organisation_id, made.id)
    assert view is not None
    assert [one.number for one in view.notes] == ["C2026-0001"]
    assert view.credit_left == made.gross_total - Decimal("60.50")


def test_a_credit_note_that_was_made_larger_is_not_authorised(actor: Actor, make: Make) -> None:
    made = make("2026-0001", status="sent")
    note = credit(actor, made.id, {1: Decimal(1)}, on=TODAY)
    for quantity, why in ((Decimal(-11), "note_too_large"), (Decimal(1), "note_not_negative")):
        update(actor, note.id, data("", lines=(line(quantity=quantity),)))
        move(actor, note.id, "approved")
        with pytest.raises(InvoiceError, match=why):
            move(actor, note.id, "authorised")


def test_what_is_paid_already_leaves_the_credit_note_open_to_be_paid_back(actor: Actor, make: Make) -> None:
    made = make("2026-0001", status="sent")
    paid = payments.record_payment(actor, PaymentData("manual", "1", made.gross_total, TODAY))
    payments.allocate(actor, paid.payment_id, [(made.id, made.gross_total)])
    note = issued(actor, credit(actor, made.id, on=TODAY))
    assert (note.payment, note.outstanding_amount) == ("open", -made.gross_total)


def test_only_what_was_sent_to_the_customer_is_credited(actor: Actor, make: Make) -> None:
    with pytest.raises(InvoiceError, match="not_sent_yet"):
        credit(actor, make("1").id, on=TODAY)
    note = issued(actor, credit(actor, make("2", status="sent").id, on=TODAY))
    with pytest.raises(InvoiceError, match="no_credit"):
        credit(actor, note.id, on=TODAY)
    with pytest.raises(InvoiceError, match="not_found"):
        credit(person(actor.organisation_id + 1, "x"), note.id, on=TODAY)


def test_a_credit_note_goes_to_the_books_with_its_own_number_and_quantities_below_zero(
    actor: Actor, make: Make
) -> None:
    make_connection(actor.organisation_id, auto_send=True)
    made = make("2026-0001", status="sent")
    note = issued(actor, credit(actor, made.id, on=TODAY))
    assert note.delivery == "queued"
    document = make_document(note, draft=False)
    assert (document.reference, document.lines[0].quantity) == ("C2026-0001", Decimal(-10))


def test_one_credits_on_a_page_filled_in_for_all(
    log_in: Callable[[User], FlaskClient], staff: User, make: Make
) -> None:
    made = make("2026-0001", status="sent", lines=TWO)
    browser = log_in(staff)
    assert f'/invoices/{made.id}/credit"' in browser.get(f"/invoices/{made.id}").text
    page = browser.get(f"/invoices/{made.id}/credit").text
    assert 'name="quantity-1" value="10"' in page
    assert browser.post(f"/invoices/{made.id}/credit", data={"quantity-1": "veel"}).status_code == 422
    page = browser.post(f"/invoices/{made.id}/credit", data={"quantity-1": "2,5"}, follow_redirects=True).text
    assert "Creditfactuur zonder nummer" in page
    assert "Crediteert factuur" in page
    assert 'value="10"' not in browser.get(f"/invoices/{made.id}/credit").text
