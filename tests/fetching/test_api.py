"""Billingo's part of the REST API: every field and answer as it was printed."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import PASSWORD
from tests.fetching.conftest import Desk
from webapp.api.billingo import settings as api_settings
from webapp.sandbox.billingo.opening import MAIN_KEY
from webapp.services import accounts, api_logins, connections
from webapp.store.connections import Connection
from webapp.store.organisations import Organisation
from webapp.store.session import current, release, transaction
from webapp.store.users import User

SETTINGS, TRIGGER = "/api/billingo-settings/", "/api/billingo-settings/trigger_sync/"
INVOICES, LOGS = "/api/billingo-invoices/", "/api/billingo-sync-logs/"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00")
SETTINGS_FIELDS = (
    "id company company_name has_api_key last_sync_time last_sync_time_formatted is_active created_at updated_at"
)
LIST_FIELDS = (
    "id company company_name invoice_number type payment_status payment_method gross_total gross_total_formatted "
    "currency invoice_date invoice_date_formatted due_date paid_date partner_name partner_tax_number cancelled "
    "item_count created_at"
)
DETAIL_FIELDS = (
    "id company company_name invoice_number type correction_type cancelled block_id payment_status payment_method "
    "gross_total gross_total_formatted currency conversion_rate invoice_date invoice_date_formatted fulfillment_date "
    "due_date due_date_formatted paid_date paid_date_formatted organization_name organization_tax_number "
    "organization_bank_account_number organization_bank_account_iban organization_swift partner_id partner_name "
    "partner_tax_number partner_iban partner_swift partner_account_number comment online_szamla_status items "
    "created_at updated_at last_modified"
)
ITEM_FIELDS = (
    "id product_id name quantity unit net_unit_price net_amount gross_amount vat entitlement created_at updated_at"
)
LOG_FIELDS = (
    "id company company_name sync_type sync_type_display status status_display invoices_processed invoices_created "
    "invoices_updated invoices_skipped items_extracted api_calls_made sync_duration_seconds duration_formatted "
    "started_at started_at_formatted completed_at completed_at_formatted errors errors_parsed"
)


class Caller:
    """Somebody with a token."""

    def __init__(self, app: Flask, user: User) -> None:
        self._client = app.test_client()
        given = api_logins.log_in(user.email, PASSWORD, address="")
        assert given is not None
        self._headers = {"Authorization": f"Bearer {given.access}"}
        release()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        answer = self._client.get(path, headers=self._headers)
        return answer.status_code, answer.get_json()

    def post(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        answer = self._client.post(path, headers=self._headers, json=body)
        return answer.status_code, answer.get_json()


Enter = Callable[[User], Caller]


@pytest.fixture
def enter(app: Flask) -> Enter:
    return lambda user: Caller(app, user)


@pytest.fixture
def few(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk over an account of twelve documents; who waits for a run does its work meanwhile."""
    desk.control("reset", {"documents": 12})
    desk.control("mode", {"rate_limit": 0})
    monkeypatch.setattr(api_settings.time, "sleep", lambda seconds: desk.work())
    release()
    return desk


def test_the_token_is_found_by_the_command_that_was_printed(app: Flask, admin: User) -> None:
    body = {"username": admin.email, "password": PASSWORD}
    told = app.test_client().post("/api/auth/login/", json=body).text
    found = re.search('"access":"[^"]*"', told)  # grep -o '"access":"[^"]*"' | cut -d'"' -f4
    assert found is not None
    token = found[0].split('"')[3]
    assert app.test_client().get(LOGS, headers={"Authorization": f"Bearer {token}"}).status_code != 401


