"""Store one page of fetched documents: new ones, changed ones, and nothing at all for what is as it was."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import bindparam, select, update

from webapp.connectors.sources import BadRecord, InvoicePage
from webapp.domain.fetching import Change, plan
from webapp.domain.remote_invoices import RemoteInvoice, RemotePayment
from webapp.extensions import clock
from webapp.services.fetching import aside, creating, filed, pairing, paying, pdf, seeing
from webapp.services.fetching.creating import Fresh
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.runs import Run
from webapp.store.session import current, direct
from webapp.store.types import table_of

ZERO = Decimal(0)
Payments = Mapping[str, tuple[RemotePayment, ...]]
_DOCUMENTS = table_of(RemoteDocument)
_MARK = update(_DOCUMENTS).where(_DOCUMENTS.c.id == bindparam("document")).values(mark=bindparam("new_mark"))


@dataclass(slots=True)
class Pair:
    """A document over there and the invoice it is here."""

    remote: RemoteInvoice
    invoice: Invoice


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a document, as far as a page is compared with it."""

    id: int
    invoice_id: int
    digest: int
    mark: int | None
    gone: bool


@dataclass(slots=True)
class Page:
    """What the documents of a page mean here: to be made, to be changed, or only their payments to be looked at."""

    fresh: list[Fresh] = field(default_factory=list)
    changed: list[tuple[Change, Fresh]] = field(default_factory=list)
    looked_at: list[RemoteInvoice] = field(default_factory=list)
    as_before: list[int] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)


def digests(connection_id: int, remote_ids: Sequence[str]) -> dict[str, int]:
    """Return the stored digests of those documents that are known."""
    return {key: row.digest for key, row in _known(connection_id, remote_ids).items() if not row.gone}


def store(
    run: Run, connection: Connection, page: InvoicePage, payments: Payments, *, full_since: datetime | None = None
) -> None:
    """Write a page inside of a transaction, with the run's items and counters; the same page again changes nothing.

    `payments` by document where they were asked for. In a full reading, which began at `full_since`, documents are
    marked as seen.
    """
    # What cannot be read is there all the same: it is seen, so that it never counts as vanished.
    there = [one.remote_id for one in page.invoices] + [one.remote_id for one in page.bad if one.remote_id]
    known = _known(connection.id, there)
    own = filed.find_own(connection, [one for one in page.invoices if one.remote_id not in known])
    planned = plan(
        [one for one in page.invoices if one.remote_id not in own.seconds],
        {key: row.digest for key, row in known.items() if not row.gone},
        passed=page.same,
    )
    counted: Counter[str] = Counter(change.value for change, _, _ in planned)
    counted[Change.UNCHANGED.value] += len(page.same)
    bad = [*page.bad, *(filed.second(one) for one in page.invoices if one.remote_id in own.seconds)]
    if page.ids:
        bad, kept = aside.news(connection, bad)
        counted[Change.SKIPPED.value] += kept
    sorted_page = _sort(planned, page, known, own=own.linked, payments=payments)
    bad += _write(run, connection, sorted_page, known, counted, payments)
    aside.keep(run, connection, bad)
    readable = {*page.same, *(one.remote_id for _, one, _ in planned)} - {one.remote_id for one in bad}
    aside.solve(connection, sorted(readable))
    if sorted_page.marks:
        direct(_MARK, [{"document": key, "new_mark": mark} for key, mark in sorted_page.marks])
    if full_since is not None:
        unread = [known[one.remote_id].id for one in bad if one.remote_id in known]
        seeing.note_seen(connection.id, full_since, [*page.same.values(), *sorted_page.as_before, *unread])
    items = page.same_lines + sum(len(one.lines) for one in page.invoices)
    _count(run, counted, failed=len(bad), items=items)


def _sort(
    planned: Iterable[tuple[Change, RemoteInvoice, int]],
    page: InvoicePage,
    known: Mapping[str, Kept],
    *,
    own: Mapping[str, Invoice],
    payments: Payments,
) -> Page:
    found = Page()
    for change, one, mark in planned:
        key = one.remote_id
        kept, of_bytes = known.get(key), page.marks.get(key)
        if change is Change.SKIPPED:
            continue
        if kept is None:
            found.fresh.append(Fresh(one, mark, of_bytes, own.get(key)))
        elif change is not Change.UNCHANGED:
            found.changed.append((change, Fresh(one, mark, of_bytes)))
        else:
            found.as_before.append(kept.id)
            if key in payments:
                found.looked_at.append(one)
            if of_bytes is not None and of_bytes != kept.mark:
                found.marks.append((kept.id, of_bytes))
    return found


