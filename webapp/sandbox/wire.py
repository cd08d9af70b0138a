"""The sandbox's side of the connection: plain HTTP/1.1 with keep-alive, and connections that break on purpose."""

import io
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler

EFFECT = "sandbox.effect"
"""Where a view says what becomes of its answer: "reset", "close" (no answer at all) or "cut" (half of it)."""

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Drop(ConnectionAbortedError):
    """The connection is to end here; `reset` ends it with a RST instead of a proper close."""

    def __init__(self, *, reset: bool) -> None:
        self.reset = reset
        super().__init__("The connection is dropped on purpose.")


@contextmanager
def _closing(answer: Iterable[bytes]) -> Iterator[Iterable[bytes]]:
    """WSGI asks that an answer that can be closed is closed, whatever happened."""
    try:
        yield answer
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()


class BreakingWires:
    """WSGI middleware that does what EFFECT says."""

    def __init__(self, app: WSGI) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self._app(environ, start_response)
        effect = environ.get(EFFECT)
        if effect in ("reset", "close"):
            with _closing(answer):
                raise Drop(reset=effect == "reset")
        return self._cut(answer) if effect == "cut" else answer

    def _cut(self, answer: Iterable[bytes]) -> Iterator[bytes]:
        with _closing(answer):
            whole = b"".join(answer)
        yield whole[: len(whole) // 2]
        raise Drop(reset=False)


class Handler(WSGIRequestHandler):
    """Reads a whole request, sends a whole answer in one piece, and keeps the connection for the next one."""

    protocol_version = "HTTP/1.1"
    timeout = 75
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.close_connection = True
        else:
            length = int(self.headers.get("Content-Length") or 0)
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(length))
        said: list[Any] = []
        chunks: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
            said[:] = [status, headers]
            return chunks.append

        try:
            with _closing(self.server.app(environ, start_response)) as answer:
                chunks.extend(answer)
        except Drop as drop:
            self.close_connection = True
            if drop.reset:
                self._abort()
                return
            if not chunks:
                return
        self._send(said[0], said[1], b"".join(chunks))

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        names = {name.lower() for name, _ in headers}
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names and code != "204":
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        # The body joins the buffered head, so that one packet carries a small answer.
        if self.command != "HEAD":
            self._headers_buffer.append(b"\r\n" + body)
        else:
            self._headers_buffer.append(b"\r\n")
        try:
            self.flush_headers()
        except OSError:
            self.close_connection = True

    def _abort(self) -> None:
        """Closes at once with a RST: lingering is off for a socket that still owes an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: the page and /_sandbox/calls show the calls."""
