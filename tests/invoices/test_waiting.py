"""The page of an invoice whose connection does not work: why it waits, that nothing is lost, and what ends it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.records import make_connection, make_invoice
from webapp.extensions import clock
from webapp.services.actors import person
from webapp.services.sending import ask
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
SAFE = "Er gaat niets verloren en er wordt niets dubbel verstuurd"


@pytest.fixture
def waiting(organisation: Organisation) -> tuple[int, int]:
    """An invoice that is queued for a connection: (invoice, connection)."""
    connection_id, invoice_id = make_connection(organisation.id), make_invoice(organisation.id, "26-0001")
    ask(person(organisation.id, "Marieke"), [invoice_id])
    return invoice_id, connection_id


def change(connection_id: int, **values: Any) -> None:
    with transaction() as session:
        for name, value in values.items():
            setattr(session.get_one(Connection, connection_id), name, value)


def alert(text: str) -> str:
    """The words of the trouble on the page."""
    found = re.search(r'<div class="alert .*?</div>\s*<div class="actions">.*?</div>', text, re.DOTALL)
    return found.group() if found else ""


@pytest.mark.parametrize(
    ("reason", "cause", "next_step"),
    [
        ("auth", "accepteert de API-sleutel van deze koppeling niet", "werkende sleutel"),
        ("right", "mist een recht", "webservices voor verkoop"),
        ("administration", "kent deze administratie niet", "controleert het administratie-ID"),
        ("person", "Iemand heeft de koppeling Yuki Voorbeeld gepauzeerd.", "Een beheerder hervat de koppeling."),
    ],
)
@pytest.mark.parametrize("part", ["", "/state"])
def test_a_paused_connection_is_told_on_the_invoice(
    log_in: LogIn, viewer: User, waiting: tuple[int, int], reason: str, cause: str, next_step: str, part: str
) -> None:
    invoice_id, connection_id = waiting
    change(connection_id, state="paused", pause_reason=reason, paused_at=clock.now())

    words = alert(log_in(viewer).get(f"/invoices/{invoice_id}{part}?was=queued").text)

    assert cause in words
    assert next_step in words
    assert SAFE in words
    assert f'href="/connections/{connection_id}"' in words


def test_a_connection_that_rests_for_the_quota_is_told_on_the_invoice(
    log_in: LogIn, viewer: User, waiting: tuple[int, int]
) -> None:
    invoice_id, connection_id = waiting
    change(connection_id, rest_until=clock.now() + timedelta(hours=3))

    words = alert(log_in(viewer).get(f"/invoices/{invoice_id}").text)

    assert "na middernacht" in words
    assert SAFE in words


def test_an_invoice_that_merely_waits_for_its_turn_has_no_trouble(
    log_in: LogIn, viewer: User, waiting: tuple[int, int]
) -> None:
    assert alert(log_in(viewer).get(f"/invoices/{waiting[0]}").text) == ""


def test_an_unknown_outcome_behind_a_pause_is_not_said_to_be_looked_up_by_itself_now(
    log_in: LogIn, viewer: User, waiting: tuple[int, int]
) -> None:
    invoice_id, connection_id = waiting
    change(connection_id, state="paused", pause_reason="auth", paused_at=clock.now())
    with transaction() as session:
        session.get_one(Invoice, invoice_id).delivery = "unknown"
        session.query(Delivery).update({"state": "unknown", "failure": "unknown_outcome"})

    words = alert(log_in(viewer).get(f"/invoices/{invoice_id}").text)

    assert "Zij staat misschien in Yuki. Zodra de koppeling weer werkt" in words
    assert "Niemand hoeft iets te doen" not in words


def test_words_on_the_invoice_name_the_button_that_is_there(
    log_in: LogIn, staff: User, organisation: Organisation
) -> None:
    connection_id, invoice_id = make_connection(organisation.id), make_invoice(organisation.id, "26-0001")
    change(connection_id, state="paused", pause_reason="person", paused_at=clock.now())

    text = log_in(staff).get(f"/invoices/{invoice_id}").text

    assert "druk daarna op Yuki." in text
    assert "druk daarna op Opnieuw proberen" not in text
