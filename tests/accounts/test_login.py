"""Logging in and out: what opens, what stays shut, and for how long."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.conftest import PASSWORD, make_settings
from webapp import create_app
from webapp.extensions import clock, db
from webapp.gates import limiter
from webapp.services import accounts
from webapp.store.session import current, release
from webapp.store.users import LoginSession, User
from webapp.web.auth import safe_next

LogIn = Callable[[User], FlaskClient]


def try_password(client: FlaskClient, email: str, password: str, path: str = "/login") -> tuple[int, str]:
    answer = client.post(path, data={"email": email, "password": password})
    return answer.status_code, answer.location or answer.text


def without(page: str, email: str) -> str:
    """A page without the address that was typed and the token of its forms."""
    return re.sub(r'(content|value)="[\w.-]{60,}"', "", page.replace(email, ""))


def test_the_right_password_opens_the_dashboard(app: Flask, admin: User) -> None:
    client = app.test_client()
    assert try_password(client, admin.email.upper(), PASSWORD) == (303, "/")
    assert client.get("/settings/users").status_code == 200
    assert client.get("/login").location == "/"


def test_an_unknown_address_and_a_wrong_password_answer_alike(app: Flask, admin: User) -> None:
    client = app.test_client()
    wrong = try_password(client, admin.email, "not the password")
    unknown = try_password(client, "nobody@voorbeeld.example", "not the password")
    assert wrong[0] == unknown[0] == 422
    assert without(wrong[1], admin.email) == without(unknown[1], "nobody@voorbeeld.example")
    assert "not the password" not in wrong[1]


def test_a_user_without_access_does_not_come_in_and_is_thrown_out(log_in: LogIn, app: Flask, staff: User) -> None:
    client = log_in(staff)
    from webapp.store.session import transaction

    with transaction() as session:
        session.get_one(User, staff.id).active = False
    assert client.get("/settings").status_code == 303
    assert try_password(app.test_client(), staff.email, PASSWORD)[0] == 422


def test_a_copied_cookie_is_worth_nothing_after_logout(log_in: LogIn, app: Flask, admin: User) -> None:
    client = log_in(admin)
    cookie = client.get_cookie("koppel")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("koppel", cookie.value)
    assert thief.get("/settings").status_code == 200
    assert client.post("/logout").status_code == 303
    assert client.get("/settings").status_code == 303
    assert thief.get("/settings").status_code == 303


def test_the_session_before_the_login_is_not_the_one_after_it(app: Flask, admin: User) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session["csrf_token"] = "planted"
        session["planted"] = "yes"
    try_password(client, admin.email, PASSWORD)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != "planted"


def test_the_cookie_is_for_the_browser_alone(app: Flask, admin: User) -> None:
    answer = app.test_client().post("/login", data={"email": admin.email, "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_only_the_hash_of_a_login_is_kept(log_in: LogIn, admin: User) -> None:
    client = log_in(admin)
    with client.session_transaction() as session:
        token = session["_user_id"]
    release()
    kept = current().scalars(select(LoginSession)).one()
    assert token not in (kept.token_hash, str(kept.__dict__))


def test_an_idle_login_ends_after_twelve_hours(log_in: LogIn, admin: User, frozen_clock: object) -> None:
    client = log_in(admin)
    for _ in range(3):
        clock.advance(timedelta(hours=11))
        assert client.get("/settings").status_code == 200
    clock.advance(timedelta(hours=12, minutes=1))
    assert client.get("/settings").status_code == 303


def test_a_login_ends_after_two_weeks_however_busy(log_in: LogIn, admin: User, frozen_clock: object) -> None:
    client = log_in(admin)
    for _ in range(33):
        clock.advance(timedelta(hours=10))
        assert client.get("/settings").status_code == 200
    clock.advance(timedelta(hours=10))
    assert client.get("/settings").status_code == 303


def test_who_is_not_logged_in_comes_back_to_where_he_wanted(app: Flask, admin: User) -> None:
    client = app.test_client()
    sent = client.get("/connections?x=1")
    assert sent.status_code == 303
    assert sent.location == "/login?next=/connections?x%3D1"
    assert try_password(client, admin.email, PASSWORD, sent.location) == (303, "/connections?x=1")


def test_htmx_is_sent_to_the_login_by_a_header(app: Flask) -> None:
    answer = app.test_client().get("/connections", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (401, "/login", "")


@pytest.mark.portable
@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n//evil.example",
        "javascript:alert(1)",
        "evil.example",
        " /connections",
        "",
        None,
    ],
)
def test_next_leads_to_our_own_pages_only(app: Flask, target: str | None) -> None:
    with app.test_request_context():
        assert safe_next(target) == "/"


def test_next_is_checked_at_the_login_and_at_the_language(app: Flask, admin: User) -> None:
    client = app.test_client()
    evil = "/login?next=https://evil.example/"
    assert try_password(client, admin.email, PASSWORD, evil) == (303, "/")
    language = client.post("/settings/language", data={"language": "hu", "next": "//evil.example"})
    assert (language.status_code, language.location) == (303, "/")


@pytest.fixture
def limited(app: Flask) -> Iterator[Flask]:
    """The app with its limits on, from a fresh count."""
    app.config["RATELIMIT_ENABLED"] = True
    limiter.enabled = True
    limiter.reset()
    yield app
    limiter.reset()
    limiter.enabled = False


def test_guessing_one_password_is_stopped_with_a_page_that_says_so(limited: Flask, admin: User) -> None:
    client = limited.test_client()
    answers = [try_password(client, admin.email, f"guess number {n}")[0] for n in range(11)]
    assert answers == [422] * 10 + [429]
    page = client.post("/login", data={"email": admin.email, "password": PASSWORD})
    assert page.status_code == 429
    assert "Te veel pogingen" in page.text or "Too many attempts" in page.text


def guess(app: Flask, email: str, address: str, password: str = "a wrong guess") -> int:
    data = {"email": email, "password": password}
    return app.test_client().post("/login", data=data, environ_base={"REMOTE_ADDR": address}).status_code


def test_a_stranger_who_guesses_does_not_lock_the_person_out(limited: Flask, admin: User) -> None:
    for _ in range(12):
        last = guess(limited, admin.email, "192.0.2.66")
    assert last == 429
    assert guess(limited, admin.email, "192.0.2.1", PASSWORD) == 303


def test_guesses_from_many_places_at_one_account_are_stopped_but_not_where_its_person_is(
    limited: Flask, admin: User
) -> None:
    assert guess(limited, admin.email, "192.0.2.1", PASSWORD) == 303

    answers = [guess(limited, admin.email, f"198.51.100.{n}") for n in range(101)]

    assert answers == [422] * 100 + [429]
    assert guess(limited, admin.email, "203.0.113.9", PASSWORD) == 429
    assert guess(limited, admin.email, "192.0.2.1", PASSWORD) == 303


def test_guessing_the_present_password_in_the_profile_is_stopped(
    limited: Flask, log_in: Callable[[User], FlaskClient], admin: User
) -> None:
    client = log_in(admin)
    wrong = {"old": "not this one", "password": "another password", "again": "another password"}
    answers = [client.post("/settings/profile/password", data=wrong).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


@pytest.mark.parametrize(("proto", "secure"), [("https", True), ("http", False)])
def test_the_cookie_is_secure_when_the_request_came_by_https_through_a_trusted_proxy(
    database_url: str, tmp_path: Path, proto: str, secure: bool
) -> None:
    app = create_app(make_settings(database_url, tmp_path, trusted_proxies=1))
    with app.app_context():
        answer = app.test_client().get("/login", headers={"X-Forwarded-Proto": proto, "X-Forwarded-For": "192.0.2.1"})
        db.engine.dispose()

    assert ("; Secure" in answer.headers["Set-Cookie"]) is secure


def test_a_header_of_a_stranger_does_not_make_the_cookie_secure(app: Flask) -> None:
    answer = app.test_client().get("/login", headers={"X-Forwarded-Proto": "https"})

    assert "; Secure" not in answer.headers["Set-Cookie"]


def test_guessing_many_addresses_from_one_place_is_stopped(limited: Flask) -> None:
    client = limited.test_client()
    answers = [try_password(client, f"user{n}@voorbeeld.example", "a guess")[0] for n in range(21)]
    assert answers[-1] == 429


def test_logging_in_often_with_the_right_password_is_allowed(limited: Flask, admin: User) -> None:
    for _ in range(12):
        assert try_password(limited.test_client(), admin.email, PASSWORD)[0] == 303


def test_the_login_page_takes_the_language_that_was_chosen(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/settings/language", data={"language": "hu", "next": "/login"}).location == "/login"
    assert "Bejelentkezés" in client.get("/login").text
    client.post("/settings/language", data={"language": "xx", "next": "/login"})
    assert "Bejelentkezés" in client.get("/login").text


def test_the_same_address_is_not_given_twice(admin: User) -> None:
    with pytest.raises(accounts.AccountError) as problem:
        accounts.add_user(
            f" {admin.email.upper()} ", organisation_id=admin.organisation_id, role="staff", password=PASSWORD
        )
    assert problem.value.code == "taken"
