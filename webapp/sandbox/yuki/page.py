"""The page: keys, books, open items and calls, with buttons to pay, to send drafts and to start anew."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, render_template, request

from webapp.sandbox.asked import BadRequest
from webapp.sandbox.control import change_by_page, close_the_page
from webapp.sandbox.yuki.booking import finish_draft
from webapp.sandbox.yuki.books import Books
from webapp.sandbox.yuki.charts import FOLDERS
from webapp.sandbox.yuki.control import books_here
from webapp.sandbox.yuki.payments import can_be_open, open_bookings, pay
from webapp.sandbox.yuki.records import Booking, Document

blueprint = Blueprint("page", __name__, template_folder="templates")
_SHOWN = 100


blueprint.after_request(close_the_page)


@blueprint.get("/")
def index() -> Response:
    return _show(books_here())


@blueprint.post("/pay")
def pay_item() -> Response:
    """Pays all that is open, or the amount that was filled in."""

    def work(books: Books) -> None:
        given = request.form
        pay(
            books,
            given.get("reference", ""),
            given.get("amount"),
            day=given.get("date"),
            administration_id=given.get("administration", ""),
        )

    return _change(work)


@blueprint.post("/send")
def send_draft() -> Response:
    def work(books: Books) -> None:
        booking = books.bookings.get(request.form.get("id", ""))
        if booking is None or not booking.draft:
            raise BadRequest("There is no such draft.")
        finish_draft(books, booking)

    return _change(work)


@blueprint.post("/reset")
def reset() -> Response:
    return _change(lambda books: books.reset())


def _change(work: Callable[[Books], None]) -> Response:
    return change_by_page(work, _show)


def _show(books: Books, error: str = "") -> Response:
    with books.lock:
        today = books.local().date()
        everything = list(books.administrations)
        bookings = sorted(books.bookings.values(), key=lambda one: one.order, reverse=True)
        used = {one.name: books.calls.used(one.id, today.isoformat()) for one in books.domains.values()}
        body = render_template(
            "sandbox_yuki.html",
            books=books,
            error=error,
            today=today,
            debtors=open_bookings(books, everything, "sales")[:_SHOWN],
            creditors=open_bookings(books, everything, "purchase")[:_SHOWN],
            drafts=[one for one in bookings if one.draft][:_SHOWN],
            booked=[one for one in bookings if not one.draft][:_SHOWN],
            count=len(bookings),
            filed=sorted((one for one in books.documents.values() if one.data), key=_created, reverse=True)[:_SHOWN],
            folders=FOLDERS,
            used=used,
            calls=list(reversed(books.calls.log))[:40],
            state=_state,
        )
    return Response(body, 400 if error else 200)


def _created(one: Document) -> datetime:
    return one.created


def _state(one: Booking) -> str:
    """What became of a booking, in a word."""
    if not can_be_open(one):
        return f"settled: {one.payment_method}"
    if one.open_on() == 0:
        return "paid"
    return "open" if one.open_on() == one.total else "partly paid"
