"""PATCH /api/sales/update/invoice/: corrections of what was returned, and of nothing else."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from tests.api.conftest import IMPORT, UPDATE, Api, key_of, sample
from tests.api.test_import import events, stored
from tests.security.test_routes import LogIn
from tests.support.records import make_connection
from webapp.domain.arrivals import Arrival
from webapp.services.actors import person
from webapp.services.invoices import move
from webapp.services.receiving import Wishes, change_wishes
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, release, transaction
from webapp.store.stream import StreamEvent
from webapp.store.users import User

NUMBER = "LTPI-77282"


@pytest.fixture
def returned(api: Api, organisation: Organisation) -> Callable[..., Invoice]:
    """Import the sample and return it for correction."""

    def make(**changes: Any) -> Invoice:
        assert api.post(IMPORT, sample(**changes))[0] == 201
        move(person(organisation.id, "Marieke"), stored().id, "review", reason="De prijs klopt niet")
        return stored()

    return make


def kinds() -> list[str]:
    release()
    return [row.kind for row in current().query(StreamEvent).order_by(StreamEvent.position)]


def test_a_correction_merges_items_and_answers_with_status_and_new_totals(
    api: Api, returned: Callable[..., Invoice]
) -> None:
    invoice = returned()
    status, body = api.patch(
        UPDATE,
        {
            "invoice_no": NUMBER,
            "items": [
                {"item_code": "PR650", "barcode": "BC-PR650", "mrp": 4.50, "batch_no": "B456"},
                {"item_code": "OTN10", "barcode": "BC-OTN10", "quantity": 2},
            ],
            "replace_items": False,
            "resolution_notes": "Fixed batch number and updated MRP",
        },
    )
    assert (status, body["success"], body["message"]) == (200, True, "Invoice updated successfully")
    assert (body["data"]["id"], body["data"]["status"], body["data"]["total_amount"]) == (invoice.id, "sent", 260.0)
    assert body["data"]["invoice"]["items"][0]["batch_no"] == "B456"
    first, second = stored().lines
    assert (first.quantity, first.unit_price, first.mrp, first.batch_no, first.packing) == (
        20, Decimal("4.5"), Decimal("4.5"), "B456", "10x10 Tablets",
    )  # fmt: skip
    assert (second.quantity, second.mrp) == (2, 85)
    assert (stored().gross_total, stored().outstanding_amount, stored().revision) == (260, 260, 2)
    assert events(stored())[-1] == ("invoice.corrected", "API (Kassa Haarlem)")
    assert kinds() == ["invoice_created", "invoice_review", "invoice_updated"]


def test_the_notes_stand_in_the_history_and_the_reason_too(
    api: Api, returned: Callable[..., Invoice], log_in: LogIn, viewer: User
) -> None:
    invoice = returned()
    client = log_in(viewer)
    page = client.get(f"/invoices/{invoice.id}").text
    assert "De prijs klopt niet" in page
    api.patch(UPDATE, {"invoice_no": NUMBER, "resolution_notes": "Prijs hersteld"})
    assert "De prijs klopt niet" not in client.get(f"/invoices/{invoice.id}").text
    history = client.get(f"/invoices/{invoice.id}?tab=history").text
    assert "Prijs hersteld" in history
    assert "De prijs klopt niet" in history


def test_replaced_items_take_the_place_of_all(api: Api, returned: Callable[..., Invoice]) -> None:
    returned()
    item = {"name": "Neusspray", "item_code": "N1", "quantity": 3, "mrp": "10.00"}
    status, body = api.patch(UPDATE, {"invoice_no": NUMBER, "items": [item], "replace_items": True})
    assert (status, body["data"]["total_amount"]) == (200, 30.0)
    assert [line.item_code for line in stored().lines] == ["N1"]


def test_an_item_that_is_new_is_added_and_needs_what_an_item_needs(api: Api, returned: Callable[..., Invoice]) -> None:
    returned()
    status, body = api.patch(UPDATE, {"invoice_no": NUMBER, "items": [{"item_code": "NEW"}]})
    assert (status, set(body["errors"])) == (400, {"items.0.name", "items.0.quantity"})
    item = {"item_code": "NEW", "name": "Pleister", "quantity": 1, "mrp": 5}
    assert api.patch(UPDATE, {"invoice_no": NUMBER, "items": [item]})[1]["data"]["total_amount"] == 925.0


def test_an_item_without_a_name_to_find_it_by_or_with_several_that_fit_is_refused(
    api: Api, returned: Callable[..., Invoice]
) -> None:
    items = sample()["items"]
    returned(items=[*items, items[0] | {"barcode": "OTHER"}])
    for item in ({"mrp": 1}, {"item_code": "PR650", "mrp": 1}):
        status, body = api.patch(UPDATE, {"invoice_no": NUMBER, "items": [item]})
        assert (status, set(body["errors"])) == (400, {"items.0.item_code"})
    assert stored().status == "review"


def test_null_clears_what_may_be_empty_and_absent_keeps(api: Api, returned: Callable[..., Invoice]) -> None:
    returned(subject="Januari")
    body = {"invoice_no": NUMBER, "subject": None, "priority": None, "customer": {"address1": None, "area": "Zuid"}}
    body["items"] = [{"item_code": "PR650", "packing": None}]
    assert api.patch(UPDATE, body)[0] == 200
    invoice = stored()
    assert (invoice.subject, invoice.priority, invoice.created_by) == ("", "", "admin")
    assert invoice.contact is not None
    assert (invoice.contact.address_line_1, invoice.contact.area, invoice.contact.email) == (
        "", "Zuid", "lifecare@shop.com",
    )  # fmt: skip
    assert (invoice.lines[0].packing, invoice.lines[0].shelf_location) == ("", "R-12")


def test_null_where_something_must_stand_is_refused(api: Api, returned: Callable[..., Invoice]) -> None:
    returned()
    body = {"invoice_no": NUMBER, "invoice_date": None, "items": [{"item_code": "PR650", "quantity": None}]}
    status, answer = api.patch(UPDATE, body)
    assert (status, set(answer["errors"])) == (400, {"invoice_date", "items.0.quantity"})


def test_a_price_of_its_own_stays_when_the_retail_price_changes(api: Api, returned: Callable[..., Invoice]) -> None:
    items = sample()["items"]
    items[0]["unit_price"] = 3
    returned(items=items)
    api.patch(UPDATE, {"invoice_no": NUMBER, "items": [{"item_code": "PR650", "mrp": 9}]})
    assert (stored().lines[0].unit_price, stored().lines[0].mrp) == (3, 9)


def test_an_unknown_number_and_another_organisations_are_not_found(
    app: Flask, api: Api, returned: Callable[..., Invoice], other_organisation: Organisation
) -> None:
    returned()
    theirs = Api(app.test_client(), {"X-API-KEY": key_of(other_organisation)})
    for caller, number in ((api, "NOBODY"), (theirs, NUMBER)):
        assert caller.patch(UPDATE, {"invoice_no": number, "priority": "LOW"}) == (
            404,
            {"success": False, "message": "There is no invoice with this invoice_no."},
        )
    assert stored().priority == "HIGH"


def test_what_was_not_returned_is_not_corrected(api: Api) -> None:
    identity = api.post(IMPORT, sample())[1]["data"]["id"]
    status, body = api.patch(UPDATE, {"invoice_no": NUMBER, "priority": "LOW"})
    assert (status, body["data"]) == (
        409,
        {"id": identity, "invoice_no": NUMBER, "status": "sent", "delivery": "not_sent"},
    )
    assert "returned for correction" in body["message"]


@pytest.mark.parametrize(("delivery", "words"), [("sent", "is booked"), ("queued", "on its way"), ("unknown", "way")])
def test_what_is_booked_or_on_its_way_is_neither_returned_nor_corrected(
    api: Api, returned: Callable[..., Invoice], organisation: Organisation, delivery: str, words: str
) -> None:
    invoice = returned()
    with transaction() as session:
        session.get_one(Invoice, invoice.id).delivery = delivery
    status, body = api.patch(UPDATE, {"invoice_no": NUMBER, "priority": "LOW"})
    assert status == 409
    assert words in body["message"]
    assert stored().priority == "HIGH"


def test_a_correction_goes_on_as_the_organisation_wishes(
    api: Api, returned: Callable[..., Invoice], organisation: Organisation
) -> None:
    make_connection(organisation.id)
    returned()
    change_wishes(person(organisation.id, "x"), Wishes(Arrival.ONWARD))
    assert api.patch(UPDATE, {"invoice_no": NUMBER})[0] == 200
    assert (stored().status, stored().delivery) == ("sent", "queued")


def test_after_a_correction_the_first_body_is_still_known(api: Api, returned: Callable[..., Invoice]) -> None:
    returned()
    api.patch(UPDATE, {"invoice_no": NUMBER, "priority": "LOW"})
    assert "same_content" not in api.post(IMPORT, sample())[1]["data"]


def test_staff_return_an_invoice_on_a_page_of_its_own_without_javascript(api: Api, log_in: LogIn, staff: User) -> None:
    identity = api.post(IMPORT, sample())[1]["data"]["id"]
    client = log_in(staff)
    assert "textarea" in client.get(f"/invoices/{identity}/review").text
    refused = client.post(f"/invoices/{identity}/move", data={"to": "review", "reason": " "})
    assert refused.status_code == 303
    assert stored().status == "sent"
    client.post(f"/invoices/{identity}/move", data={"to": "review", "reason": "Verkeerde prijs"})
    assert stored().status == "review"
    assert kinds() == ["invoice_created", "invoice_review"]


def test_who_follows_hears_why_an_invoice_came_back_and_that_staff_put_it_right(
    returned: Callable[..., Invoice], organisation: Organisation
) -> None:
    invoice = returned()
    move(person(organisation.id, "Marieke"), invoice.id, "sent")
    release()
    rows = list(current().query(StreamEvent).order_by(StreamEvent.position))
    assert [row.kind for row in rows] == ["invoice_created", "invoice_review", "invoice_updated"]
    assert [row.payload.get("review_reason") for row in rows] == [None, "De prijs klopt niet", None]
    assert [row.payload["status"] for row in rows] == ["sent", "review", "sent"]
