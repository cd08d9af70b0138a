"""What customers owe by age: by due or invoice date, as of any day, in any buckets; each cell with its invoices."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, case, func, literal, select, tuple_, type_coerce, union_all

from webapp.domain.ageing import USUAL, Bucket, buckets
from webapp.queries import invoice_counts
from webapp.queries.invoice_counts import Sum
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current
from webapp.store.types import AMOUNT
from webapp.store.words import NOTHING, word

PAGE = 50
ZERO = Decimal(0)

Kept = Sequence[tuple[str, Sum]]
"""Kept figures, each with the name of its bucket."""


@dataclass(frozen=True, slots=True)
class View:
    """How one looks: the day as of which, the upper bounds of the buckets, by due date or by invoice date."""

    as_of: date
    bounds: tuple[int, ...] = USUAL
    by_due: bool = True

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """The buckets of this view, youngest first."""
        return buckets(self.bounds, as_of=self.as_of, by_due=self.by_due)


@dataclass(frozen=True, slots=True)
class Cell:
    """One bucket in one currency."""

    name: str
    label: str
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Ageing:
    """What is outstanding in one currency, by age."""

    currency: str
    cells: tuple[Cell, ...]

    @property
    def amounts(self) -> tuple[tuple[str, Decimal, int], ...]:
        """The cells as (label, amount, number of invoices)."""
        return tuple((cell.label, cell.amount, cell.count) for cell in self.cells)

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum((cell.amount for cell in self.cells), ZERO)

    @property
    def overdue(self) -> Decimal:
        """What is past its due date, in a view by due date."""
        return sum((cell.amount for cell in self.cells[1:]), ZERO)

    @property
    def overdue_count(self) -> int:
        """How many invoices that is about."""
        return sum(cell.count for cell in self.cells[1:])


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice of a cell, with what was outstanding on that day."""

    id: int
    number: str
    contact_name: str
    issue_date: date
    due_date: date | None
    total: Decimal
    outstanding: Decimal
    currency: str
    days: int


@dataclass(frozen=True, slots=True)
class Cut:
    """One page of a cell's invoices, the oldest first; `after` is the mark of the next page."""

    rows: tuple[Row, ...]
    after: str | None


def label(bucket: Bucket) -> str:
    """Return what a bucket is called: Not due, 1–30, > 90."""
    if bucket.low is None:
        return str(_("Not due"))
    if bucket.high is None:
        return f"> {bucket.low - 1}"
    return f"{bucket.low}–{bucket.high}"


def kept(organisation_id: int, view: View) -> Kept:
    """Return the kept figures of each bucket of a view of today by due date, those of later invoices among them."""
    times = {
        bucket.name: (bucket.first, None if bucket.last is None else bucket.last + timedelta(days=1))
        for bucket in view.buckets
    }
    return invoice_counts.owed_by(organisation_id, times)


def table(
    organisation_id: int, view: View, *, today: date, zone: tzinfo, known: Kept | None = None
) -> tuple[Ageing, ...]:
    """Return what customers owed on a day, per currency; credit notes are not in it.

    `known` are the kept figures of the view, where somebody has them already.
    """
    if view.by_due and view.as_of == today:
        return _arranged(
            view, _of_today(organisation_id, view, kept(organisation_id, view) if known is None else known)
        )
    amount, base = _amount(organisation_id, view, today=today, zone=zone), _base(view)
    names = case(*((_within(base, bucket), bucket.name) for bucket in view.buckets[:-1]), else_="older")
    rows = current().execute(
        select(Invoice.currency, names.label("bucket"), type_coerce(func.sum(amount.value), AMOUNT), func.count())
        .select_from(amount.source)
        .where(*_open(organisation_id, view), amount.value > 0)
        .group_by(Invoice.currency, names)
    )
    return _arranged(view, rows)


def _of_today(organisation_id: int, view: View, known: Kept) -> Iterator[tuple[str, str, Decimal, int]]:
    """Yield the cells of today from the kept figures, without the few that bear a later date than today."""
    for name, one in known:
        yield one.currency, name, one.outstanding, one.n
    base = func.coalesce(Invoice.due_date, view.as_of)
    names = case(*((_within(base, bucket), bucket.name) for bucket in view.buckets[:-1]), else_="older")
    later = select(Invoice.currency, names, func.sum(Invoice.outstanding_amount), func.count()).where(
        Invoice.organisation_id == organisation_id,
        Invoice.kind == word("sales"),
        Invoice.issue_date > view.as_of,
        Invoice.status == word("sent"),
        Invoice.outstanding_amount > NOTHING,
    )
    for currency, place, amount, number in current().execute(later.group_by(Invoice.currency, names)):
        yield currency, place, -amount, -number


