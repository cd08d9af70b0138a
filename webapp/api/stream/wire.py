"""What goes over the line: the head of the answer, events, comments, and the word that something is gone.

The format is that of the HTML standard, "Server-sent events" (text/event-stream).
"""

import json
from collections.abc import Iterable

from webapp.queries.stream import Told

BEGIN = b"retry: 2000\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
GONE = (
    "Some events are no longer kept, or their ids are unknown here. Read the invoices you follow anew; "
    "the stream goes on after the id of this event."
)


def event(told: Told) -> bytes:
    """Return one event with its id and the whole invoice on one line."""
    data = json.dumps(told.payload, ensure_ascii=False, separators=(",", ":"))
    return f"id: {told.position}\nevent: {told.kind}\ndata: {data}\n\n".encode()


def reset(position: int) -> bytes:
    """Return the word that events before and at `position` cannot be had; reading goes on after it."""
    return f"id: {position}\nevent: reset\ndata: {json.dumps({'message': GONE})}\n\n".encode()


def head(status: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of an HTTP/1.1 answer whose body ends with the connection."""
    kept = [(name, value) for name, value in headers if name.lower() not in ("content-length", "connection")]
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in kept), "Connection: close"]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
