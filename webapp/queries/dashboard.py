"""The dashboard: figures per status, connections in health, payment processing, and the series of its charts.

The number of queries does not depend on the number of rows; amounts of different currencies are never added up.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import select

from webapp.domain.invoices import FETCHED_SOURCES, DeliveryState, DocumentStatus, PaymentStatus
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.queries import ageing as ages
from webapp.queries import connections, invoice_counts, logs
from webapp.queries.invoice_filters import OWN
from webapp.queries.reconciliation import Comparison, comparisons
from webapp.queries.series import DayOfSends, WeekOfPayments, payment_weeks, send_days, success_rates
from webapp.store.invoices import Invoice
from webapp.store.session import current
from webapp.store.standstill import unless_written
from webapp.store.words import word

ATTENTION = (DeliveryState.REJECTED, DeliveryState.CONFLICT, DeliveryState.UNKNOWN)
UNPAID = (PaymentStatus.OPEN, PaymentStatus.PARTIALLY_PAID)
LATEST = 6
ZERO = Decimal(0)

Amounts = tuple[tuple[str, Decimal], ...]
"""Amounts by currency, the organisation's own first."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How many invoices share a value of an axis, and what they come to per currency; of one source, or of all."""

    axis: str
    value: str
    count: int
    amounts: Amounts
    source: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of all sales invoices; `document` counts all, `delivery` and `payment` only what was issued."""

    document: tuple[Figure, ...]
    delivery: tuple[Figure, ...]
    payment: tuple[Figure, ...]
    not_in_books: Figure
    attention: tuple[Figure, ...]
    outstanding: Figure
    overdue: Figure

    @property
    def count(self) -> int:
        """How many invoices there are."""
        return sum(figure.count for figure in self.document)

    @property
    def attention_count(self) -> int:
        """How many invoices ask for somebody's attention."""
        return sum(figure.count for figure in self.attention)


@dataclass(frozen=True, slots=True)
class Health:
    """A connection as the dashboard shows it; `success` of the last seven days in percent, None without any."""

    card: connections.Card
    success: int | None


@dataclass(frozen=True, slots=True)
class LatestInvoice:
    """An invoice in the list of the newest."""

    id: int
    number: str
    contact_name: str
    issue_date: date
    status: str
    delivery: str
    payment: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the page shows; `today` is the date in the organisation's zone."""

    now: datetime
    today: date
    totals: Totals
    health: tuple[Health, ...]
    last_payment_run: logs.RunRow | None
    next_payment_run_at: datetime | None
    comparisons: tuple[Comparison, ...]
    received: tuple[tuple[str, Decimal, int], ...]
    sends: tuple[DayOfSends, ...]
    weeks: tuple[WeekOfPayments, ...]
    ageing: tuple[ages.Ageing, ...]
    currencies: tuple[str, ...]
    latest: tuple[LatestInvoice, ...]

    @property
    def monday(self) -> date:
        """The first day of this week."""
        return self.today - timedelta(days=self.today.weekday())

    @property
    def connected(self) -> bool:
        """Whether a connection is set up to the end."""
        return any(not health.card.unfinished for health in self.health)

    @property
    def sent_any(self) -> bool:
        """Whether any invoice ever went to the books."""
        return any(figure.value != DeliveryState.NOT_SENT and figure.count for figure in self.totals.delivery)


def show(organisation_id: int, *, currency: str) -> Dashboard:
    """Return the dashboard of an organisation whose own currency is `currency`."""
    now = clock.now()
    today = now.astimezone(current_app.extensions["koppel"].zone).date()
    cards = connections.cards(organisation_id)
    rates = success_rates(organisation_id, since=now - timedelta(days=7))
    view, zone = ages.View(today), current_app.extensions["koppel"].zone
    kept = unless_written(("owed", organisation_id, today), lambda: ages.kept(organisation_id, view))
    weeks, sends, latest = unless_written(("series", organisation_id, today), lambda: _series(organisation_id, today))
    owed = ages.table(organisation_id, view, today=today, zone=zone, known=kept)
    totals = count_invoices(organisation_id, today=today, currency=currency, kept=kept)
    monday = today - timedelta(days=today.weekday())
    newest = logs.latest(organisation_id, category=RunCategory.PROCESS_PAYMENTS, limit=1)
    yuki = [card for card in cards if card.provider == "yuki"]  # the others are only read
    upcoming = [card.next_run_at for card in yuki if card.next_run_at is not None]
    found = {*(week.currency for week in weeks), *(one.currency for one in owed)}
    return Dashboard(
        now=now,
        today=today,
        totals=totals,
        health=tuple(Health(card, rates.get(card.id)) for card in cards),
        last_payment_run=newest[0] if newest else None,
        next_payment_run_at=min(upcoming, default=None),
        comparisons=comparisons(organisation_id),
        received=_own_first(
            tuple((w.currency, w.amount, w.count) for w in weeks if w.monday == monday and w.count), currency
        ),
        sends=sends,
        weeks=weeks,
        ageing=owed,
        currencies=tuple(sorted(found, key=lambda code: (code != currency, code))) or (currency,),
        latest=latest,
    )


