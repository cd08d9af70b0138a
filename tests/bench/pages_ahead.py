"""A hundred pages of Billingo, eight under way at a time: beside one after the other, and under a limit of calls.

The server is a process of its own that answers from memory after 100 ms. The floor is what the latency of the calls,
eight at a time, or the bucket of the limit leaves possible.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from tests.bench.book import Book
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.connectors.keeping import MemoryWatch
from webapp.connectors.ahead import WIDTH
from webapp.connectors.billingo import wire
from webapp.connectors.billingo.client import Pace
from webapp.connectors.billingo.gateway import BillingoGateway
from webapp.connectors.http import Http
from webapp.connectors.pacing import TokenBucket
from webapp.connectors.ports import Access
from webapp.connectors.sources import Asked, InvoicePage

PAGES = 100
LATENCY = 0.1
UNPACED = 1_000_000


def measure(options: Options) -> list[Figure]:
    """Return how the product's time stands to that of sequential calls, and to what is possible."""
    series = Series()
    pages = options.size(PAGES, 10)
    with TemporaryDirectory() as folder:
        Book.write(Path(folder) / "pages", pages * 100)
        for number in range(options.rounds):
            with _serving(Path(folder) / "pages", limit=0) as url:
                alone, _ = _read(url, pages, UNPACED, ahead=False)
                together, _ = _read(url, pages, UNPACED, ahead=True)
            series.add("sequential / product", alone / together)
            series.add("latency / 8, of the product's time", pages * LATENCY / WIDTH / together)
            options.tell(f"  round {number + 1}: one by one {alone:.2f} s, eight at a time {together:.2f} s")
        for number in range(min(options.rounds, 2)):
            with _serving(Path(folder) / "pages", limit=wire.CALLS_PER_MINUTE) as url:
                took, wasted = _read(url, pages, wire.CALLS_PER_MINUTE, ahead=True)
            bucket = TokenBucket(wire.CALLS_PER_MINUTE)
            floor = max(0, pages - bucket.burst) / (bucket.per_minute - bucket.burst) * 60 + LATENCY
            series.add("the bucket's floor, of the product's time", floor / took)
            series.add("wasted calls", 100 * wasted / pages)
            options.tell(
                f"  limit, round {number + 1}: {took:.2f} s, the bucket's floor {floor:.2f} s, {wasted} refused"
            )
    note = f"{pages} pages of 100 documents, {LATENCY * 1000:.0f} ms a call; read to typed documents"
    return [
        series.figure("sequential / product", bound=7.0, row=11, note=note),
        series.figure("latency / 8, of the product's time", bound=0.85, row=11),
        series.figure("the bucket's floor, of the product's time", bound=0.95, row=12),
        series.figure("wasted calls", bound=2.0, most=True, row=12, unit="%", note="calls that were answered 429"),
    ]


@contextmanager
def _serving(pages: Path, *, limit: int) -> Iterator[str]:
    words = [sys.executable, "-m", "tests.bench.peers.served", str(pages), str(round(LATENCY * 1000)), str(limit)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.communicate("")


def _read(url: str, pages: int, per_minute: int, *, ahead: bool) -> tuple[float, int]:
    """Read all pages; returns the seconds and how many calls were refused."""
    burst = 20 if per_minute == wire.CALLS_PER_MINUTE else per_minute - 1
    gateway = BillingoGateway(
        Access(url, "key", "", timeout=30),
        http=Http([url]),
        watch=MemoryWatch(),
        clock=lambda: datetime.now(UTC),
        pace=Pace(TokenBucket(per_minute, burst=burst)),
    )
    began = time.perf_counter()
    found = gateway.pages(Asked(), 1) if ahead else _one_by_one(gateway, pages)
    count = sum(len(page.invoices) for page in found if page is not None)
    took = time.perf_counter() - began
    with requests.Session() as http:
        http.trust_env = False
        answered, refused = http.get(f"{url}/calls", timeout=10).json()
    if count != pages * 100 or answered != pages * (1 if ahead and per_minute == wire.CALLS_PER_MINUTE else 1 + ahead):
        raise WrongResult(f"{count} documents, {answered} calls")
    return took, int(refused)


def _one_by_one(gateway: BillingoGateway, pages: int) -> Iterator[InvoicePage]:
    for number in range(1, pages + 1):
        yield gateway.page(Asked(), number)
