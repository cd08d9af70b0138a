"""The list of invoices: one page with the counts of its filters, and an invoice's place in a list."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import BindParameter, Select, bindparam, func, literal_column, select, union_all

from webapp.domain.invoices import FETCHED_SOURCES, LIVE_DELIVERIES, DocumentStatus, InvoiceKind, is_overdue, sendable
from webapp.queries.failures import remote_name
from webapp.queries.invoice_counts import Counts, count, stand, standing, standing_asked
from webapp.queries.invoice_filters import COLUMNS, DEFAULT_SORT, OVERDUE, OWN, Filters, conditions, today
from webapp.queries.invoice_finding import following, search
from webapp.queries.invoice_paging import (
    FEW,
    SHOWN,
    Row,
    Turn,
    are_few,
    beyond,
    plain_page,
    read_cursor,
    walk,
    write_cursor,
)
from webapp.queries.invoice_search import candidates
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice
from webapp.store.organisations import Department
from webapp.store.runs import Run
from webapp.store.session import ask, current
from webapp.store.standstill import unless_written
from webapp.store.straight import Asked, Fixed, here
from webapp.store.words import word

_OF: BindParameter[int] = bindparam("organisation_id")
_DEPARTMENTS = select(Department.id, Department.name).where(Department.organisation_id == _OF).order_by(Department.name)
_CHOICES = Fixed(
    union_all(
        select(Department.id, Department.name.label("name")).where(Department.organisation_id == _OF),
        select(literal_column("0"), Connection.provider)
        .distinct()
        .where(Connection.organisation_id == _OF, Connection.provider.in_(sorted(FETCHED_SOURCES))),
    ).order_by("name")
)
"""What a list is narrowed down by, in one query: departments, and (0) remotes that invoices are fetched from."""

Choices = tuple[tuple[tuple[int, str], ...], tuple[tuple[str, str], ...]]
"""Departments by id and name, and sources by code and name."""

_STATUS, _DUE, _OPEN = map(SHOWN.index, ("status", "due_date", "outstanding_amount"))
PAGE = 50
CHUNK = 500


class InvoiceRow(NamedTuple):
    """One row of the list."""

    id: int
    number: str
    contact_name: str
    subject: str
    issue_date: date
    due_date: date | None
    currency: str
    gross_total: Decimal
    outstanding_amount: Decimal
    status: str
    delivery: str
    payment: str
    kind: str
    source: str
    department_id: int | None
    payment_reference: str
    net_total: Decimal
    overdue: bool

    @property
    def not_recognised(self) -> bool:
        """Whether it lies in the books' archive and nobody there has said yet what it is."""
        return self.source == "yuki" and self.status == DocumentStatus.DRAFT

    @property
    def payment_word(self) -> str:
        """The payment status as the list shows it: overdue comes before open."""
        return OVERDUE if self.overdue else self.payment

    @property
    def fetched_from(self) -> str:
        """The remote that it was fetched from, as people call it; empty for one's own."""
        return remote_name(self.source) if self.source in FETCHED_SOURCES else ""


@dataclass(frozen=True, slots=True)
class InvoiceTable:
    """One page of the list; `after` and `before` are cursors, None where there is no further page."""

    rows: tuple[InvoiceRow, ...]
    filters: Filters
    counts: Counts
    after: str | None
    before: str | None
    any_invoices: bool
    departments: tuple[tuple[int, str], ...]
    sources: tuple[tuple[str, str], ...] = ()


def table(
    organisation_id: int, filters: Filters, *, after: str = "", before: str = "", size: int = PAGE
) -> InvoiceTable:
    """Return one page of invoices, with the counts of the filters."""
    on = today()
    cursor = read_cursor(filters, before or after)
    back = bool(before) and cursor is not None
    falling = filters.falling is not back
    turn = Turn(falling, cursor, size + 1)
    if filters.q:
        found, counts = search(organisation_id, filters, on, turn)
        own, sources = choices(organisation_id)
    else:
        found, counts, (own, sources) = _plain(organisation_id, filters, on, turn)
    more, found = len(found) > size, found[:size]
    rows = tuple(_row(one, on) for one in (reversed(found) if back else found))
    later = bool(rows) and (True if back else more)
    earlier = bool(rows) and (more if back else cursor is not None)
    return InvoiceTable(
        rows=rows,
        filters=filters,
        counts=counts,
        after=write_cursor(filters, rows[-1]) if later else None,
        before=write_cursor(filters, rows[0]) if earlier else None,
        any_invoices=bool(rows) or not filters.any or _any(organisation_id, filters.kind),
        departments=own,
        sources=sources,
    )