def _write(
    run: Run,
    connection: Connection,
    page: Page,
    known: Mapping[str, Kept],
    counted: Counter[str],
    payments: Payments,
) -> list[BadRecord]:
    """Write what is new and what changed, then what was paid and what belongs together; returns what was refused."""
    touched = [*(one.remote for _, one in page.changed), *page.looked_at]
    news = [one.remote for one in page.fresh]
    others = pairing.counterparts(connection.id, [*touched, *news])
    stored = _invoices([*(known[one.remote_id].invoice_id for one in touched), *others.values()])
    made = creating.create(connection, page.fresh)
    told = [(made[one.remote_id], Change.CREATED, one.filed) for one in news]
    changed, refused = _change(page, known, stored, counted)
    told += [(pair.invoice.id, change, pair.remote.filed) for change, pair in changed]
    looked_at = [Pair(one, stored[known[one.remote_id].invoice_id]) for one in page.looked_at]
    pairs = [*(pair for _, pair in changed), *looked_at, *_with_money(news, made)]
    billed = [pair for pair in pairs if not pair.remote.filed]
    moved = paying.settle(run, connection, billed, payments)
    pairing.link(run, billed, {key: stored[value] for key, value in others.items()})
    paid = [pair for pair in looked_at if pair.invoice.id in moved]
    counted[Change.UNCHANGED.value] -= len(paid)
    counted[Change.UPDATED.value] += len(paid)
    told += [(pair.invoice.id, Change.UPDATED, pair.remote.filed) for pair in paid]
    creating.tell(run, told)
    return refused


def _change(
    page: Page, known: Mapping[str, Kept], stored: Mapping[int, Invoice], counted: Counter[str]
) -> tuple[list[tuple[Change, Pair]], list[BadRecord]]:
    """Bring what changed up to date; returns it, and what cannot be followed."""
    rows = _rows([known[one.remote.remote_id].id for _, one in page.changed])
    changed: list[tuple[Change, Pair]] = []
    refused: list[BadRecord] = []
    for change, one in page.changed:
        kept = known[one.remote.remote_id]
        pair = Pair(one.remote, stored[kept.invoice_id])
        if _update(pair, rows[kept.id], one):
            changed.append((change, pair))
        else:
            counted[change.value] -= 1
            refused.append(aside.total_changed(one.remote))
            page.as_before.append(kept.id)
    current().flush()
    fetched = [(change, pair) for change, pair in changed if not filed.is_own(pair.invoice, pair.remote)]
    pdf.forget([pair.invoice.id for change, pair in fetched if change is Change.UPDATED])
    creating.write_lines([(pair.invoice.id, pair.remote.lines) for _, pair in changed if not pair.remote.filed])
    return changed, refused


def _with_money(news: Sequence[RemoteInvoice], made: Mapping[str, int]) -> list[Pair]:
    """Return the new documents that something is paid on, or that belong to another: of the rest nothing is settled."""
    named = {key for one in news if pairing.may_pair(one) for key, _ in one.related}
    wanted = [
        one
        for one in news
        if not one.filed and (one.payment_status in paying.TOLD or pairing.may_pair(one) or one.remote_id in named)
    ]
    stored = _invoices([made[one.remote_id] for one in wanted])
    return [Pair(one, stored[made[one.remote_id]]) for one in wanted]


def _known(connection_id: int, remote_ids: Sequence[str]) -> dict[str, Kept]:
    columns = _DOCUMENTS.c
    query = select(
        columns.remote_id, columns.id, columns.invoice_id, columns.digest, columns.mark, columns.vanished_at
    ).where(columns.connection_id == connection_id, columns.remote_id.in_(remote_ids))
    found = current().connection().execute(query).all() if remote_ids else []
    return {row[0]: Kept(row[1], row[2], row[3], row[4], gone=row[5] is not None) for row in found}


def _rows(ids: Sequence[int]) -> dict[int, RemoteDocument]:
    query = select(RemoteDocument).where(RemoteDocument.id.in_(ids))
    return {row.id: row for row in current().scalars(query)} if ids else {}


def _invoices(ids: Sequence[int]) -> dict[int, Invoice]:
    # In the order of their ids, as everybody who takes several: two transactions never wait for each other.
    query = select(Invoice).where(Invoice.id.in_(ids)).order_by(Invoice.id).with_for_update()
    return {row.id: row for row in current().scalars(query)} if ids else {}


def _update(pair: Pair, row: RemoteDocument, one: Fresh) -> bool:
    """Bring a stored document up to date; False when its total changed though something is settled of it."""
    invoice, now = pair.invoice, clock.now()
    own = filed.is_own(invoice, pair.remote)
    paid, credited, given_up = invoice.paid_amount, invoice.credited_amount, invoice.written_off_amount
    if not own and (paid or credited or given_up) and invoice.gross_total != pair.remote.gross_total:
        return False
    if not own:
        if pair.remote.filed:
            filed.fill(invoice, pair.remote)
        values = creating.invoice_values(pair.remote, paid=paid, credited=credited, given_up=given_up)
        _set(invoice, values | {"updated_at": now})
    values = creating.document_values(pair.remote, one.digest, one.mark, own=own)
    _set(row, values | {"vanished_at": None, "updated_at": now, "seen_at": now})
    return True


def _set(target: Invoice | RemoteDocument, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(target, name, value)


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
