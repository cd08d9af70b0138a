"""The document of the books' archive behind an invoice, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.domain.budget import YUKI_ZONE
from webapp.domain.remote_invoices import BOOKED_TYPES, FILED_TYPES
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.session import current


@dataclass(frozen=True, slots=True)
class Filed:
    """A document of the archive; `dated` and `vat_known` say whether the books told its date and its VAT.

    `details` is `wanted` while its lines and due date were not asked for, `read`, or `none` where there are none.
    """

    remote_id: str
    connection_id: int
    administration: str
    file_name: str
    content_type: str
    recognised: bool
    dated: bool
    vat_known: bool
    details: str
    changed_at: datetime | None
    vanished_at: datetime | None

    @property
    def shows(self) -> bool:
        """Whether it is of a kind that is shown inside of a page: a PDF, and nothing else."""
        return self.content_type == "application/pdf"


def of_invoice(invoice_id: int) -> Filed | None:
    """Return the archive document of an invoice, None for one that has none."""
    row = current().execute(_query().where(RemoteDocument.invoice_id == invoice_id)).first()
    return _filed(*row) if row is not None else None


def find(organisation_id: int, invoice_id: int) -> Filed | None:
    """Return the archive document of an invoice of an organisation that was fetched from there."""
    query = _query().join(Invoice, Invoice.id == RemoteDocument.invoice_id)
    mine = (Invoice.organisation_id == organisation_id, Invoice.source == "yuki")
    row = current().execute(query.where(Invoice.id == invoice_id, *mine)).first()
    return _filed(*row) if row is not None else None


def _query() -> Any:
    return (
        select(RemoteDocument, Connection.administration_name, Connection.name)
        .join(Connection, Connection.id == RemoteDocument.connection_id)
        .where(RemoteDocument.document_type.in_(FILED_TYPES))
    )


def _filed(row: RemoteDocument, administration: str, connection: str) -> Filed:
    facts = row.facts
    said = str(facts.get("modified", ""))
    return Filed(
        remote_id=row.remote_id,
        connection_id=row.connection_id,
        administration=administration or connection,
        file_name=str(facts.get("file_name", "")),
        content_type=str(facts.get("content_type", "")).partition(";")[0].strip().lower(),
        recognised=row.document_type in BOOKED_TYPES,
        dated=bool(facts.get("dated")),
        vat_known=bool(facts.get("vat_known")),
        details=row.details,
        changed_at=datetime.fromisoformat(said).replace(tzinfo=YUKI_ZONE) if said else None,
        vanished_at=row.vanished_at,
    )