def _series(
    organisation_id: int, today: date
) -> tuple[tuple[WeekOfPayments, ...], tuple[DayOfSends, ...], tuple[LatestInvoice, ...]]:
    weeks, sends = payment_weeks(organisation_id, today=today), send_days(organisation_id, today=today)
    return weeks, sends, _latest(organisation_id)


def count_invoices(organisation_id: int, *, today: date, currency: str, kept: ages.Kept | None = None) -> Totals:
    """Count an organisation's sales invoices by their axes, from the figures that are kept of them.

    `kept` are those of what is owed today by age, where somebody has them already.
    """
    rows = unless_written(("sums", organisation_id), lambda: invoice_counts.sums(organisation_id))
    view = ages.View(today)
    owed = ages.kept(organisation_id, view) if kept is None else kept
    late = [one for name, one in owed if name != view.buckets[0].name]
    issued = [row for row in rows if row.status == DocumentStatus.SENT]
    delivered = [row for row in rows if row.delivery != DeliveryState.NOT_SENT or row.status == DocumentStatus.SENT]
    # What was read from elsewhere is in books already, and never goes to Yuki from here.
    to_go = [row for row in issued if row.delivery == DeliveryState.NOT_SENT and row.source not in FETCHED_SOURCES]

    def figure(axis: str, value: str, chosen: Iterable[Any], *, column: str = "total") -> Figure:
        return _figure(axis, value, chosen, column=column, currency=currency)

    return Totals(
        document=tuple(figure("document", state, [r for r in rows if r.status == state]) for state in DocumentStatus),
        delivery=tuple(
            figure("delivery", state, [r for r in delivered if r.delivery == state])
            for state in DeliveryState
            if state is not DeliveryState.CANCELLED
        ),
        payment=tuple(
            figure("payment", state, [r for r in issued if r.payment == state], column=_column(state))
            for state in PaymentStatus
        ),
        not_in_books=replace(figure("delivery", DeliveryState.NOT_SENT, to_go), source=OWN),
        attention=tuple(figure("delivery", state, [r for r in rows if r.delivery == state]) for state in ATTENTION),
        outstanding=figure("payment", "open", [r for r in issued if r.payment in UNPAID], column="outstanding"),
        overdue=figure("payment", "overdue", late, column="outstanding"),
    )


def _column(state: PaymentStatus) -> str:
    return "outstanding" if state in UNPAID else "total"


def _figure(axis: str, value: str, rows: Iterable[Any], *, column: str, currency: str) -> Figure:
    count, sums = 0, defaultdict[str, Decimal](lambda: ZERO)
    for row in rows:
        count += row.n
        sums[row.currency] += getattr(row, column) or ZERO
    amounts = tuple(sorted(sums.items(), key=lambda pair: (pair[0] != currency, pair[0])))
    return Figure(axis, str(value), count, amounts)


def _own_first(rows: tuple[tuple[str, Decimal, int], ...], currency: str) -> tuple[tuple[str, Decimal, int], ...]:
    return tuple(sorted(rows, key=lambda row: (row[0] != currency, row[0])))


def _latest(organisation_id: int) -> tuple[LatestInvoice, ...]:
    query = (
        select(
            Invoice.id,
            Invoice.number,
            Invoice.contact_name,
            Invoice.issue_date,
            Invoice.status,
            Invoice.delivery,
            Invoice.payment,
            Invoice.gross_total,
            Invoice.currency,
        )
        .where(Invoice.organisation_id == organisation_id, Invoice.kind == word("sales"))
        .order_by(Invoice.issue_date.desc(), Invoice.id.desc())
        .limit(LATEST)
    )
    return tuple(LatestInvoice(*row) for row in current().execute(query))
