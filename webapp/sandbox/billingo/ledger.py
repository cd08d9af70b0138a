"""The books as JSON, amounts as strings, so that a test can judge to the hundredth."""

from collections import Counter
from decimal import Decimal
from typing import Any

from webapp.sandbox.billingo.books import Books
from webapp.sandbox.billingo.changes import open_of
from webapp.sandbox.billingo.filters import modified_of
from webapp.sandbox.billingo.records import Document
from webapp.sandbox.billingo.rendering import name_of, status_of
from webapp.sandbox.billingo.totals import line_of, paid_of


def ledger_json(books: Books, account: str, reference: str | None = None, last: int | None = None) -> dict[str, Any]:
    """The account's documents, newest first: all, those of a number, or the last ones; the counts are of all."""
    shop = books.shops[account]
    found = [one for one in reversed(shop.documents) if reference in (None, name_of(one, shop.blocks))]
    return {
        "account": account,
        "count": len(shop.documents),
        "items": sum(len(one.items) for one in shop.documents),
        "types": dict(Counter(one.type for one in shop.documents)),
        "statuses": dict(Counter(status_of(one, books.today(), books.mode) for one in shop.documents)),
        "documents": [document_json(books, one) for one in found[:last]],
    }


def document_json(books: Books, one: Document) -> dict[str, Any]:
    lines = [line_of(item, one.discount) for item in one.items]
    return {
        "id": one.id,
        "reference": name_of(one, books.shop_of(one).blocks),
        "type": one.type,
        "cancelled": one.cancelled,
        "status": status_of(one, books.today(), books.mode),
        "currency": one.currency,
        "net": money(sum(line.net for line in lines)),
        "vat": money(sum(line.vat for line in lines)),
        "gross": money(one.gross),
        "paid": money(paid_of(one)),
        "open": money(open_of(books, one)),
        "items": len(one.items),
        "date": one.invoice_date.isoformat(),
        "due": one.due_date.isoformat(),
        "modified": modified_of(one, books).isoformat(),
        "related": one.related,
        "payments": [{"date": pay.date.isoformat(), "amount": money(pay.price)} for pay in one.payments],
    }


def money(hundredths: int) -> str:
    return f"{Decimal(hundredths) / 100:.2f}"