def _plain(organisation_id: int, filters: Filters, on: date, turn: Turn) -> tuple[list[Row], Counts, Choices]:
    """Return a part of the list where nothing is searched for; its figures are known as long as nobody writes."""
    key = "list", organisation_id, replace(filters, sort=DEFAULT_SORT), on
    chosen, counts = unless_written(key, lambda: _beside(organisation_id, filters, on))
    few = filters.any and not counts.more and are_few(filters, counts.total, counts.everything)
    rows = plain_page(organisation_id, filters, turn, few=few, on=on)
    return rows, counts, _chosen(chosen)


def _beside(organisation_id: int, filters: Filters, on: date) -> tuple[Sequence[tuple[Any, ...]], Counts]:
    """Read what stands beside the rows: the choices, and the counts that the filters leave."""
    asked = [_choices_asked(organisation_id)]
    if not stand(filters):
        return here().all(*asked[0]), count(organisation_id, filters, on)
    chosen, figures = here().at_once([*asked, standing_asked(organisation_id, filters, on)])
    return chosen, standing(figures, filters)


def matching_ids(organisation_id: int, filters: Filters, *, most: int) -> list[int]:
    """Return the ids of all invoices that match, at most `most`, in the order of the list's dates."""
    query = select(Invoice.id).where(*conditions(organisation_id, filters, today()))
    return list(current().scalars(query.order_by(Invoice.issue_date, Invoice.id).limit(most)))


def _sendable(row: Any) -> bool:
    reason = sendable(DocumentStatus(row.status), InvoiceKind(row.kind), row.source)
    return reason is None and row.delivery not in LIVE_DELIVERIES


def ready_ids(organisation_id: int, ids: Sequence[int]) -> list[int]:
    """Return those of the invoices that could go to the books now, in the order given."""
    columns = (Invoice.id, Invoice.kind, Invoice.status, Invoice.source, Invoice.delivery)
    ready: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        mine = (Invoice.organisation_id == organisation_id, Invoice.id.in_(ids[start : start + CHUNK]))
        ready |= {row.id for row in current().execute(select(*columns).where(*mine)) if _sendable(row)}
    return [identity for identity in ids if identity in ready]


@dataclass(frozen=True, slots=True)
class Selection:
    """What an action on chosen invoices would do: how many can go to the books, how many not, for how much."""

    total: int
    ready: int
    amounts: tuple[tuple[str, Decimal], ...]

    @property
    def held(self) -> int:
        """How many would be skipped."""
        return self.total - self.ready


def selection(organisation_id: int, filters: Filters, ids: Sequence[int] | None = None) -> Selection:
    """Count what was chosen: the invoices with these ids, or, without any, all that match."""
    axes = (Invoice.kind, Invoice.status, Invoice.source, Invoice.delivery, Invoice.currency)
    wanted = conditions(organisation_id, filters, today())
    if ids is not None:
        wanted = [Invoice.organisation_id == organisation_id, Invoice.id.in_(ids)]
    query = select(*axes, func.count().label("n"), func.sum(Invoice.gross_total).label("total")).where(*wanted)
    total = ready = 0
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in current().execute(query.group_by(*axes)):
        total += row.n
        if _sendable(row):
            ready += row.n
            sums[row.currency] += row.total
    return Selection(total, ready, tuple(sorted(sums.items())))


def offered(organisation_id: int, run_ids: Sequence[int]) -> int:
    """Return how many invoices these runs of an organisation were offered."""
    query = select(func.sum(Run.offered)).where(Run.organisation_id == organisation_id, Run.id.in_(run_ids))
    return int(current().scalar(query) or 0)


