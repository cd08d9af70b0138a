"""Store one page of fetched documents: new ones, changed ones, and nothing at all for what is as it was."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, select, update

from webapp.connectors.sources import BadRecord, InvoicePage
from webapp.domain.fetching import Change, plan
from webapp.domain.remote_invoices import RemoteInvoice, RemotePayment
from webapp.extensions import clock
from webapp.services.fetching import aside, creating, filed, pairing, paying, seeing, sheets
from webapp.services.fetching.changing import Changed, bring_up_to_date, lock
from webapp.services.fetching.creating import Fresh
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.keyed import Keyed
from webapp.store.runs import Run
from webapp.store.session import current, direct
from webapp.store.straight import line_of
from webapp.store.types import table_of

Payments = Mapping[str, tuple[RemotePayment, ...]]
_DOCUMENTS = table_of(RemoteDocument)
_MARK = update(_DOCUMENTS).where(_DOCUMENTS.c.id == bindparam("document")).values(mark=bindparam("new_mark"))
# In the order of their ids, as everybody who takes several: two transactions never wait for each other.
_INVOICES = (
    select(Invoice).where(Invoice.id.in_(bindparam("ids", expanding=True))).order_by(Invoice.id).with_for_update()
)
_KNOWN = Keyed(
    "remote_documents",
    "remote_id",
    "remote_id, id, invoice_id, digest, mark, vanished_at",
    where="one.connection_id = :connection",
    text_keys=True,
)


_PAID = Keyed("payments", "invoice_id", "invoice_id")
Told = tuple[RemoteInvoice, int]
"""A document over there and the id of the invoice that it is here."""


@dataclass(slots=True)
class Pair:
    """A document over there and the invoice it is here."""

    remote: RemoteInvoice
    invoice: Invoice


@dataclass(slots=True)
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
    changed: list[Changed] = field(default_factory=list)
    looked_at: list[RemoteInvoice] = field(default_factory=list)
    as_before: list[int] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)

    def rewritten(self) -> list[int]:
        """Return the rows that do not stay as they were."""
        return [one.document_id for one in self.changed] + [key for key, _ in self.marks]


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
    sheets.forget(connection.id, sorted_page.rewritten())
    if sorted_page.marks:
        direct(_MARK, [{"document": key, "new_mark": mark} for key, mark in sorted_page.marks])
    if full_since is not None:
        unread = [known[one.remote_id].id for one in bad if one.remote_id in known]
        seeing.note_seen(connection.id, full_since, [*page.same.values(), *sorted_page.as_before, *unread])
        _keep_sheets(connection, page, sorted_page, known, bad)
    items = page.same_lines + sum(len(one.lines) for one in page.invoices)
    _count(run, counted, failed=len(bad), items=items)


def _keep_sheets(
    connection: Connection, page: InvoicePage, found: Page, known: Mapping[str, Kept], bad: Iterable[BadRecord]
) -> None:
    """Keep the pages whose documents are all here as they tell them; what is paid in part is asked for each time."""
    ids = {one.remote_id: known[one.remote_id].id for one in page.invoices if one.remote_id in known}
    ids |= {one.remote.remote_id: one.id for one in found.fresh}
    for one in page.invoices:
        if one.payment_status == seeing.IN_PART:
            ids.pop(one.remote_id, None)
    for record in bad:
        ids.pop(record.remote_id, None)
    sheets.keep(connection.id, page.sheets, dict(page.same) | ids)


def _sort(
    planned: Iterable[tuple[Change, RemoteInvoice, int | None]],
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
            found.changed.append(Changed(change, Fresh(one, mark, of_bytes), kept.id, kept.invoice_id))
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
    touched = [*(one.remote for one in page.changed), *page.looked_at]
    news = [one.remote for one in page.fresh]
    others = pairing.counterparts(connection.id, [*touched, *news])
    stored = lock([*(known[one.remote_id].invoice_id for one in touched), *others.values()])
    made = creating.create(run, connection, page.fresh)
    changed, refused = bring_up_to_date(page.changed, stored) if page.changed else ([], [])
    for kept in refused:
        counted[kept.change.value] -= 1
        page.as_before.append(kept.document_id)
    told = [(one.invoice_id, one.change, one.remote.filed) for one in changed]
    before = [(one.remote, one.invoice_id) for one in changed]
    before += [(one, known[one.remote_id].invoice_id) for one in page.looked_at]
    pairs = _with_money(before, [(one, made[one.remote_id]) for one in news])
    moved = _settle(run, connection, pairs, others, payments)
    ids = {one.remote_id: invoice_id for one, invoice_id in before}
    paid = [one for one in page.looked_at if ids[one.remote_id] in moved]
    counted[Change.UNCHANGED.value] -= len(paid)
    counted[Change.UPDATED.value] += len(paid)
    told += [(ids[one.remote_id], Change.UPDATED, one.filed) for one in paid]
    creating.tell(run, told)
    return [aside.total_changed(one.remote) for one in refused]


def _with_money(before: Sequence[Told], news: Sequence[Told]) -> list[Told]:
    """Return the documents that something is or was paid on, or that belong to another: of the rest nothing is settled.

    Of those known before, `before`, something may have been paid that is not any more.
    """
    told = [pair for pair in (*before, *news) if not pair[0].filed]
    named = {key for one, _ in told if pairing.may_pair(one) for key, _ in one.related}
    ids = [invoice_id for one, invoice_id in before if not one.filed]
    paid = {row[0] for row in _PAID.of(line_of(current().connection()), ids)}
    return [
        (one, invoice_id)
        for one, invoice_id in told
        if one.payment_status in paying.TOLD or pairing.may_pair(one) or one.remote_id in named or invoice_id in paid
    ]


def _settle(
    run: Run, connection: Connection, found: Sequence[Told], others: Mapping[str, int], payments: Payments
) -> set[int]:
    """Write what was paid on these, and what belongs together; returns the invoices on which something was paid."""
    if not found:
        return set()
    stored = _invoices([*(invoice_id for _, invoice_id in found), *others.values()])
    pairs = [Pair(one, stored[invoice_id]) for one, invoice_id in found]
    moved = paying.settle(run, connection, pairs, payments)
    pairing.link(run, pairs, {key: stored[value] for key, value in others.items()})
    return moved


def _known(connection_id: int, remote_ids: Sequence[str]) -> dict[str, Kept]:
    found = _KNOWN.of(line_of(current().connection()), remote_ids, connection=connection_id)
    return {row[0]: Kept(row[1], row[2], row[3], row[4], gone=row[5] is not None) for row in found}


def _invoices(ids: Sequence[int]) -> dict[int, Invoice]:
    return {row.id: row for row in current().scalars(_INVOICES, {"ids": ids})}


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
    """Return a page without the record with which the page before ended: it was asked for only to be seen again.

    A list with a total shows it again only where it moved.
    """
    if not tail or page.total is not None:
        return page
    invoices = tuple(one for one in page.invoices if one.remote_id != tail)
    return replace(page, invoices=invoices, bad=tuple(one for one in page.bad if one.remote_id != tail))


__all__ = ["BadRecord", "Pair", "digests", "store", "without"]
