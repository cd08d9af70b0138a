"""What the archive's lists leave out, read document by document, as far as the calls of the day allow."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.connectors.ports import ConnectorError, Unavailable
from webapp.connectors.sources import BooksSource, Details
from webapp.domain.failures import Failure
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import system
from webapp.services.fetching.creating import write_lines
from webapp.services.fetching.planning import allowed_details
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction

MOST = 20
"""Documents asked for in one run: the next readings come soon."""

BY_HAND = 5
"""The same in a run that a person asked for, who waits for it."""


def read_details(run_id: int, connection_id: int, source: BooksSource, kind: Trigger) -> int:
    """Ask for the details of some documents and write each; returns of how many.

    What the remote refuses or cannot answer now waits for the next run: details never stop one.
    """
    most = BY_HAND if kind is Trigger.MANUAL else allowed_details(connection_id, most=MOST)
    read = 0
    for document_id, remote_id in _wanted(connection_id, most):
        try:
            details = source.details(remote_id)
        except ConnectorError as error:
            if not _is_its_own_fault(error):
                break
            details = None
        _write(run_id, document_id, details)
        read += 1
    return read


def _is_its_own_fault(error: ConnectorError) -> bool:
    """Whether the books answered, and said something of this document alone; in which words is not documented."""
    return isinstance(error, Unavailable) and error.failure is Failure.REMOTE and bool(error.remote_text)


def _wanted(connection_id: int, most: int) -> Sequence[tuple[int, str]]:
    """Return documents from both ends: the newest that came, and the newest of those that the first reading found."""
    query = select(RemoteDocument.id, RemoteDocument.remote_id).where(
        RemoteDocument.connection_id == connection_id, RemoteDocument.details == "wanted"
    )
    late = current().execute(query.order_by(RemoteDocument.id.desc()).limit(most - most // 2)).all()
    early = current().execute(query.order_by(RemoteDocument.id).limit(most)).all()
    release()
    found = {row.id: row.remote_id for row in [*late, *early]}
    return list(found.items())[:most]


def _write(run_id: int, document_id: int, details: Details | None) -> None:
    with transaction() as session:
        row = session.get_one(RemoteDocument, document_id, with_for_update=True)
        run = session.get_one(Run, run_id)
        row.updated_at = clock.now()
        if details is None:
            row.details = "none"
            return
        row.details = "read"
        invoice = session.get_one(Invoice, row.invoice_id, with_for_update=True)
        connection = session.get_one(Connection, row.connection_id)
        if invoice.source != connection.provider:
            return
        fill(invoice, row, details)
        history.record(invoice.id, "invoice.filed_details", actor=system(run.organisation_id), run_id=run.id)


def fill(invoice: Invoice, row: RemoteDocument, details: Details) -> None:
    """Write what a document tells beyond the archive's record; the archive's own amounts stay as they are.

    A total that differs from the archive's is kept beside it, to be shown, as is a currency that is not the books'.
    """
    facts = dict(row.facts)
    if invoice.due_date is None:
        invoice.due_date = details.due_date
    if details.payment_method:
        invoice.payment_method = details.payment_method
    invoice.payment_reference = invoice.payment_reference or details.payment_reference
    same = details.gross_total is None or details.gross_total == invoice.gross_total
    if same and not facts.get("vat_known") and details.net_total is not None and details.vat_total is not None:
        invoice.net_total, invoice.vat_total = details.net_total, details.vat_total
    if not same:
        facts["document_total"] = str(details.gross_total)
    if details.currency != invoice.currency:
        facts["document_currency"] = details.currency
    if details.customer_vat_number:
        facts["customer_vat_number"] = details.customer_vat_number
    row.facts = facts
    if details.lines:
        row.difference = invoice.gross_total - sum(
            (line.gross_amount for line in details.lines), invoice.gross_total * 0
        )
        write_lines([(invoice.id, details.lines)])
    invoice.updated_at = clock.now()
