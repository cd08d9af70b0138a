"""Pages of the list by a web server: the product, the same with fixed rows, and one of objects with COUNT and OFFSET.

Each is a gunicorn of two processes over the same database, asked in turn, at depths drawn anew for each round.
"""

import asyncio
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict

from tests.bench.figures import Series, WrongResult
from tests.bench.load import Line, Served, serve
from tests.bench.stage import Stage
from tests.support.web import Web
from webapp.extensions import db
from webapp.queries.invoice_address import read_filters
from webapp.queries.invoice_filters import COLUMNS, Filters, conditions, today
from webapp.queries.invoices import PAGE
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, direct, transaction

CASES = (
    *("", "", "sort=due_date", "sort=due_date", "sort=-total", "sort=total", "sort=-open", "sort=open", "sort=number"),
    *("sort=number", "sort=contact", "sort=-contact", "status=draft", "delivery=rejected", "payment=overdue"),
    *("payment=partially_paid", "source=billingo"),
)
"""Orders and filters of the pages; one that stands twice is asked at two depths."""

APPS = {
    "product": "wsgi:app",
    "fixed": "tests.bench.peers.fixed_pages:app",
    "objects": "tests.bench.peers.object_pages:app",
}
CONNECTIONS, TURNS, TURN = 16, 36, 2 * len(CASES)
"""Turns are short and many: how the connections of one fall to the two processes is chance, and halves its speed."""
_IDS = re.compile(rb'<tr data-id="(\d+)"')


@dataclass(frozen=True, slots=True)
class Case:
    """One page: how the product is asked for it by its cursor, and the peer by its number."""

    product: str
    objects: str


@contextmanager
def servers(place: Stage, *, peers: bool) -> Iterator[dict[str, Web]]:
    """Run the web servers: that of objects only where peers are wanted."""
    chosen = {name: app for name, app in APPS.items() if peers or name != "objects"}
    with ExitStack() as opened:
        yield {name: opened.enter_context(place.web(app, workers=2, threads=4)) for name, app in chosen.items()}


