"""The ledger on the screen: pages of payments, entries on invoices, every verb as a form that says what is wrong."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support.records import make_invoice
from webapp.services import payments
from webapp.services.actors import person
from webapp.services.payments import PaymentData
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
KEY = "0" * 32


@pytest.fixture
def client(app: Flask, organisation: Organisation, staff: User, log_in: LogIn, frozen_clock: Any) -> FlaskClient:
    return log_in(staff)


def typed(**fields: str) -> dict[str, str]:
    """Return the form of a payment by hand, filled in."""
    return {"key": KEY, "amount": "121,00", "currency": "EUR", "received_on": "2026-03-01", **fields}


def told(client: FlaskClient, address: str) -> str:
    """Return the text of a page, blanks taken together."""
    page = client.get(address)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())


def state(invoice_id: int) -> tuple[str, str]:
    release()
    row = current().get_one(Invoice, invoice_id)
    return row.payment, str(row.outstanding_amount)


def test_a_payment_by_hand_settles_its_invoice_and_a_second_click_changes_nothing(
    client: FlaskClient, organisation: Organisation
) -> None:
    invoice_id = make_invoice(organisation.id, "26-0001")
    form = client.get(f"/payments/new?invoice={invoice_id}").text
    assert 'value="26-0001"' in form
    assert 'value="2026-03-02"' in form

    for _ in range(2):
        answer = client.post("/payments/new", data=typed(number="26-0001", contact_name="De Korenbloem"))
        assert answer.status_code == 303

    assert state(invoice_id) == ("paid", "0.00")
    assert len(current().scalars(select(Payment)).all()) == 1
    release()
    page = told(client, answer.location)
    assert "Betaling van € 121,00" in page
    assert "Toegewezen 26-0001" in page
    assert "Handmatig" in page
    assert "Betaling van € 121,00 ontvangen op 01-03-2026." in told(client, f"/invoices/{invoice_id}?tab=history")
    assert f'href="{answer.location}"' in client.get(f"/invoices/{invoice_id}").text
    assert f'href="{answer.location}"' in client.get("/payments").text


@pytest.mark.portable
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "veel"}, "Vul een bedrag in, zoals 26,40."),
        ({"amount": "0"}, "Vul een bedrag in, zoals 26,40."),
        ({"received_on": "2026-03-03"}, "Vul een dag in die geweest is."),
        ({"received_on": ""}, "Vul een dag in die geweest is."),
        ({"number": "99"}, "Er is geen factuur 99"),
        ({"number": "26-0001", "amount": "50", "part": "60"}, "Van deze betaling is nog"),
        ({"number": "26-0001", "amount": "200", "part": "122"}, "past hoogstens"),
        ({"currency": "euro"}, "Drie hoofdletters, zoals EUR."),
    ],
)
def test_what_is_wrong_is_said_at_the_form_and_nothing_is_recorded(
    client: FlaskClient, organisation: Organisation, fields: dict[str, str], words: str
) -> None:
    make_invoice(organisation.id, "26-0001")
    answer = client.post("/payments/new", data=typed(**fields))
    assert answer.status_code == 422
    assert words in answer.text
    assert current().scalars(select(Payment)).all() == []


def test_what_is_left_of_a_payment_is_set_against_invoices_and_written_off(
    client: FlaskClient, organisation: Organisation
) -> None:
    first, second = make_invoice(organisation.id, "26-0001"), make_invoice(organisation.id, "26-0002")
    place = client.post("/payments/new", data=typed(amount="150,05")).location
    assert "26-0002" in told(client, place)

    client.post(f"{place}/allocate", data={f"part-{first}": "121", f"part-{second}": "veel"})
    assert state(first) == ("open", "121.00")  # all of it or nothing
    client.post(f"{place}/allocate", data={f"part-{first}": "121", f"part-{second}": "29,00"})

    assert state(first) == ("paid", "0.00")
    assert state(second) == ("partially_paid", "92.00")
    client.post(f"{place}/write-off", data={"kind": "payment_difference"})
    assert "Afgeboekt: Betalingsverschil" in told(client, place)
    release()
    assert current().scalars(select(Payment.unapplied_amount)).all() == [Decimal(0)]


def test_an_entry_is_undone_where_it_is_seen_and_a_payment_is_reversed(
    client: FlaskClient, organisation: Organisation
) -> None:
    invoice_id = make_invoice(organisation.id, "26-0001")
    place = client.post("/payments/new", data=typed(number="26-0001")).location
    release()
    (entry,) = current().scalars(select(Allocation.id))
    release()

    answer = client.post(f"/payments/entries/{entry}/reverse", data={"invoice_id": str(invoice_id)})
    assert answer.location == f"/invoices/{invoice_id}"
    assert state(invoice_id) == ("open", "121.00")
    again = client.post(f"/payments/entries/{entry}/reverse")
    assert "er is niets gewijzigd" in told(client, again.location)

    client.post(f"{place}/reverse")
    assert "Deze betaling is teruggeboekt" in told(client, place)


def test_an_invoice_is_written_off_and_set_off_with_a_credit_note_of_its_contact(
    client: FlaskClient, organisation: Organisation
) -> None:
    invoice_id = make_invoice(organisation.id, "26-0001")
    note = make_invoice(organisation.id, "26-0002", price="-50.00")
    with transaction() as session:
        session.get_one(Invoice, note).contact_id = session.get_one(Invoice, invoice_id).contact_id
    assert "26-0002 (€ -60,50)" in told(client, f"/invoices/{invoice_id}")

    client.post(f"/payments/invoices/{invoice_id}/credit", data={"credit_note_id": str(note)})
    client.post(f"/payments/invoices/{invoice_id}/write-off", data={"kind": "bank_costs", "amount": "60,50"})

    assert state(invoice_id) == ("paid", "0.00")
    page = told(client, f"/invoices/{invoice_id}")
    assert "Afgeboekt: Bankkosten" in page
    assert "Verrekend met 26-0002" in page
    assert "Verrekend met 26-0001" in told(client, f"/invoices/{note}")


def test_a_viewer_sees_entries_and_has_no_button(
    client: FlaskClient, organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    place = client.post("/payments/new", data=typed()).location
    page = log_in(viewer).get(place).text
    assert "data-action" not in page.partition("<main")[2]


def test_what_yuki_told_leads_to_its_invoice_and_cannot_be_taken_back_here(
    client: FlaskClient, organisation: Organisation
) -> None:
    actor = person(organisation.id, "x")
    data = PaymentData(
        "statement", "k", Decimal(5), date(2026, 3, 1), fact={"page": "12"}, iban="NL91 ABNA 0417 1643 00"
    )
    made = payments.record_payment(actor, data)
    page = told(client, f"/payments/{made.payment_id}")
    assert "NL91ABNA0417164300" in page
    assert "Bankafschrift" in page
