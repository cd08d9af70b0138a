"""Making and changing an invoice in the form, as somebody does it without JavaScript."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.invoices.conftest import data
from webapp.services.actors import Actor
from webapp.services.invoices import InvoiceFaults, create
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
Make = Callable[..., Invoice]


def typed(**changes: Any) -> dict[str, Any]:
    """Return a filled in form, in Dutch."""
    values: dict[str, Any] = {
        "number": "2026-0007",
        "issue_date": "2026-03-02",
        "due_date": "",
        "currency": "EUR",
        "payment_method": "ElectronicTransfer",
        "contact_code": "1122",
        "contact_name": "Bakkerij De Korenbloem",
        "contact_country": "NL",
        "lines-0-description": "Brood, week 9",
        "lines-0-quantity": "2,5",
        "lines-0-unit_price": "1.234,56",
        "lines-0-vat": "1:21",
        "lines-0-gl_account_code": "80000",
    }
    return values | {name.replace("__", "-"): value for name, value in changes.items()}


def stored(number: str) -> Invoice:
    """Return the invoice with a number as the database has it now."""
    release()
    current().expire_all()
    return current().scalars(select(Invoice).where(Invoice.number == number)).one()


def count() -> int:
    release()
    return current().scalar(select(func.count()).select_from(Invoice)) or 0


def test_an_invoice_is_made_by_hand_with_amounts_as_the_dutch_write_them(staff: User, log_in: LogIn) -> None:
    answer = log_in(staff).post("/invoices", data=typed())
    assert answer.status_code == 303, answer.text
    made = stored("2026-0007")
    assert (made.net_total, made.vat_total, made.gross_total) == (
        Decimal("3086.40"),
        Decimal("648.14"),
        Decimal("3734.54"),
    )
    assert (made.status, made.delivery, made.payment) == ("draft", "not_sent", "open")
    assert made.outstanding_amount == made.gross_total
    assert made.due_date is not None
    assert (made.due_date - made.issue_date).days == 30
    assert made.lines[0].gl_account_code == "80000"
    events = current().scalars(select(InvoiceEvent).where(InvoiceEvent.invoice_id == made.id)).all()
    assert [(one.event, one.actor_name) for one in events] == [("invoice.created", "Staff")]


def test_every_mistake_stands_at_its_field_and_nothing_is_written(staff: User, log_in: LogIn) -> None:
    wrong = typed(
        number="2" * 61,
        issue_date="2026-02-30",
        contact_name="",
        contact_code="",
        contact_email="a b@c",
        **{"lines-0-unit_price": "twaalf", "lines-0-quantity": "1,23456", "lines-0-description": ""},
    )
    answer = log_in(staff).post("/invoices", data=wrong)
    assert answer.status_code == 422
    everywhere = ("number", "issue_date", "contact_name", "contact_email")
    for field in (*everywhere, "lines-0-unit_price", "lines-0-quantity", "lines-0-description"):
        assert re.search(rf'id="{field}-error"', answer.text), field
    assert "“2026-02-30” is een datum die niet bestaat." in answer.text
    assert 'value="twaalf"' in answer.text
    assert count() == 0
    assert current().scalar(select(func.count()).select_from(Contact)) == 0


@pytest.mark.portable
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact_name", "a\x01b"),
        ("contact_name", "half of a \ufffd pair"),  # as a lone surrogate arrives in a form
        ("subject", "a\x0bb"),
        ("contact_gender", "Robot"),
        ("lines-0-product_description", "x" * 61),
        ("lines-0-accrual_periods", "-1"),
        ("processing", "maybe"),
    ],
)
def test_what_no_document_carries_is_named_at_its_field(staff: User, log_in: LogIn, field: str, value: str) -> None:
    answer = log_in(staff).post("/invoices", data=typed(**{field: value}))
    assert (answer.status_code, count()) == (422, 0)
    assert f'id="{field}-error"' in answer.text


def test_a_vat_type_goes_only_with_its_own_percentages(staff: User, log_in: LogIn) -> None:
    answer = log_in(staff).post("/invoices", data=typed(**{"lines-0-vat": "2:21"}))
    assert answer.status_code == 422
    assert 'id="lines-0-vat-error"' in answer.text


def test_a_number_that_is_taken_is_told_at_the_number(staff: User, log_in: LogIn, make: Make) -> None:
    make("2026-0007")
    answer = log_in(staff).post("/invoices", data=typed())
    assert answer.status_code == 422
    assert "Nummer 2026-0007 is al in gebruik" in answer.text
    assert count() == 1


def test_of_many_who_take_one_number_at_once_one_gets_it(app: Flask, actor: Actor) -> None:
    release()

    def attempt(_: int) -> str:
        with app.app_context():
            try:
                create(actor, data("2026-0042"))
                return "made"
            except InvoiceFaults as error:
                return error.faults[0].code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert sorted(outcomes) == ["made", *["number_taken"] * 7]
    assert count() == 1
    assert current().scalar(select(func.count()).select_from(Contact)) == 1


def test_lines_are_added_and_taken_away_without_javascript(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    more = client.post("/invoices", data=typed(add_line="1"))
    assert more.status_code == 200
    assert 'name="lines-1-description"' in more.text
    assert 'value="Brood, week 9"' in more.text
    two = typed(**{"lines-1-description": "Taart", "lines-1-unit_price": "1", "lines-1-vat": "2:9", "remove_line": "0"})
    less = client.post("/invoices", data=two)
    assert "Taart" in less.text
    assert "Brood, week 9" not in less.text
    last = {name.replace("lines-1", "lines-4"): value for name, value in two.items()} | {"remove_line": "4"}
    assert "Taart" not in client.post("/invoices", data=last).text
    assert count() == 0


def test_a_line_left_empty_is_left_out_and_the_next_keeps_its_own_errors(staff: User, log_in: LogIn) -> None:
    form = typed(
        **{"lines-1-description": "", "lines-1-vat": "1:21", "lines-3-description": "Taart", "lines-3-vat": "1:9"}
    )
    answer = log_in(staff).post("/invoices", data=form | {"lines-3-unit_price": "5"})
    assert answer.status_code == 422
    assert 'id="lines-2-vat-error"' in answer.text
    done = log_in(staff).post("/invoices", data=form | {"lines-3-unit_price": "5", "lines-3-vat": "2:9"})
    assert done.status_code == 303
    assert [line.description for line in stored("2026-0007").lines] == ["Brood, week 9", "Taart"]


def test_totals_follow_what_is_typed_and_say_when_rounding_differs(staff: User, log_in: LogIn) -> None:
    lines = {
        f"lines-{n}-{name}": value
        for n in range(3)
        for name, value in {"description": "x", "quantity": "1", "unit_price": "0,07", "vat": "1:21"}.items()
    }
    text = log_in(staff).post("/invoices/totals", data=typed(**lines)).text
    assert "€\xa00,24" in text
    assert "Per tarief afgerond zou het totaal €\xa00,25 zijn" in text
    half = log_in(staff).post("/invoices/totals", data=typed(**{"lines-0-unit_price": "12,"})).text
    assert "nog niet te lezen" in half


def test_a_change_makes_a_new_revision_and_takes_approval_back(staff: User, log_in: LogIn, make: Make) -> None:
    made = make("2026-0007")
    client = log_in(staff)
    for target in ("approved", "authorised"):
        assert client.post(f"/invoices/{made.id}/move", data={"to": target}).status_code == 303
    page = client.get(f"/invoices/{made.id}/edit").text
    assert 'value="12,50"' in page
    answer = client.post(f"/invoices/{made.id}", data=typed(number="2026-0008", **{"lines-0-unit_price": "12,00"}))
    assert answer.status_code == 303
    changed = stored("2026-0008")
    assert (changed.id, changed.status, changed.revision) == (made.id, "draft", 2)
    assert changed.gross_total == changed.outstanding_amount == Decimal("36.30")
    assert current().scalar(select(func.count()).select_from(InvoiceLine)) == 1


@pytest.mark.parametrize("delivery", ["queued", "sending", "sent", "unknown"])
def test_what_is_on_its_way_or_in_the_books_is_not_changed(
    staff: User, log_in: LogIn, make: Make, delivery: str
) -> None:
    made = make("2026-0007", status="sent")
    with transaction() as session:
        session.get_one(Invoice, made.id).delivery = delivery
    client = log_in(staff)
    refused = client.get(f"/invoices/{made.id}/edit")
    assert refused.status_code == 303
    answer = client.post(f"/invoices/{made.id}", data=typed(number="2026-0009"))
    assert answer.status_code == 303
    text = client.get(answer.location).text
    assert ("in de boekhouding" if delivery == "sent" else "onderweg naar Yuki") in text
    assert stored("2026-0007").revision == 1


def test_a_rejected_invoice_can_be_corrected(staff: User, log_in: LogIn, make: Make) -> None:
    made = make("2026-0007", status="sent")
    with transaction() as session:
        session.get_one(Invoice, made.id).delivery = "rejected"
    assert log_in(staff).post(f"/invoices/{made.id}", data=typed()).status_code == 303
    changed = stored("2026-0007")
    assert (changed.revision, changed.status, changed.delivery) == (2, "sent", "rejected")


def test_an_empty_field_keeps_a_contact_unless_it_was_filled_from_it(staff: User, log_in: LogIn, make: Make) -> None:
    made = make("2026-0001")
    client = log_in(staff)
    assert client.post("/invoices", data=typed(contact_name="", contact_city="")).status_code == 303
    assert stored("2026-0007").contact.city == "Haarlem"
    contact_id = stored("2026-0007").contact_id
    assert contact_id == made.contact_id
    other = typed(number="2026-0008", contact_id=contact_id, contact_city="")
    assert client.post("/invoices", data=other).status_code == 303
    assert stored("2026-0008").contact.city == ""


def test_contacts_are_found_by_code_and_name_and_never_another_organisations(
    staff: User, log_in: LogIn, make: Make, other_organisation: Any
) -> None:
    made = make("2026-0001")
    client = log_in(staff)
    for text in ("112", "korenb"):
        assert "Bakkerij De Korenbloem" in client.get(f"/invoices/contacts?contact_q={text}").text
    fields = client.get(f"/invoices/contacts/{made.contact_id}").text
    assert 'value="1122"' in fields
    with transaction() as session:
        session.get_one(Contact, made.contact_id).organisation_id = other_organisation.id
    assert "Bakkerij" not in client.get("/invoices/contacts?contact_q=112").text
    assert client.get(f"/invoices/contacts/{made.contact_id}").status_code == 404


def test_a_change_meanwhile_is_told_and_nothing_is_overwritten(
    staff: User, admin: User, log_in: LogIn, make: Make
) -> None:
    made = make("2026-0007")
    first, second = log_in(staff), log_in(admin)
    page = first.get(f"/invoices/{made.id}/edit").text
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', page)
    assert revision is not None
    seen = revision[1]

    saved = second.post(f"/invoices/{made.id}", data=typed(subject="Van Admin", revision=seen))
    late = first.post(f"/invoices/{made.id}", data=typed(subject="Van Staff", revision=seen))

    assert (saved.status_code, late.status_code) == (303, 409)
    assert stored("2026-0007").subject == "Van Admin"
    assert re.search(r"intussen gewijzigd door Admin om \d\d:\d\d", late.text)
    assert 'value="Van Staff"' in late.text

    newer = re.search(r'name="revision"[^>]*value="(\d+)"', late.text)
    assert newer is not None
    again = first.post(f"/invoices/{made.id}", data=typed(subject="Van Staff", revision=newer[1]))
    assert again.status_code == 303
    assert stored("2026-0007").subject == "Van Staff"


def test_a_mistake_in_the_form_keeps_the_version_that_the_person_saw(staff: User, log_in: LogIn, make: Make) -> None:
    made = make("2026-0007")

    answer = log_in(staff).post(f"/invoices/{made.id}", data=typed(issue_date="morgen", revision="77"))

    assert answer.status_code == 422
    assert re.search(r'name="revision"[^>]*value="77"', answer.text)
