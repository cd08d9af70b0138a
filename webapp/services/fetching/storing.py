"""Store one page of fetched documents: new ones, changed ones, and nothing at all for what is as it was."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update

from webapp.connectors.ports import BadRecord, InvoicePage
from webapp.domain.fetching import Change, plan
from webapp.domain.invoices import DeliveryState, DocumentStatus, payment_status
from webapp.domain.remote_invoices import FOREIGN_VAT, STORNO_TYPES, RemoteInvoice, RemoteLine, RemotePayment
from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import system
from webapp.services.fetching import aside, filed, pairing, paying, pdf
from webapp.services.fetching.parties import contacts_of
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, reserve
from webapp.store.types import table_of

ZERO = Decimal(0)
# Straight to the tables: past the session an insert of many costs a third.
_ITEMS, _LINES = insert(table_of(RunItem)), insert(table_of(InvoiceLine))
Payments = Mapping[str, tuple[RemotePayment, ...]]


@dataclass(slots=True)
class Pair:
    """A document over there and the invoice it is here."""

    remote: RemoteInvoice
    row: RemoteDocument
    invoice: Invoice


def digests(connection_id: int, remote_ids: Sequence[str]) -> dict[str, int]:
    """Return the stored digests of those documents that are known."""
    query = select(RemoteDocument.remote_id, RemoteDocument.digest).where(
        RemoteDocument.connection_id == connection_id,
        RemoteDocument.remote_id.in_(remote_ids),
        RemoteDocument.vanished_at.is_(None),
    )
    return {row.remote_id: row.digest for row in current().execute(query)}


def store(run: Run, connection: Connection, page: InvoicePage, payments: Payments, *, full: bool) -> None:
    """Write a page inside of a transaction, with the run's items and counters; the same page again changes nothing.

    `payments` by document where they were asked for. With `full`, documents are marked as seen.
    """
    # What cannot be read is there all the same: it is seen, so that it never counts as vanished.
    seen = [one.remote_id for one in page.invoices] + [one.remote_id for one in page.bad]
    known = _known(connection.id, seen)
    own = filed.find_own(connection, [one for one in page.invoices if one.remote_id not in known])
    planned = plan(
        [one for one in page.invoices if one.remote_id not in own.seconds],
        {key: row.digest for key, row in known.items() if row.vanished_at is None},
    )
    counted: Counter[str] = Counter(change.value for change, _, _ in planned)
    wanted = {one.remote_id: (change, one, mark) for change, one, mark in planned if change is not Change.SKIPPED}
    bad = [*page.bad, *(filed.second(one) for one in page.invoices if one.remote_id in own.seconds)]
    if page.ids:
        bad, kept = aside.news(connection, bad)
        counted[Change.SKIPPED.value] += kept
    pairs: list[tuple[Change, Pair]] = []
    fresh = [
        one
        for key, (change, one, _) in wanted.items()
        if change is Change.CREATED and key not in known and key not in own.linked
    ]
    people = contacts_of(connection, [one.contact for one in fresh])
    ids = iter(reserve(Invoice, len(fresh)))
    touched = {key: one for key, (change, one, _) in wanted.items() if _touched(change, key, payments)}
    others = pairing.counterparts(connection.id, touched.values())
    stored = _invoices([*(known[key].invoice_id for key in touched if key in known), *others.values()])
    for key, (change, one, mark) in wanted.items():
        if change is Change.UNCHANGED and key not in payments:
            continue
        row = known.get(key)
        if row is None:
            made = own.linked.get(key) or _invoice(connection, one, people.get(one.contact.remote_id), next(ids))
            pairs.append((change, _create(connection, one, mark, made)))
            continue
        pair = Pair(one, row, stored[row.invoice_id])
        if change is not Change.UNCHANGED and not _update(pair, mark):
            counted[change.value] -= 1
            bad.append(aside.total_changed(one))
            continue
        pairs.append((change, pair))
    current().flush()  # all invoices at once, and then what refers to them
    current().add_all(pair.row for change, pair in pairs if change is Change.CREATED)
    current().flush()
    fetched = [(change, pair) for change, pair in pairs if not filed.is_own(pair.invoice, pair.remote)]
    pdf.forget([pair.invoice.id for change, pair in fetched if change is Change.UPDATED])
    told = [(change, pair) for change, pair in pairs if not pair.remote.filed]
    write_lines([(pair.invoice.id, pair.remote.lines) for change, pair in told if change is not Change.UNCHANGED])
    moved = paying.settle(run, connection, [pair for _, pair in told], payments)
    pairing.link(run, [pair for _, pair in told], {key: stored[value] for key, value in others.items()})
    for done, pair in pairs:
        if done is Change.UNCHANGED and pair.invoice.id in moved:
            counted[Change.UNCHANGED.value] -= 1
            counted[Change.UPDATED.value] += 1
    _tell(run, [(done, pair) for done, pair in pairs if done is not Change.UNCHANGED or pair.invoice.id in moved])
    aside.keep(run, connection, bad)
    aside.solve(connection, [key for key in wanted if key not in {one.remote_id for one in bad}])
    if full and known:
        query = update(RemoteDocument).where(RemoteDocument.id.in_([row.id for row in known.values()]))
        current().execute(query.values(seen_at=clock.now()).execution_options(synchronize_session=False))
    _count(run, counted, failed=len(bad), items=sum(len(one.lines) for one in page.invoices))


def _touched(change: Change, remote_id: str, payments: Payments) -> bool:
    return change is not Change.UNCHANGED or remote_id in payments


def _known(connection_id: int, remote_ids: Sequence[str]) -> dict[str, RemoteDocument]:
    query = select(RemoteDocument).where(
        RemoteDocument.connection_id == connection_id, RemoteDocument.remote_id.in_(remote_ids)
    )
    return {row.remote_id: row for row in current().scalars(query)}


def _invoices(ids: Sequence[int]) -> dict[int, Invoice]:
    # In the order of their ids, as everybody who takes several: two transactions never wait for each other.
    query = select(Invoice).where(Invoice.id.in_(ids)).order_by(Invoice.id).with_for_update()
    return {row.id: row for row in current().scalars(query)} if ids else {}


def _invoice(connection: Connection, one: RemoteInvoice, contact_id: int | None, invoice_id: int) -> Invoice:
    """Return a new invoice for a document; its facts are filled in later."""
    now = clock.now()
    return Invoice(
        id=invoice_id,
        organisation_id=connection.organisation_id,
        department_id=connection.department_id,
        kind=one.kind,
        source=connection.provider,
        # What comes from the books is in the books.
        delivery=(DeliveryState.SENT if one.filed else DeliveryState.NOT_SENT).value,
        created_at=now,
        updated_at=now,
        contact_id=contact_id,
        paid_amount=ZERO,
        credited_amount=ZERO,
        written_off_amount=ZERO,
    )


def _create(connection: Connection, one: RemoteInvoice, mark: int, invoice: Invoice) -> Pair:
    now = clock.now()
    row = RemoteDocument(
        organisation_id=connection.organisation_id,
        connection_id=connection.id,
        remote_id=one.remote_id,
        seen_at=now,
        created_at=now,
    )
    _fill(invoice, row, one, mark)
    row.invoice_id = invoice.id
    current().add(invoice)
    return Pair(one, row, invoice)


def _update(pair: Pair, mark: int) -> bool:
    """Bring a stored document up to date; False when its total changed though something is settled of it."""
    invoice = pair.invoice
    settled = invoice.paid_amount or invoice.credited_amount or invoice.written_off_amount
    if not filed.is_own(invoice, pair.remote) and settled and invoice.gross_total != pair.remote.gross_total:
        return False
    pair.row.vanished_at = None
    _fill(invoice, pair.row, pair.remote, mark)
    return True


def _fill(invoice: Invoice, row: RemoteDocument, one: RemoteInvoice, mark: int) -> None:
    if not filed.is_own(invoice, one):
        _fill_invoice(invoice, one)
    row.updated_at = clock.now()
    row.digest = mark
    row.document_type, row.correction_type = one.document_type[:60], one.correction_type[:60]
    row.cancelled, row.payment_status = one.cancelled, one.payment_status[:60]
    row.payment_method = one.payment_method[:60]
    row.fulfillment_date, row.paid_date = one.fulfillment_date, one.paid_date
    row.conversion_rate, row.difference = one.conversion_rate, one.difference
    row.facts = filed.kept_facts(one) if one.filed else _facts(one)
    row.details = filed.details_of(invoice, one)


def _facts(one: RemoteInvoice) -> dict[str, Any]:
    return dict(one.facts) | {
        "related": [list(pair) for pair in one.related],
        "partner": {name: getattr(one.contact, name) for name in one.contact.__slots__},
        "lines": [
            {"product_id": line.product_id, "unit": line.unit, "vat": line.vat, "entitlement": line.entitlement}
            for line in one.lines
        ],
    }


def _fill_invoice(invoice: Invoice, one: RemoteInvoice) -> None:
    invoice.number, invoice.currency = one.number, one.currency
    invoice.status = _status(one).value
    invoice.contact_name = one.contact.name[:200]
    invoice.remarks = one.comment
    invoice.issue_date = one.issue_date
    if one.filed:
        filed.fill(invoice, one)
    else:
        invoice.due_date, invoice.payment_method = one.due_date, one.payment_method[:60]
    invoice.net_total, invoice.vat_total, invoice.gross_total = one.net_total, one.vat_total, one.gross_total
    paid, credited, given_up = invoice.paid_amount, invoice.credited_amount, invoice.written_off_amount
    invoice.outstanding_amount = one.gross_total - paid - credited - given_up
    invoice.payment = payment_status(one.gross_total, paid, credited=credited, written_off=given_up).value
    invoice.updated_at = clock.now()


def _status(one: RemoteInvoice) -> DocumentStatus:
    """A document that was not issued makes no claim; one that was cancelled (storno) makes none any more.

    Nor does a storno whose amounts are not negative: it takes back, and nobody owes it.
    """
    if not one.issued:
        return DocumentStatus.DRAFT
    without_claim = one.cancelled or (one.document_type in STORNO_TYPES and one.gross_total > 0)
    return DocumentStatus.CANCELLED if without_claim else DocumentStatus.SENT


def write_lines(documents: Sequence[tuple[int, Sequence[RemoteLine]]]) -> None:
    """Write the lines of invoices in place of those they have, inside of a transaction."""
    if not documents:
        return
    session = current()
    ids = [invoice_id for invoice_id, _ in documents]
    session.execute(table_of(InvoiceLine).delete().where(InvoiceLine.invoice_id.in_(ids)))
    rows: list[dict[str, Any]] = [
        {
            "invoice_id": invoice_id,
            "position": position,
            "description": line.name,
            "remarks": line.remarks,
            "item_code": line.product_id[:40],
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            # No VAT type of the books: what the remote calls it stands in the description.
            "vat_type": FOREIGN_VAT,
            "vat_rate": line.vat_rate or ZERO,
            "vat_description": line.vat[:100],
            "net_amount": line.net_amount,
            "vat_amount": line.vat_amount,
            "gross_amount": line.gross_amount,
        }
        for invoice_id, lines in documents
        for position, line in enumerate(lines, start=1)
    ]
    if rows:
        session.connection().execute(_LINES, rows)


def _tell(run: Run, pairs: Sequence[tuple[Change, Pair]]) -> None:
    """Write the run's items and the history of what came or changed."""
    if not pairs:
        return
    now = clock.now()
    items = [
        {
            "run_id": run.id,
            "organisation_id": run.organisation_id,
            "invoice_id": pair.invoice.id,
            "outcome": "succeeded",
            "params": {"change": "created" if change is Change.CREATED else "updated"},
            "attempts": 1,
            "updated_at": now,
        }
        for change, pair in pairs
    ]
    current().connection().execute(_ITEMS, items)
    told = [(pair.invoice.id, _event(change, pair)) for change, pair in pairs]
    history.record_each(told, actor=system(run.organisation_id), run_id=run.id)


