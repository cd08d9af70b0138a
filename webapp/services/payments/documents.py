"""What we know before a look at the books of the invoices that were fetched from there: each by its document."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, literal_column, select

from webapp.domain.budget import YUKI_ZONE
from webapp.domain.payments import KnownInvoice
from webapp.services.payments.beforehand import Books, Reader
from webapp.services.payments.knowing import CHUNK, MOVEMENTS, STANDS, Standing, once
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.payments import RemoteOpenItem
from webapp.store.session import direct
from webapp.store.straight import Fixed
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
        _INVOICES.c.outstanding_amount,
        _INVOICES.c.currency,
        _DOCUMENTS.c.remote_id.label("document_id"),
        _DOCUMENTS.c.facts,
        _DOCUMENTS.c.created_at,
        _ITEMS.c.remote_id,
        _ITEMS.c.open_amount,
        _ITEMS.c.original_amount,
        _ITEMS.c.first_seen_at,
        MOVEMENTS,
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
_OPEN = Fixed(_FETCHED.where(STANDS), gives=list(_FETCHED.selected_columns))
_ANY = Fixed(
    select(_DOCUMENTS.c.id).where(_DOCUMENTS.c.connection_id == bindparam("connection")).limit(literal_column("1"))
)
_NAMED = _FETCHED.where(_DOCUMENTS.c.remote_id.in_(bindparam("named", expanding=True)))


def open_documents(reader: Reader, books: Books, *, kind: str) -> list[Standing]:
    """Return the invoices of one kind fetched from a connection that are open here, or were there at the last look."""
    ours = {"connection": books.id, "organisation": books.organisation_id, "kind": kind}
    return once(reader.all(_OPEN, ours, _standing))


def has_any(reader: Reader, books: Books) -> bool:
    """Whether anything was ever fetched from a connection."""
    return reader.is_there(_ANY, {"connection": books.id})


def known_documents(reader: Reader, books: Books, document_ids: Iterable[str], *, kind: str) -> list[KnownInvoice]:
    """Return what we know of the invoices of one kind that were fetched from a connection.

    All that are open here, that were open there at the last look, or whose documents the books name now. They count
    as booked some time after they were last touched: until then their absence proves nothing.
    """
    found = {one.known.document_id: one.known for one in open_documents(reader, books, kind=kind)}
    wanted = sorted(set(document_ids) - {""} - found.keys())
    if not wanted or not has_any(reader, books):
        return list(found.values())
    ours = {"connection": books.id, "organisation": books.organisation_id, "kind": kind}
    for start in range(0, len(wanted), CHUNK):
        for row in direct(_NAMED, named=wanted[start : start + CHUNK], **ours):
            known = _standing(*row).known
            found[known.document_id] = known
    return list(found.values())


def _standing(
    invoice_id: int,
    number: str,
    total: Decimal,
    outstanding: Decimal,
    currency: str,
    document_id: str,
    facts: dict[str, Any],
    created_at: datetime,
    remote_id: str | None,
    last_open: Decimal | None,
    original: Decimal | None,
    first_seen_at: datetime | None,
    movements: int,
) -> Standing:
    known = KnownInvoice(
        invoice_id=invoice_id,
        reference=number,
        total=total,
        currency=currency,
        last_open=last_open,
        first_seen_open=first_seen_at,
        booked_at=_touched(facts, created_at) + SETTLED_AFTER,
        document_id=document_id,
        payment_method=None,
        movements=movements,
    )
    return Standing(known, outstanding, remote_id, original)


def first_seen(known: Iterable[KnownInvoice]) -> set[int]:
    """Return the fetched invoices of which no look has said anything yet."""
    return {one.invoice_id for one in known if one.document_id and one.last_open is None and not one.movements}


def _touched(facts: dict[str, Any], created_at: datetime) -> datetime:
    """Return when a document was last changed over there; its clock is Yuki's own."""
    said = str(facts.get("modified", ""))
    return datetime.fromisoformat(said).replace(tzinfo=YUKI_ZONE).astimezone(UTC) if said else created_at
