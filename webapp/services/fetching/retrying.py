"""Records that could not be read before, tried again by every run."""

from webapp.connectors.sources import BooksSource, InvoiceSource
from webapp.domain.fetching import Reading, from_json
from webapp.services import runs
from webapp.services.fetching import aside
from webapp.services.fetching.seeing import IN_PART
from webapp.services.fetching.storing import store
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState
from webapp.store.runs import Run
from webapp.store.session import transaction

RETRIED = 50
"""Set-aside documents that one run tries again, one call each."""


def retry_set_aside(run_id: int, connection_id: int, source: InvoiceSource) -> None:
    """Try records again that could not be read before, unless everything is read anyway."""
    with transaction() as session:
        run = session.get_one(Run, run_id)
        reading = _kept(session.get_one(FetchState, connection_id))
        ids = aside.waiting(connection_id, most=RETRIED)
        books = isinstance(source, BooksSource)  # there what is mended has been modified, and comes by itself
        if books or run.details.get("retried") or reading is None or reading.full:
            return
        run.details = run.details | {"retried": True}
    for remote_id in ids:
        page = source.document(remote_id)
        partly = [one.remote_id for one in page.invoices if one.payment_status == IN_PART]
        payments = {one: source.payments(one) for one in partly}
        with transaction() as session:
            connection = session.get_one(Connection, connection_id, with_for_update=True)
            if not page.total:
                aside.solve(connection, [remote_id])  # gone over there: nothing is left to be read
            run_now = runs.start(run_id)
            if run_now is not None:
                store(run_now, connection, page, payments)


def _kept(state: FetchState) -> Reading | None:
    return from_json(state.progress) if state.progress else None
