"""The control API, for tests: reset, modes, faults, the ledger, payments, the log of calls. It costs no quota."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from webapp.sandbox.yuki.booking import finish_draft
from webapp.sandbox.yuki.books import Books
from webapp.sandbox.yuki.ledger import booking_json, ledger_json
from webapp.sandbox.yuki.modes import BadRequest
from webapp.sandbox.yuki.operations.uploads import recognise
from webapp.sandbox.yuki.payments import pay, receive

blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")


def books_here() -> Books:
    books: Books = current_app.extensions["books"]
    return books


def _change(work: Callable[[Books, Any], Any]) -> Response:
    """Does the work with the request's JSON under the lock, keeps it, and answers with what it returns."""
    books = books_here()
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if body is None:
        raise BadRequest("The body is not JSON.")
    with books.lock:
        answer = work(books, body)
        books.commit()
    return jsonify(answer)


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadRequest("The body must be an object.")
    return body


@blueprint.errorhandler(BadRequest)
def bad_request(error: BadRequest) -> tuple[Response, int]:
    return jsonify(error=str(error)), 400


@blueprint.post("/reset")
def reset() -> Response:
    def work(books: Books, body: Any) -> Any:
        books.reset()
        return {"reset": True}

    return _change(work)


@blueprint.get("/mode")
def show_mode() -> Response:
    return jsonify(books_here().mode.as_json())


@blueprint.post("/mode")
def set_mode() -> Response:
    def work(books: Books, body: Any) -> Any:
        books.set_mode(books.mode.changed(body))
        return books.mode.as_json()

    return _change(work)


@blueprint.get("/faults")
def show_faults() -> Response:
    return jsonify(books_here().faults.as_json())


@blueprint.post("/faults")
def set_faults() -> Response:
    def work(books: Books, body: Any) -> Any:
        books.faults.replace(body)
        return books.faults.as_json()

    return _change(work)


@blueprint.get("/ledger")
def ledger() -> Response:
    """Everything on the books; ?reference= and ?administration= narrow the bookings down."""
    books = books_here()
    with books.lock:
        return jsonify(ledger_json(books, request.args.get("administration", ""), request.args.get("reference")))


@blueprint.post("/pay")
def pay_item() -> Response:
    def work(books: Books, body: Any) -> Any:
        said = _object(body)
        administration = str(said.get("administration") or "")
        return booking_json(
            books,
            pay(
                books,
                str(said.get("reference") or ""),
                said.get("amount"),
                day=said.get("date"),
                administration_id=administration,
            ),
        )

    return _change(work)


@blueprint.post("/receipt")
def receipt() -> Response:
    def work(books: Books, body: Any) -> Any:
        said = _object(body)
        one = receive(
            books,
            str(said.get("administration") or ""),
            said.get("amount"),
            day=said.get("date"),
            description=str(said.get("description") or ""),
        )
        return {"id": one.id, "amount": str(one.amount), "date": one.date.isoformat()}

    return _change(work)


@blueprint.post("/send")
def send() -> Response:
    """A person processes a draft in "To be sent"; {"id": the booking's id}."""

    def work(books: Books, body: Any) -> Any:
        booking = books.bookings.get(str(_object(body).get("id")))
        if booking is None or not booking.draft:
            raise BadRequest("There is no such draft.")
        finish_draft(books, booking)
        return booking_json(books, booking)

    return _change(work)


@blueprint.post("/recognise")
def recognise_upload() -> Response:
    """Yuki's people book an upload: {"document", "contact", "reference", "amount", "vat", "date", "due_date"}."""

    def work(books: Books, body: Any) -> Any:
        said = _object(body)
        return booking_json(books, recognise(books, str(said.get("document") or ""), said))

    return _change(work)


@blueprint.get("/calls")
def calls() -> Response:
    """Counts and the last calls, ?last= of them (100)."""
    books = books_here()
    with books.lock:
        return jsonify(books.calls.as_json(request.args.get("last", 100, type=int)))
