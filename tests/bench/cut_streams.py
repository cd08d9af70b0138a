"""Fifty streams over two web processes, cut at random while invoices come in: none missed, none twice, and soon."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field

from tests.bench.bodies import encoded
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.load import PATIENCE, Line, open_stream
from tests.bench.stage import IMPORT, Stage, stage
from tests.support.web import Web

STREAMS = 50
PACE = 0.1
"""Seconds between two imports."""


@dataclass(slots=True)
class Seen:
    """What one reader saw: ids in their order, and how long after the import's answer each came."""

    ids: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    cuts: int = 0


def measure(options: Options) -> list[Figure]:
    """Return what was missed, what came twice, and which share came within a second."""
    series = Series()
    imports, streams = options.size(150, 30), options.size(STREAMS, 10)
    with stage(options.database) as place, place.web() as web:
        for number in range(options.rounds):
            first = place.head()
            seen = asyncio.run(_round(place, web, imports, streams, f"CUT-{number}", options.seed))
            expected = list(range(first + 1, first + imports + 1))
            waits = sorted(wait for one in seen for wait in one.waits)
            if len(waits) < streams * imports / 2:
                raise WrongResult(f"only {len(waits)} events were read")
            series.add("missed", sum(len(set(expected) - set(one.ids)) for one in seen))
            series.add("twice or out of order", sum(one.ids != sorted(set(one.ids)) for one in seen))
            series.add("within a second", 100 * sum(wait <= 1 for wait in waits) / len(waits))
            series.add("p95", 1000 * waits[int(len(waits) * 0.95)])
            series.add("cuts", sum(one.cuts for one in seen))
            options.tell(f"  round {number + 1}: {len(waits)} events, {sum(one.cuts for one in seen)} cuts")
    note = f"{streams} streams, {imports} imports a round, one every {PACE:g} s; waits from the answer of the import"
    return [
        series.figure("missed", unit="", bound=0, most=True, note=note),
        series.figure("twice or out of order", unit="", bound=0, most=True),
        series.figure("within a second", unit="%", bound=95),
        series.figure("p95", unit="ms"),
        series.figure("cuts", unit=""),
    ]


async def _round(place: Stage, web: Web, imports: int, streams: int, name: str, seed: int) -> list[Seen]:
    answered: dict[str, float] = {}
    seen = [Seen() for _ in range(streams)]
    last = place.head()
    readers = [
        asyncio.create_task(_follow(place, web, one, answered, imports, last, random.Random(f"{seed} {name} {index}")))
        for index, one in enumerate(seen)
    ]
    line = Line(web.port)
    for number in range(imports):
        invoice_no = f"{name}-{number}"
        answer = await line.ask("POST", IMPORT, place.api_headers, encoded(invoice_no, seed=seed))
        if answer.status != 201:
            raise WrongResult(f"an import answered {answer.status} {answer.body[:200]!r}")
        answered[invoice_no] = time.perf_counter()
        await asyncio.sleep(PACE)
    line.close()
    _, late = await asyncio.wait(readers, timeout=PATIENCE)
    for reader in late:
        reader.cancel()
    for reader in readers:
        if not reader.cancelled() and reader not in late and reader.exception():
            raise WrongResult(str(reader.exception()))
    return seen


async def _follow(
    place: Stage, web: Web, seen: Seen, answered: dict[str, float], wanted: int, last: int, chance: random.Random
) -> None:
    """Read on from the last id, cut after a few events or a moment, until everything was seen."""
    while len(seen.ids) < wanted:
        at = seen.ids[-1] if seen.ids else last
        reader, writer = await open_stream(web.port, {**place.api_headers, "Last-Event-ID": str(at)})
        try:
            async with asyncio.timeout(chance.uniform(0.3, 4.0)):
                while len(seen.ids) < wanted:
                    _take(seen, answered, await reader.readuntil(b"\n\n"))
        except TimeoutError:
            seen.cuts += 1
        finally:
            writer.transport.abort()


def _take(seen: Seen, answered: dict[str, float], block: bytes) -> None:
    fields = dict(line.partition(": ")[::2] for line in block.decode().strip().split("\n"))
    if "event" not in fields:
        return
    if fields["event"] == "reset":
        raise WrongResult("a reset, where nothing was deleted")
    now = time.perf_counter()
    seen.ids.append(int(fields["id"]))
    # An event may overtake the answer of its import: then nobody waited.
    seen.waits.append(now - answered.get(json.loads(fields["data"])["invoice_no"], now))
