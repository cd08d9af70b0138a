"""Testing a connection: what is found, what is kept, what it costs."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.connections.conftest import (
    ADMINISTRATION_KEY,
    DOMAIN_KEY,
    GENT,
    NO_SALES_KEY,
    VOORBEELD,
    VOORBEELD_DOMAIN,
    Yuki,
    connect,
    read,
)
from webapp.domain.budget import yuki_day
from webapp.domain.connections import Options
from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.queries import connections as queries
from webapp.services import connections
from webapp.services.accounting import Accounting, save_organisation
from webapp.services.actors import Actor
from webapp.store.connections import CallCount, Connection
from webapp.store.runs import HttpExchange
from webapp.store.session import current, transaction


@pytest.mark.parametrize("key", [DOMAIN_KEY, ADMINISTRATION_KEY])
def test_a_good_connection_passes_every_step_and_is_named(actor: Actor, key: str) -> None:
    made = connect(actor, key=key)
    report = connections.test(actor, made)
    assert report.ok, report
    row = read(made)
    assert (row.administration_name, row.domain_id) == ("Voorbeeld B.V.", VOORBEELD_DOMAIN)
    assert row.tested_at is not None
    card = queries.cards(row.organisation_id)[0]
    assert card.test_ok


def test_calls_made_before_the_domain_was_known_count_on_the_domain(actor: Actor, made: int) -> None:
    alone = read(made).budget_key
    connections.test(actor, made)
    row = read(made)
    assert row.budget_key == f"yuki:{VOORBEELD_DOMAIN}"
    day = yuki_day(clock.now()).isoformat()
    assert current().get(CallCount, (alone, day)) is None
    first = current().get_one(CallCount, (row.budget_key, day)).manual
    assert first == current().query(HttpExchange).count() > 1
    connections.test(actor, made)
    assert queries.cards(row.organisation_id)[0].used == 2 * first


def test_a_missing_right_is_named_and_the_others_are_still_tried(actor: Actor, browser: FlaskClient) -> None:
    made = connect(actor, key=NO_SALES_KEY)
    report = connections.test(actor, made)
    steps = {step.name: step for step in report.steps}
    assert steps["sales"].failure is Failure.RIGHT
    assert steps["accounting"].ok
    page = browser.get(f"/connections/{made}").text
    assert "De sleutel mist het recht om verkoopfacturen te versturen." in page
    assert "Instellingen → Webservices" in page


@pytest.mark.parametrize(
    ("operation", "fault", "failure"),
    [
        ("Authenticate", "html", Failure.NOT_UNDERSTOOD),
        ("Administrations", "truncated", Failure.NOT_UNDERSTOOD),
        ("Administrations", "doctype", Failure.NOT_UNDERSTOOD),
        ("Authenticate", "reset", Failure.NETWORK),
        ("Administrations", "unavailable", Failure.REMOTE),
        ("Authenticate", "quota", Failure.QUOTA),
        ("CheckOutstandingItemAdmin", "no_right", Failure.RIGHT),
    ],
)
def test_each_kind_of_trouble_stands_in_the_report(
    actor: Actor, made: int, yuki: Yuki, operation: str, fault: str, failure: Failure
) -> None:
    yuki.play(operation, fault)
    report = connections.test(actor, made)
    assert [step.failure for step in report.steps if step.ok is False] == [failure]
    detail = queries.show(actor.organisation_id, made)
    assert detail is not None
    (bad,) = [check for check in detail.checks if check.tone == "bad"]
    assert bad.cause
    assert bad.next_step


def test_a_key_that_cannot_be_opened_is_told_without_a_call(actor: Actor, made: int, yuki: Yuki) -> None:
    before = yuki.calls()
    other = connect(actor, name="Ander", administration_id=GENT, options=Options(send_invoices=False))
    with transaction() as session:
        session.get_one(Connection, made).sealed_key = session.get_one(Connection, other).sealed_key
    report = connections.test(actor, made)
    assert (report.steps[0].ok, report.steps[0].detail) == (False, "sealed")
    assert yuki.calls() == before


def test_a_resting_connection_is_not_called(actor: Actor, made: int, yuki: Yuki) -> None:
    with transaction() as session:
        session.get_one(Connection, made).rest_until = clock.now() + timedelta(hours=3)
    before = yuki.calls()
    report = connections.test(actor, made)
    assert report.steps[0].failure is Failure.QUOTA
    assert yuki.calls() == before


def test_a_person_who_tests_is_the_probe_of_an_open_breaker(actor: Actor, made: int) -> None:
    with transaction() as session:
        row = session.get_one(Connection, made)
        row.breaker_until, row.failure_streak = clock.now() + timedelta(minutes=2), 5
    assert connections.test(actor, made).ok
    assert (read(made).breaker_until, read(made).failure_streak) == (None, 0)


def test_the_result_of_a_test_is_dropped_when_the_connection_changed_meanwhile(
    app: Flask, actor: Actor, made: int, yuki: Yuki
) -> None:
    yuki.control("mode", {"latency_ms": 300})
    before = len(str(yuki.calls()))

    def try_out() -> None:
        with app.app_context():
            connections.test(actor, made)

    thread = threading.Thread(target=try_out)
    thread.start()
    deadline = time.monotonic() + 10
    while len(str(yuki.calls())) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    connections.change(
        actor, made, name="V", region="be", administration_id=VOORBEELD, options=Options(), key="een-andere-sleutel"
    )
    thread.join(20)
    row = read(made)
    assert (row.tested_at, row.test_report, row.domain_id) == (None, [], "")


def test_the_test_button_answers_with_the_fragment_or_the_page(browser: FlaskClient, made: int) -> None:
    plain = browser.post(f"/connections/{made}/test")
    assert (plain.status_code, plain.location) == (303, f"/connections/{made}#checks")
    fragment = browser.post(f"/connections/{made}/test", headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert fragment.text.count('data-ok="yes"') == 6
    assert "<html" not in fragment.text


def test_a_key_for_payments_is_tried_too(actor: Actor) -> None:
    wanted = Accounting("nl", VOORBEELD, key=DOMAIN_KEY, payment_key=NO_SALES_KEY)
    made = save_organisation(actor, wanted)
    report = connections.test(actor, made)
    assert (report.ok, report.steps[-1].name) == (True, "payment_key")
    save_organisation(actor, replace(wanted, payment_key="een-sleutel-die-niemand-kent"))
    report = connections.test(actor, made)
    assert [step.name for step in report.steps if not step.ok] == ["payment_key"]
    assert queries.cards(actor.organisation_id)[0].test_ok is False
