"""What we know before a look at the books: the invoices that are booked there, and what was open of them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, func, or_, select

from webapp.domain.documents import PaymentMethod
from webapp.domain.payments import KnownInvoice
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment, RemoteOpenItem
from webapp.store.session import direct
from webapp.store.types import table_of

CHUNK = 500
_METHODS = {method.value for method in PaymentMethod}

_INVOICES, _DELIVERIES, _ITEMS, _PAYMENTS = map(table_of, (Invoice, Delivery, RemoteOpenItem, Payment))
_BOOKED = (
    select(
        _INVOICES.c.id,
        _INVOICES.c.number,
        _INVOICES.c.gross_total,
        _INVOICES.c.currency,
        _INVOICES.c.payment_method,
        _DELIVERIES.c.reference,
        _DELIVERIES.c.draft,
        _DELIVERIES.c.sent_at,
        _ITEMS.c.open_amount,
        _ITEMS.c.first_seen_at,
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
_OPEN = _BOOKED.where(or_(_INVOICES.c.outstanding_amount != 0, _ITEMS.c.id.is_not(None) & _ITEMS.c.gone_at.is_(None)))
_NUMBERED = select(_INVOICES.c.id).where(
    _INVOICES.c.organisation_id == bindparam("organisation"),
    _INVOICES.c.kind == "sales",
    _INVOICES.c.number.in_(bindparam("numbers", expanding=True)),
)
_THESE = _BOOKED.where(_INVOICES.c.id.in_(bindparam("ids", expanding=True)))
_MOVEMENTS = (
    select(_PAYMENTS.c.invoice_id, func.count())
    .where(
        _PAYMENTS.c.connection_id == bindparam("connection"),
        _PAYMENTS.c.invoice_id.in_(bindparam("ids", expanding=True)),
    )
    .group_by(_PAYMENTS.c.invoice_id)
)


def known_invoices(connection: Connection, references: Iterable[str]) -> list[KnownInvoice]:
    """Return what we know of the invoices that went by a connection.

    All that are open here, that were open there at the last look, or that the books name now.
    """
    ours = {"connection": connection.id, "organisation": connection.organisation_id}
    rows = {row.id: row for row in direct(_OPEN, **ours)}
    wanted = sorted({reference.strip() for reference in references} - {""})
    for start in range(0, len(wanted), CHUNK):
        numbered = direct(_NUMBERED, numbers=wanted[start : start + CHUNK], organisation=connection.organisation_id)
        # Almost all that the books name is open here: only the rest is read, for a row costs more than its id.
        if missing := sorted(set(numbered.scalars()) - rows.keys()):
            rows.update({row.id: row for row in direct(_THESE, ids=missing, **ours)})
    movements = movements_of(connection.id, sorted(rows))
    return [
        KnownInvoice(
            invoice_id=row.id,
            reference=row.reference or row.number,
            total=row.gross_total,
            currency=row.currency,
            last_open=row.open_amount,
            first_seen_open=row.first_seen_at,
            booked_at=None if row.draft else row.sent_at,
            payment_method=PaymentMethod(row.payment_method) if row.payment_method in _METHODS else None,
            movements=movements.get(row.id, 0),
        )
        for row in rows.values()
    ]


def movements_of(connection_id: int, invoice_ids: Sequence[int]) -> dict[int, int]:
    """Return how many payments and reversals of the books each invoice has so far."""
    found: dict[int, int] = {}
    for start in range(0, len(invoice_ids), CHUNK):
        for invoice_id, number in direct(_MOVEMENTS, connection=connection_id, ids=invoice_ids[start : start + CHUNK]):
            found[invoice_id or 0] = number
    return found