def choices(organisation_id: int) -> Choices:
    """Return what a list is narrowed down by: departments, and sources once there is one that invoices come from."""
    return _chosen(here().all(*_choices_asked(organisation_id)))


def _choices_asked(organisation_id: int) -> Asked:
    return _CHOICES, {"organisation_id": organisation_id}


def _chosen(found: Sequence[tuple[Any, ...]]) -> Choices:
    remotes = [(name, remote_name(name)) for department_id, name in found if not department_id]
    own = [(OWN, _("Made or imported here"))] if remotes else []
    return tuple((row[0], row[1]) for row in found if row[0]), (*own, *remotes)


def departments(organisation_id: int) -> tuple[tuple[int, str], ...]:
    """Return id and name of an organisation's departments."""
    return tuple((row.id, row.name) for row in ask(_DEPARTMENTS, organisation_id=organisation_id))


def listing(organisation_id: int, filters: Filters) -> Iterator[Invoice]:
    """Return all invoices that match, page by page, as a command prints them."""
    query = select(Invoice).where(*conditions(organisation_id, filters, today()))
    cursor: tuple[Any, int] | None = None
    while True:
        page = [row[0] for row in walk(query, filters, falling=filters.falling, cursor=cursor, size=500)]
        yield from page
        if len(page) < 500:
            return
        cursor = getattr(page[-1], COLUMNS[filters.column].key), page[-1].id


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The invoices before and after one in a list, its position and how many there are; None beyond the limit."""

    previous: int | None
    next: int | None
    position: int | None
    total: int | None


def neighbours(organisation_id: int, filters: Filters, invoice: Invoice, *, most: int = 10_000) -> Neighbours:
    """Return where an invoice stands in a list.

    Figures above `most` are not counted out, nor those of an invoice that does not match (any more), nor of a search
    that finds many.
    """
    if filters.q and candidates(organisation_id, filters.kind, filters.q, most=FEW) is None:
        place = getattr(invoice, COLUMNS[filters.column].key), invoice.id
        ways = (Turn(falling, place, 1) for falling in (not filters.falling, filters.falling))
        found = [following(organisation_id, filters, today(), way) for way in ways]
        previous, following_one = (rows[0].id if rows else None for rows in found)
        return Neighbours(previous, following_one, None, None)
    wanted = conditions(organisation_id, filters, today())
    query = _select().where(*wanted)
    cursor = getattr(invoice, COLUMNS[filters.column].key), invoice.id
    before = next(iter(walk(query, filters, falling=not filters.falling, cursor=cursor, size=1)), None)
    after = next(iter(walk(query, filters, falling=filters.falling, cursor=cursor, size=1)), None)
    inside = current().scalar(select(Invoice.id).where(*wanted, Invoice.id == invoice.id)) is not None
    total = _bounded(select(Invoice.id).where(*wanted), most) if inside else None
    ahead = None
    if total is not None:
        parts = beyond(filters, cursor, falling=not filters.falling)
        some = (select(Invoice.id).where(*wanted, part).limit(most + 1).subquery() for part in parts)
        ahead = _bounded(select(union_all(*(select(part.c.id) for part in some)).subquery()), most)
    return Neighbours(
        before.id if before else None, after.id if after else None, ahead + 1 if ahead is not None else None, total
    )


def _bounded(query: Select[Any], most: int) -> int | None:
    found = current().scalar(select(func.count()).select_from(query.limit(most + 1).subquery())) or 0
    return found if found <= most else None


def _select() -> Select[Any]:
    return select(*(getattr(Invoice, name) for name in SHOWN))


def _row(one: Row, on: date) -> InvoiceRow:
    overdue = one[_STATUS] == DocumentStatus.SENT and is_overdue(one[_DUE], one[_OPEN], today=on)
    return InvoiceRow._make((*one, overdue))


def _any(organisation_id: int, kind: str) -> bool:
    query = select(Invoice.id).where(Invoice.organisation_id == organisation_id, Invoice.kind == word(kind))
    return current().scalar(query.limit(1)) is not None
