"""Documents that are new here: their invoices, lines, items and histories, written as rows straight to the driver."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from webapp.domain.fetching import Change
from webapp.domain.invoices import DeliveryState, DocumentStatus, payment_status
from webapp.domain.remote_invoices import (
    FOREIGN_VAT,
    STORNO_TYPES,
    RemoteContact,
    RemoteInvoice,
    RemoteLine,
    attributes,
)
from webapp.extensions import clock
from webapp.services.actors import system
from webapp.services.fetching import filed
from webapp.services.fetching.parties import contacts_of
from webapp.store.bulk import Bulk
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, reserve
from webapp.store.types import table_of

ZERO = Decimal(0)
_CONTACT = RemoteContact.__slots__
_OF_INVOICE = (
    *("number", "currency", "status", "contact_name", "remarks", "issue_date", "due_date", "payment_method", "subject"),
    *("net_total", "vat_total", "gross_total", "outstanding_amount", "payment"),
)
_OF_DOCUMENT = (
    *("digest", "mark", "document_type", "correction_type", "cancelled", "payment_status", "payment_method"),
    *("fulfillment_date", "paid_date", "conversion_rate", "difference", "facts", "details"),
)
_OF_LINE = (
    *("invoice_id", "position", "description", "remarks", "item_code", "quantity", "unit_price", "vat_rate"),
    *("vat_description", "net_amount", "vat_amount", "gross_amount"),
)
_INVOICES = Bulk(
    Invoice,
    ("id", "kind", "delivery", "contact_id", *_OF_INVOICE),
    same=("organisation_id", "department_id", "source", "created_at", "updated_at"),
)
_DOCUMENTS = Bulk(
    RemoteDocument,
    ("remote_id", "invoice_id", *_OF_DOCUMENT),
    same=("organisation_id", "connection_id", "seen_at", "created_at", "updated_at"),
)
_LINES = Bulk(InvoiceLine, _OF_LINE, same=("vat_type",))
_ITEMS = Bulk(
    RunItem,
    ("invoice_id", "params"),
    same=("run_id", "organisation_id", "outcome", "attempts", "updated_at"),
)
_EVENTS = Bulk(
    InvoiceEvent,
    ("invoice_id", "event"),
    same=("organisation_id", "occurred_at", "actor_kind", "actor_name", "run_id"),
)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A document that is new here; `own` is the invoice of ours that it is about, where it is about one."""

    remote: RemoteInvoice
    digest: int
    mark: int | None
    own: Invoice | None = None


def create(connection: Connection, found: Sequence[Fresh]) -> dict[str, int]:
    """Write new documents with their invoices inside of a transaction; returns the invoices' ids by the remote's."""
    if not found:
        return {}
    now = clock.now()
    unknown = [one.remote for one in found if one.own is None]
    people = contacts_of(connection, [one.contact for one in unknown])
    made = dict(zip([one.remote_id for one in unknown], reserve(Invoice, len(unknown)), strict=True))
    _INVOICES.write(
        [_invoice_row(one, made[one.remote_id], people.get(one.contact.remote_id)) for one in unknown],
        organisation_id=connection.organisation_id,
        department_id=connection.department_id,
        source=connection.provider,
        created_at=now,
        updated_at=now,
    )
    made |= {one.remote.remote_id: one.own.id for one in found if one.own is not None}
    _DOCUMENTS.write(
        [_document_row(one, made[one.remote.remote_id]) for one in found],
        organisation_id=connection.organisation_id,
        connection_id=connection.id,
        seen_at=now,
        created_at=now,
        updated_at=now,
    )
    write_lines([(made[one.remote_id], one.lines) for one in unknown if not one.filed], fresh=True)
    return made


def _invoice_row(one: RemoteInvoice, invoice_id: int, contact_id: int | None) -> tuple[Any, ...]:
    # What comes from the books is in the books.
    delivery = (DeliveryState.SENT if one.filed else DeliveryState.NOT_SENT).value
    values = invoice_values(one) | (filed.fresh(one) if one.filed else {"subject": ""})
    return (invoice_id, one.kind, delivery, contact_id, *(values[name] for name in _OF_INVOICE))


def _document_row(one: Fresh, invoice_id: int) -> tuple[Any, ...]:
    values = document_values(one.remote, one.digest, one.mark, own=one.own is not None)
    return (one.remote.remote_id, invoice_id, *(values[name] for name in _OF_DOCUMENT))


