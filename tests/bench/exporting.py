"""Exports of 10,000 and 100,000 invoices: as CSV to a browser, as a workbook by a job; the first byte, time, memory."""

import http.client
import json
import subprocess
import sys
import time

import psutil  # type: ignore[import-untyped]
from sqlalchemy import ColumnElement, insert, literal_column, select

from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.stage import Stage, stage
from tests.support.web import Web
from webapp.extensions import db
from webapp.queries.listings import files
from webapp.services import exporting
from webapp.services.actors import person
from webapp.store.invoices import Invoice
from webapp.store.session import current, transaction
from webapp.store.types import table_of
from webapp.store.users import User

FIRST, SIZES = "first byte", (10_000, 100_000)
MEMORY, BOOK = "memory, ten times the rows", "memory of a workbook, ten times the rows"


def measure(options: Options) -> list[Figure]:
    """Return the seconds to the first byte and the last, and how memory grows with ten times the rows."""
    sizes = (500, 5_000) if options.quick else SIZES
    series = Series()
    with stage(options.database, invoices=1) as here:
        peaks, books, held = [], [], 1
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
                seconds, memory = _workbook(here, size)
                series.add(f"workbook by a job, {size} rows", seconds)
                books.append((size, memory))
                options.tell(f"  {size} rows as a workbook: {seconds:.2f} s, {memory:.0f} MB more")
        for name, kept in ((MEMORY, peaks), (BOOK, books)):
            for small, large in zip(*([m for s, m in kept if s == size] for size in sizes), strict=True):
                series.add(name, max(large, 1) / max(small, 1))
    figures = [series.figure(f"{FIRST}, {size} rows", unit="s", bound=1.0, most=True) for size in sizes]
    figures += [series.figure(f"whole file, {size} rows", unit="s") for size in sizes]
    figures += [series.figure(f"workbook by a job, {size} rows", unit="s") for size in sizes]
    flat = None if options.quick else 1.5  # of a few, neither keeps enough to be seen
    figures.append(series.figure(MEMORY, bound=flat, most=True, note="over a page before it"))
    return [*figures, series.figure(BOOK, bound=flat, most=True, note="over the process before it")]


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


def _workbook(here: Stage, size: int) -> tuple[float, float]:
    """Return the seconds that a worker's process takes to make a workbook of all, and the MB more that it has then."""
    with here.app.app_context():
        somebody = current().scalar(select(User.id))
        actor = person(here.organisation_id, "Vincent", user_id=somebody)
        export_id = exporting.ask(actor, "invoices", "xlsx", args={}, language="nl")
        address = db.engine.url.render_as_string(hide_password=False)
        db.session.remove()
    words = [sys.executable, "-m", "tests.bench.peers.workbook", address, str(here.settings.koppel_data)]
    done = subprocess.run([*words, str(export_id)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongResult(done.stderr[-800:])
    took = json.loads(done.stdout.splitlines()[-1])
    if took["rows"] != size + 1:
        raise WrongResult(f"{took['rows']} rows in a workbook of {size} invoices")
    return took["seconds"], took["kilobytes"] / 1000