def draw(place: Stage, seed: int) -> list[Case]:
    """Return a page of each case, at a depth that is drawn from all that there are."""
    chance, totals = random.Random(seed), {}
    cases = []
    with place.app.test_request_context():
        for wanted in CASES:
            filters = read_filters(MultiDict(parse_qsl(wanted)))
            if wanted not in totals:
                kept = conditions(place.organisation_id, filters, today())
                totals[wanted] = current().scalar(select(func.count()).select_from(Invoice).where(*kept)) or 0
            number = chance.randrange(max(1, totals[wanted] // PAGE))
            after = _cursor(place, filters, number * PAGE - 1) if number else ""
            cases.append(Case(f"/invoices?{wanted}&after={after}", f"/invoices?{wanted}&page={number + 1}"))
        db.session.remove()
    return cases


def _cursor(place: Stage, filters: Filters, above: int) -> str:
    """The place of the row above a page, found the slow way."""
    column = COLUMNS[filters.column]
    order = (column.desc(), Invoice.id.desc()) if filters.falling else (column.asc(), Invoice.id.asc())
    wanted = conditions(place.organisation_id, filters, today())
    query = select(Invoice.id, column).where(*wanted).order_by(*order).offset(above).limit(1)
    row = current().execute(query).one()
    return f"{row[0]}~{row[1]}".replace(" ", "%20").replace("&", "%26")


def pages(place: Stage, web: dict[str, Web], series: Series, cases: list[Case], *, size: str) -> None:
    """Take the time of each page, one after the other, from each server in turn."""
    asyncio.run(_pages(place, web, series, cases, size))


async def _pages(place: Stage, web: dict[str, Web], series: Series, cases: list[Case], size: str) -> None:
    lines = {name: Line(server.port) for name, server in web.items()}
    took: dict[str, list[float]] = {name: [] for name in web}
    first: list[float] = []
    for case in cases:
        bodies = {}
        for name, line in lines.items():
            address = case.objects if name == "objects" else case.product
            seconds, bodies[name] = await _best(place, line, address, times=1 if name == "objects" else 3)
            took[name].append(seconds)
        ids = _IDS.findall(bodies["product"])
        if not ids or ids != _IDS.findall(bodies.get("objects", bodies["product"])):
            raise WrongResult(f"{case.product} shows other rows than {case.objects}")
        first.append((await _best(place, lines["product"], case.product.partition("&after=")[0], times=3))[0])
    series.add(f"{size} page p95 / fixed rows", _share(took["product"], 0.95) / _share(took["fixed"], 0.95))
    series.add(f"{size} deep / first page", _share(took["product"], 0.5) / _share(first, 0.5))
    if "objects" in web:
        series.add(f"{size} COUNT and OFFSET / page", _share(took["objects"], 0.5) / _share(took["product"], 0.5))
    series.add(f"{size} list page p50", 1000 * _share(took["product"], 0.5))
    whole = {name: (await _best(place, lines[name], "/", times=9))[0] for name in ("product", "fixed")}
    series.add(f"{size} dashboard / fixed figures", whole["product"] / whole["fixed"])
    series.add(f"{size} dashboard", 1000 * whole["product"])
    for line in lines.values():
        line.close()


async def _best(place: Stage, line: Line, address: str, *, times: int) -> tuple[float, bytes]:
    """Return the seconds of a page and what it holds: the best of some, after one that fills what is kept."""
    line.close()  # a server ends a line that was quiet for two seconds, and others were asked meanwhile
    took, body = [], b""
    for _ in range(times + 1):
        began = perf_counter()
        body = await _ask(place, line, address)
        took.append(perf_counter() - began)
    return min(took[1:]), body


async def _ask(place: Stage, line: Line, address: str) -> bytes:
    answer = await line.ask("GET", address, {"Cookie": place.cookie})
    if answer.status != 200:
        raise WrongResult(f"{address} answered {answer.status}")
    return answer.body


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def served(place: Stage, web: dict[str, Web], series: Series, cases: list[Case], *, size: str) -> None:
    """Count the pages a second of four browsers that ask each server in short turns."""
    asyncio.run(_served(place, web, series, cases, size))


async def _served(place: Stage, web: dict[str, Web], series: Series, cases: list[Case], size: str) -> None:
    found = {name: Served() for name in web}

    def asking(name: str, turn: int) -> Any:
        async def ask(line: Line, number: int) -> None:
            case = cases[(number + turn) % len(cases)]
            await _ask(place, line, case.objects if name == "objects" else case.product)

        return ask

    for turn in range(TURNS + 1):
        for name, server in list(web.items())[:: 1 if turn % 2 else -1]:
            if name == "objects" and turn not in (0, TURNS):
                continue  # it takes as long for a few as the others for all of theirs
            count = 8 if name == "objects" else TURN
            done = await serve(server.port, asking(name, turn), connections=CONNECTIONS, count=count)
            if turn:
                found[name].add(done)
    rates = {name: one.per_second for name, one in found.items()}
    series.add(f"{size} pages a second / of fixed rows", rates["product"] / rates["fixed"])
    if "objects" in web:
        series.add(f"{size} pages a second / of objects", rates["product"] / rates["objects"])
    series.add(f"{size} pages a second", rates["product"])
    busy = {name: Served() for name in ("product", "fixed")}
    writer = asyncio.create_task(_write(place))
    for turn in range(TURNS // 2):
        for name in list(busy)[:: 1 if turn % 2 else -1]:
            busy[name].add(await serve(web[name].port, asking(name, turn), connections=CONNECTIONS, count=TURN))
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    series.add(f"{size} the same while somebody writes", busy["product"].per_second / busy["fixed"].per_second)


async def _write(place: Stage) -> None:
    """Commit something ten times a second, as a sync does: then nothing is known from the page before."""

    def once() -> None:
        with place.app.app_context():
            with transaction():
                direct(update(Organisation).values(payment_days=Organisation.payment_days))
            db.session.remove()

    while True:
        await asyncio.to_thread(once)
        await asyncio.sleep(0.1)
