"""POST /api/sales/import/invoice/ as the seed prints it, and what becomes of the invoice."""

import contextlib
import itertools
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from sqlalchemy import select

from tests.api.conftest import IMPORT, Api, bearer, key_of, sample
from tests.security.test_routes import LogIn
from tests.support.records import make_connection
from webapp.domain.arrivals import Arrival
from webapp.extensions import clock
from webapp.services import settings as organisation_settings
from webapp.services.actors import person
from webapp.services.contacts import ContactData, save_all
from webapp.services.payloads import payload
from webapp.services.receiving import Wishes, change_wishes
from webapp.store.contacts import Contact, Salesman
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.session import current, release, transaction
from webapp.store.stream import StreamEvent
from webapp.store.users import User


def stored(number: str = "LTPI-77282") -> Invoice:
    release()
    current().expire_all()
    return current().query(Invoice).filter_by(number=number).one()


def events(invoice: Invoice) -> list[tuple[str, str]]:
    rows = current().query(InvoiceEvent).filter_by(invoice_id=invoice.id).order_by(InvoiceEvent.id)
    return [(row.event, row.actor_name) for row in rows]


def test_the_seeds_sample_is_taken_and_answered_as_printed(api: Api) -> None:
    answer = api.client.post(IMPORT, json=sample(), headers=api.headers)
    invoice = stored()
    assert answer.status_code == 201
    assert answer.get_json() == {
        "success": True,
        "message": "Invoice imported successfully",
        "data": {"id": invoice.id, "invoice_no": "LTPI-77282", "total_amount": 920.0},
    }
    assert '"total_amount":920.0}' in answer.text
    assert answer.headers["X-Request-ID"]


def test_everything_that_was_sent_is_kept(api: Api) -> None:
    api.post(IMPORT, sample())
    invoice = stored()
    assert (invoice.gross_total, invoice.status, invoice.delivery, invoice.source) == (
        Decimal("920.00"), "sent", "not_sent", "api",
    )  # fmt: skip
    assert (invoice.created_by, invoice.priority, invoice.created_user_id) == ("admin", "HIGH", None)
    assert (invoice.issue_date, invoice.due_date) == (date(2025, 1, 18), date(2025, 2, 17))
    assert invoice.salesman is not None
    assert invoice.salesman.name == "Ajay"
    contact = invoice.contact
    assert contact is not None
    assert (contact.code, contact.area, contact.phone, contact.email) == (
        "CUST-889", "Kozhikode", "9876543210", "lifecare@shop.com",
    )  # fmt: skip
    line = invoice.lines[0]
    assert (line.description, line.item_code, line.barcode, line.quantity, line.unit_price, line.mrp) == (
        "Paracetamol 650mg", "PR650", "BC-PR650", 20, Decimal("3.5"), Decimal("3.5"),
    )  # fmt: skip
    assert (line.company_name, line.packing, line.shelf_location) == ("Sun Pharma", "10x10 Tablets", "R-12")
    assert [line.gross_amount for line in invoice.lines] == [Decimal("70.00"), Decimal("850.00")]
    assert line.vat_included


def test_with_a_token_the_user_is_kept_as_well(
    app: Flask, tokens: Callable[[User], dict[str, str]], staff: User
) -> None:
    api = Api(app.test_client(), bearer(tokens(staff)["access"]))
    assert api.post(IMPORT, sample())[0] == 201
    assert stored().created_user_id == staff.id
    assert events(stored()) == [("invoice.received", "Staff")]


def test_the_same_body_again_is_answered_with_the_first_ones_id(api: Api) -> None:
    _, first = api.post(IMPORT, sample())
    again = dict(reversed(sample().items()))
    again["items"][0]["quantity"] = 20.0
    assert api.post(IMPORT, again) == (
        409,
        {
            "success": False,
            "message": "Invoice with this invoice_no already exists.",
            "data": {"id": first["data"]["id"], "invoice_no": "LTPI-77282"},
        },
    )


def test_another_body_under_the_same_number_is_refused_and_says_so(api: Api) -> None:
    _, first = api.post(IMPORT, sample())
    status, body = api.post(IMPORT, sample(priority="LOW"))
    assert status == 409
    assert "other content" in body["message"]
    assert body["data"] == {"id": first["data"]["id"], "invoice_no": "LTPI-77282", "same_content": False}
    assert stored().priority == "HIGH"


