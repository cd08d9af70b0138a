"""Runs sandbox applications on 127.0.0.1, in threads, until they are closed or the process is told to end."""

import signal
import socket
import sys
import threading
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer

from webapp.sandbox.wire import Handler

ADDRESS = "127.0.0.1"


class _Server(ThreadedWSGIServer):
    def __init__(self, port: int, app: Flask) -> None:
        super().__init__(ADDRESS, port, app, Handler)
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """Ends connections that clients keep open, so that nobody is served after the end."""
        for one in list(self._connections):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Running:
    """An application that is being served; also a context manager that closes it."""

    def __init__(self, app: Flask, port: int = 0) -> None:
        self._server = _Server(port, app)
        self.port: int = self._server.server_port
        self.url = f"http://{ADDRESS}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.drop_connections()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start(app: Flask, port: int = 0) -> Running:
    """Serves the application from a thread of this process; port 0 takes a free one."""
    return Running(app, port)


def run(apps: list[tuple[str, Flask, int]], *, quiet: bool = False) -> None:
    """Serves (name, application, port) each, until SIGTERM or Ctrl-C; call it in the main thread.

    Unless `quiet` it prints their addresses.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    running: list[Running] = []
    try:
        for name, app, port in apps:
            running.append(start(app, port))
            if not quiet:
                sys.stdout.write(f"{name}: {running[-1].url}/\n")
                sys.stdout.flush()
        ended.wait()
    finally:
        for one in running:
            one.close()
