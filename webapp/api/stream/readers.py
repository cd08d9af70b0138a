"""Readers of the stream and what they share: all of it runs in the loop of the switchboard, and nowhere else."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from webapp.api.stream import wire

Pass = tuple[str, str]
"""What opened a stream: `key` or `login`, and which; when it ends, the stream ends."""

BUFFERED = 64 * 1024
"""Bytes that may wait for a slow reader; what comes after them it reads from the table later."""

STALLED = 20.0
"""Seconds after which a reader that takes nothing is cut off; it resumes where it was."""

KEPT_EVENTS = 200
KEPT_BYTES = 1024 * 1024


class Switch(Protocol):
    """What readers need of the switchboard."""

    def catch_up(self, reader: "Reader") -> None:
        """Fetch what comes after a reader's position from the table."""

    def left(self, reader: "Reader") -> None:
        """Forget a reader."""


class Channel:
    """One organisation's stream in this process: how far it has come, its latest events, and who reads it."""

    def __init__(self, organisation_id: int, head: int) -> None:
        self.organisation_id = organisation_id
        self.head = head
        self.readers: set[Reader] = set()
        self._recent: dict[int, bytes] = {}
        self._bytes = 0

    def recent(self, position: int) -> bytes | None:
        """Return an event that is still at hand."""
        return self._recent.get(position)

    def advance(self, events: list[tuple[int, bytes]]) -> None:
        """Take new events, in their order, and hand them to everybody who is ready for them."""
        for position, data in events:
            self._recent[position] = data
            self._bytes += len(data)
            self.head = max(self.head, position)
        while self._recent and (len(self._recent) > KEPT_EVENTS or self._bytes > KEPT_BYTES):
            self._bytes -= len(self._recent.pop(next(iter(self._recent))))
        for reader in tuple(self.readers):
            reader.pump()


class Reader(asyncio.Protocol):
    """One open stream. It holds a position and a bounded buffer, never a queue of events."""

    __slots__ = (
        "_fetching",
        "_head",
        "_now",
        "_paused_at",
        "_switch",
        "_transport",
        "channel",
        "opened_by",
        "position",
    )

    def __init__(
        self, switch: Switch, channel: Channel, *, position: int, opened_by: Pass, head: bytes, now: Callable[[], float]
    ) -> None:
        self.channel = channel
        self.position = position
        self.opened_by = opened_by
        self._switch = switch
        self._head = head
        self._now = now
        self._transport: asyncio.Transport | None = None
        self._paused_at: float | None = None
        self._fetching = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the head of the answer, then what is already there."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream needs a connection that is read and written")
        self._transport = transport
        transport.set_write_buffer_limits(high=BUFFERED)
        transport.write(self._head + wire.BEGIN)
        self._head = b""
        self.pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give everything back."""
        self._transport = None
        self._switch.left(self)

    def data_received(self, data: bytes) -> None:
        """Ignore what a client says after its request."""

    def pause_writing(self) -> None:
        """Hold on: the reader is slower than the stream."""
        self._paused_at = self._now()

    def resume_writing(self) -> None:
        """Go on where it was."""
        self._paused_at = None
        self.pump()

    def pump(self) -> None:
        """Write what is new to this reader, as far as it can take it."""
        while self._ready and self.position < self.channel.head:
            data = self.channel.recent(self.position + 1)
            if data is None:
                if not self._fetching:
                    self._fetching = True
                    self._switch.catch_up(self)
                return
            self._write(self.position + 1, data)

    def supply(self, events: list[tuple[int, bytes]], head: int) -> None:
        """Take what was fetched for this reader; what it cannot take now is fetched again later.

        An event that is missing before them was deleted meanwhile: that is said, never passed over.
        """
        self._fetching = False
        first = events[0][0] if events else head + 1
        if self._ready and first > self.position + 1:
            self._write(first - 1, wire.reset(first - 1))
        for position, data in events:
            if not self._ready:
                return
            if position > self.position:
                self._write(position, data)
        self.pump()

    def tick(self, now: float) -> None:
        """Say that the line is still open, or cut it when nothing went through for too long."""
        if self._transport is None:
            return
        if self._paused_at is None:
            self._transport.write(wire.KEEP_ALIVE)
        elif now - self._paused_at > STALLED:
            self._transport.abort()

    def close(self) -> None:
        """End the stream once what is buffered has gone."""
        if self._transport is not None:
            self._transport.close()

    @property
    def _ready(self) -> bool:
        return self._transport is not None and self._paused_at is None and not self._transport.is_closing()

    def _write(self, position: int, data: bytes) -> None:
        if self._transport is not None:
            self.position = position
            self._transport.write(data)
