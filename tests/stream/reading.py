"""A reader of event streams over a plain socket, who can also be rude: leave, stall, or go away without a word."""

import json
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATH = "/api/sales/sse/invoices/"
PATIENCE = 20.0


@dataclass(frozen=True)
class Event:
    """One event as it came in."""

    id: int
    kind: str
    data: dict[str, Any]


class Reading:
    """One open stream; `status` and `headers` of the answer are there at once."""

    def __init__(self, address: str, headers: dict[str, str], *, last: int | None = None, buffer: int = 0) -> None:
        place = urlsplit(address)
        self.line = socket.socket()
        if buffer:
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.line.settimeout(PATIENCE)
        self.line.connect((place.hostname, place.port))
        more = headers | ({"Last-Event-ID": str(last)} if last is not None else {})
        lines = [f"GET {PATH} HTTP/1.1", f"Host: {place.netloc}", *(f"{name}: {more[name]}" for name in more)]
        self.line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._rest = b""
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:]}

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            data = self.line.recv(65536)
            if not data:
                raise EOFError(self._rest)
            self._rest += data
        part, _, self._rest = self._rest.partition(mark)
        return part

    def block(self) -> str:
        """Return the next event or comment; raises EOFError when the stream has ended."""
        return self._until(b"\n\n").decode()

    def event(self) -> Event:
        """Return the next event."""
        while True:
            fields = dict(line.partition(": ")[::2] for line in self.block().split("\n"))
            if "event" in fields:
                return Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))

    def events(self, count: int) -> list[Event]:
        """Return the next events."""
        return [self.event() for _ in range(count)]

    def ended(self, within: float = PATIENCE) -> bool:
        """Whether the stream ends, reading on until then."""
        ends_at = time.monotonic() + within
        try:
            while time.monotonic() < ends_at:
                self.block()
        except (EOFError, ConnectionError):
            return True
        return False

    def close(self) -> None:
        """Go away."""
        self.line.close()
