"""The connections under http.py: they never retry or redirect, and are cut when the time of a call is over."""

import contextlib
import io
import os
import socket
import threading
import time
from collections.abc import Mapping
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

LINGER = 1.0
"""Seconds for which the thread that cuts calls waits for the next one."""


class Deadline:
    """Cuts the connection of one call when its time is over, whatever it is waiting for."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._seconds = seconds
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        _watcher.add(self, time.monotonic() + self._seconds)
        return self

    def __exit__(self, *_: object) -> None:
        _watcher.drop(self)
        self._sockets.clear()

    def watch(self, sock: socket.socket | None) -> None:
        if sock is None:
            return
        self._sockets.append(sock)
        if self.expired:
            self.cut()

    def cut(self) -> None:
        self.expired = True
        for sock in list(self._sockets):
            # The plain shutdown, also for TLS: the reader wakes up with an end of stream.
            with contextlib.suppress(OSError, ValueError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Watcher:
    """Looks after the deadlines of all calls with one thread, which goes when there is none for a while.

    A thread for each call would have to be begun, and waited for, before it leaves. A child process begins with none.
    """

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._due: dict[Deadline, float] = {}
        self._looks_at = 0.0
        self._runs = False

    def add(self, deadline: Deadline, moment: float) -> None:
        with self._changed:
            self._due[deadline] = moment
            if not self._runs:
                threading.Thread(target=self._watch, name="koppel-deadlines", daemon=True).start()
                self._runs = True
            elif moment < self._looks_at:
                self._changed.notify()

    def drop(self, deadline: Deadline) -> None:
        with self._changed:
            self._due.pop(deadline, None)

    def _watch(self) -> None:
        idle = False
        with self._changed:
            while self._due or not idle:
                idle, now = not self._due, time.monotonic()
                for one in [one for one, moment in self._due.items() if moment <= now]:
                    del self._due[one]
                    one.cut()
                self._looks_at = min([now + LINGER, *self._due.values()])
                self._changed.wait(self._looks_at - now)
            self._runs = False


_watcher = _Watcher()


running_deadline: ContextVar[Deadline | None] = ContextVar("koppel_httprunning_deadline", default=None)


pinned_address: ContextVar[str] = ContextVar("koppel_http_pinned_address", default="")
"""The IP address that a name was found to stand for; a connection made meanwhile goes there and nowhere else."""


class _Watched(HTTPConnection):
    """A connection that tells the running deadline which socket it uses."""

    def _new_conn(self) -> socket.socket:
        # The name stays what the certificate is checked against.
        name, self._dns_host = self._dns_host, pinned_address.get() or self._dns_host
        try:
            return super()._new_conn()
        finally:
            self._dns_host = name

    def connect(self) -> None:
        super().connect()
        self._tell()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._tell()
        super().request(*args, **kwargs)

    def _tell(self) -> None:
        deadline = running_deadline.get()
        if deadline is not None:
            deadline.watch(self.sock)


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    """Uses watched connections; never retries, because a retry would send a write twice."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class QuietSession(requests.Session):
    """A session that follows nothing, keeps no cookie and reads no environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.clear()
        # Not compressed: the size limit then counts what travels, and no answer can unfold into gigabytes.
        self.headers.update({"User-Agent": "Koppel", "Accept-Encoding": "identity"})
        for prefix in ("http://", "https://"):
            self.mount(prefix, _Adapter(max_retries=0))

    def go(self, request: requests.PreparedRequest, timeout: tuple[float, float]) -> requests.Response:
        """Send a request and return its answer, of which only the head is read: nothing is followed, kept or hooked."""
        return self.get_adapter(str(request.url)).send(request, stream=True, timeout=timeout, verify=True)

    def ready(
        self, method: str, url: str, *, headers: Mapping[str, str], data: "Upload | None"
    ) -> requests.PreparedRequest:
        """Return a request as it is: no environment, no cookie and no login is merged into it."""
        request = requests.PreparedRequest()
        request.prepare(method=method, url=url, headers={**self.headers, **headers}, data=data)
        return request

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Say that there is none: even with redirects off, requests reads the body of one without a limit."""
        return None


class Upload(io.BytesIO):
    """A request body that remembers whether anything of it was handed to the network."""

    left = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.left = True
        return super().read(size)
