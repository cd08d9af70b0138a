"""Every route, asked by everybody: with one's own object, another organisation's, and one that is not there."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import make_settings
from tests.security import objects
from webapp.domain.access import ROLES
from webapp.settings import Settings
from webapp.store.organisations import Organisation
from webapp.store.users import User
from webapp.web.policy import GUARDED, PUBLIC, policy_of

LogIn = Callable[[User], FlaskClient]
STRANGER = "stranger"


class Route(NamedTuple):
    """One method of one address, and the lowest role that may ask it."""

    endpoint: str
    method: str
    rule: str
    parameters: tuple[str, ...]
    policy: str


class Asked(NamedTuple):
    """What somebody got for an answer."""

    status: int
    location: str
    body: str


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Nothing may be called from here: the remotes are a port where nobody listens."""
    nobody = "http://127.0.0.1:9"
    return make_settings(database_url, tmp_path, yuki_nl_url=nobody, yuki_be_url=nobody, billingo_url=nobody)


def routes(app: Flask) -> Iterator[Route]:
    """Every method of every page, from the app itself: a new one is asked without a change here.

    The API has keys and tokens in the place of cookies: see test_api_routes.py.
    """
    for rule in app.url_map.iter_rules():
        policy = policy_of(app, rule.endpoint)
        assert policy is not None
        if policy == GUARDED:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, rule.rule, tuple(sorted(rule.arguments)), policy)


def path_of(app: Flask, route: Route, values: dict[str, int | str]) -> str:
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        return adapter.build(route.endpoint, values, method=route.method)


def own_path(app: Flask, route: Route, organisation: Organisation) -> str:
    values = {name: objects.make(route.endpoint, name, organisation.id) for name in route.parameters}
    return path_of(app, route, values)


def ask(client: FlaskClient, route: Route, path: str, headers: dict[str, str] | None = None) -> Asked:
    with client.session_transaction() as session:
        session.pop("_flashes", None)  # what an earlier answer said is not part of this one
    form = objects.FORMS.get(route.endpoint, {}) if route.method != "GET" else {}
    answer: TestResponse
    with client.open(path, method=route.method, headers=headers or {}, data=form) as answer:
        body = answer.get_data().decode(errors="replace") if route.endpoint != "static" else ""
        return Asked(answer.status_code, answer.location or "", body)


@pytest.fixture
def clients(app: Flask, log_in: LogIn, admin: User, staff: User, viewer: User) -> dict[str, FlaskClient]:
    return {STRANGER: app.test_client(), "viewer": log_in(viewer), "staff": log_in(staff), "admin": log_in(admin)}


def renew(clients: dict[str, FlaskClient], log_in: LogIn, people: dict[str, User]) -> None:
    """Log everybody in again: the route that was asked may have been the way out."""
    for role, user in people.items():
        clients[role] = log_in(user)


def is_refused(role: str, route: Route) -> bool:
    if route.policy == PUBLIC:
        return False
    return role == STRANGER or ROLES.index(role) < ROLES.index(route.policy)


@pytest.mark.once  # who may do what is decided before a database is asked; the next but one asks every address of both
def test_every_route_answers_each_role_as_declared(
    app: Flask, clients: dict[str, FlaskClient], organisation: Organisation, log_in: LogIn, admin: User,
    staff: User, viewer: User, database_kind: str,
) -> None:  # fmt: skip
    wrong = []
    # Who is refused is refused before anything is asked of the database: PostgreSQL has the one who is let in.
    asked = clients if database_kind == "sqlite" else {"admin": clients["admin"]}
    for route in routes(app):
        for role in asked:
            client = clients[role]
            got = ask(client, route, own_path(app, route, organisation))
            if not is_refused(role, route):
                # Without a queue the machine is not ready, and says so.
                ready = got.status < 500 or (route.endpoint == "health.ready" and got.status == 503)
                fine = ready and got.status not in (401, 403, 404, 405)
            elif role == STRANGER:
                fine = got.status == 303 and got.location.startswith("/login")
            else:
                fine = got.status == 403
            if not fine:
                wrong.append(f"{role}: {route.method} {route.rule} ({route.policy}) -> {got.status} {got.location}")
        if route.endpoint == "auth.logout":
            renew(clients, log_in, {"admin": admin, "staff": staff, "viewer": viewer})
    assert not wrong, "\n".join(wrong)


