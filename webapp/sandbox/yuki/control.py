"""The control API, for tests: reset, modes, faults, the ledger, payments, the log of calls. It costs no quota."""

from typing import Any

from flask import Response, current_app, jsonify, request

from webapp.sandbox.asked import BadRequest, object_of
from webapp.sandbox.control import change, make_control
from webapp.sandbox.yuki.booking import finish_draft
from webapp.sandbox.yuki.books import Books
from webapp.sandbox.yuki.ledger import booking_json, ledger_json
from webapp.sandbox.yuki.operations.uploads import recognise
from webapp.sandbox.yuki.payments import match, pay, receive
from webapp.sandbox.yuki.stocking import put_odd, stock

blueprint = make_control()


def books_here() -> Books:
    books: Books = current_app.extensions["books"]
    return books


@blueprint.post("/reset")
def reset() -> Response:
    def work(books: Books, body: Any) -> Any:
        books.reset()
        return {"reset": True}

    return change(work)


@blueprint.get("/ledger")
def ledger() -> Response:
    """Everything on the books; ?reference= and ?administration= narrow the bookings down."""
    books = books_here()
    with books.lock:
        return jsonify(ledger_json(books, request.args.get("administration", ""), request.args.get("reference")))


@blueprint.post("/pay")
def pay_item() -> Response:
    def work(books: Books, body: Any) -> Any:
        said = object_of(body)
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

    return change(work)


@blueprint.post("/receipt")
def receipt() -> Response:
    def work(books: Books, body: Any) -> Any:
        said = object_of(body)
        one = receive(
            books,
            str(said.get("administration") or ""),
            said.get("amount"),
            day=said.get("date"),
            description=str(said.get("description") or ""),
        )
        return {"id": one.id, "amount": str(one.amount), "date": one.date.isoformat()}

    return change(work)


@blueprint.post("/match")
def match_receipt() -> Response:
    """Somebody matches a receipt: {"receipt": its id, "reference", "amount": a part of it, all without}."""

    def work(books: Books, body: Any) -> Any:
        said = object_of(body)
        receipt_id, reference = str(said.get("receipt") or ""), str(said.get("reference") or "")
        return booking_json(books, match(books, receipt_id, reference, said.get("amount")))

    return change(work)


@blueprint.post("/send")
def send() -> Response:
    """A person processes a draft in "To be sent"; {"id": the booking's id}."""

    def work(books: Books, body: Any) -> Any:
        booking = books.bookings.get(str(object_of(body).get("id")))
        if booking is None or not booking.draft:
            raise BadRequest("There is no such draft.")
        finish_draft(books, booking)
        return booking_json(books, booking)

    return change(work)


@blueprint.post("/recognise")
def recognise_upload() -> Response:
    """Yuki's people book an upload: {"document", "contact", "reference", "amount", "vat", "date", "due_date"}."""

    def work(books: Books, body: Any) -> Any:
        said = object_of(body)
        return booking_json(books, recognise(books, str(said.get("document") or ""), said))

    return change(work)


@blueprint.post("/stock")
def stock_archive() -> Response:
    """File invented invoices in the archive: {"purchases": 300, "sales": 40, "paid": 60, "seed": 1}."""
    return change(stock)


@blueprint.post("/document")
def odd_document() -> Response:
    """File a document that is wrong on purpose, or change one: see stocking.put_odd."""
    return change(put_odd)
