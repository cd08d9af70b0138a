"""The pages of expense claims: entry without JavaScript, receipts that run nothing, and every state in words."""

import io
import json
from collections.abc import Callable
from typing import Any

import click
import pytest
from flask.testing import FlaskClient

from tests.expenses.conftest import Desk
from tests.support.receipts import pdf, png
from webapp.commands import runs
from webapp.store.connections import Connection
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


@pytest.fixture
def client(desk: Desk, log_in: LogIn, staff: User) -> FlaskClient:
    return log_in(staff)


def send(client: FlaskClient, address: str, **fields: Any) -> Any:
    return client.post(address, data=fields, content_type="multipart/form-data")


def test_a_claim_is_entered_handed_in_approved_and_sent(desk: Desk, client: FlaskClient) -> None:
    made = send(client, "/expenses", subject="Reis", employee="Joris Maes", claimed_on="2026-03-02")
    assert made.status_code == 303
    page = made.location
    line = {"spent_on": "2026-03-01", "description": "Taxi", "amount": "31,40"}
    assert send(client, f"{page}/lines", receipt=(io.BytesIO(png()), "taxi.png"), **line).status_code == 303
    for status in ("submitted", "approved"):
        assert send(client, f"{page}/move", to=status).status_code == 303
    assert send(client, f"{page}/send").status_code == 303
    desk.work()
    shown = client.get(page).text
    assert "D-0001" in shown
    assert "€ 31,40".replace(" ", "\xa0") in shown or "31,40" in shown
    assert "In Yuki" in shown
    assert "Yuki: onkostendeclaratie verwerkt" in shown
    log = client.get("/logs?category=send_expense_claims").text
    assert "Verstuur onkostendeclaratie" in log
    run = client.get("/logs/1").text
    assert "D-0001" in run
    assert "Joris Maes" in run


def test_a_receipt_is_handed_out_as_what_it_is_and_can_run_nothing(desk: Desk, client: FlaskClient) -> None:
    claim_id = desk.claim()
    answer = client.get(f"/expenses/{claim_id}/receipts/1")
    assert answer.data == pdf("0")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_file_that_is_no_receipt_is_refused_where_the_person_is(desk: Desk, client: FlaskClient) -> None:
    claim_id = desk.claim(approved=False)
    fields = {"spent_on": "2026-03-01", "description": "Taxi", "amount": "1"}
    answer = send(client, f"/expenses/{claim_id}/lines", receipt=(io.BytesIO(b"<html>"), "bon.pdf"), **fields)
    assert answer.status_code == 422
    assert "geen volledige PDF, JPG of PNG" in answer.text
    assert 'value="Taxi"' in answer.text


def test_the_list_says_what_to_do_first_and_when_nothing_matches(desk: Desk, client: FlaskClient) -> None:
    assert "Nog geen onkostendeclaraties" in client.get("/expenses").text
    desk.claim()
    assert "D-0001" in client.get("/expenses?q=utrecht&status=approved&delivery=not_sent").text
    assert "Geen onkostendeclaratie voldoet" in client.get("/expenses?status=declined").text


def test_what_is_held_back_is_said_for_a_selection(desk: Desk, client: FlaskClient) -> None:
    good, bad = desk.claim(), desk.claim(approved=False)
    client.post("/expenses/send", data={"id": [str(good), str(bad)]})
    page = client.get("/expenses").text
    assert "1 onkostendeclaratie gaat naar Yuki." in page
    assert "Alleen goedgekeurde onkostendeclaraties gaan naar Yuki" in page


def test_a_refused_run_explains_itself_and_can_be_tried_again(desk: Desk, client: FlaskClient) -> None:
    claim_id = desk.claim()
    desk.control("mode", {"latency_ms": 0})
    desk.fault("reset", times=6)
    run_id = desk.send(claim_id)
    for _ in range(6):
        desk.later(seconds=400)
    assert desk.found(claim_id).delivery == "rejected"
    assert "Niet alles staat in Yuki" in client.get(f"/expenses/{claim_id}").text
    assert client.get(f"/logs/{run_id}").status_code == 200
    send(client, f"/logs/{run_id}/retry")
    desk.work()
    desk.later(seconds=400)
    assert (desk.found(claim_id).delivery, len(desk.filed())) == ("sent", 1)


def test_an_expense_is_corrected_in_a_form_and_its_vat_is_worked_out(desk: Desk, client: FlaskClient) -> None:
    claim_id = desk.claim("12.10", approved=False)
    address = f"/expenses/{claim_id}/lines/1"
    assert 'value="12,10"' in client.get(address).text
    fields = {"spent_on": "2026-03-01", "description": "Trein", "amount": "12,10", "vat_rate": "21"}
    bad = send(client, address, **fields | {"vat_amount": "12,10"})
    assert bad.status_code == 422
    assert "minder dan het bedrag" in bad.text
    assert send(client, address, **fields).location == f"/expenses/{claim_id}"
    page = client.get(f"/expenses/{claim_id}").text
    assert "btw €\xa02,10 (21 %)" in page
    for status in ("submitted", "approved"):
        send(client, f"/expenses/{claim_id}/move", to=status)
    assert client.get(address).location == f"/expenses/{claim_id}"
    desk.send(claim_id)
    assert desk.filed()[0]["data"]["remarks"].endswith("2026-03-01 · btw 2.10 (21%)")


def test_one_notice_counts_the_claims_that_yuki_refused_and_closes_itself(desk: Desk, client: FlaskClient) -> None:
    with transaction() as session:
        session.get_one(Connection, desk.connection_id).expense_folder_id = "999"
    claims = [desk.claim(), desk.claim("80")]
    desk.send(*claims)
    for _ in range(8):
        desk.later(seconds=400)
    page = client.get("/notifications").text
    assert "2 onkostendeclaraties geweigerd: " in page
    assert "/expenses?delivery=rejected" in page
    assert page.count('class="notice"') == 1

    with transaction() as session:
        session.get_one(Connection, desk.connection_id).expense_folder_id = "7"
    desk.send(*claims)
    assert 'class="notice"' not in client.get("/notifications").text
    assert len(desk.filed()) == 2


def test_a_refused_run_is_retried_at_the_command_line(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    again = runs.retry.callback.__wrapped__  # type: ignore[union-attr]
    with transaction() as session:
        session.get_one(Connection, desk.connection_id).expense_folder_id = "999"
    run_id = desk.send(desk.claim())
    for _ in range(8):
        desk.later(seconds=400)
    again(run_id, "", True)
    assert json.loads(capsys.readouterr().out) == {"runs": [run_id + 1]}
    with pytest.raises(click.ClickException, match="1 held back: This expense claim is on its way"):
        again(run_id, "", True)
