"""All open streams of a process: one thread with an event loop holds their connections, whatever their number.

A thread of the web server only checks who calls and hands the connection over (`handover.py`); a second thread reads
the table (`looker.py`). A stream that waits costs its connection and a few kilobytes: no thread, no database session.
"""

import asyncio
import contextlib
import os
import resource
import socket
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from flask import Flask

from webapp.api.stream.looker import Looker
from webapp.api.stream.readers import Channel, Pass, Reader
from webapp.journal import Log

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 10.0
"""Seconds between two keep-alive comments on a line."""

MOST = 4000
MOST_OF_ONE = 1000
"""Streams of one process: of everybody, and of one organisation; never more than its open files allow."""

_SPARE_FILES = 200
_DEAD_AFTER_MS = 15_000

log = Log()


class Switchboard:
    """The streams of one process. Its public methods may be called from any thread."""

    def __init__(self, app: Flask) -> None:
        self._loop = asyncio.new_event_loop()
        self._channels: dict[int, Channel] = {}
        self.passes: Counter[Pass] = Counter()
        self._most = most_streams()
        self._looker = Looker(app, self)
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()
        self._looker.start()

    def has_room(self, organisation_id: int) -> bool:
        """Whether one more stream of this organisation can be held."""
        channel = self._channels.get(organisation_id)
        return self.count() < self._most and (channel is None or len(channel.readers) < MOST_OF_ONE)

    def count(self) -> int:
        """Return how many streams are open."""
        return sum(self.passes.values())

    def take(
        self, line: socket.socket, head: bytes, *, organisation_id: int, opened_by: Pass, after: int, known: int
    ) -> None:
        """Take a connection over: write `head`, then the events after the position `after`.

        `known` is a position that the organisation's stream has reached.
        """
        steady(line)
        self._call(lambda: self._open(line, head, organisation_id, opened_by, after, known))

    def advance(self, organisation_id: int, events: list[tuple[int, bytes]]) -> None:
        """Hand new events to the readers of an organisation."""
        self._call(lambda: self._advance(organisation_id, events))

    def supply(self, reader: Reader, events: list[tuple[int, bytes]], head: int) -> None:
        """Hand a reader what it asked for."""
        self._call(lambda: reader.supply(events, head))

    def end(self, passes: set[Pass]) -> None:
        """End the streams that were opened by what is no longer good."""
        self._call(lambda: self._end(passes))

    def close(self) -> None:
        """End all streams, and both threads; for tests, a process just ends."""
        self._looker.stop()
        self._call(self._stop)
        self._thread.join(10)

    def catch_up(self, reader: Reader) -> None:
        """Fetch what comes after a reader's position; called inside of the loop."""
        self._looker.fetch(reader, reader.channel.organisation_id, reader.position)

    def left(self, reader: Reader) -> None:
        """Forget a reader; called inside of the loop."""
        channel = reader.channel
        channel.readers.discard(reader)
        self.passes[reader.opened_by] -= 1
        if self.passes[reader.opened_by] <= 0:
            del self.passes[reader.opened_by]
        if not channel.readers and self._channels.get(channel.organisation_id) is channel:
            del self._channels[channel.organisation_id]
            self._looker.forget(channel.organisation_id)

    def _open(
        self, line: socket.socket, head: bytes, organisation_id: int, opened_by: Pass, after: int, known: int
    ) -> None:
        channel = self._channels.get(organisation_id)
        if channel is None:
            channel = self._channels[organisation_id] = Channel(organisation_id, known)
            self._looker.follow(organisation_id, known)
        reader = Reader(self, channel, position=after, opened_by=opened_by, head=head, now=self._loop.time)
        channel.readers.add(reader)
        self.passes[opened_by] += 1
        connecting = self._loop.create_task(self._loop.connect_accepted_socket(lambda: reader, line))
        connecting.add_done_callback(lambda done: self._opened(done, reader, line))

    def _opened(self, done: "asyncio.Task[object]", reader: Reader, line: socket.socket) -> None:
        if done.cancelled() or done.exception() is not None:  # the other side was gone before we began
            line.close()
            self.left(reader)

    def _advance(self, organisation_id: int, events: list[tuple[int, bytes]]) -> None:
        channel = self._channels.get(organisation_id)
        if channel is not None:
            channel.advance(events)

    def _end(self, passes: set[Pass]) -> None:
        for reader in self._readers():
            if reader.opened_by in passes:
                reader.close()

    def _readers(self) -> list[Reader]:
        return [reader for channel in self._channels.values() for reader in channel.readers]

    def _tick(self) -> None:
        # Kept short: what a thousand lines need together must not hold up the pages of this process.
        readers = self._readers()
        for start in range(0, len(readers), 50):
            self._loop.call_later(TICK * start / max(1, len(readers)), _tick_some, readers[start : start + 50])
        self._loop.call_later(TICK, self._tick)

    def _stop(self) -> None:
        for reader in self._readers():
            reader.close()
        self._loop.call_later(0.05, self._loop.stop)

    def _run(self) -> None:
        self._loop.call_later(TICK, self._tick)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _call(self, what: "Callable[[], None]") -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, as at the end of a test
            self._loop.call_soon_threadsafe(what)


def _tick_some(readers: list[Reader]) -> None:
    now = time.monotonic()
    for reader in readers:
        reader.tick(now)


def most_streams() -> int:
    """Raise the limit of open files as far as it goes, and return how many streams that allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _SPARE_FILES
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            soft = limit
    return MOST if soft == resource.RLIM_INFINITY else max(1, min(MOST, soft - _SPARE_FILES))


def steady(line: socket.socket) -> None:
    """Let the system notice a peer that is gone without a word, and small events leave at once."""
    line.settimeout(0)
    options = [(socket.SOL_SOCKET, "SO_KEEPALIVE", 1)]
    if line.family in (socket.AF_INET, socket.AF_INET6):
        options += [
            (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
            (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 10),
            (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
            (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
            (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", _DEAD_AFTER_MS),
        ]
    for level, name, value in options:
        if hasattr(socket, name):  # not every system has all of them
            with contextlib.suppress(OSError):
                line.setsockopt(level, getattr(socket, name), value)


_making = threading.Lock()


def switchboard(app: Flask) -> Switchboard:
    """Return the switchboard of this process, made at its first stream: threads do not survive a fork."""
    board: Switchboard | None = app.extensions.get("koppel_streams", {}).get(os.getpid())
    if board is None:
        with _making:
            boards = app.extensions.setdefault("koppel_streams", {})
            board = boards.get(os.getpid()) or boards.setdefault(os.getpid(), Switchboard(app))
    return board
