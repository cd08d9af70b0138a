"""Puts the sandbox Billingo together as a Flask application: the API under /v3, the control API and the page."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response

from webapp.sandbox.billingo import control, page
from webapp.sandbox.billingo.answers import Answer, Refused, error
from webapp.sandbox.billingo.books import Books
from webapp.sandbox.billingo.endpoints import OPERATIONS, Call, pdf_of, token_of
from webapp.sandbox.billingo.performance import perform
from webapp.sandbox.guard import guard
from webapp.sandbox.wire import BreakingWires

PREFIX = "/v3"
_WRITES = ["POST", "PUT", "DELETE", "PATCH"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(state_path: Path | str | None = None, *, clock: Callable[[], datetime] = _utc_now) -> Flask:
    """
    The sandbox as a WSGI application. `state_path` is the SQLite file that keeps its books over a restart; `clock`
    gives the time as an aware datetime. The books are at app.extensions["books"].
    """
    app = Flask("webapp.sandbox", static_folder=None)
    books = Books(Path(state_path) if state_path else None, clock)
    app.extensions["books"] = books
    guard(app)
    for name, (path, handler) in OPERATIONS.items():
        app.add_url_rule(f"{PREFIX}{path}", name, _view(books, name, handler))
    _add_others(app, books)
    app.register_blueprint(control.blueprint)
    app.register_blueprint(page.blueprint)
    app.wsgi_app = BreakingWires(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _view(books: Books, name: str, handler: Callable[[Call], Answer]) -> Callable[..., Response]:
    def view(key: int = 0) -> Response:
        return perform(books, name, handler, key=key)

    return view


def _add_others(app: Flask, books: Books) -> None:
    @app.get(f"{PREFIX}/<path:_path>")
    def unknown(_path: str) -> Response:
        return perform(books, "Unknown", _refusing(404))

    @app.route(f"{PREFIX}/<path:_path>", methods=_WRITES)
    def write(_path: str) -> Response:
        """All keys are read keys: who only fetches needs no other, and a write is answered as to a read key."""
        return perform(books, "Write", _refusing(403))

    @app.get("/document-access/<token>")
    def public(token: str) -> Response:
        """What a public address leads to; it asks for no key."""
        with books.lock:
            one = next((one for key, one in books.documents.items() if token_of(key) == token), None)
            answer = pdf_of(books, one) if one else error(404)
        return Response(answer.data(), answer.status, content_type=answer.content_type)


def _refusing(status: int) -> Callable[[Call], Answer]:
    def refuse(call: Call) -> Answer:
        raise Refused(error(status))

    return refuse
