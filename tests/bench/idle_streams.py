"""What 500 idle streams cost the pages: the list of invoices alone, and beside them, on the same server.

The peer is the same product with a thread for each stream, and with enough threads for all of them.
"""

import asyncio
from contextlib import ExitStack

from tests.bench.figures import Figure, Options, Series
from tests.bench.load import Served, open_stream, page, serve
from tests.bench.stage import Stage, stage
from tests.support.web import Web

STREAMS = 500
CONNECTIONS = 4
TURN = 40
WARM = 40
PEER_THREADS = 540
"""For each of two processes: one of them may be given nearly all of the streams."""


def measure(options: Options) -> list[Figure]:
    """Return what the streams leave of the list page's speed, for the product and the peer."""
    series = Series()
    streams = options.size(STREAMS, 20)
    with stage(options.database, invoices=options.size(500, 60)) as place:
        for number in range(options.rounds):
            for name, app, threads in (
                ("product", "wsgi:app", 32),
                ("peer", "tests.bench.peers.threads:app", PEER_THREADS),
            ):
                with place.web(app, threads=threads) as quiet, place.web(app, threads=threads) as busy:
                    alone, beside, memory = asyncio.run(_round(place, quiet, busy, streams, options.size(8, 2)))
                series.add(f"{name}: speed kept", beside.per_second / alone.per_second)
                series.add(f"{name}: p95 beside / alone", beside.percentile(0.95) / alone.percentile(0.95))
                series.add(f"{name}: memory of a stream", memory)
                options.tell(
                    f"  round {number + 1} {name}: {alone.per_second:.1f} pages a second alone, "
                    f"{beside.per_second:.1f} beside {streams} streams"
                )
    note = f"{streams} streams, {CONNECTIONS} browsers, 2 web processes"
    return [
        series.figure("product: speed kept", bound=0.8, note=note),
        series.figure("product: p95 beside / alone", bound=1.2, most=True, row=19),
        series.figure("product: memory of a stream", unit="KB", bound=40, most=True, row=19),
        series.figure("peer: speed kept", note=f"a thread for each stream, {PEER_THREADS} threads a process"),
        series.figure("peer: p95 beside / alone"),
        series.figure("peer: memory of a stream", unit="KB"),
    ]


async def _round(place: Stage, quiet: Web, busy: Web, streams: int, turns: int) -> tuple[Served, Served, float]:
    """Ask both servers in short turns, so that whatever else this machine does falls upon both alike."""
    headers = {"Cookie": place.cookie}
    ask = page("/invoices", headers, holds=b"data-id=")
    alone, beside = Served(), Served()
    for web in (quiet, busy):
        await serve(web.port, ask, connections=CONNECTIONS, count=WARM)
    before = busy.memory()
    with ExitStack() as opened:
        for _ in range(streams):
            _, writer = await open_stream(busy.port, headers)
            opened.callback(writer.close)
        await asyncio.sleep(1)
        memory = (busy.memory() - before) / streams / 1024
        for turn in range(turns):
            pair = [(quiet, alone), (busy, beside)]
            for web, served in pair if turn % 2 else pair[::-1]:
                served.add(await serve(web.port, ask, connections=CONNECTIONS, count=TURN))
    return alone, beside, memory