def test_settings_are_made_once_changed_after_and_never_show_the_key(
    few: Desk, enter: Enter, admin: User, organisation: Organisation
) -> None:
    with transaction() as session:
        session.delete(session.get_one(Connection, few.connection_id))
    caller = enter(admin)
    assert caller.get(SETTINGS) == (200, {"count": 0, "next": None, "previous": None, "results": []})
    assert caller.post(TRIGGER, {})[0] == 404
    assert caller.post(SETTINGS, {"is_active": True})[0] == 400
    status, made = caller.post(SETTINGS, {"api_key_input": MAIN_KEY, "is_active": True})
    assert status == 201
    assert " ".join(made) == SETTINGS_FIELDS
    assert (made["company"], made["company_name"]) == (organisation.id, organisation.name)
    assert (made["has_api_key"], made["is_active"], made["last_sync_time"]) == (True, True, None)
    assert MOMENT.fullmatch(made["created_at"])
    status, changed = caller.post(SETTINGS, {"is_active": False})
    assert (status, changed["id"], changed["is_active"]) == (200, made["id"], False)
    assert caller.post(TRIGGER, {})[0] == 400
    assert caller.post(SETTINGS, {"is_active": True})[1]["is_active"]
    assert caller.post(TRIGGER, {})[0] == 200
    status, listed = caller.get(SETTINGS)
    assert (status, listed["count"], MAIN_KEY in str(listed)) == (200, 1, False)
    found = listed["results"][0]
    assert MOMENT.fullmatch(found["last_sync_time"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", found["last_sync_time_formatted"])
    release()
    assert MAIN_KEY not in current().scalars(select(Connection.sealed_key)).one()


def test_fetching_at_once_answers_with_the_metrics(few: Desk, enter: Enter, admin: User) -> None:
    caller = enter(admin)
    status, found = caller.post(TRIGGER, {})
    lines = found.pop("items_extracted")
    assert found == {
        "status": "success",
        "invoices_processed": 12,
        "invoices_created": 12,
        "invoices_updated": 0,
        "invoices_skipped": 0,
        "api_calls": found["api_calls"],
        "duration_seconds": 0,
        "errors": [],
    }
    assert status == 200
    assert lines >= 12


def test_what_could_not_be_taken_is_an_error_with_its_id_and_the_rest_is_there(
    few: Desk, enter: Enter, admin: User
) -> None:
    few.fault("bad_date", count=1)
    caller = enter(admin)
    status, found = caller.post(TRIGGER, {})
    assert (status, found["status"]) == (400, "error")
    assert (found["invoices_processed"], found["invoices_created"], found["invoices_skipped"]) == (12, 11, 1)
    (error,) = found["errors"]
    assert error["invoice_id"] in {one["id"] for one in few.ledger()}
    assert error["error"]
    log = caller.get(f"{LOGS}?status=PARTIAL")[1]["results"][0]
    assert log["errors_parsed"] == json.loads(log["errors"]) == found["errors"]
    status, found = caller.post(TRIGGER, {})
    assert (status, found["invoices_created"]) == (200, 1)


def test_who_waits_too_long_gets_the_log_to_look_at(
    desk: Desk, enter: Enter, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_settings, "WAIT", 0)
    status, found = enter(admin).post(TRIGGER, {})
    assert (status, found["status"]) == (202, "running")
    assert enter(admin).get(LOGS)[1]["results"][0]["id"] == found["log_id"]


def test_invoices_are_listed_filtered_and_paged(few: Desk, enter: Enter, viewer: User) -> None:
    few.fetch()
    release()
    caller = enter(viewer)
    status, all_of_them = caller.get(INVOICES)
    assert (status, all_of_them["count"], all_of_them["next"], all_of_them["previous"]) == (200, 12, None, None)
    there = {one["id"]: one for one in few.ledger()}
    for one in all_of_them["results"]:
        assert " ".join(one) == LIST_FIELDS
        assert one["id"] in there
        assert re.fullmatch(r"-?\d+\.\d\d+", one["gross_total"])
        assert one["gross_total_formatted"].replace(",", "") == f"{one['gross_total']} {one['currency']}"
        assert one["paid_date"] is None or one["payment_status"] in ("paid", "partially_paid")
    days = [one["invoice_date"] for one in all_of_them["results"]]
    assert days == sorted(days, reverse=True)
    status, second = caller.get(f"{INVOICES}?page=2&page_size=5")
    assert [one["id"] for one in second["results"]] == [one["id"] for one in all_of_them["results"][5:10]]
    assert second["next"] == f"http://localhost{INVOICES}?page=3&page_size=5"
    assert second["previous"] == f"http://localhost{INVOICES}?page=1&page_size=5"
    one = next(one for one in all_of_them["results"] if one["partner_tax_number"] and one["invoice_number"])
    for name, value in (
        ("payment_status", one["payment_status"]),
        ("partner_tax_number", one["partner_tax_number"]),
        ("invoice_date_from", one["invoice_date"]),
        ("invoice_date_to", one["invoice_date"]),
        ("search", one["invoice_number"][1:].lower()),
    ):
        field = {"search": "invoice_number"}.get(name, name.removesuffix("_from").removesuffix("_to"))
        kept = [row for row in all_of_them["results"] if _fits(name, row[field], value)]
        assert caller.get(f"{INVOICES}?{name}={value}")[1]["results"] == kept, name
    for wrong in ("page=0", "page=x", "page_size=100000", "invoice_date_from=yesterday"):
        status, answer = caller.get(f"{INVOICES}?{wrong}")
        assert (status, answer["code"]) == (400, "invalid"), wrong
    assert caller.get(f"{INVOICES}?page=9")[0] == 404


def _fits(name: str, found: str, wanted: str) -> bool:
    if name == "search":
        return wanted.lower() in found.lower()
    return {"from": found >= wanted, "to": found <= wanted}.get(name.rpartition("_")[2], found == wanted)


def test_one_invoice_has_its_lines_and_the_price_of_a_piece(few: Desk, enter: Enter, viewer: User) -> None:
    few.fetch()
    remote_id = next(one["id"] for one in few.ledger() if one["type"] == "invoice")
    release()
    caller = enter(viewer)
    status, one = caller.get(f"{INVOICES}{remote_id}/")
    assert (status, one["id"]) == (200, remote_id)
    assert " ".join(one) == DETAIL_FIELDS
    assert one["organization_name"] == "Mintavölgy Gyógyászati Kft."
    assert isinstance(one["block_id"], int)
    for item in one["items"]:
        assert " ".join(item) == ITEM_FIELDS
        assert item["net_unit_price"] != "0.00"
        assert item["vat"]
    for unknown in (1, "x", "9" * 30):
        status, answer = caller.get(f"{INVOICES}{unknown}/")
        assert (status, answer) == (404, {"detail": "Not found.", "code": "not_found"})


def test_logs_speak_the_language_of_the_user(few: Desk, enter: Enter, viewer: User) -> None:
    few.fetch()
    with transaction() as session:
        session.get_one(User, viewer.id).language = "hu"
    caller = enter(viewer)
    status, found = caller.get(f"{LOGS}?sync_type=MANUAL&status=COMPLETED")
    assert (status, found["count"]) == (200, 1)
    (log,) = found["results"]
    assert " ".join(log) == LOG_FIELDS
    assert (log["sync_type_display"], log["status_display"]) == ("Kézi", "Befejezve")
    assert (log["errors"], log["errors_parsed"], log["duration_formatted"]) == ("", [], "0s")
    assert caller.get(f"{LOGS}?status=FAILED")[1]["count"] == 0
    assert caller.get(f"{LOGS}?sync_type=AUTOMATIC")[1]["count"] == 0
    assert caller.get(f"{LOGS}?status=DONE")[0] == 400


def test_refusals_are_said_as_printed(
    few: Desk, app: Flask, enter: Enter, staff: User, admin: User, organisation: Organisation
) -> None:
    permission = {"detail": "You do not have permission to perform this action."}
    assert enter(staff).get(SETTINGS) == (403, permission)
    assert enter(staff).post(TRIGGER, {}) == (403, permission)
    anonymous = app.test_client().get(INVOICES)
    assert (anonymous.status_code, anonymous.get_json()["detail"]) == (
        401,
        "Authentication credentials were not provided.",
    )
    with transaction() as session:
        session.get_one(Organisation, organisation.id).features = ["yuki"]
    feature = {"detail": "BILLINGO_SYNC feature is not enabled for your company"}
    for path in (SETTINGS, INVOICES, LOGS):
        assert enter(admin).get(path) == (403, feature)


def test_a_company_sees_its_own_alone(few: Desk, enter: Enter, other_organisation: Organisation) -> None:
    few.fetch()
    remote_id = few.ledger()[0]["id"]
    with transaction() as session:
        session.get_one(Organisation, other_organisation.id).features = ["billingo_sync"]
    email = "stranger@example.com"
    accounts.add_user(email, organisation_id=other_organisation.id, role="admin", password=PASSWORD)
    caller = enter(current().scalars(select(User).where(User.email == email)).one())
    for path in (SETTINGS, INVOICES, LOGS):
        assert caller.get(path)[1]["count"] == 0
    assert caller.get(f"{INVOICES}{remote_id}/")[0] == 404


def test_a_paused_connection_is_shown_as_not_active(few: Desk, enter: Enter, admin: User) -> None:
    connections.pause(few.actor, few.connection_id)
    release()
    assert enter(admin).get(SETTINGS)[1]["results"][0]["is_active"] is False
