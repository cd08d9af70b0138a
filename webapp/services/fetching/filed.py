"""What is special about documents from the archive of a set of books: our own among them, and what they leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from webapp.connectors.sources import BadRecord
from webapp.domain.remote_invoices import BOOKED_TYPES, RemoteInvoice
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.session import current

SENT_STATES = ("sending", "unknown", "sent", "conflict")
"""Deliveries whose booking may lie in the archive."""


@dataclass(frozen=True, slots=True)
class Own:
    """The documents of a page that are about invoices of ours: `linked` by the document's id, and further ones."""

    linked: Mapping[str, Invoice] = field(default_factory=dict)
    seconds: frozenset[str] = frozenset()


def find_own(connection: Connection, found: Sequence[RemoteInvoice]) -> Own:
    """Return which new documents are invoices that went to these books from here, by the reference they went with.

    An invoice has one document: that made by the books themselves before a scan. A second one with the same
    reference is no other invoice.
    """
    sales = [one for one in found if one.number and one.document_type in BOOKED_TYPES and one.kind == "sales"]
    if not sales:
        return Own()
    query = (
        select(Delivery.reference, Invoice, RemoteDocument.id)
        .join(Invoice, Invoice.id == Delivery.invoice_id)
        .join(Connection, Connection.id == Delivery.connection_id)
        .outerjoin(RemoteDocument, RemoteDocument.invoice_id == Invoice.id)
        .where(
            Delivery.organisation_id == connection.organisation_id,
            Delivery.state.in_(SENT_STATES),
            Delivery.reference.in_({one.number for one in sales}),
            Connection.provider == connection.provider,
            Connection.administration_id == connection.administration_id,
        )
        .order_by(Delivery.id)
    )
    ours: dict[str, Invoice | None] = {}
    for reference, sent, document in current().execute(query):
        ours[reference] = sent if document is None else None
    linked: dict[str, Invoice] = {}
    seconds: set[str] = set()
    for one in sorted(sales, key=lambda one: one.document_type != "sales_invoice"):
        if one.number not in ours:
            continue
        invoice, ours[one.number] = ours[one.number], None
        if invoice is None:
            seconds.add(one.remote_id)
        else:
            linked[one.remote_id] = invoice
    return Own(linked, frozenset(seconds))


def second(one: RemoteInvoice) -> BadRecord:
    """Return the record of a document with the reference of an invoice of ours that has one already."""
    payload = f'{{"id": "{one.remote_id}", "reference": "{one.number}"}}'
    return BadRecord(one.remote_id, one.number, "Reference", "second_document", payload)


def is_own(source: str, one: RemoteInvoice) -> bool:
    """Whether a document of the books is an invoice that was made here (`source`): then what stands here counts."""
    return one.filed and source != "yuki"
