"""A key that sees several administrations: a connection for each that is chosen, and none of them twice."""

import pytest
from flask.testing import FlaskClient

from tests.connections.conftest import (
    ADMINISTRATION_KEY,
    DOMAIN_KEY,
    GENT,
    INACTIVE,
    VOORBEELD,
    connect,
    count_connections,
    read,
)
from webapp.domain.connections import ConnectionProblem, Options
from webapp.services import connections
from webapp.services.actors import Actor
from webapp.services.payment_keys import key_of

ELSEWHERE = "11111111-0000-0000-0000-000000000099"


def test_the_administrations_that_a_key_sees_can_be_added_each_with_a_connection(
    browser: FlaskClient, actor: Actor, made: int
) -> None:
    browser.post(f"/connections/{made}/test")
    page = browser.get(f"/connections/{made}").text
    assert "Administraties van deze sleutel" in page
    assert f'value="{GENT}"' in page
    assert f'value="{VOORBEELD}"' not in page
    assert f'value="{INACTIVE}"' not in page
    answer = browser.post(f"/connections/{made}/administrations", data={"administration": [GENT, GENT]})
    assert answer.status_code == 303
    other = read(int(answer.location.rsplit("/", 1)[1]))
    assert (other.administration_id, other.name, other.state) == (GENT, "Voorbeeld BV Gent", "active")
    assert (other.send_invoices, other.process_payments, other.fetch_invoices) == (False, True, False)
    assert key_of(other) == DOMAIN_KEY
    assert other.budget_key == read(made).budget_key  # one domain, one day's calls
    assert connections.test(actor, other.id).ok
    assert f'href="/connections/{other.id}"' in browser.get(f"/connections/{made}").text
    assert f'value="{GENT}"' not in browser.get(f"/connections/{made}").text


@pytest.mark.parametrize("wanted", [[], [ELSEWHERE], [INACTIVE], [VOORBEELD], ["'", GENT + "x"]])
def test_what_the_key_does_not_see_or_has_a_connection_is_not_added(
    browser: FlaskClient, actor: Actor, made: int, wanted: list[str]
) -> None:
    connections.test(actor, made)
    answer = browser.post(f"/connections/{made}/administrations", data={"administration": wanted})
    assert answer.status_code == 303
    assert count_connections() == 1
    page = browser.get(f"/connections/{made}").text
    assert "Kies ten minste één administratie." in page or "heeft deze administratie al" in page


def test_two_connections_never_have_one_administration(browser: FlaskClient, actor: Actor, made: int) -> None:
    with pytest.raises(ConnectionProblem, match="has this administration already"):
        connect(actor, administration_id=VOORBEELD.upper(), options=Options(send_invoices=False))
    gent = connect(actor, name="Gent", administration_id=GENT, options=Options(send_invoices=False))
    fields = {"name": "Gent", "region": "nl", "payment_times": "07:00", "daily_calls": "1000"}
    answer = browser.post(f"/connections/{gent}/edit", data=fields | {"administration_id": VOORBEELD})
    assert answer.status_code == 422
    assert "heeft deze administratie al" in answer.text
    assert read(gent).administration_id == GENT
    browser.post(f"/connections/{gent}/edit", data=fields | {"administration_id": GENT, "name": "Gent 2"})
    assert read(gent).name == "Gent 2"
    begun = connections.begin(actor, name="Nieuw", region="nl", key=DOMAIN_KEY)
    answer = browser.post(f"/connections/{begun}/setup/administration", data={"chosen": VOORBEELD})
    assert answer.status_code == 422
    assert "heeft deze administratie al" in answer.text
    connect(actor, region="be", name="België", options=Options(send_invoices=False))  # another country, other books


def test_the_archive_is_read_with_a_key_of_one_administration_only(
    browser: FlaskClient, actor: Actor, made: int
) -> None:
    connections.test(actor, made)
    fields = {"name": "V", "region": "nl", "administration_id": VOORBEELD, "payment_times": "07:00"}
    fields |= {"daily_calls": "1000", "fetch_invoices": "y"}
    answer = browser.post(f"/connections/{made}/edit", data=fields)
    assert answer.status_code == 422
    assert "sleutel van het type Administratie" in answer.text
    browser.post(f"/connections/{made}/edit", data=fields | {"key": ADMINISTRATION_KEY})
    connections.test(actor, made)
    assert read(made).fetch_invoices
    assert "Administraties van deze sleutel" not in browser.get(f"/connections/{made}").text
