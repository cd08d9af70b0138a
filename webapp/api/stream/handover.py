"""Take a connection from the web server, so that a stream that waits holds none of its threads.

gunicorn gives the connection's socket in `gunicorn.socket`. What it is left with is a socket whose other end is closed:
it ends that one as it ends every connection. Servers and connections where this cannot be done (TLS inside of gunicorn,
HTTP/2, a test client) keep their thread and pass on what the switchboard writes.
"""

import os
import socket
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

from webapp.api.stream import wire
from webapp.api.stream.readers import Pass
from webapp.api.stream.switchboard import Switchboard, switchboard

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PIECE = 65536


class Stream(Response):
    """An answer that is written by the switchboard: the events of an organisation after a position."""

    def __init__(self, app: Flask, *, organisation_id: int, opened_by: Pass, after: int, known: int) -> None:
        headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
        super().__init__(mimetype="text/event-stream", headers=headers)
        self._app = app
        self._place: dict[str, Any] = {
            "organisation_id": organisation_id,
            "opened_by": opened_by,
            "after": after,
            "known": known,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Hand the connection over once the headers are complete."""
        if environ["REQUEST_METHOD"] != "GET":
            return super().__call__(environ, start_response)
        headers = self.get_wsgi_headers(environ)
        headers.pop("Content-Length", None)
        board = switchboard(self._app)
        line = taken(environ)
        if line is not None:
            board.take(line, wire.head(self.status, headers), **self._place)
            start_response(self.status, list(headers))  # for the server's log; nobody reads it
            return ()
        start_response(self.status, list(headers))
        return _passed_on(board, self._place)


def taken(environ: "WSGIEnvironment") -> socket.socket | None:
    """Return the connection of a request, from now on ours alone; None where it cannot be taken."""
    line = environ.get("gunicorn.socket")
    # Exactly a plain socket: one with TLS keeps its state in the object.
    if type(line) is not socket.socket or environ.get("HTTP_VERSION") == "2":
        return None
    ours = socket.socket(line.family, line.type, line.proto, fileno=os.dup(line.fileno()))
    here, there = socket.socketpair()
    there.close()
    os.dup2(here.fileno(), line.fileno(), inheritable=False)
    here.close()
    return ours


def _passed_on(board: Switchboard, place: dict[str, Any]) -> Iterator[bytes]:
    here, there = socket.socketpair()
    board.take(there, b"", **place)
    try:
        while data := here.recv(_PIECE):
            yield data
    finally:
        here.close()
