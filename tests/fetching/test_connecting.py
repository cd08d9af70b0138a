"""The form of a connection with Billingo: its key is tried, sealed, and never shown; when invoices are fetched."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.fetching.conftest import Desk
from webapp.extensions import clock
from webapp.sandbox.billingo.opening import MAIN_KEY, OTHER_KEY
from webapp.services import connections, scheduling
from webapp.store.connections import Connection
from webapp.store.organisations import Organisation
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
NEW = "/connections/new/billingo"


@pytest.fixture
def browser(desk: Desk, log_in: LogIn, admin: User) -> FlaskClient:
    """The administrator of an organisation that has Billingo switched on and no connection with it."""
    with transaction() as session:
        session.delete(session.get_one(Connection, desk.connection_id))
    release()
    return log_in(admin)


def made() -> Connection | None:
    release()
    return current().scalar(select(Connection).where(Connection.provider == "billingo"))


def test_a_good_key_makes_a_connection_that_never_shows_it(browser: FlaskClient) -> None:
    assert NEW in browser.get("/connections").text
    answer = browser.post(NEW, data={"name": "Mintavölgy", "key": MAIN_KEY, "payment_times": "02:30, 14:00"})
    assert answer.status_code == 303
    found = made()
    assert found is not None
    assert (found.name, found.payment_times, found.key_hint) == ("Mintavölgy", ["02:30", "14:00"], MAIN_KEY[-4:])
    assert MAIN_KEY not in found.sealed_key
    assert found.administration_name
    for path in (answer.location, "/connections", f"/connections/{found.id}/edit"):
        page = browser.get(path)
        assert page.status_code == 200
        assert MAIN_KEY not in page.text
    assert NEW not in browser.get("/connections").text, "an organisation has one connection with Billingo"


UNUSABLE: tuple[tuple[dict[str, str], str], ...] = (
    ({"key": "00000000-dead-0000-0000-000000000000"}, "accepteert deze API-sleutel niet"),
    ({"key": "two words"}, "Dit is geen API-sleutel"),
    ({"key": ""}, "Plak de API-sleutel"),
    ({"payment_times": "1:00 2:00 3:00 4:00 5:00"}, "Hoogstens vier keer per dag"),
    ({"payment_times": "half three"}, "is geen tijd"),
    ({"department_id": "99999"}, "bestaat niet meer"),
)


def test_what_cannot_be_used_is_said_where_one_is_and_nothing_is_kept(browser: FlaskClient) -> None:
    for changes, words in UNUSABLE:
        given = {"name": "Billingo", "key": MAIN_KEY, "payment_times": "02:00"} | changes
        answer = browser.post(f"{NEW}?lang=nl", data=given)
        assert answer.status_code == 422, changes
        assert words in answer.text
        assert given["key"] not in answer.text or not given["key"]
        assert made() is None


def test_an_organisation_without_the_feature_is_told_so(browser: FlaskClient, organisation: Organisation) -> None:
    with transaction():
        current().get_one(Organisation, organisation.id).features = ["yuki"]
    release()
    assert NEW not in browser.get("/connections").text
    assert "staat voor uw organisatie niet aan" in browser.post(NEW, data={"name": "B", "key": MAIN_KEY}).text
    assert made() is None


def test_a_change_keeps_the_key_unless_a_new_one_is_typed(desk: Desk, log_in: LogIn, admin: User) -> None:
    release()
    client, path = log_in(admin), f"/connections/{desk.connection_id}/edit"
    before = desk.connection().sealed_key
    release()
    values = {"name": "Számlák", "key": "", "payment_times": ""}
    assert client.post(path, data=values).status_code == 303
    found = desk.connection()
    assert (found.name, found.payment_times, found.sealed_key) == ("Számlák", [], before)
    release()
    answer = client.post(path, data=values | {"key": "00000000-dead-0000-0000-000000000000"}, follow_redirects=True)
    assert "accepteert deze API-sleutel niet" in answer.text
    assert "Yuki" not in answer.text.partition('id="checks"')[2].partition("</section>")[0]
    assert desk.connection().key_hint == "0000"


def test_a_new_key_has_to_open_the_account_of_what_is_here(desk: Desk, log_in: LogIn, admin: User) -> None:
    desk.control("reset", {"documents": 3})
    desk.control("mode", {"rate_limit": 0})
    connections.test(desk.actor, desk.connection_id)
    desk.fetch()
    before = desk.connection().sealed_key
    release()
    client, path = log_in(admin), f"/connections/{desk.connection_id}/edit"
    for key, words in (
        (OTHER_KEY, "hoort bij een ander account"),
        ("00000000-dead-0000-0000-000000000000", "accepteert deze sleutel niet"),
        (MAIN_KEY, ""),
    ):
        answer = client.post(path, data={"name": "B", "key": key, "payment_times": "02:00"})
        assert answer.status_code == (422 if words else 303), key
        assert words in answer.text
        assert (desk.connection().sealed_key == before) is bool(words)
        release()


def test_it_is_fetched_at_its_times_and_never_by_itself_without_any(desk: Desk) -> None:
    clock.freeze(datetime(2026, 3, 3, 0, 59, tzinfo=UTC))  # 01:59 in Amsterdam
    assert scheduling.tick() == []
    clock.freeze(datetime(2026, 3, 3, 1, 1, tzinfo=UTC))
    assert len(scheduling.tick()) == 1
    assert scheduling.tick() == []
    desk.work()
    with transaction():
        desk.connection().payment_times = []
    clock.freeze(datetime(2026, 3, 5, 1, 1, tzinfo=UTC))
    assert scheduling.tick() == []
