"""Searches of the list, of terms that are rare, frequent and absent, beside LIKE '%x%' over the same rows."""

import random
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import func, select

from tests.bench.figures import Series
from tests.bench.stage import Stage
from webapp.extensions import db
from webapp.queries import invoices
from webapp.queries.invoice_filters import Filters
from webapp.store.invoices import Invoice
from webapp.store.session import current

TERMS = (
    *("Bakkerij", "B.V.", "Consultancy", "Visser", "de Boer", "Cursus maart", "Holding", "zzqxy", "qqwx", "99,95"),
    *("1.234,56", "2024", "2025-01", "maart 2025", "RF12", "x"),
)


def searches(
    place: Stage, series: Series, draw: random.Random, *, size: str, tell: Callable[[str], None], peer: bool
) -> None:
    """Take the time of a page of each term, the best of three, and of LIKE where the peer is wanted."""
    with place.app.test_request_context():
        mine = Invoice.organisation_id == place.organisation_id
        last = current().scalar(select(func.max(Invoice.id)).where(mine)) or 1
        some = select(Invoice.contact_name, Invoice.number).where(mine, Invoice.id.in_(draw.sample(range(1, last), 12)))
        found = current().execute(some).all()
        rare = [name.split()[-2] if name.endswith(".") else name.split()[-1] for name, _number in found[:8]]
        terms = (*TERMS, *rare, *(number for _name, number in found[8:]))
        took, spent, looked = [], [], []
        for term in terms:
            filters, part = Filters(q=term), f"%{term}%"
            each = [_called(invoices.table, place.organisation_id, filters) for _ in range(3)]
            took.append(min(seconds for seconds, _spent in each))
            spent.append(min(spent for _seconds, spent in each))
            if not peer:
                continue
            held = Invoice.contact_name.ilike(part) | Invoice.subject.ilike(part) | Invoice.number.ilike(part)
            looked.append(_called(_like, [mine, Invoice.kind == "sales", held])[0])
        db.session.remove()
    tell("  " + ", ".join(f"{term} {1000 * seconds:.1f}" for term, seconds in zip(terms, took, strict=True)))
    if peer:
        series.add(f"{size} LIKE / search, p50", median(looked) / median(took))
    series.add(f"{size} search p95", 1000 * sorted(took)[int(len(took) * 0.95)])
    if not place.settings.database_url.startswith("postgresql"):  # that one spends them in processes of its own
        series.add(f"{size} search p95 of the processor", 1000 * sorted(spent)[int(len(spent) * 0.95)])


def _like(wanted: list[Any]) -> None:
    """One page of what holds a term and how many there are, by looking at each row."""
    session, order = current(), (Invoice.issue_date.desc(), Invoice.id.desc())
    session.scalar(select(func.count()).select_from(Invoice).where(*wanted))
    session.execute(select(Invoice.id, Invoice.number).where(*wanted).order_by(*order).limit(50)).all()


def _called(work: Callable[..., Any], *given: Any) -> tuple[float, float]:
    """Return the seconds that some work took, and those of the processor."""
    began, spent = perf_counter(), process_time()
    work(*given)
    return perf_counter() - began, process_time() - spent
