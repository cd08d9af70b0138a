"""The history of payments and what customers owe by age, as the payments page and the dashboard show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, tuple_, union
from sqlalchemy.orm import aliased

from webapp.domain.money import AmountError, parse_amount
from webapp.domain.runs import RunCategory
from webapp.queries.reconciliation import Comparison, comparisons
from webapp.store import tallies
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.words import NOTHING, word, words

__all__ = [
    "Comparison",
    "Filters",
    "PaymentRow",
    "Standing",
    "Table",
    "comparisons",
    "count",
    "export",
    "received_since",
    "standing",
    "table",
    "unapplied_totals",
]
PAGE = 50
FIRST_CHUNK, CHUNK = 500, 2000
"""Rows that an export reads at a time."""

DIRECTIONS = ("received", "reversed")
ZERO = Decimal(0)
LARGEST = Decimal(10) ** 13
_CAME = tallies.RECEIVED.c


@dataclass(frozen=True, slots=True)
class Filters:
    """What the history is limited to; `direction` is received, reversed or empty, `source` a source or empty."""

    q: str = ""
    direction: str = ""
    source: str = ""
    unapplied: bool = False
    since: date | None = None
    until: date | None = None

    @property
    def any(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.q or self.direction or self.source or self.unapplied or self.since or self.until)


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment and the invoice it was set against; `total` is that of the invoice."""

    id: int
    received_on: date
    contact_name: str
    invoice_id: int | None
    number: str
    total: Decimal | None
    amount: Decimal
    unapplied: Decimal
    currency: str
    source: str
    seen_on: bool
    run_id: int | None

    @property
    def kind(self) -> str:
        """What it is: `received`, `reversed`, or `credit` when a credit note was used or paid back."""
        credit = self.total is not None and self.total < 0
        if (self.amount < 0) is not credit:
            return "reversed"
        return "credit" if credit else "received"


@dataclass(frozen=True, slots=True)
class Table:
    """One page of the history; cursors are `date:id`, None where there is no further page."""

    rows: tuple[PaymentRow, ...]
    after: str | None
    before: str | None


def table(organisation_id: int, filters: Filters, *, after: str = "", before: str = "", size: int = PAGE) -> Table:
    """Return one page of payments, newest first."""
    order = (Payment.received_on, Payment.id)
    cursor, back = (before, True) if before else (after, False)
    mark = _cursor(cursor)
    found: list[Any] = []
    for query in _parts(organisation_id, filters):
        wanted = query.where(tuple_(*order) > mark if back else tuple_(*order) < mark) if mark else query
        ordered = wanted.order_by(*(column.asc() if back else column.desc() for column in order)).limit(size + 1)
        found += current().execute(ordered).all()
    found = sorted(found, key=lambda row: (row.received_on, row.id), reverse=not back)[: size + 1]
    more, found = len(found) > size, found[:size]
    rows = tuple(PaymentRow(*row) for row in (reversed(found) if back else found))
    earlier, later = (True, more) if back else (more, bool(mark))
    return Table(
        rows,
        after=_mark(rows[-1]) if rows and earlier else None,
        before=_mark(rows[0]) if rows and later else None,
    )


def _parts(organisation_id: int, filters: Filters) -> list[Any]:
    """Return what selects the payments that match: each part goes by an index of its own, no payment is in two."""
    query = _rows(organisation_id, filters)
    if filters.direction != "reversed":
        return [query]
    credit = func.coalesce(Invoice.gross_total, 0) < 0
    notes = select(Invoice.id).where(
        Invoice.organisation_id == organisation_id, Invoice.kind.in_(("sales", "purchase")), Invoice.gross_total < 0
    )
    theirs: Any = union(
        select(Payment.id).where(Payment.invoice_id.in_(notes)),
        select(Allocation.payment_id).where(Allocation.invoice_id.in_(notes)),
    )
    # In the very words of the index: only so will SQLite look there.
    taken = literal_column("payments.amount") < literal_column("0")
    return [query.where(taken, ~credit), query.where(Payment.amount > 0, credit, Payment.id.in_(theirs))]


