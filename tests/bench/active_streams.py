"""500 streams that all have something to read: how soon an import reaches them, and what that costs the pages.

The peer is a bare asyncio server that passes on what it is given; in both, the wait begins when the import is sent.
"""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.bench.bodies import encoded
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.load import PATIENCE, Line, Served, open_stream, page, serve
from tests.bench.stage import IMPORT, Stage, stage
from tests.support.ports import free_port

STREAMS = 500
PACE = 0.3
"""Seconds between two imports."""

BROWSERS = 4
TURN = 20
_NUMBER = re.compile(rb'"invoice_no": ?"([^"]+)"')


class Reading(asyncio.Protocol):
    """One open stream: when each import came, by its number."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Note what has come whole."""
        now = time.perf_counter()
        if not self.begun.done():
            self.begun.set_result(None)
        *whole, self._rest = (self._rest + data).split(b"\n\n")
        for block in whole:
            found = _NUMBER.search(block)
            if found:
                self.came.setdefault(found[1].decode(), now)


def measure(options: Options) -> list[Figure]:
    """Return how long the slowest reader waits, beside the bare server, and the pages' speed beside active streams."""
    series = Series()
    streams, imports = options.size(STREAMS, 20), options.size(20, 5)
    with stage(options.database, invoices=options.size(500, 60)) as place, place.web() as quiet, place.web() as busy:
        for number in range(options.rounds):
            ours = asyncio.run(_deliver(busy.port, place.api_headers, streams, imports, f"P{number}", options.seed))
            with _bare() as port:
                theirs = asyncio.run(_deliver(port, {}, streams, imports, f"P{number}", options.seed))
            alone, beside = asyncio.run(_pages(place, quiet.port, busy.port, streams, options))
            series.add("p99 of delivery / bare asyncio", _late(ours, 0.99) / _late(theirs, 0.99))
            series.add("p99 of delivery", _late(ours, 0.99) * 1000)
            series.add("list page's p95 beside / alone", beside.percentile(0.95) / alone.percentile(0.95))
            options.tell(
                f"  round {number + 1}: p50 {_late(ours, 0.5) * 1000:.0f} ms, p99 {_late(ours, 0.99) * 1000:.0f} ms;"
                f" bare p50 {_late(theirs, 0.5) * 1000:.0f} ms, p99 {_late(theirs, 0.99) * 1000:.0f} ms; pages"
                f" {alone.per_second:.1f} a second alone, {beside.per_second:.1f} beside"
            )
    note = f"{streams} streams over 2 web processes, an import every {PACE:g} s; waits from the sending of the import"
    return [
        series.figure("p99 of delivery / bare asyncio", bound=3.0, most=True, row=19, note=note),
        series.figure("p99 of delivery", unit="ms"),
        series.figure("list page's p95 beside / alone", bound=1.2, most=True, row=19),
    ]


async def _deliver(port: int, headers: dict[str, str], streams: int, imports: int, name: str, seed: int) -> list[float]:
    """Open the streams, bring the imports in one by one, and return every wait, sorted; each reads each."""
    readings = await _open(port, headers, streams)
    sent: dict[str, float] = {}
    line = Line(port)
    for number in range(imports):
        sent[f"{name}-{number}"] = time.perf_counter()
        await _import(line, headers, f"{name}-{number}", seed)
        await asyncio.sleep(PACE)
    ends_at = time.perf_counter() + PATIENCE
    while not all(sent.keys() <= one.came.keys() for one, _ in readings):
        if time.perf_counter() > ends_at:
            raise WrongResult("a stream did not bring every import")
        await asyncio.sleep(0.05)
    line.close()
    for _, transport in readings:
        transport.abort()
    return sorted(one.came[number] - at for one, _ in readings for number, at in sent.items())


async def _pages(place: Stage, quiet: int, busy: int, streams: int, options: Options) -> tuple[Served, Served]:
    """Ask the list of both servers in turn while imports reach the streams of one."""
    cookie = {"Cookie": place.cookie}
    ask = page("/invoices", cookie, holds=b"data-id=")
    alone, beside = Served(), Served()
    readings = await _open(busy, place.api_headers, streams)
    importing = asyncio.create_task(_import_on(busy, place, options.seed))
    for turn in range(options.size(8, 2)):
        pair = [(quiet, alone), (busy, beside)]
        for port, served in pair if turn % 2 else pair[::-1]:
            served.add(await serve(port, ask, connections=BROWSERS, count=TURN))
    importing.cancel()
    if not any(one.came for one, _ in readings):
        raise WrongResult("no stream was active")
    for _, transport in readings:
        transport.abort()
    return alone, beside


async def _import_on(port: int, place: Stage, seed: int) -> None:
    line = Line(port)
    while True:
        await _import(line, place.api_headers, f"ON-{time.perf_counter_ns()}", seed)
        await asyncio.sleep(PACE)


async def _import(line: Line, headers: dict[str, str], number: str, seed: int) -> None:
    answer = await line.ask("POST", IMPORT, headers, encoded(number, seed=seed))
    if answer.status != 201:
        raise WrongResult(f"an import answered {answer.status} {answer.body[:200]!r}")


async def _open(port: int, headers: dict[str, str], count: int) -> list[tuple[Reading, asyncio.Transport]]:
    return [await _read(port, headers) for _ in range(count)]


async def _read(port: int, headers: dict[str, str]) -> tuple[Reading, asyncio.Transport]:
    transport, reading = await asyncio.get_running_loop().create_connection(Reading, "127.0.0.1", port)
    lines = ["GET /api/sales/sse/invoices/ HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await asyncio.wait_for(reading.begun, PATIENCE)
    return reading, transport


@contextmanager
def _bare() -> Iterator[int]:
    port = free_port()
    words = [sys.executable, "-m", "tests.bench.peers.streaming", str(port)]
    with ExitStack() as until:
        process = until.enter_context(subprocess.Popen(words))
        until.callback(process.terminate)
        asyncio.run(_answering(port))
        yield port


async def _answering(port: int) -> None:
    for _ in range(100):
        try:
            _, writer = await open_stream(port, {})
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise WrongResult("the bare server did not come up")


def _late(waits: list[float], share: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * share))]
