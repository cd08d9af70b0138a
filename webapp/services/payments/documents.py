"""What we know before a look at the books of the invoices that were fetched from there: each by its document."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select

from webapp.domain.budget import YUKI_ZONE
from webapp.domain.payments import KnownInvoice
from webapp.services.payments.knowing import CHUNK, movements_of
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.payments import RemoteOpenItem
from webapp.store.session import direct
from webapp.store.types import table_of

SETTLED_AFTER = timedelta(days=2)
"""How long after its last change a fetched document that is not open, and never was seen open, counts as settled.

People over there recognise a document before they book it: in between it is not open yet.
"""

_INVOICES, _DOCUMENTS, _ITEMS = map(table_of, (Invoice, RemoteDocument, RemoteOpenItem))
_FETCHED = (
    select(
        _INVOICES.c.id,
        _INVOICES.c.number,
        _INVOICES.c.gross_total,
        _INVOICES.c.currency,
        _DOCUMENTS.c.remote_id,
        _DOCUMENTS.c.facts,
        _DOCUMENTS.c.created_at,
        _ITEMS.c.open_amount,
        _ITEMS.c.first_seen_at,
    )
    .join(_DOCUMENTS, _DOCUMENTS.c.invoice_id == _INVOICES.c.id)
    .outerjoin(_ITEMS, (_ITEMS.c.invoice_id == _INVOICES.c.id) & (_ITEMS.c.connection_id == bindparam("connection")))
    .where(
        _DOCUMENTS.c.connection_id == bindparam("connection"),
        _INVOICES.c.organisation_id == bindparam("organisation"),
        _INVOICES.c.source == "yuki",
        _INVOICES.c.kind == bindparam("kind"),
        _INVOICES.c.status == "sent",
    )
)
_OPEN = _FETCHED.where(or_(_INVOICES.c.outstanding_amount != 0, _ITEMS.c.id.is_not(None) & _ITEMS.c.gone_at.is_(None)))
_NAMED = _FETCHED.where(_DOCUMENTS.c.remote_id.in_(bindparam("named", expanding=True)))


def known_documents(connection: Connection, document_ids: Iterable[str], *, kind: str) -> list[KnownInvoice]:
    """Return what we know of the invoices of one kind that were fetched from a connection.

    All that are open here, that were open there at the last look, or whose documents the books name now. They count
    as booked some time after they were last touched: until then their absence proves nothing.
    """
    ours = {"connection": connection.id, "organisation": connection.organisation_id, "kind": kind}
    rows = {row.id: row for row in direct(_OPEN, **ours)}
    wanted = sorted(set(document_ids) - {""} - {row.remote_id for row in rows.values()})
    for start in range(0, len(wanted), CHUNK):
        rows.update({row.id: row for row in direct(_NAMED, named=wanted[start : start + CHUNK], **ours)})
    movements = movements_of(connection.id, sorted(rows))
    return [
        KnownInvoice(
            invoice_id=row.id,
            reference=row.number,
            total=row.gross_total,
            currency=row.currency,
            last_open=row.open_amount,
            first_seen_open=row.first_seen_at,
            booked_at=_touched(row) + SETTLED_AFTER,
            document_id=row.remote_id,
            payment_method=None,
            movements=movements.get(row.id, 0),
        )
        for row in rows.values()
    ]


def first_seen(known: Iterable[KnownInvoice]) -> set[int]:
    """Return the fetched invoices of which no look has said anything yet."""
    return {one.invoice_id for one in known if one.document_id and one.last_open is None and not one.movements}


def _touched(row: Any) -> datetime:
    """Return when a document was last changed over there; its clock is Yuki's own."""
    said = str(row.facts.get("modified", ""))
    return datetime.fromisoformat(said).replace(tzinfo=YUKI_ZONE).astimezone(UTC) if said else row.created_at