@pytest.mark.once
def test_htmx_without_a_login_is_told_by_a_header(app: Flask, organisation: Organisation) -> None:
    wrong = []
    for route in routes(app):
        if route.policy == PUBLIC:
            continue
        path = own_path(app, route, organisation)
        answer = app.test_client().open(path, method=route.method, headers={"HX-Request": "true"})
        if (answer.status_code, answer.headers.get("HX-Redirect"), answer.text) != (401, "/login", ""):
            wrong.append(f"{route.method} {route.rule} -> {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_what_belongs_to_others_is_as_if_it_did_not_exist(
    app: Flask, clients: dict[str, FlaskClient], organisation: Organisation, other_organisation: Organisation
) -> None:
    wrong = []
    for route in routes(app):
        ids = [name for name in route.parameters if name.endswith("_id")]
        for name in ids:
            others = [other for other in route.parameters if other != name]
            rest = {other: objects.make(route.endpoint, other, organisation.id) for other in others}
            foreign = objects.make(route.endpoint, name, other_organisation.id)
            for role, client in clients.items():
                asked = [
                    ask(client, route, path_of(app, route, rest | {name: value}))
                    for value in (foreign, objects.UNKNOWN)
                ]
                shapes = [(one.status, shape(one.body)) for one in asked]
                expected = 404 if not is_refused(role, route) else 303 if role == STRANGER else 403
                if shapes[0] != shapes[1] or shapes[0][0] != expected:
                    statuses = [one.status for one in asked]
                    wrong.append(f"{role}: {route.method} {route.rule} with another's {name} -> {statuses}")
    assert not wrong, "\n".join(wrong)


def shape(body: str) -> str:
    """A page without what is new in each answer: request ids, tokens, and the number that was asked for."""
    body = re.sub(r"[0-9a-f]{32}", "", body)
    body = re.sub(r'(name="csrf[-_]token"[^>]*(?:content|value)=")[^"]*', r"\1", body)
    return re.sub(r"/\d+", "/0", body)


@pytest.mark.once
def test_nothing_is_changed_without_a_token_of_ours(
    app: Flask, clients: dict[str, FlaskClient], organisation: Organisation
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    wrong = []
    for route in routes(app):
        if route.method == "GET":
            continue
        path = own_path(app, route, organisation)
        for data in ({}, {"csrf_token": "made up"}):
            answer = clients["admin"].open(path, method=route.method, data=data)
            if answer.status_code != 400:
                wrong.append(f"{route.method} {route.rule} {data} -> {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert clients["admin"].get("/settings").status_code == 200


def test_a_token_of_somebody_else_does_not_count(app: Flask, log_in: LogIn, admin: User, viewer: User) -> None:
    ours, theirs = log_in(admin), log_in(viewer)
    app.config["WTF_CSRF_ENABLED"] = True
    token = re.search(r'name="csrf-token" content="([^"]+)"', theirs.get("/settings").text)
    assert token is not None
    form = {"theme": "dark", "csrf_token": token[1]}
    assert theirs.post("/settings/theme", data=form).status_code == 303
    assert ours.post("/settings/theme", data=form).status_code == 400


def test_a_parameter_that_nobody_knows_is_named(organisation: Organisation) -> None:
    with pytest.raises(AssertionError, match=r"invoices\.new_page has the parameter <mystery_id>.*add it"):
        objects.make("invoices.new_page", "mystery_id", organisation.id)
