"""After a pause by a failure: what the page says once the key was replaced, and what a good test proves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.connections.conftest import DOMAIN_KEY, VOORBEELD, connect, read
from tests.support.records import make_invoice
from webapp.domain.connections import Options
from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.services import connections, notices, outbox
from webapp.services.actors import Actor
from webapp.services.sending import ask
from webapp.store.connections import Connection
from webapp.store.notifications import Notification
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
OLD_REASON = "accepteert de API-sleutel van deze koppeling niet"


def pause(connection_id: int, reason: str, **values: Any) -> None:
    with transaction() as session:
        row = session.get_one(Connection, connection_id)
        row.state, row.pause_reason, row.paused_at = "paused", reason, clock.now()
        for name, value in values.items():
            setattr(row, name, value)


def replace_key(actor: Actor, connection_id: int, key: str = DOMAIN_KEY) -> None:
    connections.change(
        actor, connection_id, name="V", region="nl", administration_id=VOORBEELD, options=Options(), key=key
    )


def open_notices() -> list[str]:
    return list(current().scalars(select(Notification.failure).where(Notification.closed_at.is_(None))))


def test_a_replaced_key_is_not_called_refused(actor: Actor, browser: FlaskClient) -> None:
    made = connect(actor, key="00000000-aaaa-0000-0000-00000000dead")
    pause(made, "auth")

    before = browser.get(f"/connections/{made}").text
    replace_key(actor, made)
    after = browser.get(f"/connections/{made}").text

    assert OLD_REASON in before
    assert "De koppeling is om deze reden gepauzeerd" not in before
    assert "De koppeling is om deze reden gepauzeerd" in after
    assert "Daarna is de koppeling gewijzigd, en nog niet getest." in after


@pytest.mark.parametrize("reason", ["auth", "right", "administration"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_good_test_ends_the_pause_of_a_failure_and_what_waited_goes_on(
    actor: Actor, made: int, browser: FlaskClient, reason: str, headers: dict[str, str]
) -> None:
    (run_id,) = ask(actor, [make_invoice(actor.organisation_id, "26-0001")])
    pause(made, reason)
    with transaction() as session:
        session.query(OutboxEntry).delete()
        for failure in (reason, Failure.QUOTA):
            notices.raise_notice(
                actor.organisation_id, failure, connection_id=made, run_id=run_id, category="send_invoices", count=1
            )

    answer = browser.post(f"/connections/{made}/test", headers=headers)
    page = browser.get(f"/connections/{made}").text

    assert (answer.location or answer.headers.get("HX-Redirect", "")).startswith(f"/connections/{made}")
    assert (read(made).state, read(made).pause_reason) == ("active", "")
    assert "de koppeling werkt weer" in page
    assert OLD_REASON not in page
    assert [(one.job, one.args) for one in current().query(OutboxEntry)] == [(outbox.SEND, [run_id])]
    assert open_notices() == ["quota"]


def test_what_a_person_paused_stays_paused_whatever_a_test_finds(actor: Actor, made: int, browser: FlaskClient) -> None:
    connections.pause(actor, made)

    answer = browser.post(f"/connections/{made}/test")

    assert (read(made).state, read(made).pause_reason) == ("paused", "person")
    assert "De koppeling blijft gepauzeerd totdat u haar hervat." in browser.get(answer.location).text


def test_a_test_that_finds_something_leaves_the_pause(actor: Actor, browser: FlaskClient) -> None:
    made = connect(actor, key="00000000-aaaa-0000-0000-00000000dead")
    pause(made, "auth")

    fragment = browser.post(f"/connections/{made}/test", headers={"HX-Request": "true"})

    assert "<html" not in fragment.text
    assert (read(made).state, read(made).pause_reason) == ("paused", "auth")


def test_a_quota_rest_is_not_ended_by_a_test(actor: Actor, made: int) -> None:
    until = clock.now() + timedelta(hours=3)
    pause(made, "auth", rest_until=until)

    connections.test(actor, made)

    assert (read(made).state, read(made).rest_until) == ("paused", until)


def test_a_pause_that_a_test_proved_to_be_over_offers_to_go_on(actor: Actor, made: int, browser: FlaskClient) -> None:
    connections.test(actor, made)
    pause(made, "remote", tested_at=clock.now() + timedelta(seconds=1))

    page = browser.get(f"/connections/{made}").text

    assert "Test geslaagd; hervat de koppeling om verder te gaan." in page
    assert page.count('data-action="resume"') == 2
