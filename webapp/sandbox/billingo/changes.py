"""What can happen in the books: a document is made, paid, changed, cancelled, or vanishes."""

from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from webapp.sandbox.asked import BadRequest, amount_of, day_of
from webapp.sandbox.billingo.books import Books, Shop
from webapp.sandbox.billingo.drawing import ZONE
from webapp.sandbox.billingo.opening import MAIN
from webapp.sandbox.billingo.records import DRAFTS, Document, Payment
from webapp.sandbox.billingo.rendering import name_of, status_of
from webapp.sandbox.billingo.totals import paid_of

TYPES = ("invoice", "advance", "proforma", "draft", "receipt")
_OPEN = frozenset({"outstanding", "expired", "partially_paid"})
_MOST_LINES = 4


def find(books: Books, said: dict[str, Any]) -> Document:
    """The document with that `id`, or the newest of the account whose number is `reference`; raises BadRequest."""
    key, number = said.get("id"), str(said.get("reference") or "")
    if key not in (None, ""):
        one = books.documents.get(int(key)) if str(key).isdecimal() else None
    else:
        shop = _shop(books, said)
        one = books.newest(shop, lambda other: number and name_of(other, shop.blocks) == number)
    if one is None:
        raise BadRequest(f"There is no document '{key or number}'.")
    return one


def open_of(books: Books, one: Document) -> int:
    """What is still to be paid, in hundredths; 0 for what is not payable."""
    payable = status_of(one, books.today(), books.mode) in _OPEN
    return one.gross - paid_of(one) if payable else 0


def pay(books: Books, one: Document, amount: Any = None, *, day: Any = None) -> None:
    """Enters a payment: all that is open, or the amount in the document's currency; raises BadRequest."""
    still_open = open_of(books, one)
    price = still_open if amount in (None, "") else int(amount_of(amount) * 100)
    if not still_open or price <= 0 or price > still_open:
        paid = Decimal(price) / 100
        raise BadRequest(f"{paid:.2f} does not fit: {Decimal(still_open) / 100:.2f} {one.currency} is open on it.")
    one.payments = [*one.payments, Payment(day_of(day, books.today()), price, one.method)]
    one.paid_at = _now(books)
    books.put(one)


def insert(books: Books, said: dict[str, Any]) -> Document:
    """A new document, made now; `type` says which, `account` where, and `lines` how many it has."""
    shop = _shop(books, said)
    kind = str(said.get("type") or "invoice")
    lines = said.get("lines", 0)
    if kind not in TYPES:
        raise BadRequest(f"The type must be one of {', '.join(TYPES)}.")
    if type(lines) is not int or not 0 <= lines <= 500:
        raise BadRequest("'lines' must be a whole number from 1 to 500.")
    last = _go_on(books, shop)
    one = shop.draw.document(kind, _now(books), lines or Random(last).randrange(1, _MOST_LINES))  # noqa: S311
    books.put(one)
    return one


def modify(books: Books, one: Document, comment: str = "") -> None:
    """Somebody changes the document; without a comment of their own it says when."""
    one.comment = comment or f"Módosítva: {books.now().astimezone(ZONE):%Y-%m-%d %H:%M:%S.%f}"
    one.modified = _now(books)
    books.put(one)


def correct(books: Books, one: Document, kind: str = "cancellation") -> Document:
    """Cancels (storno) or modifies an issued invoice by a document of its own; raises BadRequest."""
    if one.type not in ("invoice", "advance", "modification") or one.cancelled:
        raise BadRequest("Only an issued invoice that is not cancelled can be corrected.")
    shop = books.shop_of(one)
    _go_on(books, shop)
    new = shop.draw.correct(one, kind, _now(books))
    books.put(new)
    books.put(one)
    return new


def move(books: Books, account: str, what: str, count: int) -> None:
    """What a script wants to happen between two pages, `count` times; where nothing fits, nothing happens."""
    shop = books.shops[account]
    for _ in range(count):
        if what in ("insert", "insert_draft"):
            insert(books, {"account": account, "type": "draft" if what == "insert_draft" else "invoice"})
            continue
        one = books.newest(shop, lambda other: _fits(books, what, other))
        if one is None:
            return
        if what == "modify":
            modify(books, one)
        elif what == "cancel":
            correct(books, one)
        elif what == "pay":
            pay(books, one)
        else:
            books.remove(one)


def _fits(books: Books, what: str, one: Document) -> bool:
    if what == "pay":
        return bool(open_of(books, one))
    if what == "cancel":
        return one.type == "invoice" and not one.cancelled
    if what == "remove_draft":
        return one.type in DRAFTS
    return one.type == "invoice"


def _shop(books: Books, said: dict[str, Any]) -> Shop:
    account = str(said.get("account") or MAIN)
    if account not in books.shops:
        raise BadRequest(f"There is no account '{account}'; there are {', '.join(books.shops)}.")
    return books.shops[account]


def _go_on(books: Books, shop: Shop) -> int:
    """Makes the next document differ from those before it, and gives it an id after theirs."""
    books.made += 1
    last = shop.documents[-1].id if shop.documents else shop.account.first_id
    shop.draw.go_on(f"{books.size.seed} {last} {books.made}", last)
    return last


def _now(books: Books) -> datetime:
    return books.now().replace(microsecond=0)
