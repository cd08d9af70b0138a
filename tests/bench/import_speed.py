"""Imports a second, beside a bare Flask view that checks nothing and does one INSERT."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.bench.bodies import encoded
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.load import Line, Served, serve
from tests.bench.stage import IMPORT, Stage, stage
from tests.support.web import Web

CONNECTIONS = 8
TURN = 50


def measure(options: Options) -> list[Figure]:
    """Return the product's imports a second as a share of the bare view's."""
    series = Series()
    with stage(options.database) as ours, stage(options.database) as theirs:
        for number in range(options.rounds):
            with ours.web() as product, theirs.web("tests.bench.peers.bare:app") as bare:
                turns = options.size(8, 2)
                mine, other = asyncio.run(_round(ours, product, bare, turns, f"{number}", options.seed))
            for place, name in ((ours, "product"), (theirs, "bare view")):
                expected = (number + 1) * (turns + 1) * TURN
                if place.count() != expected:
                    raise WrongResult(f"{name}: {place.count()} rows, expected {expected}")
            series.add("imports a second / bare INSERT", mine.per_second / other.per_second)
            series.add("imports a second", mine.per_second)
            series.add("bare INSERTs a second", other.per_second)
            options.tell(f"  round {number + 1}: {mine.per_second:.0f} a second, bare {other.per_second:.0f}")
    note = f"{CONNECTIONS} connections, two web processes; the bare view parses JSON and does one INSERT"
    return [
        series.figure("imports a second / bare INSERT", bound=1 / 3, note=note),
        series.figure("imports a second", unit="/s"),
        series.figure("bare INSERTs a second", unit="/s"),
    ]


async def _round(place: Stage, product: Web, bare: Web, turns: int, name: str, seed: int) -> tuple[Served, Served]:
    mine, other = Served(), Served()
    for turn in range(turns + 1):  # the first one warms both up
        ask = _importing(place, f"{name}-{turn}", seed)
        pair = [(product, mine), (bare, other)]
        for web, served in pair if turn % 2 else pair[::-1]:
            took = await serve(web.port, ask, connections=CONNECTIONS, count=TURN)
            if took.late:
                raise WrongResult(f"{took.late} answers did not come")
            if turn:
                served.add(took)
    return mine, other


def _importing(place: Stage, name: str, seed: int) -> Callable[[Line, int], Awaitable[None]]:
    async def ask(line: Line, number: int) -> None:
        answer = await line.ask("POST", IMPORT, place.api_headers, encoded(f"{name}-{number}", seed=seed))
        if answer.status != 201:
            raise WrongResult(f"an import answered {answer.status} {answer.body[:200]!r}")

    return ask
