"""The list of invoices and its search over many: the product's page beside the same page with fixed rows, and beside
a page of mapped objects with COUNT and OFFSET; a search beside LIKE '%x%'.

All of them by one app in one process, in turn: session, login, frame, filters and badges are the same for each.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any
from unittest.mock import patch

from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.bench import ledger
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.stage import Stage, stage
from tests.support.records import make_connection
from webapp.extensions import clock, db
from webapp.queries import invoices
from webapp.queries.invoice_counts import add_up
from webapp.queries.invoice_filters import COLUMNS, Filters, conditions, today
from webapp.services import indexing
from webapp.store.invoices import Invoice
from webapp.store.session import current

ORDERS = ("-issue_date", "due_date", "-total", "-open", "number", "contact")
FILTERS = ("", "status=draft", "delivery=rejected", "payment=overdue", "payment=partially_paid", "source=billingo")
DEPTHS = (0.0, 0.5, 0.95)
TERMS = ("Bakkerij", "B.V.", "Consultancy", "Visser", "de Boer", "zzqxy", "qqwx", "99,95", "1.234,56")
PAGE = {"sqlite": 1.4, "postgresql": 2.0}
OFFSET = {"sqlite": 80, "postgresql": 100}
SEARCH = {"sqlite": 25, "postgresql": 40}


def measure(options: Options) -> list[Figure]:
    """Return the figures for 10,000 and 100,000 invoices, or for the sizes asked for."""
    return [figure for count in options.growing(10_000, 100_000, quick=1_000) for figure in _of(options, count)]


def _of(options: Options, count: int) -> list[Figure]:
    with stage(options.database) as place:
        with place.app.app_context():
            until = clock.now().date()
            here = ledger.Place(place.organisation_id, make_connection(place.organisation_id))
            ledger.fill(here, count, seed=options.seed, until=until)
            while indexing.take_up(enough=1):
                pass
            ledger.settle()
            db.session.remove()
        options.tell(f"  {count:,} invoices are there")
        series = Series()
        for number in range(options.rounds):
            _pages(place, series, count)
            _searches(place, series, random.Random(number))
            options.tell(f"  round {number + 1} of {options.rounds}")
    return _figures(series, options.database, count)


def _figures(series: Series, kind: str, count: int) -> list[Figure]:
    size = f"{count // 1000:,}k"
    return [
        series.figure(f"{size} page p95 / fixed rows", bound=PAGE[kind], most=True, row=14),
        series.figure(f"{size} deep / first page", bound=1.2, most=True, row=14),
        series.figure(f"{size} COUNT and OFFSET / page", bound=OFFSET[kind] if count >= 10**6 else None, row=14),
        series.figure(f"{size} LIKE / search, p50", bound=70 if count >= 10**6 else None, row=15),
        series.figure(f"{size} search p95", unit="ms", bound=SEARCH[kind], most=True, row=15),
        series.figure(f"{size} dashboard", unit="ms"),
        series.figure(f"{size} list page p50", unit="ms"),
    ]


def _client(place: Stage) -> FlaskClient:
    client = place.app.test_client()
    client.set_cookie("koppel", place.cookie.partition("=")[2])
    return client


def _pages(place: Stage, series: Series, count: int) -> None:
    client, fixed = _client(place), _fixed(place)
    took: dict[str, list[float]] = {"product": [], "fixed": [], "peer": [], "first": [], "deep": []}
    for order in ORDERS:
        for wanted in FILTERS if order == ORDERS[0] else FILTERS[:1]:
            for depth in DEPTHS if not wanted else DEPTHS[:1]:
                after = _cursor(place, order, int(count * 0.8 * depth))
                address = f"/invoices?sort={order}&{wanted}&after={after}"
                seconds = _timed(client, address)
                took["product"].append(seconds)
                if not wanted:
                    took["deep" if depth else "first"].append(seconds)
                with patch.object(invoices, "table", lambda *_args, **_more: fixed):
                    took["fixed"].append(_timed(client, address))
                if not wanted and order == ORDERS[0]:
                    with _by_offset(int(count * 0.8 * depth)):
                        took["peer"].append(_timed(client, address))
    series.add(f"{count // 1000:,}k page p95 / fixed rows", _share(took["product"], 0.95) / _share(took["fixed"], 0.95))
    series.add(f"{count // 1000:,}k deep / first page", _share(took["deep"], 0.5) / _share(took["first"], 0.5))
    series.add(f"{count // 1000:,}k COUNT and OFFSET / page", _share(took["peer"], 0.5) / _share(took["product"], 0.5))
    series.add(f"{count // 1000:,}k list page p50", 1000 * _share(took["product"], 0.5))
    series.add(f"{count // 1000:,}k dashboard", 1000 * _timed(client, "/"))


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _timed(client: FlaskClient, address: str) -> float:
    """Return the seconds of a page: the better of two, so that the first one of its kind fills no cache for another."""
    best = 60.0
    for _ in range(2):
        begin = perf_counter()
        answer = client.get(address)
        best = min(best, perf_counter() - begin)
        if answer.status_code != 200:
            raise WrongResult(f"{address} answered {answer.status_code}")
    return best


def _fixed(place: Stage) -> invoices.InvoiceTable:
    with place.app.test_request_context():
        found = invoices.table(place.organisation_id, Filters())
        db.session.remove()
    return found


def _cursor(place: Stage, order: str, depth: int) -> str:
    """The place of a row so far down, found the slow way."""
    if not depth:
        return ""
    filters = Filters(sort=order)
    column = COLUMNS[filters.column]
    falling = (column.desc(), Invoice.id.desc()) if filters.falling else (column.asc(), Invoice.id.asc())
    with place.app.test_request_context():
        wanted = conditions(place.organisation_id, filters, today())
        row = (
            current().execute(select(Invoice.id, column).where(*wanted).order_by(*falling).offset(depth).limit(1)).one()
        )
        db.session.remove()
    return f"{row[0]}~{row[1]}"


@contextmanager
def _by_offset(depth: int) -> Iterator[None]:
    """Let the page be made of objects, counted and skipped, as most pages are."""

    def table(organisation_id: int, filters: Filters, **_more: Any) -> invoices.InvoiceTable:
        session, wanted = current(), conditions(organisation_id, filters, today())
        axes = (Invoice.status, Invoice.delivery, Invoice.payment)
        groups = session.execute(select(*axes, func.count()).where(*wanted).group_by(*axes)).all()
        session.scalar(select(func.count()).select_from(Invoice).where(*wanted))
        order = (Invoice.issue_date.desc(), Invoice.id.desc())
        found = session.scalars(select(Invoice).where(*wanted).order_by(*order).offset(depth).limit(50)).all()
        names = [name for name in invoices.InvoiceRow.__slots__ if name != "overdue"]
        rows = tuple(
            invoices.InvoiceRow(**{name: getattr(one, name) for name in names}, overdue=False) for one in found
        )
        counts = add_up([(*group[:3], False, group[3]) for group in groups], filters)
        return invoices.InvoiceTable(rows, filters, counts, None, None, True, ())

    with patch.object(invoices, "table", table):
        yield


def _searches(place: Stage, series: Series, draw: random.Random) -> None:
    with place.app.test_request_context():
        mine = Invoice.organisation_id == place.organisation_id
        last = current().scalar(select(func.max(Invoice.id)).where(mine)) or 1
        some = select(Invoice.contact_name).where(mine, Invoice.id.in_(draw.sample(range(1, last), 9)))
        rare = [name.split()[-2] if name.endswith(".") else name.split()[-1] for name in current().scalars(some)]
        took, peer = [], []
        for term in (*TERMS, *rare):
            filters = Filters(q=term)
            took.append(_called(invoices.table, place.organisation_id, filters))
            part = f"%{term}%"
            held = Invoice.contact_name.ilike(part) | Invoice.subject.ilike(part)
            peer.append(_called(_like, [mine, Invoice.kind == "sales", held]))
        db.session.remove()
    series_name = next(name.split(" ")[0] for name in series.values)
    series.add(f"{series_name} LIKE / search, p50", _share(peer, 0.5) / _share(took, 0.5))
    series.add(f"{series_name} search p95", 1000 * _share(took, 0.95))


def _like(wanted: list[Any]) -> None:
    """One page of what holds a term and how many there are, by looking at each row."""
    session, order = current(), (Invoice.issue_date.desc(), Invoice.id.desc())
    session.scalar(select(func.count()).select_from(Invoice).where(*wanted))
    session.execute(select(Invoice.id, Invoice.number).where(*wanted).order_by(*order).limit(50)).all()


def _called(work: Callable[..., Any], *given: Any) -> float:
    begin = perf_counter()
    work(*given)
    return perf_counter() - begin
