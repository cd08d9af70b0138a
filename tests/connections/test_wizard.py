"""The wizard of four steps, without JavaScript."""

import pytest
from flask.testing import FlaskClient

from tests.connections.conftest import (
    DOMAIN_KEY,
    GENT,
    INACTIVE,
    VOORBEELD,
    VOORBEELD_DOMAIN,
    Yuki,
    connect,
    count_connections,
    read,
)
from webapp.services.actors import Actor

OPTIONS = {"send_invoices": "y", "process_payments": "y", "payment_times": "14:00 7:00", "daily_calls": "1000"}


def give_key(browser: FlaskClient, key: str, region: str = "nl") -> int:
    """Fill in steps 1 and 2; returns the id of the unfinished connection."""
    first = browser.post("/connections/new", data={"name": "Voorbeeld", "region": region})
    assert first.status_code == 303
    second = browser.post("/connections/new/key", data={"name": "Voorbeeld", "region": region, "key": key})
    assert second.status_code == 303, second.text
    return int(second.location.split("/")[2])


def test_four_steps_make_a_connection_that_works(browser: FlaskClient) -> None:
    made = give_key(browser, DOMAIN_KEY)
    page = browser.get(f"/connections/{made}/setup/administration").text
    assert "Voorbeeld B.V." in page
    assert "niet actief" in page
    third = browser.post(f"/connections/{made}/setup/administration", data={"chosen": VOORBEELD})
    assert third.location.endswith("/setup/options")
    assert "Voorbeeld Groep" in browser.get(third.location).text
    done = browser.post(f"/connections/{made}/setup/options", data=OPTIONS)
    assert done.location == f"/connections/{made}"
    row = read(made)
    assert (row.state, row.pause_reason, row.administration_name) == ("active", "", "Voorbeeld B.V.")
    assert (row.domain_id, row.domain_name) == (VOORBEELD_DOMAIN, "Voorbeeld Groep")
    assert row.payment_times == ["07:00", "14:00"]
    assert row.send_invoices
    assert row.process_payments
    assert "Actief" in browser.get("/connections").text


def test_an_unfinished_connection_does_nothing_yet(browser: FlaskClient) -> None:
    row = read(give_key(browser, DOMAIN_KEY))
    assert (row.state, row.pause_reason, row.send_invoices, row.process_payments) == ("paused", "setup", False, False)
    assert "Niet compleet" in browser.get("/connections").text


def test_a_wrong_key_is_told_in_words_and_not_kept(browser: FlaskClient) -> None:
    answer = browser.post("/connections/new/key", data={"name": "V", "region": "nl", "key": "verkeerde-sleutel-1"})
    assert answer.status_code == 422
    assert "Yuki accepteert deze API-sleutel niet." in answer.text
    assert "verkeerde-sleutel-1" not in answer.text
    assert count_connections() == 0


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("html", "Wat terugkwam is geen antwoord van Yuki"),
        ("half", "Wat terugkwam is geen antwoord van Yuki"),
        ("doctype", "Wat terugkwam is geen antwoord van Yuki"),
        ("reset", "Yuki was niet bereikbaar"),
        ("unavailable", "Yuki meldde een fout"),
        ("quota", "op één dag toestaat, zijn op"),
    ],
)
def test_trouble_at_the_key_is_told_in_words_and_nothing_is_kept(
    browser: FlaskClient, yuki: Yuki, fault: str, sentence: str
) -> None:
    yuki.play("Authenticate", {"half": "truncated"}.get(fault, fault))
    answer = browser.post("/connections/new/key", data={"name": "V", "region": "nl", "key": DOMAIN_KEY})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert count_connections() == 0


def test_something_that_is_no_key_costs_no_call(browser: FlaskClient, yuki: Yuki) -> None:
    before = yuki.calls()
    answer = browser.post("/connections/new/key", data={"name": "V", "region": "nl", "key": "Mijn sleutel is weg"})
    assert answer.status_code == 422
    assert "Dit is geen API-sleutel" in answer.text
    assert yuki.calls() == before


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        ("administratie 1", "Een administratie-ID ziet eruit als"),
        ("77777777-0000-0000-0000-000000000007", "Deze sleutel ziet deze administratie niet"),
        (INACTIVE, "niet meer actief"),
    ],
)
def test_a_wrong_administration_is_told_and_can_be_mended(browser: FlaskClient, pasted: str, sentence: str) -> None:
    made = give_key(browser, DOMAIN_KEY)
    target = f"/connections/{made}/setup/administration"
    answer = browser.post(target, data={"administration_id": pasted})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert browser.post(target, data={"administration_id": GENT}).status_code == 303
    assert read(made).administration_name == "Voorbeeld BV Gent"


def test_two_connections_do_not_send_the_same_invoices(browser: FlaskClient, actor: Actor) -> None:
    connect(actor, name="De eerste")
    made = give_key(browser, DOMAIN_KEY)
    browser.post(f"/connections/{made}/setup/administration", data={"chosen": GENT})
    refused = browser.post(f"/connections/{made}/setup/options", data=OPTIONS)
    assert refused.status_code == 422
    assert "De eerste" in refused.text
    options = {key: value for key, value in OPTIONS.items() if key != "send_invoices"}
    assert browser.post(f"/connections/{made}/setup/options", data=options).status_code == 303


@pytest.mark.portable
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("payment_times", "25:00", "is geen tijd"),
        ("payment_times", "", "ten minste één tijd"),
        ("daily_calls", "veel", "Vul een heel getal in"),
        ("debtor_account", "13.000", "Een grootboekrekening is een code zoals 13000"),
        ("daily_calls", "3", "Vul een getal van 10"),
        ("department_id", "999", "Deze afdeling bestaat niet meer"),
        ("name", "", "Geef de koppeling een naam"),
    ],
)
def test_wrong_options_are_told_at_their_field(
    browser: FlaskClient, made: int, field: str, value: str, sentence: str
) -> None:
    data = OPTIONS | {"name": "Voorbeeld", "region": "nl", "administration_id": VOORBEELD, field: value}
    answer = browser.post(f"/connections/{made}/edit", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert read(made).payment_times == ["07:00", "14:00"]


def test_the_wizard_of_a_finished_connection_is_over(browser: FlaskClient, made: int) -> None:
    assert browser.get(f"/connections/{made}/setup/administration").status_code == 404
    assert browser.post(f"/connections/{made}/setup/administration", data={"chosen": GENT}).status_code == 404
    assert browser.get(f"/connections/{made}/setup/options").status_code == 404
    assert read(made).administration_id == VOORBEELD
