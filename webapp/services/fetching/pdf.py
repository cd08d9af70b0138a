"""The PDF of a fetched invoice: asked for when a person wants it, and kept until the document changes over there."""

import re
from hashlib import sha256

from sqlalchemy import delete, select

from webapp.connectors.ports import ConnectorError
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.services import troubles
from webapp.services.actors import Actor
from webapp.services.fetching.asking import FetchError
from webapp.services.gateways import open_source
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceDocument
from webapp.store.session import current, release, transaction

_UNFIT = re.compile(r"[^\w.-]+")


def fetch_pdf(actor: Actor, invoice_id: int) -> bool:
    """Fetch the PDF of an invoice unless it is here already; False when the remote has not made it yet.

    Raises FetchError: `not_found`, `paused`, `sealed`, or `failed` with the class of failure in `failure`.
    """
    query = (
        select(RemoteDocument.remote_id, RemoteDocument.digest, Connection.id, Connection.state, Connection.name)
        .join(Connection, Connection.id == RemoteDocument.connection_id)
        .where(RemoteDocument.invoice_id == invoice_id, RemoteDocument.organisation_id == actor.organisation_id)
    )
    found = current().execute(query).one_or_none()
    here = current().scalar(select(InvoiceDocument.invoice_id).where(InvoiceDocument.invoice_id == invoice_id))
    release()
    if found is None:
        raise FetchError("not_found")
    if here is not None:
        return True
    if found.state == "paused":
        raise FetchError("paused", connection=found.name)
    content = _ask(found.id, found.remote_id)
    if content is None:
        return False
    with transaction():
        _keep(invoice_id, found.digest, content)
    return True


def _ask(connection_id: int, remote_id: str) -> bytes | None:
    try:
        return open_source(connection_id, kind=Trigger.MANUAL).source.pdf(remote_id)
    except CannotUnseal:
        raise FetchError("sealed") from None
    except ConnectorError as error:
        with transaction():
            troubles.note_failure(connection_id, error, category=RunCategory.FETCH_INVOICES, run_id=None)
        raise FetchError("failed", failure=error.failure.value) from None


def _keep(invoice_id: int, digest: int, content: bytes) -> None:
    """Keep what came; not when the document changed meanwhile, and once when two asked for it together."""
    session = current()
    invoice = session.get(Invoice, invoice_id, with_for_update=True)
    document = session.scalar(select(RemoteDocument).where(RemoteDocument.invoice_id == invoice_id))
    if invoice is None or document is None or document.digest != digest:
        return
    session.execute(delete(InvoiceDocument).where(InvoiceDocument.invoice_id == invoice_id))
    name = _UNFIT.sub("-", invoice.number).strip("-.")[:100] or document.remote_id
    session.add(
        InvoiceDocument(
            invoice_id=invoice_id,
            organisation_id=invoice.organisation_id,
            file_name=f"{name}.pdf",
            size=len(content),
            sha256=sha256(content).hexdigest(),
            content=content,
            created_at=clock.now(),
        )
    )


def forget(invoice_ids: list[int]) -> None:
    """Drop, inside of a transaction, the PDFs of documents that changed: the next one who asks gets the new one."""
    if invoice_ids:
        query = delete(InvoiceDocument).where(InvoiceDocument.invoice_id.in_(invoice_ids))
        current().execute(query.execution_options(synchronize_session=False))
