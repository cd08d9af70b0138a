"""The wizard under stress: a failure of ours tells nobody the key, and a step out of order is no failure."""

import re
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from tests.connections.conftest import DOMAIN_KEY, VOORBEELD, count_connections
from tests.support.records import make_connection
from webapp.services import connection_checks, connections
from webapp.services.actors import Actor
from webapp.web.connections import wizard

SECRET = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"


def broken(*arguments: Any, **_: Any) -> Any:
    raise RuntimeError(f"something of ours, with {arguments}")


@pytest.mark.parametrize("place", ["services.begin", "services.test", "call"])
def test_a_failure_of_ours_in_the_wizard_puts_the_key_nowhere(
    app: Flask,
    browser: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    place: str,
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    if place == "call":
        monkeypatch.setattr(connection_checks, "_call", broken)
    else:
        monkeypatch.setattr(wizard.services, place.partition(".")[2], broken)

    with structlog.testing.capture_logs() as events:
        answer = browser.post("/connections/new/key", data={"name": "Nieuw", "region": "nl", "key": SECRET})
    told = capfd.readouterr()

    assert answer.status_code == 500
    assert "Er ging bij ons iets mis" in answer.text or "ging iets mis" in answer.text
    everything = "".join((answer.text, str(answer.headers), str(events), caplog.text, told.out, told.err))
    assert SECRET not in everything
    assert [event["event"] for event in events] == ["request_failed"]


def test_the_key_is_not_in_the_log_that_a_process_writes(
    app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from webapp import journal

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(connection_checks, "_call", broken)
    journal.begin("DEBUG")

    browser.post("/connections/new/key", data={"name": "Nieuw", "region": "nl", "key": SECRET})
    told = capfd.readouterr()

    assert "request_failed" in told.err + told.out
    assert SECRET not in told.err + told.out


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"key": DOMAIN_KEY},
        {"key": DOMAIN_KEY, "name": "Nieuw"},
        {"key": DOMAIN_KEY, "region": "nl"},
        {"key": DOMAIN_KEY, "name": "", "region": ""},
        {"key": DOMAIN_KEY, "name": "x" * 5000, "region": "nl"},
        {"key": DOMAIN_KEY, "name": "Nieuw", "region": "fr"},
        {"name": "Nieuw", "region": "nl"},
    ],
)
def test_a_key_without_the_step_before_it_is_no_failure_and_keeps_nothing(
    browser: FlaskClient, fields: dict[str, str]
) -> None:
    answer = browser.post("/connections/new/key", data=fields)

    assert answer.status_code in (303, 422)
    if answer.status_code == 422:
        assert re.search(r'class="alert tone-bad"|class="error|aria-invalid', answer.text)
    assert count_connections() == 0


def test_the_key_step_without_a_name_leads_to_the_first_step(browser: FlaskClient) -> None:
    assert browser.get("/connections/new/key").location == "/connections/new"


@pytest.mark.parametrize("step", ["administration", "options"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_step_of_a_finished_or_unknown_connection_is_no_such_page(
    browser: FlaskClient, made: int, step: str, method: str
) -> None:
    for identity in (made, 99_999_999):
        assert getattr(browser, method)(f"/connections/{identity}/setup/{step}").status_code == 404


def test_the_last_step_before_the_administration_leads_back_and_finishes_nothing(
    browser: FlaskClient, actor: Actor
) -> None:
    begun = connections.begin(actor, name="Nieuw", region="nl", key=DOMAIN_KEY)

    shown = browser.get(f"/connections/{begun}/setup/options")
    posted = browser.post(f"/connections/{begun}/setup/options", data={"send_invoices": "y", "daily_calls": "1000"})

    assert shown.location == f"/connections/{begun}/setup/administration"
    assert posted.status_code in (303, 422)
    assert browser.get(f"/connections/{begun}/setup/administration").status_code == 200


@pytest.mark.parametrize("fields", [{}, {"chosen": "nonsense"}, {"administration_id": VOORBEELD[:-1]}])
def test_an_administration_that_is_none_is_told_at_its_step(
    browser: FlaskClient, actor: Actor, fields: dict[str, str]
) -> None:
    begun = connections.begin(actor, name="Nieuw", region="nl", key=DOMAIN_KEY)

    assert browser.post(f"/connections/{begun}/setup/administration", data=fields).status_code == 422


@pytest.mark.parametrize("action", ["pause", "resume", "test", "delete"])
def test_an_action_on_an_unfinished_connection_is_no_failure(browser: FlaskClient, actor: Actor, action: str) -> None:
    begun = make_connection(actor.organisation_id, state="paused", pause_reason="setup", send_invoices=False)

    assert browser.post(f"/connections/{begun}/{action}").status_code == 303