def test_a_number_is_free_in_another_organisation(app: Flask, api: Api, other_organisation: Organisation) -> None:
    theirs = Api(app.test_client(), {"X-API-KEY": key_of(other_organisation)})
    assert api.post(IMPORT, sample())[0] == 201
    assert theirs.post(IMPORT, sample())[0] == 201


def test_of_many_at_once_with_one_number_one_is_taken(app: Flask, api: Api) -> None:
    release()

    def send(_: int) -> tuple[int, Any]:
        client = app.test_client()
        answer = client.post(IMPORT, json=sample(), headers=api.headers)
        return answer.status_code, answer.get_json()["data"]["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(40)))
    assert sorted(status for status, _ in answers) == [201] + [409] * 39
    assert {identity for _, identity in answers} == {stored().id}
    assert current().query(Contact).count() == current().query(Salesman).count() == 1


def test_many_at_once_for_one_new_customer_make_him_once(app: Flask, api: Api) -> None:
    release()

    def send(number: int) -> int:
        return app.test_client().post(IMPORT, json=sample(invoice_no=f"N-{number}"), headers=api.headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(24))) == {201}
    release()
    assert current().query(Invoice).count() == 24
    assert current().query(Contact).count() == current().query(Salesman).count() == 1


def test_what_is_missing_is_named_as_the_seed_prints_it(api: Api) -> None:
    body = sample()
    del body["invoice_no"]
    assert api.post(IMPORT, body) == (
        400,
        {
            "success": False,
            "message": "Validation failed",
            "errors": {"invoice_no": ["This field is required."]},
        },
    )


def test_faults_of_items_and_customer_stand_at_the_names_that_were_sent(api: Api) -> None:
    body = sample(currency="XQX", department="Nergens", invoice_date="18-01-2025")
    assert api.post(IMPORT, body)[1]["errors"] == {
        "invoice_date": ["Date has wrong format. Use this format: YYYY-MM-DD."]
    }
    body = sample(currency="XQX", department="Nergens")
    body["customer"]["email"] = "nobody"
    body["items"][1]["vat_percentage"] = 17
    del body["items"][0]["mrp"]
    status, answer = api.post(IMPORT, body)
    assert status == 400
    assert set(answer["errors"]) == {
        "currency", "department", "customer.email", "items.0.mrp", "items.1.vat_type",
    }  # fmt: skip
    assert current().query(Invoice).count() == 0
    assert current().query(Contact).count() == 0


def test_optional_fields_are_taken_and_absent_ones_are_as_the_organisation_has_them(
    api: Api, organisation: Organisation
) -> None:
    organisation_settings.add_department(person(organisation.id, "x"), "Haarlem")
    body = sample(
        currency="USD", due_date="2025-03-01", subject="Januari", department="Haarlem",
        payment_method="iDeal", vat_included=False,
    )  # fmt: skip
    body["customer"] |= {
        "country": "BE",
        "zipcode": "1000",
        "city": "Brussel",
        "vat_number": "BE0123",
        "coc_number": "1",
    }
    body["items"][0] |= {"vat_percentage": 9, "gl_account_code": "80100", "unit_price": 3.25, "batch_no": "B456"}
    status, answer = api.post(IMPORT, body)
    assert status == 201, answer
    invoice = stored()
    assert (invoice.currency, invoice.due_date, invoice.subject) == ("USD", date(2025, 3, 1), "Januari")
    assert (invoice.payment_method, invoice.department_id is not None) == ("iDeal", True)
    first, second = invoice.lines
    assert (first.vat_type, first.vat_rate, first.unit_price, first.mrp) == (2, 9, Decimal("3.25"), Decimal("3.5"))
    assert (first.gl_account_code, first.batch_no, first.vat_included) == ("80100", "B456", False)
    assert (second.vat_type, second.vat_rate) == (1, 21)
    assert invoice.gross_total == Decimal("70.85") + Decimal("1028.50")