def _event(change: Change, pair: Pair) -> str:
    event = "invoice.filed" if pair.remote.filed else "invoice.fetched"
    return event if change is Change.CREATED else f"{event}_again"


def _count(run: Run, counted: Counter[str], *, failed: int, items: int) -> None:
    """Move the run's counters: what was seen is what was created, updated, unchanged, skipped and failed together."""
    done = sum(counted[change.value] for change in Change if change is not Change.SKIPPED)
    run.offered += done + counted[Change.SKIPPED.value] + failed
    run.succeeded += done
    run.skipped += counted[Change.SKIPPED.value]
    run.failed += failed
    figures = {change.value: counted[change.value] for change in Change} | {"failed": failed, "items": items}
    run.details = run.details | {name: int(str(run.details.get(name, 0))) + number for name, number in figures.items()}
    run.heartbeat_at = clock.now()


def without(page: InvoicePage, tail: str) -> InvoicePage:
    """Return a page without the record with which the page before ended: it was asked for only to be seen again."""
    if not tail:
        return page
    invoices = tuple(one for one in page.invoices if one.remote_id != tail)
    return replace(page, invoices=invoices, bad=tuple(one for one in page.bad if one.remote_id != tail))


def read_bad(page: InvoicePage) -> bool:
    """Whether a record of a page could not even be told from others."""
    return any(not one.remote_id for one in page.bad)


__all__ = ["BadRecord", "Pair", "digests", "read_bad", "store", "without"]
