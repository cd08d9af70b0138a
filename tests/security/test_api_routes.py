"""Every route of the API, asked by everybody: without a key, with a wrong one, with roles, scopes and cookies."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

import webapp.api
from tests.conftest import PASSWORD, make_settings
from webapp import create_app
from webapp.api.access import Access
from webapp.domain.access import ROLES
from webapp.gates import limiter
from webapp.services import api_keys, api_logins
from webapp.services.actors import person
from webapp.settings import Settings
from webapp.store.organisations import Organisation
from webapp.store.session import transaction
from webapp.store.users import User
from webapp.web.policy import GUARDED, allow, policy_of

LogIn = Callable[[User], FlaskClient]


class Operation(NamedTuple):
    """One method of one address of the API, and what it asks of its caller (None: nothing)."""

    endpoint: str
    method: str
    path: str
    access: Access | None


def operations(app: Flask) -> Iterator[Operation]:
    """Every operation, from the app itself: a new one is asked without a change here."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            assert policy_of(app, rule.endpoint) == GUARDED
            values = dict.fromkeys(rule.arguments, 1)
            with app.test_request_context():
                path = app.url_map.bind("localhost").build(rule.endpoint, values)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Operation(rule.endpoint, method, path, app.view_functions[rule.endpoint].access)


def ask(app: Flask, one: Operation, headers: dict[str, str] | None = None, client: FlaskClient | None = None) -> Any:
    body: dict[str, Any] = {"json": {}} if one.method not in ("GET", "DELETE") else {}
    answer = (client or app.test_client()).open(one.path, method=one.method, headers=headers or {}, **body)
    status = (answer.status_code, answer.get_json() if answer.mimetype == "application/json" else None)
    assert answer.headers["X-Request-ID"]
    assert "Set-Cookie" not in answer.headers or client is not None
    answer.close()
    return status


@pytest.fixture(autouse=True)
def _all_features(app: Flask, organisation: Organisation) -> None:
    with transaction() as session:
        session.get_one(Organisation, organisation.id).features = ["billingo_sync", "expenses", "import_api", "yuki"]


def token_of(user: User) -> dict[str, str]:
    given = api_logins.log_in(user.email, PASSWORD, address="")
    assert given is not None
    return {"Authorization": f"Bearer {given.access}"}


def test_without_a_key_or_with_a_wrong_one_nothing_opens(app: Flask) -> None:
    wrong = []
    for one in operations(app):
        if one.access is None:
            continue
        bad = ({}, {"X-API-KEY": "kpl_00000000_" + "a" * 43}, {"Authorization": "Bearer a.b.c"}, {"X-API-KEY": "\xff"})
        for headers in bad:
            status, body = ask(app, one, headers)
            if status != 401 or not (body.get("detail") or (body["success"] is False and body["message"])):
                wrong.append(f"{one.method} {one.path} {headers} -> {status} {body}")
    assert not wrong, "\n".join(wrong)


def test_each_role_gets_what_the_route_declares(app: Flask, admin: User, staff: User, viewer: User) -> None:
    wrong = []
    for user in (admin, staff, viewer):
        headers = token_of(user)
        for one in operations(app):
            if one.access is None:
                continue
            status, _ = ask(app, one, headers)
            low = ROLES.index(user.role) < ROLES.index(one.access.role)
            if (status == 403) != low or status in (401, 405) or status >= 500:
                wrong.append(f"{user.role}: {one.method} {one.path} -> {status}")
    assert not wrong, "\n".join(wrong)


def test_a_key_opens_only_what_its_scope_is_for(app: Flask, organisation: Organisation) -> None:
    secret = api_keys.create(person(organisation.id, "x"), "Kassa", scopes=("import",)).secret
    for one in operations(app):
        if one.access is None:
            continue
        status, _ = ask(app, one, {"X-API-KEY": secret})
        if one.access.scope == "import":
            assert status not in (401, 403), one
        else:
            assert status == 401, one


def test_an_organisation_without_the_feature_is_told_so(app: Flask, organisation: Organisation, admin: User) -> None:
    with transaction() as session:
        session.get_one(Organisation, organisation.id).features = []
    headers = token_of(admin)
    for one in operations(app):
        if one.access is not None and one.access.feature:
            status, body = ask(app, one, headers)
            words = body.get("message") or body["detail"]
            assert (status, one.access.feature in words.lower()) == (403, True), one


def test_a_cookie_opens_only_what_says_so_and_changes_nothing(app: Flask, log_in: LogIn, admin: User) -> None:
    client = log_in(admin)
    for one in operations(app):
        if one.access is None:
            continue
        status, _ = ask(app, one, client=client)
        if not one.access.session or one.method != "GET":
            assert status == 401, one


def test_a_route_of_the_api_without_declared_access_stops_the_start(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = webapp.api.blueprints()
    for number, mark in enumerate((lambda view: view, allow("viewer"), allow("public"))):
        careless = Blueprint(f"careless{number}", __name__)

        @careless.get("/api/careless")
        @mark
        def show() -> str:
            return "everything"

        monkeypatch.setattr(webapp.api, "blueprints", lambda part=careless: [*known, part])
        with pytest.raises(RuntimeError, match=f"careless{number}"):
            create_app(make_settings(database_url, tmp_path))


def test_a_page_cannot_borrow_the_door_of_the_api(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    careless = Blueprint("careless", __name__)

    @careless.get("/elsewhere")
    def show() -> str:
        return "everything"

    show.policy = GUARDED  # type: ignore[attr-defined]
    known = webapp.api.blueprints()
    monkeypatch.setattr(webapp.api, "blueprints", lambda: [*known, careless])
    with pytest.raises(RuntimeError, match=r"careless\.show"):
        create_app(settings)


def test_who_calls_too_often_is_told_when_to_come_back(app: Flask, organisation: Organisation) -> None:
    limiter.enabled = True
    limiter.reset()
    app.extensions["koppel"] = replace(app.extensions["koppel"], api_calls_per_minute=3)
    busy, calm = (api_keys.create(person(organisation.id, "x"), name, scopes=("import",)).secret for name in "ab")
    one = next(one for one in operations(app) if one.access and one.access.scope and one.method != "GET")
    for secret, expected in ((busy, [False, False, False, True]), (calm, [False])):
        got = []
        for _ in expected:
            answer = app.test_client().open(one.path, method=one.method, json={}, headers={"X-API-KEY": secret})
            got.append(answer.status_code == 429)
            if got[-1]:
                assert 1 <= int(answer.headers["Retry-After"]) <= 60
                assert answer.get_json()["success"] is False
        assert got == expected
