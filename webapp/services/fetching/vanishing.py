"""Documents that a full reading did not find any more."""

from datetime import datetime

from sqlalchemy import exists, select, update

from webapp.domain.remote_invoices import FILED_TYPES, ISSUED_TYPES
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import history, notices
from webapp.services.actors import system
from webapp.services.fetching import seeing, sheets
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.runs import Run
from webapp.store.session import current

VANISHED = "vanished"
CHUNK = 500


def mark_vanished(run: Run, connection: Connection, started_at: datetime) -> None:
    """Note the documents that a full reading did not find: of what was issued that is an alarm, of a draft it is not.

    What was issued cannot be deleted over there. Its invoice stays as it is, with the alarm beside it.
    """
    session = current()
    session.flush()
    ids = seeing.missing(connection.id, started_at)
    missing: list[RemoteDocument] = []
    for at in range(0, len(ids), CHUNK):
        chosen = RemoteDocument.id.in_(ids[at : at + CHUNK])
        missing += session.scalars(select(RemoteDocument).where(chosen).order_by(RemoteDocument.id)).all()
    now = clock.now()
    alarms = [row for row in missing if row.document_type in ISSUED_TYPES]
    for row in missing:
        row.vanished_at = row.updated_at = now
    sheets.forget(connection.id, ids)
    for row in alarms:
        event = "invoice.filed_gone" if row.document_type in FILED_TYPES else "invoice.vanished"
        history.record(row.invoice_id, event, actor=system(connection.organisation_id), run_id=run.id)
    # What lies in no folder of the books any more is no claim there; it comes back if it does.
    drafts = [
        row.invoice_id for row in missing if row.document_type not in ISSUED_TYPES or row.document_type in FILED_TYPES
    ]
    if drafts:
        fetched = (Invoice.source == connection.provider, Invoice.paid_amount == 0)
        query = update(Invoice).where(Invoice.id.in_(drafts), *fetched)
        session.execute(query.values(status="cancelled", updated_at=now).execution_options(synchronize_session=False))
    run.details = run.details | {VANISHED: len(alarms)}
    session.flush()
    gone = exists().where(
        RemoteDocument.connection_id == connection.id,
        RemoteDocument.vanished_at.is_not(None),
        RemoteDocument.document_type.in_(sorted(ISSUED_TYPES)),
    )
    if not session.scalar(select(gone)):
        notices.close_notices(connection.id, failures=[VANISHED])  # what was missing is there again
    if alarms:
        notices.raise_notice(
            connection.organisation_id,
            VANISHED,
            connection_id=connection.id,
            run_id=run.id,
            category=RunCategory.FETCH_INVOICES.value,
            count=len(alarms),
        )