def invoice_values(
    one: RemoteInvoice, *, paid: Decimal = ZERO, credited: Decimal = ZERO, given_up: Decimal = ZERO
) -> dict[str, Any]:
    """Return what a document says of its invoice, of which so much is settled."""
    found: dict[str, Any] = {
        "number": one.number,
        "currency": one.currency,
        "status": _status(one).value,
        "contact_name": one.contact.name[:200],
        "remarks": one.comment,
        "issue_date": one.issue_date,
        "net_total": one.net_total,
        "vat_total": one.vat_total,
        "gross_total": one.gross_total,
        "outstanding_amount": one.gross_total - paid - credited - given_up,
        "payment": payment_status(one.gross_total, paid, credited=credited, written_off=given_up).value,
    }
    if not one.filed:
        found |= {"due_date": one.due_date, "payment_method": one.payment_method[:60]}
    return found


def document_values(one: RemoteInvoice, digest: int, mark: int | None, *, own: bool) -> dict[str, Any]:
    """Return what is kept beside the invoice of a document; `own` when that is one of ours."""
    return {
        "digest": digest,
        "mark": mark,
        "document_type": one.document_type[:60],
        "correction_type": one.correction_type[:60],
        "cancelled": one.cancelled,
        "payment_status": one.payment_status[:60],
        "payment_method": one.payment_method[:60],
        "fulfillment_date": one.fulfillment_date,
        "paid_date": one.paid_date,
        "conversion_rate": one.conversion_rate,
        "difference": one.difference,
        "facts": filed.kept_facts(one) if one.filed else _facts(one),
        "details": filed.details_of(one, own=own),
    }


def _facts(one: RemoteInvoice) -> dict[str, Any]:
    return dict(one.facts) | {
        "related": [list(pair) for pair in one.related],
        "partner": dict(zip(_CONTACT, attributes(one.contact), strict=True)),
        "lines": [
            {"product_id": line.product_id, "unit": line.unit, "vat": line.vat, "entitlement": line.entitlement}
            for line in one.lines
        ],
    }


def _status(one: RemoteInvoice) -> DocumentStatus:
    """A document that was not issued makes no claim; one that was cancelled (storno) makes none any more.

    Nor does a storno whose amounts are not negative: it takes back, and nobody owes it.
    """
    if not one.issued:
        return DocumentStatus.DRAFT
    without_claim = one.cancelled or (one.document_type in STORNO_TYPES and one.gross_total > 0)
    return DocumentStatus.CANCELLED if without_claim else DocumentStatus.SENT


def write_lines(documents: Sequence[tuple[int, Sequence[RemoteLine]]], *, fresh: bool = False) -> None:
    """Write the lines of invoices in place of those they have, inside of a transaction; `fresh` ones have none."""
    if documents and not fresh:
        lines = table_of(InvoiceLine)
        current().execute(lines.delete().where(lines.c.invoice_id.in_([invoice_id for invoice_id, _ in documents])))
    rows = [
        (
            *(invoice_id, position, line.name, line.remarks, line.product_id[:40], line.quantity, line.unit_price),
            *(line.vat_rate or ZERO, line.vat[:100], line.net_amount, line.vat_amount, line.gross_amount),
        )
        for invoice_id, lines in documents
        for position, line in enumerate(lines, start=1)
    ]
    # No VAT type of the books: what the remote calls it stands in the description.
    _LINES.write(rows, vat_type=FOREIGN_VAT)


def tell(run: Run, told: Sequence[tuple[int, Change, bool]]) -> None:
    """Write the items of a run and the histories for each (invoice, what became of it, whether it is filed)."""
    now = clock.now()
    _ITEMS.write(
        [(invoice_id, {"change": change.value}) for invoice_id, change, _ in told],
        run_id=run.id,
        organisation_id=run.organisation_id,
        outcome="succeeded",
        attempts=1,
        updated_at=now,
    )
    actor = system(run.organisation_id)
    _EVENTS.write(
        [(invoice_id, _event(change, filed=filed)) for invoice_id, change, filed in told],
        organisation_id=run.organisation_id,
        occurred_at=now,
        actor_kind=actor.kind,
        actor_name=actor.name,
        run_id=run.id,
    )


def _event(change: Change, *, filed: bool) -> str:
    event = "invoice.filed" if filed else "invoice.fetched"
    return event if change is Change.CREATED else f"{event}_again"
