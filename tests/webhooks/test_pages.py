"""The pages of webhooks: the secret once, the log, sent again, removed, and clear words for what cannot be."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webhooks.conftest import Receiver, Tell, deliveries
from webapp.services import webhooks
from webapp.services.actors import Actor
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


@pytest.fixture
def client(log_in: LogIn, admin: User) -> FlaskClient:
    """An administrator's browser."""
    return log_in(admin)


def test_the_secret_is_shown_once(client: FlaskClient, receiver: Receiver) -> None:
    assert "whsec_" not in client.get("/settings/webhooks").text
    made = client.post("/settings/webhooks", data={"address": receiver.address})
    assert made.text.count("whsec_") >= 1
    assert receiver.address in made.text
    again = client.get("/settings/webhooks").text
    assert "whsec_" not in again
    assert receiver.address in again


@pytest.mark.portable
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://hooks.example.com/", "https://"),
        ("https://elsewhere.example.net/", "niet toegestaan"),
        ("nonsense", "geen webadres"),
        ("", "geen webadres"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(client: FlaskClient, address: str, words: str) -> None:
    answer = client.post("/settings/webhooks", data={"address": address})
    assert answer.status_code == 422
    assert words in answer.text
    assert "whsec_" not in answer.text


def test_the_same_address_twice_is_refused(client: FlaskClient, receiver: Receiver, boss: Actor) -> None:
    webhooks.add(boss, receiver.address)
    answer = client.post("/settings/webhooks", data={"address": receiver.address})
    assert (answer.status_code, "al een webhook" in answer.text) == (422, True)


def test_the_log_tells_what_became_of_each_event_and_sends_one_again(
    client: FlaskClient, receiver: Receiver, boss: Actor, tell: Tell
) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    receiver.answers = [422]
    webhooks.deliver(made.id)
    page = client.get(f"/settings/webhooks/{made.id}").text
    assert "26-1" in page
    assert "antwoordde 422" in page
    assert "Wordt opnieuw geprobeerd" in page
    again = client.post(f"/settings/webhooks/deliveries/{deliveries()[0].id}/resend")
    assert (again.status_code, again.location) == (303, f"/settings/webhooks/{made.id}")
    assert "nu nogmaals verstuurd" in client.get(again.location).text
    assert webhooks.deliver(made.id) == 1
    assert "Ontvangen" in client.get(f"/settings/webhooks/{made.id}").text


def test_the_log_has_pages_that_meet(client: FlaskClient, receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    for number in range(52):
        tell(f"26-{number}")
    rows = [row.id for row in deliveries()]
    first = client.get(f"/settings/webhooks/{made.id}").text
    second = client.get(f"/settings/webhooks/{made.id}?after={rows[2]}").text
    assert [f'data-id="{row}"' in first for row in rows] == [False, False] + [True] * 50
    assert [f'data-id="{row}"' in second for row in rows] == [True, True] + [False] * 50
    assert f"before={rows[1]}" in second


def test_a_removed_webhook_stays_with_its_log(client: FlaskClient, receiver: Receiver, boss: Actor, tell: Tell) -> None:
    made = webhooks.add(boss, receiver.address)
    tell("26-1")
    assert client.post(f"/settings/webhooks/{made.id}/remove").status_code == 303
    assert "Verwijderd" in client.get("/settings/webhooks").text
    page = client.get(f"/settings/webhooks/{made.id}").text
    assert "26-1" in page
    assert "resend-event" not in page


def test_without_allowed_hosts_the_page_says_who_can_change_that(app: Flask, client: FlaskClient) -> None:
    app.extensions["koppel"] = replace(app.extensions["koppel"], demo=False, webhook_hosts="")
    assert "WEBHOOK_HOSTS" in client.get("/settings/webhooks").text