def test_the_invoice_is_announced_whole_in_the_same_transaction(api: Api) -> None:
    api.post(IMPORT, sample())
    event = current().query(StreamEvent).one()
    assert event.kind == "invoice_created"
    assert (event.payload["invoice_no"], event.payload["priority"], event.payload["salesman"]) == (
        "LTPI-77282", "HIGH", "Ajay",
    )  # fmt: skip
    assert event.payload["items"][0]["shelf_location"] == "R-12"
    api.post(IMPORT, sample())
    api.post(IMPORT, sample(invoice_no="X", invoice_date="2025-99-99"))
    release()
    assert current().query(StreamEvent).count() == 1


def test_what_is_announced_is_what_a_second_look_at_the_invoice_finds(api: Api) -> None:
    for number, name in (("A-1", "LifeCare Pharmacy"), ("A-2", "LifeCare Pharmacy"), ("A-3", "LifeCare & Sons")):
        body = sample() | {"invoice_no": number}
        body["customer"]["name"] = name
        api.post(IMPORT, body)
        again = json.loads(json.dumps(payload(stored(number))))
        event = current().query(StreamEvent).order_by(StreamEvent.position.desc()).limit(1).one()
        assert _by_value(event.payload) == _by_value(again)


def _by_value(told: Any) -> Any:
    """Return a payload with its amounts as numbers: 3.5 and 3.50 are the same."""
    if isinstance(told, dict):
        return {name: _by_value(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_by_value(value) for value in told]
    return Decimal(told) if isinstance(told, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", told) else told


def test_a_customer_of_whom_nothing_new_is_said_is_left_alone(api: Api, frozen_clock: datetime) -> None:
    def changed_at() -> datetime:
        release()
        current().expire_all()
        return current().query(Contact).filter_by(code="CUST-889").one().updated_at

    api.post(IMPORT, sample())
    clock.advance(timedelta(hours=1))
    api.post(IMPORT, sample() | {"invoice_no": "same"})
    assert changed_at() == frozen_clock
    body = sample() | {"invoice_no": "moved"}
    body["customer"]["area"] = "Kannur"
    api.post(IMPORT, body)
    assert changed_at() == frozen_clock + timedelta(hours=1)


class _Undo(Exception):
    """Ends a transaction of which nothing is to stay."""


def _contacts() -> dict[int, dict[str, Any]]:
    rows = current().execute(select(Contact.__table__).order_by(Contact.id)).mappings()
    return {row["id"]: dict(row) | {"id": 0} for row in rows}


def _as_by_hand(organisation: Organisation, said: dict[str, str]) -> list[tuple[int, dict[str, Any]]]:
    """Return the contacts as they were if staff had named one so on an invoice, as `_told_apart` does."""
    before = _contacts()
    with contextlib.suppress(_Undo), transaction():
        save_all(organisation.id, [ContactData(**said)], country=organisation.country)
        after = _contacts()
        raise _Undo
    return _told_apart(before, after)


def _told_apart(before: dict[int, Any], after: dict[int, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Return the contacts with their ids, and 0 for one that is new: what a sequence gives it depends on what was."""
    return [(identity if identity in before else 0, row) for identity, row in after.items()]


def test_the_customer_of_an_import_is_whom_an_invoice_by_hand_would_name(
    api: Api, organisation: Organisation, frozen_clock: datetime
) -> None:
    said: list[dict[str, str]] = [
        {"code": "A", "name": "Een", "area": "Kozhikode"},
        {"name": "Een"},
        {"code": "B", "name": "Een", "email": "b@shop.example"},
        {"name": "Twee"},
        {"name": "Twee", "country": "BE"},
        {"code": "C", "name": "Twee"},
        {"code": "D", "name": "Twee"},
        {"code": "C"},
        {"name": "Twee"},
    ]
    for number, customer in enumerate(said):
        clock.advance(timedelta(hours=1))
        if number == len(said) - 1:
            with transaction() as session:
                session.query(Contact).filter_by(code="C").one().archived_at = clock.now()
        expected, before = _as_by_hand(organisation, customer), _contacts()
        assert api.post(IMPORT, sample(invoice_no=f"N-{number}", customer=customer))[0] == 201
        release()
        assert _told_apart(before, _contacts()) == expected, customer
        named = stored(f"N-{number}").contact
        assert named is not None
        assert named.name == customer.get("name", "Twee")
        assert named.code == customer.get("code", named.code)


def test_where_imports_need_approval_they_arrive_as_drafts(api: Api, organisation: Organisation) -> None:
    change_wishes(person(organisation.id, "x"), Wishes(Arrival.APPROVAL))
    api.post(IMPORT, sample())
    assert (stored().status, stored().sent_at) == ("draft", None)


def test_where_imports_go_on_by_themselves_they_are_approved_and_queued(api: Api, organisation: Organisation) -> None:
    make_connection(organisation.id)
    change_wishes(person(organisation.id, "x"), Wishes(Arrival.ONWARD))
    api.post(IMPORT, sample())
    invoice = stored()
    assert (invoice.status, invoice.delivery) == ("sent", "queued")
    assert current().query(Delivery).filter_by(invoice_id=invoice.id).count() == 1
    assert events(invoice) == [
        (event, "API (Kassa Haarlem)")
        for event in ("invoice.received", "invoice.approved", "invoice.authorised", "invoice.sent", "yuki.queued")
    ]


def test_without_that_wish_an_import_waits_for_a_person(api: Api, organisation: Organisation) -> None:
    make_connection(organisation.id)
    api.post(IMPORT, sample())
    assert stored().delivery == "not_sent"


def test_the_invoice_page_shows_what_was_sent(log_in: LogIn, viewer: User, api: Api) -> None:
    identity = api.post(IMPORT, sample())[1]["data"]["id"]
    client = log_in(viewer)
    page = client.get(f"/invoices/{identity}").text
    for text in ("BC-PR650", "R-12", "10x10 Tablets", "Sun Pharma", "Ajay", "HIGH", "admin", "Kozhikode"):
        assert text in page, text
    assert "API (Kassa Haarlem)" in client.get(f"/invoices/{identity}?tab=history").text


def test_an_edit_by_hand_loses_nothing_that_was_imported(log_in: LogIn, staff: User, api: Api) -> None:
    identity = api.post(IMPORT, sample())[1]["data"]["id"]
    client = log_in(staff)
    form = next(f for f in html.fromstring(client.get(f"/invoices/{identity}/edit").text).forms if "number" in f.fields)
    answer = client.post(f"/invoices/{identity}", data=dict(form.form_values()) | {"subject": "Met de hand"})
    assert answer.status_code == 303, answer.text
    invoice = stored()
    assert (invoice.subject, invoice.priority, invoice.created_by) == ("Met de hand", "HIGH", "admin")
    first = invoice.lines[0]
    assert (first.barcode, first.mrp, first.packing, first.company_name) == (
        "BC-PR650", Decimal("3.5"), "10x10 Tablets", "Sun Pharma",
    )  # fmt: skip


_numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.decimals(-9999, 9999, places=4, allow_nan=False), st.decimals(0, 99999, places=4, allow_nan=False)
        ),
        min_size=1,
        max_size=4,
    )
)
def test_totals_are_the_decimals_that_were_written(api: Api, pairs: list[tuple[Decimal, Decimal]]) -> None:
    number = f"P-{next(_numbers)}"
    items = ",".join(f'{{"name":"x","item_code":"{i}","quantity":{q},"mrp":{p}}}' for i, (q, p) in enumerate(pairs))
    text = f'{{"invoice_no":"{number}","invoice_date":"2025-01-18","customer":{{"name":"C"}},"items":[{items}]}}'
    answer = api.client.post(IMPORT, data=text, headers=api.headers, content_type="application/json")
    assert answer.status_code == 201, answer.text
    expected = sum(((q * p).quantize(Decimal("0.01"), "ROUND_HALF_UP") for q, p in pairs), Decimal(0))
    assert stored(number).gross_total == expected
    assert Decimal(str(answer.get_json()["data"]["total_amount"])) == expected


def test_administrators_choose_what_becomes_of_imports(log_in: LogIn, admin: User, api: Api) -> None:
    client = log_in(admin)
    page = html.fromstring(client.get("/settings/api-keys").text)
    assert page.xpath("//input[@name='arrival'][@checked]/@value") == ["sent"]
    assert client.post("/settings/imports", data={"arrival": "elsewhere"}).status_code == 422
    assert client.post("/settings/imports", data={"arrival": "approval"}).status_code == 303
    api.post(IMPORT, sample())
    assert stored().status == "draft"
    assert not stored().lines[0].vat_included
    assert stored().gross_total == Decimal("1113.20")
