"""What we know before a look at the books: the invoices that are booked there, and what was open of them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, or_, select

from webapp.domain.documents import PaymentMethod
from webapp.domain.payments import KnownInvoice
from webapp.services.payments.beforehand import Books, Reader
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.keyed import Keyed
from webapp.store.payments import Payment, RemoteOpenItem
from webapp.store.session import direct
from webapp.store.straight import Fixed
from webapp.store.types import table_of

CHUNK = 500
_METHODS = {method.value: method for method in PaymentMethod}
_INVOICES, _DELIVERIES, _ITEMS, _PAYMENTS = map(table_of, (Invoice, Delivery, RemoteOpenItem, Payment))
MOVEMENTS: Any = (
    select(func.count())
    .where(_PAYMENTS.c.invoice_id == _INVOICES.c.id, _PAYMENTS.c.connection_id == bindparam("connection"))
    .scalar_subquery()
)
"""How many payments and reversals of the books an invoice has so far."""

STANDS: Any = or_(_INVOICES.c.outstanding_amount != 0, _ITEMS.c.id.is_not(None) & _ITEMS.c.gone_at.is_(None))
"""What is open here, or was open there at the last look."""

_BOOKED = (
    select(
        _INVOICES.c.id,
        _INVOICES.c.number,
        _INVOICES.c.gross_total,
        _INVOICES.c.outstanding_amount,
        _INVOICES.c.currency,
        _INVOICES.c.payment_method,
        _DELIVERIES.c.reference,
        _DELIVERIES.c.draft,
        _DELIVERIES.c.sent_at,
        _ITEMS.c.remote_id,
        _ITEMS.c.open_amount,
        _ITEMS.c.original_amount,
        _ITEMS.c.first_seen_at,
        MOVEMENTS,
    )
    .join(_DELIVERIES, (_DELIVERIES.c.invoice_id == _INVOICES.c.id) & (_DELIVERIES.c.state == "sent"))
    .outerjoin(_ITEMS, (_ITEMS.c.invoice_id == _INVOICES.c.id) & (_ITEMS.c.connection_id == bindparam("connection")))
    .where(
        # The organisation lets the index of numbers be used; the connection alone would decide as well.
        _INVOICES.c.organisation_id == bindparam("organisation"),
        _INVOICES.c.kind == "sales",
        _DELIVERIES.c.connection_id == bindparam("connection"),
    )
)
_OPEN = Fixed(_BOOKED.where(STANDS), gives=list(_BOOKED.selected_columns))
_NUMBERED = Keyed(
    "invoices", "number", "id", where="organisation_id = :organisation AND kind = 'sales'", text_keys=True
)
_THESE = _BOOKED.where(_INVOICES.c.id.in_(bindparam("ids", expanding=True)))


class Standing(NamedTuple):
    """An invoice as it stands: what the planner knows of it, what is open here, and the item it was last seen as."""

    known: KnownInvoice
    outstanding: Decimal
    remote_id: str | None
    original: Decimal | None


def open_invoices(reader: Reader, books: Books) -> list[Standing]:
    """Return the invoices sent by a connection that are open here, or were open there at the last look."""
    found = reader.all(_OPEN, {"connection": books.id, "organisation": books.organisation_id}, _standing)
    return once(found)


def once(found: Iterable[Standing]) -> list[Standing]:
    """Return each invoice once, however many deliveries it had."""
    return list({one.known.invoice_id: one for one in found}.values())


def known_invoices(reader: Reader, books: Books, references: Iterable[str]) -> list[KnownInvoice]:
    """Return what we know of the invoices that went by a connection.

    All that are open here, that were open there at the last look, or that the books name now.
    """
    found = [one.known for one in open_invoices(reader, books)]
    # Almost all that the books name is open here: only the rest is read, for a row costs more than its id.
    missing = sorted(numbered(reader, books, references) - {one.invoice_id for one in found})
    ours = {"connection": books.id, "organisation": books.organisation_id}
    for start in range(0, len(missing), CHUNK):
        found += [_standing(*row).known for row in direct(_THESE, ids=missing[start : start + CHUNK], **ours)]
    return found


def numbered(reader: Reader, books: Books, references: Iterable[str]) -> set[int]:
    """Return the ids of the sales invoices that have these numbers."""
    wanted = {reference.strip() for reference in references} - {""}
    return {row[0] for row in reader.keyed(_NUMBERED, wanted, organisation=books.organisation_id)}


def _standing(
    invoice_id: int,
    number: str,
    total: Decimal,
    outstanding: Decimal,
    currency: str,
    method: str,
    reference: str,
    draft: bool,
    sent_at: datetime | None,
    remote_id: str | None,
    last_open: Decimal | None,
    original: Decimal | None,
    first_seen_at: datetime | None,
    movements: int,
) -> Standing:
    known = KnownInvoice(
        invoice_id=invoice_id,
        reference=reference or number,
        total=total,
        currency=currency,
        last_open=last_open,
        first_seen_open=first_seen_at,
        booked_at=None if draft else sent_at,
        payment_method=_METHODS.get(method),
        movements=movements,
    )
    return Standing(known, outstanding, remote_id, original)
