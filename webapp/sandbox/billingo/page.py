"""The page: keys, what is open, the newest documents and the calls; buttons to pay, to cancel and to start anew."""

from collections.abc import Callable
from decimal import Decimal

from flask import Blueprint, Response, current_app, render_template, request

from webapp.sandbox.billingo import changes
from webapp.sandbox.billingo.books import Books
from webapp.sandbox.billingo.ledger import document_json
from webapp.sandbox.billingo.opening import KEYS
from webapp.sandbox.billingo.records import Document
from webapp.sandbox.control import change_by_page, close_the_page

blueprint = Blueprint("page", __name__, template_folder="templates")
blueprint.after_request(close_the_page)
_SHOWN = 50


@blueprint.get("/")
def index() -> Response:
    return _show(current_app.extensions["books"])


@blueprint.post("/pay")
def pay() -> Response:
    """Pays all that is open, or the amount that was filled in."""
    return _change(lambda books: changes.pay(books, _asked(books), request.form.get("amount")))


@blueprint.post("/cancel")
def cancel() -> Response:
    return _change(lambda books: changes.correct(books, _asked(books)))


@blueprint.post("/insert")
def insert() -> Response:
    return _change(lambda books: changes.insert(books, {"type": request.form.get("type", "")}))


@blueprint.post("/reset")
def reset() -> Response:
    return _change(lambda books: books.reset())


def _asked(books: Books) -> Document:
    return changes.find(books, {"id": request.form.get("id", "0")})


def _change(work: Callable[[Books], object]) -> Response:
    return change_by_page(work, _show)


def _show(books: Books, error: str = "") -> Response:
    with books.lock:
        shop = books.main()
        newest = list(reversed(shop.documents))
        unpaid = [one for one in newest if changes.open_of(books, one)]
        body = render_template(
            "sandbox_billingo.html",
            books=books,
            shop=shop,
            keys=KEYS.values(),
            error=error,
            unpaid=[_row(books, one) for one in unpaid[:_SHOWN]],
            unpaid_count=len(unpaid),
            newest=[_row(books, one) for one in newest[:_SHOWN]],
            calls=list(reversed(books.calls.log))[:40],
        )
    return Response(body, 400 if error else 200)


def _row(books: Books, one: Document) -> dict[str, object]:
    partner = books.shop_of(one).partners[one.partner_id].name
    can_cancel = one.type in ("invoice", "advance", "modification") and not one.cancelled
    row = document_json(books, one)
    row |= {name: _spaced(row[name]) for name in ("net", "vat", "gross", "open")}
    return row | {"partner": partner, "can_cancel": can_cancel}


def _spaced(amount: str) -> str:
    """The amount with a narrow space between thousands: forints run into millions."""
    return f"{Decimal(amount):,.2f}".replace(",", "\u202f")
