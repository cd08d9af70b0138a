"""What the control APIs of all sandboxes share: modes, faults, and changes made under the lock. It costs no quota."""

import threading
from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, Response, current_app, jsonify, redirect, request

from webapp.sandbox.asked import BadRequest
from webapp.sandbox.script import Script


class _Mode(Protocol):
    def changed(self, update: Any) -> Any: ...
    def as_json(self) -> dict[str, Any]: ...


class _Calls(Protocol):
    def as_json(self, last: int) -> dict[str, Any]: ...


class AnyBooks(Protocol):
    """The books of any sandbox, as far as the control API needs to know them."""

    @property
    def lock(self) -> "threading.RLock": ...
    @property
    def mode(self) -> _Mode: ...
    @property
    def faults(self) -> Script[Any]: ...
    @property
    def calls(self) -> _Calls: ...
    def set_mode(self, mode: Any) -> None: ...
    def commit(self) -> None: ...


def change(work: Callable[[Any, Any], Any]) -> Response:
    """Does the work with the request's JSON under the lock, keeps it, and answers with what it returns."""
    books = current_app.extensions["books"]
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if body is None:
        raise BadRequest("The body is not JSON.")
    with books.lock:
        answer = work(books, body)
        books.commit()
    return jsonify(answer)


def change_by_page(work: Callable[[Any], object], show: Callable[[Any, str], Response]) -> Response:
    """Does what a button of the page asks for; `show` gives the page again when that cannot be done."""
    books = current_app.extensions["books"]
    with books.lock:
        try:
            work(books)
        except BadRequest as error:
            return show(books, str(error))
        books.commit()
    answer: Response = redirect("/", 303)  # type: ignore[assignment]
    return answer


def close_the_page(response: Response) -> Response:
    """Nothing from elsewhere may run in the page, and no page may frame it."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def make_control() -> Blueprint:
    """The control API with what is the same everywhere; each sandbox adds what its own books can do."""
    blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")

    def books_here() -> AnyBooks:
        books: AnyBooks = current_app.extensions["books"]
        return books

    @blueprint.errorhandler(BadRequest)
    def bad_request(error: BadRequest) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    @blueprint.get("/mode")
    def show_mode() -> Response:
        return jsonify(books_here().mode.as_json())

    @blueprint.post("/mode")
    def set_mode() -> Response:
        def work(books: AnyBooks, body: Any) -> Any:
            books.set_mode(books.mode.changed(body))
            return books.mode.as_json()

        return change(work)

    @blueprint.get("/faults")
    def show_faults() -> Response:
        return jsonify(books_here().faults.as_json())

    @blueprint.post("/faults")
    def set_faults() -> Response:
        def work(books: AnyBooks, body: Any) -> Any:
            books.faults.replace(body)
            return books.faults.as_json()

        return change(work)

    @blueprint.get("/calls")
    def calls() -> Response:
        """Counts and the last calls, ?last= of them (100)."""
        books = books_here()
        with books.lock:
            return jsonify(books.calls.as_json(request.args.get("last", 100, type=int)))

    return blueprint
