"""The books as JSON, amounts as strings, so that a test can judge to the cent."""

from dataclasses import asdict
from typing import Any

from webapp.sandbox.yuki.books import Books
from webapp.sandbox.yuki.payments import can_be_open
from webapp.sandbox.yuki.records import ZERO, Booking, Document


def ledger_json(books: Books, administration_id: str = "", reference: str | None = None) -> dict[str, Any]:
    """All bookings in the order they arrived, with contacts, sales items, archive documents and unmatched receipts."""
    found = sorted(books.bookings.values(), key=lambda one: one.order)
    wanted = [
        one
        for one in found
        if administration_id in ("", one.administration_id) and (reference is None or one.reference == reference)
    ]
    return {
        "bookings": [booking_json(books, one) for one in wanted],
        "contacts": [asdict(one) for one in books.contacts.values()],
        "items": [_plain(asdict(one)) for one in books.items.values()],
        "documents": [_document_json(one) for one in books.documents.values()],
        "receipts": [_plain(asdict(one)) for one in books.receipts.values()],
        "administrations": [
            {"id": one.id, "name": one.name, "domain": one.domain_id} for one in books.administrations.values()
        ],
    }


def booking_json(books: Books, one: Booking) -> dict[str, Any]:
    """`open` is 0.00 for what never becomes an open item: drafts, cards and cash."""
    contact = books.contacts.get(one.contact_id)
    body: dict[str, Any] = _plain(asdict(one))
    for name in ("contact_id", "contact_name", "order", "xml"):
        body.pop(name)
    body["reference"] = one.reference or None
    body["administration"] = body.pop("administration_id")
    body["document"] = body.pop("document_id") or None
    body["contact"] = {"id": one.contact_id, "code": contact.code if contact else "", "name": one.contact_name}
    for line, own in zip(body["lines"], one.lines, strict=True):
        line["total"] = str(own.net + own.vat)
    body["total"] = str(one.total)
    body["open"] = str(one.open_on() if can_be_open(one) else ZERO)
    return body


def _document_json(one: Document) -> dict[str, Any]:
    body: dict[str, Any] = _plain(asdict(one))
    body.pop("xml")
    return body


def _plain(value: Any) -> Any:
    """JSON's own types; amounts and dates become strings."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
