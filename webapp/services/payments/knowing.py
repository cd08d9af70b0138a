"""What we know before a look at the books: the invoices that are booked there, and what was open of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, or_, select

from webapp.domain.documents import PaymentMethod
from webapp.domain.payments import KnownInvoice
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment, RemoteOpenItem
from webapp.store.session import current

CHUNK = 500
_METHODS = {method.value for method in PaymentMethod}


def known_invoices(connection: Connection, references: Iterable[str]) -> list[KnownInvoice]:
    """Return what we know of the invoices that went by a connection.

    All that are open here, that were open there at the last look, or that the books name now.
    """
    was_open = RemoteOpenItem.id.is_not(None) & RemoteOpenItem.gone_at.is_(None)
    query = _query(connection).where(or_(Invoice.outstanding_amount != 0, was_open))
    rows = {row.id: row for row in current().execute(query)}
    wanted = sorted({reference.strip() for reference in references} - {""})
    for start in range(0, len(wanted), CHUNK):
        query = _query(connection).where(Invoice.number.in_(wanted[start : start + CHUNK]))
        rows.update({row.id: row for row in current().execute(query)})
    movements = _movements(connection.id, sorted(rows))
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


def _query(connection: Connection) -> Any:
    return (
        select(
            Invoice.id,
            Invoice.number,
            Invoice.gross_total,
            Invoice.currency,
            Invoice.payment_method,
            Delivery.reference,
            Delivery.draft,
            Delivery.sent_at,
            RemoteOpenItem.open_amount,
            RemoteOpenItem.first_seen_at,
        )
        .join(Delivery, (Delivery.invoice_id == Invoice.id) & (Delivery.state == "sent"))
        .outerjoin(
            RemoteOpenItem,
            (RemoteOpenItem.invoice_id == Invoice.id) & (RemoteOpenItem.connection_id == connection.id),
        )
        .where(
            # The organisation lets the index of numbers be used; the connection alone would decide as well.
            Invoice.organisation_id == connection.organisation_id,
            Invoice.kind == "sales",
            Delivery.connection_id == connection.id,
        )
    )


def _movements(connection_id: int, invoice_ids: Sequence[int]) -> dict[int, int]:
    """Return how many payments and reversals of the books each invoice has so far."""
    found: dict[int, int] = {}
    for start in range(0, len(invoice_ids), CHUNK):
        query = (
            select(Payment.invoice_id, func.count())
            .where(
                Payment.connection_id == connection_id,
                Payment.invoice_id.in_(invoice_ids[start : start + CHUNK]),
            )
            .group_by(Payment.invoice_id)
        )
        for invoice_id, number in current().execute(query):
            found[invoice_id or 0] = number
    return found