def _rows(organisation_id: int, filters: Filters) -> Any:
    """Select payments with what was set against invoices; of several invoices the first is named."""
    part = aliased(Allocation)
    own = part.payment_id == Payment.id
    settled = select(func.min(part.invoice_id)).where(own).correlate(Payment).scalar_subquery()
    first = func.coalesce(Payment.invoice_id, settled)
    return (
        select(
            Payment.id,
            Payment.received_on,
            Payment.contact_name,
            Invoice.id.label("invoice_id"),
            func.coalesce(Invoice.number, Payment.description).label("number"),
            Invoice.gross_total,
            Payment.amount,
            Payment.unapplied_amount,
            Payment.currency,
            Payment.source,
            Payment.seen_on,
            Payment.run_id,
        )
        .outerjoin(Invoice, Invoice.id == first)
        .where(Payment.organisation_id == organisation_id, *_conditions(filters))
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.since:
        found.append(Payment.received_on >= filters.since)
    if filters.until:
        found.append(Payment.received_on <= filters.until)
    found.append(Payment.source == filters.source if filters.source else came_in())
    if filters.unapplied:
        found.append(Payment.unapplied_amount != NOTHING)
    if filters.direction == "received":
        # A credit note has the other sign: what lowers its outstanding amount is negative.
        credit = func.coalesce(Invoice.gross_total, 0) < 0
        found.append(or_(and_(Payment.amount > 0, ~credit), and_(Payment.amount < 0, credit)))
    if filters.q:
        options: list[ColumnElement[bool]] = [
            Payment.contact_name.icontains(filters.q, autoescape=True),
            Payment.description.istartswith(filters.q, autoescape=True),
        ]
        amount = _amount(filters.q)
        if amount is not None:
            options.append(Payment.amount.in_((amount, -amount)))
        found.append(or_(*options))
    return found


def _amount(text: str) -> Decimal | None:
    """Return the amount that somebody searches for, written in any of our languages; None for other words."""
    for locale in ("nl", "en"):
        try:
            value = parse_amount(text, locale=locale)
        except AmountError:
            continue
        return value if abs(value) < LARGEST else None
    return None


def _mark(row: PaymentRow) -> str:
    return f"{row.received_on.isoformat()}:{row.id}"


def _cursor(text: str) -> tuple[date, int] | None:
    day, _, number = text.partition(":")
    try:
        return (date.fromisoformat(day), int(number)) if number.isdecimal() and len(number) < 18 else None
    except ValueError:
        return None


def unapplied_totals(organisation_id: int) -> tuple[tuple[str, Decimal, int], ...]:
    """Return what was received and is set against nothing yet, per currency, with the number of payments."""
    rows = current().execute(
        select(Payment.currency, func.sum(Payment.unapplied_amount), func.count())
        .where(Payment.organisation_id == organisation_id, Payment.unapplied_amount != NOTHING)
        .group_by(Payment.currency)
        .order_by(Payment.currency)
    )
    return tuple(rows)


def export(organisation_id: int, filters: Filters) -> Iterator[tuple[PaymentRow, ...]]:
    """Yield every payment that matches, newest first, in chunks: none is left out or listed twice."""
    after, size = "", FIRST_CHUNK
    while True:
        page = table(organisation_id, filters, after=after, size=size)
        yield page.rows
        if page.after is None:
            return
        after, size = page.after, CHUNK


def count(organisation_id: int, filters: Filters, *, most: int) -> int:
    """Return how many payments match, as far as `most`."""
    parts = [query.limit(most).subquery() for query in _parts(organisation_id, filters)]
    return min(most, sum(current().scalar(select(func.count()).select_from(part)) or 0 for part in parts))


def came_in() -> ColumnElement[bool]:
    """Return the condition of what came in from customers, as far as anybody saw when."""
    return Payment.source.not_in(tallies.UNSEEN)


def received_since(organisation_id: int, since: date) -> tuple[tuple[str, Decimal, int], ...]:
    """Return what came in since a day, net of reversals and told once, per currency, with the number of payments."""
    rows = current().execute(
        select(_CAME.currency, func.sum(_CAME.amount), func.sum(_CAME.number))
        .where(_CAME.organisation_id == organisation_id, _CAME.received_on >= since)
        .group_by(_CAME.currency)
        .order_by(_CAME.currency)
    )
    return tuple((currency, amount, int(count)) for currency, amount, count in rows if count)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether payments can be processed at all, and the run that does so at this moment."""

    connected: bool
    under_way: int | None


def standing(organisation_id: int) -> Standing:
    """Return how the processing of payments stands."""
    able = select(Connection.id).where(
        Connection.organisation_id == organisation_id,
        Connection.provider == "yuki",
        Connection.process_payments,
        Connection.pause_reason != "setup",
    )
    open_run = select(func.max(Run.id)).where(
        Run.organisation_id == organisation_id,
        Run.category == word(RunCategory.PROCESS_PAYMENTS.value),
        Run.status.in_(words(("queued", "running"))),
    )
    connected, under_way = current().execute(select(able.exists(), open_run.scalar_subquery())).one()
    return Standing(bool(connected), under_way)
