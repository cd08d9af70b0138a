"""A book of documents behind HTTP, in a process of its own: each answer after a while, and 429 beyond a limit.

Prints its port, then answers until its input ends; `GET /calls` says how many were answered and how many refused.
"""

import asyncio
import json
import re
import sys
import time
from collections import deque
from pathlib import Path

from tests.bench.book import Book

_PAGE = re.compile(rb"[?&]page=(\d+)")
WINDOW = 60.0


class Server:
    """Answers pages of a book; `limit` calls go in any window of a minute, 0 for as many as come."""

    def __init__(self, book: Book, latency: float, limit: int) -> None:
        self.pages = list(book.pages())
        self.latency, self.limit = latency, limit
        self.taken: deque[float] = deque()
        self.answered = self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the calls of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                status, body = await self._answer(head)
                more = b"" if status == b"200 OK" else b"Retry-After: 5\r\n"
                writer.write(b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n%b" % (status, more))
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes) -> tuple[bytes, bytes]:
        if head.startswith(b"GET /calls"):
            return b"200 OK", json.dumps([self.answered, self.refused]).encode()
        now = time.monotonic()
        while self.taken and self.taken[0] <= now - WINDOW:
            self.taken.popleft()
        if self.limit and len(self.taken) >= self.limit:
            self.refused += 1
            return b"429 Too Many Requests", b"{}"
        self.taken.append(now)
        await asyncio.sleep(self.latency)
        self.answered += 1
        found = _PAGE.search(head)
        return b"200 OK", self.pages[int(found[1]) - 1 if found else 0]


async def main(pages: str, latency_ms: str, limit: str) -> None:
    """Serve until the input ends."""
    server = Server(Book.open(Path(pages)), int(latency_ms) / 1000, int(limit))
    running = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    print(running.sockets[0].getsockname()[1], flush=True)
    async with running:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