def _arranged(view: View, rows: Iterable[Any]) -> tuple[Ageing, ...]:
    found: dict[str, dict[str, tuple[Decimal, int]]] = {}
    for currency, name, total, number in rows:
        amount, count = found.setdefault(currency, {}).get(name, (ZERO, 0))
        found[currency][name] = (amount + total, count + number)
    return tuple(
        Ageing(
            currency,
            tuple(Cell(one.name, label(one), *amounts.get(one.name, (ZERO, 0))) for one in view.buckets),
        )
        for currency, amounts in sorted(found.items(), key=lambda pair: (pair[0] != "EUR", pair[0]))
        if any(number for _amount, number in amounts.values())
    )


def invoices(
    organisation_id: int, view: View, *, bucket: str, currency: str, today: date, zone: tzinfo, after: str = ""
) -> Cut:
    """Return one page of the invoices of a cell, or of a whole currency where `bucket` is empty."""
    amount, base = _amount(organisation_id, view, today=today, zone=zone), _base(view)
    query = (
        select(Invoice, base.label("base"), type_coerce(amount.value, AMOUNT).label("left_over"))
        .select_from(amount.source)
        .where(*_open(organisation_id, view), amount.value > 0, Invoice.currency == currency)
    )
    chosen = next((one for one in view.buckets if one.name == bucket), None)
    if chosen is not None:
        query = query.where(_within(base, chosen))
    mark = _mark(after)
    if mark is not None:
        query = query.where(tuple_(base, Invoice.id) > mark)
    found = current().execute(query.order_by(base, Invoice.id).limit(PAGE + 1)).all()
    rows = tuple(
        Row(
            one.id,
            one.number,
            one.contact_name,
            one.issue_date,
            one.due_date,
            one.gross_total,
            left,
            one.currency,
            (view.as_of - day).days,
        )
        for one, day, left in found[:PAGE]
    )
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Cut(rows, f"{last[1].isoformat()}:{last[0].id}" if last is not None else None)


@dataclass(frozen=True, slots=True)
class _Amount:
    """The outstanding amount as SQL, and what to select it from."""

    value: Any
    source: Any


def _amount(organisation_id: int, view: View, *, today: date, zone: tzinfo) -> _Amount:
    """The stored amount today; for an earlier day the total less the entries that stood then."""
    if view.as_of >= today:
        return _Amount(Invoice.outstanding_amount, Invoice)
    midnight = datetime.combine(view.as_of + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    stood = case(
        (
            and_(Allocation.kind == "payment", Allocation.reverses_id.is_(None)),
            select(Payment.received_on).where(Payment.id == Allocation.payment_id).scalar_subquery() <= view.as_of,
        ),
        else_=Allocation.created_at < midnight,
    )
    mine = (Allocation.organisation_id == organisation_id, stood)
    parts = union_all(
        select(Allocation.invoice_id.label("invoice_id"), type_coerce(Allocation.amount, AMOUNT).label("amount")).where(
            *mine, Allocation.invoice_id.is_not(None)
        ),
        select(Allocation.credit_note_id, type_coerce(-Allocation.amount, AMOUNT)).where(
            *mine, Allocation.credit_note_id.is_not(None)
        ),
    ).subquery()
    sums = select(parts.c.invoice_id, func.sum(parts.c.amount).label("settled")).group_by(parts.c.invoice_id).subquery()
    value = type_coerce(Invoice.gross_total - func.coalesce(sums.c.settled, literal(ZERO, AMOUNT)), AMOUNT)
    return _Amount(value, Invoice.__table__.outerjoin(sums, sums.c.invoice_id == Invoice.id))


def _base(view: View) -> ColumnElement[date]:
    """The date that an invoice's age is counted from; one without a due date is never late."""
    return func.coalesce(Invoice.due_date, view.as_of) if view.by_due else Invoice.issue_date.expression


def _within(base: ColumnElement[date], bucket: Bucket) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = []
    if bucket.first is not None:
        bounds.append(base >= bucket.first)
    if bucket.last is not None:
        bounds.append(base <= bucket.last)
    return and_(*bounds)


def _open(organisation_id: int, view: View) -> tuple[ColumnElement[bool], ...]:
    return (
        Invoice.organisation_id == organisation_id,
        Invoice.kind == word("sales"),
        Invoice.status == word("sent"),
        Invoice.issue_date <= view.as_of,
    )


def _mark(text: str) -> tuple[date, int] | None:
    day, _sign, number = text.partition(":")
    try:
        return (date.fromisoformat(day), int(number)) if number.isdecimal() and len(number) < 18 else None
    except ValueError:
        return None
