"""Exports of 10,000 and 100,000 invoices as CSV: when the first byte comes, how long it takes, and what it keeps."""

import http.client
import time

import psutil  # type: ignore[import-untyped]
from sqlalchemy import ColumnElement, insert, literal_column, select

from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.stage import Stage, stage
from tests.support.web import Web
from webapp.queries.listings import files
from webapp.store.invoices import Invoice
from webapp.store.session import transaction
from webapp.store.types import table_of

FIRST, SIZES = "first byte", (10_000, 100_000)


def measure(options: Options) -> list[Figure]:
    """Return the seconds to the first byte and the last, and how memory grows with ten times the rows."""
    sizes = (500, 5_000) if options.quick else SIZES
    series = Series()
    with stage(options.database, invoices=1) as here:
        peaks, held = [], 1
        for size in sizes:
            _fill(here, size - held)
            held = size
            for number in range(options.rounds):
                with here.web(workers=1, threads=4) as server:
                    first, last, memory = _take(server, here.cookie, size)
                series.add(f"{FIRST}, {size} rows", first)
                series.add(f"whole file, {size} rows", last)
                options.tell(f"  {size} rows, round {number + 1}: {first:.2f} s, {last:.2f} s, {memory:.0f} MB more")
                peaks.append((size, memory))
        for small, large in zip(*([m for s, m in peaks if s == size] for size in sizes), strict=True):
            series.add("memory, ten times the rows", max(large, 1) / max(small, 1))
    figures = [series.figure(f"{FIRST}, {size} rows", unit="s", bound=1.0, most=True) for size in sizes]
    figures += [series.figure(f"whole file, {size} rows", unit="s") for size in sizes]
    return [*figures, series.figure("memory, ten times the rows", bound=1.5, most=True, note="over a page before it")]


def _fill(here: Stage, count: int) -> None:
    """Copy the one invoice that is there so often."""
    own = table_of(Invoice)
    names = [column.name for column in own.c if column.name not in ("id", "number")]
    numbers = select(literal_column("1").label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count))
    with here.app.app_context(), transaction() as session:
        base = session.scalar(select(Invoice.id).limit(1))
        started = session.scalar(select(own.c.id).order_by(own.c.id.desc()).limit(1)) or 0
        text: ColumnElement[str] = literal_column(f"'S-' || CAST(numbers.n + {int(started)} AS VARCHAR(20))")
        rows = select(text, *(own.c[name] for name in names)).select_from(numbers).where(own.c.id == base)
        session.execute(insert(own).from_select(["number", *names], rows))


def _own(worker: psutil.Process) -> int:
    """Return the bytes that a process has for itself, without the pages of files that it has mapped."""
    held = worker.memory_info()
    return int(held.rss - held.shared)


def _take(server: Web, cookie: str, size: int) -> tuple[float, float, float]:
    """Return seconds to the first byte and the last, and MB that the process took more than for a page."""
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    link.request("GET", "/invoices", headers={"Cookie": cookie})
    link.getresponse().read()
    worker = psutil.Process(server.process.pid).children()[0]
    before, peak = _own(worker), 0
    began = time.perf_counter()
    link.request("GET", "/exports/invoices.csv", headers={"Cookie": cookie})
    answer = link.getresponse()
    lines, first = answer.read(1).count(b"\n"), time.perf_counter() - began
    while piece := answer.read(262_144):
        lines += piece.count(b"\n")
        peak = max(peak, _own(worker))
    if answer.status != 200 or lines != size + 1 or size > files.AT_ONCE["csv"]:
        raise WrongResult(f"{lines} lines for {size} invoices, status {answer.status}")
    return first, time.perf_counter() - began, max(0, peak - before) / 1_000_000
