"""Tokens: short, of one kind each, good as long as the person and the login are."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from flask import Flask

from tests.conftest import PASSWORD
from webapp.extensions import clock
from webapp.gates import limiter
from webapp.services import api_logins
from webapp.services import settings as organisation_settings
from webapp.services.actors import person
from webapp.services.api_logins import BadToken
from webapp.store.organisations import Organisation
from webapp.store.session import release
from webapp.store.users import User

LogInByApi = Callable[[User], dict[str, str]]


def user_of(token: str) -> User:
    release()  # what another request wrote a moment ago counts
    return api_logins.user_of(token)


def post(app: Flask, path: str, body: Any) -> Any:
    return app.test_client().post(path, json=body)


def test_a_login_gives_two_tokens_and_says_how_long_the_first_lasts(tokens: LogInByApi, staff: User) -> None:
    given = tokens(staff)
    assert set(given) == {"access", "refresh", "expires_in"}
    assert user_of(given["access"]).id == staff.id


WRONG = "No active account found with the given credentials"


@pytest.mark.parametrize("name", ["staff@voorbeeld.example", "nobody@voorbeeld.example"])
def test_a_wrong_password_and_an_unknown_name_are_told_alike(app: Flask, staff: User, name: str) -> None:
    answer = post(app, "/api/auth/login/", {"username": name, "password": "wrong"})
    assert (answer.status_code, answer.get_json()) == (
        401,
        {"success": False, "message": WRONG, "detail": WRONG},
    )


def test_a_refresh_token_used_twice_ends_the_whole_login(app: Flask, tokens: LogInByApi, staff: User) -> None:
    first = tokens(staff)
    second = post(app, "/api/auth/refresh/", {"refresh": first["refresh"]}).get_json()
    assert user_of(second["access"]).id == staff.id
    assert post(app, "/api/auth/refresh/", {"refresh": first["refresh"]}).status_code == 401
    assert post(app, "/api/auth/refresh/", {"refresh": second["refresh"]}).status_code == 401
    for token in (first["access"], second["access"]):
        with pytest.raises(BadToken):
            user_of(token)


def test_after_a_logout_no_token_of_that_login_is_good(app: Flask, tokens: LogInByApi, staff: User) -> None:
    here, elsewhere = tokens(staff), tokens(staff)
    assert post(app, "/api/auth/logout/", {"refresh": here["refresh"]}).status_code == 200
    assert post(app, "/api/auth/refresh/", {"refresh": here["refresh"]}).status_code == 401
    with pytest.raises(BadToken):
        user_of(here["access"])
    assert user_of(elsewhere["access"]).id == staff.id


def test_role_and_access_are_read_anew_at_each_call(
    tokens: LogInByApi, organisation: Organisation, admin: User, staff: User
) -> None:
    given = tokens(staff)
    boss = person(organisation.id, "Admin", user_id=admin.id)
    organisation_settings.change_user(boss, staff.id, role="viewer", active=True)
    assert user_of(given["access"]).role == "viewer"
    organisation_settings.change_user(boss, staff.id, role="viewer", active=False)
    with pytest.raises(BadToken):
        user_of(given["access"])


def test_an_access_token_ends_after_ten_minutes(tokens: LogInByApi, staff: User, frozen_clock: datetime) -> None:
    given = tokens(staff)
    clock.freeze(frozen_clock + timedelta(minutes=10))
    with pytest.raises(BadToken):
        user_of(given["access"])
    assert api_logins.refresh(given["refresh"]).access


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(tokens: LogInByApi, staff: User) -> None:
    given = tokens(staff)
    with pytest.raises(BadToken):
        user_of(given["refresh"])
    with pytest.raises(BadToken):
        api_logins.refresh(given["access"])


def parts(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_what_we_did_not_sign_with_our_algorithm_is_nothing(app: Flask, tokens: LogInByApi, staff: User) -> None:
    claims = parts(tokens(staff)["access"])
    key = api_logins._key()
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    forged = [
        f"{head}.{body}.",
        jwt.encode(claims, key * 2, algorithm="HS512"),
        jwt.encode(claims, b"k" * 32, algorithm="HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, algorithm="HS256"),
        jwt.encode(claims | {"iss": "else"}, key, algorithm="HS256"),
        jwt.encode(claims | {"aud": "else"}, key, algorithm="HS256"),
        "",
        "a.b.c",
        "\ud800",
    ]
    for token in forged:
        with pytest.raises(BadToken):
            user_of(token)
    assert user_of(jwt.encode(claims, key, algorithm="HS256")).id == staff.id


def test_wrong_passwords_are_counted_as_on_the_page(app: Flask, staff: User) -> None:
    limiter.enabled = True
    limiter.reset()
    body = {"username": staff.email, "password": "wrong"}
    statuses = [post(app, "/api/auth/login/", body).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = post(app, "/api/auth/login/", body | {"password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.get_json()["success"] is False
