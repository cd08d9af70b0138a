"""Changing, pausing, resuming and deleting connections."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.connections.conftest import DOMAIN_KEY, GENT, VOORBEELD, connect, count_connections, read
from tests.support.records import make_invoice
from webapp.domain.connections import ConnectionProblem, Options
from webapp.extensions import clock
from webapp.queries import settings as settings_queries
from webapp.services import connections, notices, runs
from webapp.services import settings as organisation_settings
from webapp.services.actors import Actor
from webapp.services.sealing import seal, unseal
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.notifications import Notification
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current, transaction
from webapp.store.users import User

FORM = {
    "name": "Nieuwe naam",
    "region": "nl",
    "administration_id": VOORBEELD,
    "send_invoices": "y",
    "process_payments": "y",
    "payment_times": "06:30",
    "daily_calls": "2000",
    "debtor_account": "13010",
    "department_id": "",
    "key": "",
}


def stored_key(connection_id: int) -> str:
    row = read(connection_id)
    return unseal(row.sealed_key, organisation_id=row.organisation_id, row=row.uid, field="key")


def keep_session(connection_id: int) -> None:
    with transaction() as session:
        row = session.get_one(Connection, connection_id)
        row.sealed_session = seal("een-sessie", organisation_id=row.organisation_id, row=row.uid, field="session")
        row.session_at = clock.now()


def test_an_empty_key_keeps_the_one_there_is(browser: FlaskClient, made: int) -> None:
    keep_session(made)
    assert browser.post(f"/connections/{made}/edit", data=FORM).status_code == 303
    row = read(made)
    assert (row.name, row.payment_times, row.daily_calls) == ("Nieuwe naam", ["06:30"], 2000)
    assert row.debtor_account == "13010"
    assert stored_key(made) == DOMAIN_KEY
    assert row.sealed_session


@pytest.mark.parametrize(
    "change", [{"key": "een-nieuwe-sleutel"}, {"region": "be"}, {"administration_id": GENT}], ids=str
)
def test_a_changed_key_country_or_administration_ends_the_session(
    browser: FlaskClient, made: int, change: dict[str, str]
) -> None:
    keep_session(made)
    assert browser.post(f"/connections/{made}/edit", data=FORM | change).status_code == 303
    row = read(made)
    assert (row.sealed_session, row.session_at, row.test_report) == ("", None, [])
    assert stored_key(made) == change.get("key", DOMAIN_KEY)
    assert row.key_hint == stored_key(made)[-4:]


def test_the_administration_stays_once_invoices_were_sent_to_it(actor: Actor, browser: FlaskClient, made: int) -> None:
    invoice = make_invoice(actor.organisation_id, "26-0001")
    with transaction() as session:
        now = clock.now()
        session.add(
            Delivery(
                organisation_id=actor.organisation_id,
                invoice_id=invoice,
                connection_id=made,
                state="unknown",
                created_at=now,
                updated_at=now,
            )
        )
    answer = browser.post(f"/connections/{made}/edit", data=FORM | {"administration_id": GENT})
    assert answer.status_code == 422
    assert "Er zijn al facturen naar deze administratie verstuurd" in answer.text
    assert read(made).administration_id == VOORBEELD


def test_pausing_and_resuming(browser: FlaskClient, made: int) -> None:
    assert browser.post(f"/connections/{made}/pause").status_code == 303
    assert (read(made).state, read(made).pause_reason) == ("paused", "person")
    assert "Iemand heeft deze koppeling gepauzeerd." in browser.get("/connections").text
    assert browser.post(f"/connections/{made}/resume").status_code == 303
    assert (read(made).state, read(made).pause_reason, read(made).paused_at) == ("active", "", None)


def test_resuming_ends_every_rest_and_lets_waiting_runs_go_on(actor: Actor, made: int) -> None:
    keep_session(made)
    with transaction() as session:
        row = session.get_one(Connection, made)
        row.state, row.pause_reason, row.failure_streak = "paused", "auth", 7
        row.rest_until = row.breaker_until = clock.now() + timedelta(hours=1)
        waiting = runs.open_run(actor, "send_invoices", connection_id=made, offered=1).id
        payments = runs.open_run(actor, "process_payments", connection_id=made).id
        runs.fail(runs.open_run(actor, "send_invoices", connection_id=made).id, "auth")
        notices.raise_notice(
            actor.organisation_id, "auth", connection_id=made, run_id=None, category="send_invoices", count=1
        )
    connections.resume(actor, made)
    row = read(made)
    assert (row.state, row.rest_until, row.breaker_until, row.failure_streak) == ("active", None, None, 0)
    assert row.sealed_session == ""
    jobs = sorted((entry.job, entry.args) for entry in current().scalars(select(OutboxEntry)))
    assert jobs == [("jobs.payments.process", [payments]), ("jobs.sending.send", [waiting])]
    assert current().scalars(select(Notification)).one().closed_at is not None


def test_an_unused_connection_is_deleted_with_its_key(browser: FlaskClient, made: int) -> None:
    assert 'data-action="delete"' in browser.get(f"/connections/{made}").text
    assert browser.post(f"/connections/{made}/delete").location == "/connections"
    assert count_connections() == 0


def test_a_used_connection_is_not_deleted(actor: Actor, browser: FlaskClient, made: int) -> None:
    with transaction():
        runs.open_run(actor, "process_payments", connection_id=made)
    assert 'data-action="delete"' not in browser.get(f"/connections/{made}").text
    answer = browser.post(f"/connections/{made}/delete")
    assert answer.location == f"/connections/{made}"
    assert "pauzeren kan, verwijderen niet" in browser.get(answer.location).text
    assert count_connections() == 1


def test_viewers_and_staff_see_the_cards_without_controls(
    log_in: Callable[[User], FlaskClient], made: int, staff: User, viewer: User
) -> None:
    for user in (staff, viewer):
        client = log_in(user)
        for path in ("/connections", f"/connections/{made}"):
            page = client.get(path)
            assert page.status_code == 200
            assert not any(f'data-action="{action}"' in page.text for action in ("edit", "pause", "test", "delete"))
        assert client.post(f"/connections/{made}/pause").status_code == 403
        assert client.post(f"/connections/{made}/test").status_code == 403
    assert read(made).state == "active"


def test_a_department_with_its_own_connection_uses_that(actor: Actor, made: int) -> None:
    department = organisation_settings.add_department(actor, "Gent")
    other = organisation_settings.add_department(actor, "Utrecht")
    own = connect(actor, name="Gent", administration_id=GENT, options=Options(department_id=department))
    pages = {page.id: page.source for page in settings_queries.departments(actor.organisation_id)}
    chosen = [(source.connection_id, source.own) for one in (department, other) if (source := pages[one])]
    assert chosen == [(own, True), (made, False)]


def test_a_department_of_another_organisation_is_none(actor: Actor, other_organisation: object, made: int) -> None:
    foreign = organisation_settings.add_department(Actor(other_organisation.id, "user", "x"), "Elders")  # type: ignore[attr-defined]
    with pytest.raises(ConnectionProblem) as problem:
        connect(actor, options=Options(department_id=foreign))
    assert problem.value.code == "department"


def test_nothing_is_connected_where_yuki_is_not_switched_on(actor: Actor) -> None:
    with transaction() as session:
        from webapp.store.organisations import Organisation

        session.get_one(Organisation, actor.organisation_id).features = []
    with pytest.raises(ConnectionProblem) as problem:
        connect(actor)
    assert problem.value.code == "feature"
