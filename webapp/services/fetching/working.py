"""A fetch run: page by page, what came with its counters and the place where one is in one transaction."""

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager

from webapp.connectors.ports import ConnectorError, Refused, Unavailable
from webapp.connectors.sources import BooksSource, InvoiceSource
from webapp.domain.failures import Failure
from webapp.domain.fetching import LISTS, STANDING, Reading
from webapp.domain.remote_invoices import RemoteInvoice, RemotePayment, digest
from webapp.services import outbox, troubles
from webapp.services.fetching.batching import Batch, batches
from webapp.services.fetching.beginning import asked, begin_run, place, placed
from webapp.services.fetching.ending import end, failed
from webapp.services.fetching.keeping import Lying
from webapp.services.fetching.retrying import retry_set_aside
from webapp.services.fetching.seeing import IN_PART, known_to
from webapp.services.fetching.sheets import Sheets
from webapp.services.fetching.stepping import advance, hold, look_at_open, reached, read_more
from webapp.services.fetching.storing import digests, store, without
from webapp.services.fetching.unchanged import pass_over
from webapp.services.gateways import OpenSource, open_source
from webapp.services.lone_runs import carry, come_back
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.store.session import release, transaction

IN_HAND = 100_000
"""More objects than a batch of documents is made of."""


def fetch(run_id: int) -> None:
    """Do a fetch run; safe to call again at any time: it goes on at the page after the last one that was stored."""
    carry(run_id, _fetch, failed=end, event="fetch_run_failed")


def _fetch(run_id: int) -> None:
    begun = begin_run(run_id)
    if begun is None:
        publish(run_id)
        return
    connection_id, kind = begun
    try:
        opened = open_source(connection_id, kind=kind, run_id=run_id, placed=placed(connection_id))
    except CannotUnseal:
        failed(run_id, connection_id, Unavailable(Failure.AUTH, "The stored key cannot be opened."))
        return
    except ConnectorError as error:
        come_back(run_id, outbox.FETCH, error)  # the connection rests: nothing was asked, so nothing failed
        return
    source = opened.source
    try:
        retry_set_aside(run_id, connection_id, source)
        while (reading := place(connection_id)) is not None:
            part = reading.parts[reading.part]
            if part.step == LISTS or not isinstance(source, BooksSource):
                going_on = _read_list(run_id, connection_id, reading, opened)
            else:
                ask = look_at_open if part.step == STANDING else read_more
                going_on = ask(run_id, connection_id, reading, source)
            if not going_on:
                break
            publish(run_id)
    except ConnectorError as error:
        failed(run_id, connection_id, error)
    publish(run_id)


def _read_list(run_id: int, connection_id: int, reading: Reading, opened: OpenSource) -> bool:
    """Read a list from where one is, to its end or until it moved; False as `_store`."""
    part, source = reading.parts[reading.part], opened.source
    shelf = Lying(connection_id, reading, opened.watch)
    known = Sheets(connection_id) if reading.full else known_to(connection_id)
    with _much_in_hand(), closing(source.pages(asked(part), reading.page, known=known, shelf=shelf)) as pages:
        for batch in batches(pages, reading):
            if not _write(run_id, connection_id, batch, source, shelf):
                return False
            del batch  # with the bytes of its pages
            publish(run_id)
    shelf.clear()  # what came after the end of the list, or after it moved
    return True


def _write(run_id: int, connection_id: int, batch: Batch, source: InvoiceSource, shelf: Lying) -> bool:
    """Write pages, the short way or the long one; False as `_store`."""
    if pass_over(run_id, connection_id, batch, shelf):
        return True
    if batch.page.passed:
        return all(_write(run_id, connection_id, one, source, shelf) for one in batch.by_documents())
    always = batch.reading.parts[batch.reading.part].always
    payments = _payments(connection_id, source, batch.page.invoices, always=always)
    return _store(run_id, connection_id, batch, payments, shelf)


@contextmanager
def _much_in_hand() -> Iterator[None]:
    """Look for lost objects less often: thousands are in hand until they are written, and none of them is lost."""
    usual = gc.get_threshold()
    gc.set_threshold(IN_HAND, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _payments(
    connection_id: int, source: InvoiceSource, invoices: tuple[RemoteInvoice, ...], *, always: bool
) -> dict[str, tuple[RemotePayment, ...]]:
    """Ask what was paid on the documents that are paid in part: one call each, for no list of documents says it."""
    partly = [one for one in invoices if one.payment_status == IN_PART and one.issued]
    known = digests(connection_id, [one.remote_id for one in partly]) if partly and not always else {}
    release()
    wanted = [one.remote_id for one in partly if always or known.get(one.remote_id) != digest(one)]
    found: dict[str, tuple[RemotePayment, ...]] = {}
    for remote_id in dict.fromkeys(wanted):
        try:
            found[remote_id] = source.payments(remote_id)
        except Refused:
            continue  # gone between two calls: the document says so itself, the next time
    return found


def _store(
    run_id: int, connection_id: int, batch: Batch, payments: dict[str, tuple[RemotePayment, ...]], shelf: Lying
) -> bool:
    """Write pages and where one is after them; False when the run has ended, or another worker stored them."""
    reading, page = batch.reading, batch.page
    with transaction():
        held = hold(run_id, connection_id, reading)
        if held is None:
            return False
        connection, run, state = held
        troubles.note_success(connection_id)
        since = reading.started_at if reading.full else None
        store(run, connection, without(page, reading.tail), payments, full_since=since)
        shelf.written(page.number)
        state.placed = page.placed or state.placed
        run.details = run.details | reached(run, connection, reading, page)
        return advance(run, connection, state, batch.after)
