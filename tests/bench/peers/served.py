"""A book of documents behind HTTP, in a process of its own: each answer after a while, and 429 beyond a limit.

Prints its port, then answers until its input ends; `GET /calls` says how many were answered and how many refused.
It takes as little time for itself as it can: the latency is the remote's, and the rest is the caller's.
"""

import asyncio
import json
import re
import sys
import time
from collections import deque
from functools import partial
from pathlib import Path

from tests.bench.book import Book

_PAGE = re.compile(rb"[?&]page=(\d+)")
_END = b"\r\n\r\n"
WINDOW = 60.0


class Remote:
    """Answers pages of a book; `limit` calls go in any window of a minute, 0 for as many as come."""

    def __init__(self, book: Book, latency: float, limit: int) -> None:
        self.pages = [answer(b"200 OK", page) for page in book.pages()]
        self.latency, self.limit = latency, limit
        self.taken: deque[float] = deque()
        self.answered = self.refused = 0

    def asked(self, head: bytes, transport: asyncio.WriteTransport) -> None:
        """Answer one call: a page after the latency, anything else at once."""
        if head.startswith(b"GET /calls"):
            transport.write(answer(b"200 OK", json.dumps([self.answered, self.refused]).encode()))
            return
        now = time.monotonic()
        while self.taken and self.taken[0] <= now - WINDOW:
            self.taken.popleft()
        if self.limit and len(self.taken) >= self.limit:
            self.refused += 1
            transport.write(answer(b"429 Too Many Requests", b"{}", b"Retry-After: 5\r\n"))
            return
        self.taken.append(now)
        found = _PAGE.search(head)
        page = self.pages[int(found[1]) - 1 if found else 0]
        asyncio.get_running_loop().call_later(self.latency, self._tell, transport, page)

    def _tell(self, transport: asyncio.WriteTransport, page: bytes) -> None:
        self.answered += 1
        transport.write(page)


class Line(asyncio.Protocol):
    """One connection, on which one call follows the other."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.came += data
        while _END in self.came:
            head, _, self.came = self.came.partition(_END)
            self.remote.asked(head, self.transport)


def answer(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    """Return an answer as it travels."""
    kind = b"Content-Type: application/json\r\n"
    return b"HTTP/1.1 %b\r\n%b%bContent-Length: %d\r\n\r\n%b" % (status, kind, more, len(body), body)


async def main(pages: str, latency_ms: str, limit: str) -> None:
    """Serve until the input ends."""
    remote = Remote(Book.open(Path(pages)), int(latency_ms) / 1000, int(limit))
    running = await asyncio.get_running_loop().create_server(partial(Line, remote), "127.0.0.1", 0)
    print(running.sockets[0].getsockname()[1], flush=True)
    async with running:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
