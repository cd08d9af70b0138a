"""One's own profile, the organisation, its users and departments."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from webapp.services import accounts
from webapp.services import settings as services
from webapp.services.actors import Actor, person
from webapp.store.organisations import Organisation
from webapp.store.session import current, release
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
NEW = "een heel nieuw wachtwoord"


def row(user: User) -> User:
    release()
    current().expire_all()
    return current().get_one(User, user.id)


@pytest.fixture
def browser(log_in: LogIn, admin: User) -> FlaskClient:
    return log_in(admin)


@pytest.fixture
def actor(admin: User) -> Actor:
    return person(admin.organisation_id, admin.name, user_id=admin.id)


def test_the_profile_changes_name_language_and_theme(log_in: LogIn, viewer: User) -> None:
    client = log_in(viewer)
    answer = client.post("/settings/profile", data={"name": "Marieke Vos", "language": "hu", "theme": "dark"})
    assert answer.location == "/settings/profile"
    page = client.get("/settings/profile").text
    assert "Saját profil" in page
    assert 'data-theme="dark"' in page
    assert (row(viewer).name, row(viewer).language, row(viewer).theme) == ("Marieke Vos", "hu", "dark")


@pytest.mark.portable
@pytest.mark.parametrize("wrong", [{"name": ""}, {"language": "xx"}, {"theme": "pink"}, {"name": "x" * 201}], ids=str)
def test_a_profile_that_cannot_be_is_refused(browser: FlaskClient, admin: User, wrong: dict[str, str]) -> None:
    data = {"name": "Marieke", "language": "nl", "theme": "dark"} | wrong
    assert browser.post("/settings/profile", data=data).status_code == 422
    assert (row(admin).name, row(admin).theme) == ("Admin", "system")


def test_language_and_theme_are_one_click_away_and_come_back(browser: FlaskClient, admin: User) -> None:
    back = browser.post("/settings/language", data={"language": "en", "next": "/connections?x=1"})
    assert (back.status_code, back.location) == (303, "/connections?x=1")
    assert browser.post("/settings/theme", data={"theme": "light", "next": "/connections"}).location == "/connections"
    browser.post("/settings/theme", data={"theme": "pink"})
    assert (row(admin).language, row(admin).theme) == ("en", "light")
    assert '<html lang="en" data-theme="light">' in browser.get("/settings").text


def test_a_new_password_ends_the_other_logins(log_in: LogIn, app: Flask, staff: User) -> None:
    here, elsewhere = log_in(staff), log_in(staff)
    data = {"old": PASSWORD, "password": NEW, "again": NEW}
    assert here.post("/settings/profile/password", data=data).status_code == 303
    assert here.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 303
    release()
    assert accounts.log_in(staff.email, PASSWORD) is None
    assert accounts.log_in(staff.email, NEW)


@pytest.mark.portable
@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong password", NEW, NEW, "Dit is niet uw huidige wachtwoord."),
        (PASSWORD, "kort", "kort", "Een wachtwoord heeft 10 tot 200 tekens."),
        (PASSWORD, NEW, "iets anders dan dat", "De twee nieuwe wachtwoorden zijn niet gelijk."),
        (PASSWORD, "", "", "Vul een wachtwoord in."),
    ],
)
def test_a_password_is_not_changed_by_half(
    browser: FlaskClient, admin: User, old: str, new: str, again: str, sentence: str
) -> None:
    answer = browser.post("/settings/profile/password", data={"old": old, "password": new, "again": again})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not any(typed and f'value="{typed}"' in answer.text for typed in (old, new, again))
    release()
    assert accounts.log_in(admin.email, PASSWORD)


def test_the_organisation_changes_its_defaults(browser: FlaskClient, organisation: Organisation) -> None:
    assert "Voorbeeld Groep" in browser.get("/settings/organisation").text
    data = {"currency": "HUF", "country": "HU", "payment_days": "14", "language": "hu"}
    assert browser.post("/settings/organisation", data=data).status_code == 303
    release()
    current().expire_all()
    kept = current().get_one(Organisation, organisation.id)
    assert (kept.currency, kept.country, kept.payment_days, kept.language) == ("HUF", "HU", 14, "hu")


@pytest.mark.portable
@pytest.mark.parametrize(
    "wrong", [{"currency": "XXX"}, {"country": ""}, {"payment_days": "-1"}, {"payment_days": "veel"}], ids=str
)
def test_defaults_that_cannot_be_are_refused(
    browser: FlaskClient, organisation: Organisation, wrong: dict[str, str]
) -> None:
    data = {"currency": "HUF", "country": "HU", "payment_days": "14", "language": "hu"} | wrong
    assert browser.post("/settings/organisation", data=data).status_code == 422
    release()
    current().expire_all()
    assert current().get_one(Organisation, organisation.id).currency == "EUR"


def test_an_administrator_adds_a_user_who_can_log_in(browser: FlaskClient, app: Flask) -> None:
    data = {"name": "Piet", "email": "piet@voorbeeld.example", "role": "staff", "password": PASSWORD}
    assert browser.post("/settings/users/new", data=data).location == "/settings/users"
    assert "piet@voorbeeld.example" in browser.get("/settings/users").text
    entered = app.test_client().post("/login", data={"email": data["email"], "password": PASSWORD})
    assert entered.status_code == 303


@pytest.mark.portable
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email": "admin@voorbeeld.example"}, "Dit is al in gebruik."),
        ({"email": "geen adres"}, "Dit is geen e-mailadres."),
        ({"password": "kort"}, "Een wachtwoord heeft 10 tot 200 tekens."),
        ({"name": ""}, "Vul een naam in."),
    ],
)
def test_a_user_who_cannot_be_is_not_added(browser: FlaskClient, wrong: dict[str, str], sentence: str) -> None:
    data = {"name": "Piet", "email": "piet@voorbeeld.example", "role": "staff", "password": PASSWORD} | wrong
    answer = browser.post("/settings/users/new", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
    release()
    assert current().query(User).count() == 1


def test_taking_access_away_ends_every_login_at_once(browser: FlaskClient, log_in: LogIn, staff: User) -> None:
    client = log_in(staff)
    data = {"name": staff.name, "role": "viewer"}
    assert browser.post(f"/settings/users/{staff.id}", data=data).status_code == 303
    assert client.get("/settings").status_code == 303
    assert (row(staff).role, row(staff).active) == ("viewer", False)


def test_a_reset_password_replaces_the_old_one(browser: FlaskClient, log_in: LogIn, staff: User) -> None:
    client = log_in(staff)
    assert browser.post(f"/settings/users/{staff.id}/password", data={"password": NEW}).status_code == 303
    assert client.get("/settings").status_code == 303
    release()
    assert accounts.log_in(staff.email, PASSWORD) is None
    assert accounts.log_in(staff.email, NEW)


@pytest.mark.parametrize("change", [{"role": "staff", "active": "y"}, {"role": "admin"}], ids=["role", "access"])
def test_the_last_administrator_stays(browser: FlaskClient, admin: User, change: dict[str, str]) -> None:
    answer = browser.post(f"/settings/users/{admin.id}", data={"name": "Admin"} | change)
    assert answer.status_code == 422
    assert "Dit is de laatste beheerder." in answer.text
    assert (row(admin).role, row(admin).active) == ("admin", True)


def test_an_administrator_may_go_when_there_is_another(browser: FlaskClient, admin: User, staff: User) -> None:
    browser.post(f"/settings/users/{staff.id}", data={"name": "S", "role": "admin", "active": "y"})
    assert (
        browser.post(f"/settings/users/{admin.id}", data={"name": "A", "role": "viewer", "active": "y"}).location
        == "/settings/users"
    )
    assert row(admin).role == "viewer"


def test_departments_are_added_renamed_and_never_twice_the_same(browser: FlaskClient, actor: Actor) -> None:
    assert browser.post("/settings/departments", data={"name": "  Gent   Noord "}).status_code == 303
    assert "Gent Noord" in browser.get("/settings/departments").text
    twice = browser.post("/settings/departments", data={"name": "gent noord"})
    assert twice.status_code == 422
    assert "Dit is al in gebruik." in twice.text
    made = services.add_department(actor, "Utrecht")
    assert browser.post(f"/settings/departments/{made}", data={"name": "Gent Noord"}).status_code == 422
    assert browser.post(f"/settings/departments/{made}", data={"name": "UTRECHT"}).status_code == 303
    assert "UTRECHT" in browser.get(f"/settings/departments/{made}").text


def test_viewers_and_staff_see_their_profile_only(log_in: LogIn, viewer: User, staff: User) -> None:
    for user in (viewer, staff):
        client = log_in(user)
        assert client.get("/settings").status_code == 200
        assert "/settings/users" not in client.get("/settings").text
        for page in ("organisation", "users", "users/new", "departments"):
            assert client.get(f"/settings/{page}").status_code == 403
