"""What every answer carries, and what no page holds: headers, a strict policy, nothing inline, nobody else's files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from lxml import html

import webapp.web
from tests.conftest import make_settings
from tests.security.test_routes import LogIn, own_path, routes
from webapp import create_app
from webapp.settings import Settings
from webapp.store.organisations import Organisation
from webapp.store.users import User

pytestmark = pytest.mark.once  # on PostgreSQL test_routes.py asks every address of these, over the same rows
DIRECTIVES = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "manifest-src": {"'self'"},
}
FRAMED = {
    "default-src": {"'none'"},
    "frame-ancestors": {"'self'"},
    "form-action": {"'none'"},
    "base-uri": {"'none'"},
}
RECEIPT = {
    "default-src": {"'none'"},
    "img-src": {"'self'"},
    "form-action": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "sandbox": set[str](),
}
ERRORS = ("/nowhere", "/connections/99999999", "/settings/users/99999999")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Nothing may be called from here: the remotes are a port where nobody listens."""
    return make_settings(database_url, tmp_path, yuki_nl_url="http://127.0.0.1:9", yuki_be_url="http://127.0.0.1:9")


@pytest.fixture
def browser(log_in: LogIn, admin: User) -> FlaskClient:
    return log_in(admin)


def paths(app: Flask, organisation: Organisation) -> Iterator[str]:
    """Every page and fragment there is, and some that are not."""
    for route in routes(app):
        if route.method == "GET" and route.endpoint != "static":
            yield own_path(app, route, organisation)
    yield from ERRORS


def test_every_answer_carries_the_strict_policy(app: Flask, browser: FlaskClient, organisation: Organisation) -> None:
    wrong = []
    for path in paths(app, organisation):
        headers = browser.get(path).headers
        policy = {
            name: set(values)
            for name, *values in (part.split() for part in headers["Content-Security-Policy"].split(";"))
        }
        others = (headers["X-Content-Type-Options"], headers["X-Frame-Options"], headers["Referrer-Policy"])
        # Somebody else's PDF may be framed by our own pages; beyond that it may do less than a page.
        framed = path.endswith("/document/inline")
        wanted = FRAMED if framed else RECEIPT if "/receipts/" in path else DIRECTIVES
        frames = "SAMEORIGIN" if framed else "DENY"
        if policy != wanted or others != ("nosniff", frames, "same-origin") or not headers["X-Request-ID"]:
            wrong.append(f"{path}: {headers}")
        if "public" in headers["Cache-Control"]:
            wrong.append(f"{path}: may be kept by others")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("fragment", [False, True], ids=["page", "fragment"])
def test_no_page_holds_anything_that_the_policy_forbids(
    app: Flask, browser: FlaskClient, organisation: Organisation, fragment: bool
) -> None:
    wrong = []
    headers = {"HX-Request": "true"} if fragment else {}
    for path in paths(app, organisation):
        answer = browser.get(path, headers=headers)
        if answer.mimetype == "text/html" and answer.text.strip():
            wrong += [f"{path}: {what}" for what in inline_parts(answer.text)]
    assert not wrong, "\n".join(wrong)


def inline_parts(page: str) -> Iterator[str]:
    """Name whatever is inline in a page or comes from another host."""
    for node in html.fromstring(f"<div>{page}</div>" if "<html" not in page else page).iter():
        if not isinstance(node.tag, str):
            continue
        if node.tag == "style" or (node.tag == "script" and not node.get("src")):
            yield f"an inline <{node.tag}>"
        for name, value in node.attrib.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"{name}= on <{node.tag}>"
            if value.strip().lower().startswith(("javascript:", "js:")):
                yield f"{value} in {name}= on <{node.tag}>"
            if name in ("src", "href") and node.tag != "a" and value.startswith(("http:", "https:", "//")):
                yield f"{value} on <{node.tag}>"


def test_pages_before_the_login_are_as_strict(app: Flask) -> None:
    for path in ("/login", "/nowhere"):
        answer = app.test_client().get(path)
        assert not list(inline_parts(answer.text))
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_route_without_a_declared_policy_stops_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    careless = Blueprint("careless", __name__)

    @careless.get("/careless")
    def show() -> str:
        return "everything"

    known = webapp.web.blueprints()
    monkeypatch.setattr(webapp.web, "blueprints", lambda: [*known, careless])
    with pytest.raises(RuntimeError, match=r"careless\.show"):
        create_app(settings)


def test_a_role_that_does_not_exist_cannot_be_declared() -> None:
    from webapp.web.policy import allow

    with pytest.raises(ValueError, match="boss"):
        allow("boss")
