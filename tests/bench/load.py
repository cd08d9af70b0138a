"""Load over plain connections: pages asked for one after the other, and streams that are held open."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.bench.figures import WrongResult

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes


@dataclass(slots=True)
class Served:
    """What a server did in a time: seconds of each answer, and how many did not come in time."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    late: int = 0

    def add(self, more: "Served") -> None:
        """Take in what was served at another time."""
        self.seconds += more.seconds
        self.times += more.times
        self.late += more.late

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the seconds within which this share of the answers came."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * share))]


class Line:
    """One connection that is kept alive."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Make one request and return the whole answer."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        more = {"Host": "127.0.0.1", **headers} | ({"Content-Length": str(len(body))} if body else {})
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in more.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        given = dict(line.partition(": ")[::2] for line in head[1:] if line)
        if "content-length" in given:
            content = await self._reader.readexactly(int(given["content-length"]))
        else:
            content = await self._chunks(self._reader)
        if given.get("connection") == "close":
            self.close()
        return Answer(int(head[0].split()[1]), content)

    async def _chunks(self, reader: asyncio.StreamReader) -> bytes:
        content = b""
        while size := int(await reader.readline(), 16):
            content += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return content

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def serve(port: int, ask: Callable[[Line, int], Awaitable[None]], *, connections: int, count: int) -> Served:
    """Let `connections` ask `count` times together, each one request after the other."""
    served = Served()
    numbers = iter(range(count))

    async def one() -> None:
        line = Line(port)
        for number in numbers:
            began = time.perf_counter()
            try:
                await asyncio.wait_for(ask(line, number), PATIENCE)
            except TimeoutError:
                served.late += 1
                line.close()
                continue
            served.times.append(time.perf_counter() - began)
        line.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    served.seconds = time.perf_counter() - began
    return served


def page(path: str, headers: Mapping[str, str], *, holds: bytes) -> Callable[[Line, int], Awaitable[None]]:
    """Return a request for a page that has to answer 200 with these bytes in it."""

    async def ask(line: Line, _number: int) -> None:
        answer = await line.ask("GET", path, headers)
        if answer.status != 200 or holds not in answer.body:
            raise WrongResult(f"{path} answered {answer.status} with {len(answer.body)} bytes")

    return ask


async def open_stream(
    port: int, headers: Mapping[str, str], *, path: str = "/api/sales/sse/invoices/"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream and return it once its answer has begun."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 * 1024 * 1024)
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    except (TimeoutError, asyncio.IncompleteReadError) as error:
        writer.close()
        raise WrongResult(f"a stream did not open: {type(error).__name__}") from None
    if b" 200 " not in head.split(b"\r\n")[0]:
        writer.close()
        raise WrongResult(f"a stream answered {head[:60]!r}")
    return reader, writer
