"""The only way out: one HTTP call to an allowed address, with limits, and errors that say what may have happened.

What matters most for a write is whether its body may have left this machine: before that, nothing can
have been done over there; after that, only an answer proves anything.
"""

import os
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from math import ceil
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from webapp.connectors.ports import ConnectorError, NotUnderstood, OutcomeUnknown, Unavailable
from webapp.connectors.transport import Deadline, QuietSession, Upload, running_deadline
from webapp.domain.failures import Failure

READ_LIMIT = 64 * 1024 * 1024
WRITE_LIMIT = 8 * 1024 * 1024
CONNECT_TIMEOUT = 10.0
IDLE = 20.0
"""Seconds after which a connection that nothing went over is not used again: what lies between may have dropped it."""

_CHUNK = 64 * 1024
_PORTS = {"https": 443, "http": 80}

Address = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that arrived whole; `retry_after` in seconds, when the remote asked for a pause."""

    status: int
    content_type: str
    body: bytes
    duration_ms: int
    retry_after: int | None = None


def address_of(url: str) -> Address:
    """Return (scheme, host, port) of a URL; raises ValueError for one that may not be called.

    Only https leaves the machine; http is for loopback, where the sandbox lives. A user or password
    inside the address would end up in logs, so it is refused.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in _PORTS or not host or parts.username is not None or parts.password is not None:
        raise ValueError("not an address that can be called")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("only https may leave this machine")
    return parts.scheme, host, parts.port or _PORTS[parts.scheme]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Http:
    """The way to the addresses given, and no others; what one thread makes many calls over.

    `allow` are URLs whose scheme, host and port may be called; `timeout` is the whole time of one call in
    seconds. Raises ValueError for an address that may never be called.
    """

    def __init__(
        self, allow: Iterable[str], *, timeout: float = 60.0, connect_timeout: float = CONNECT_TIMEOUT
    ) -> None:
        self._allowed = frozenset(address_of(url) for url in allow)
        self._timeout = timeout
        self._connect_timeout = min(connect_timeout, timeout)
        self._session = QuietSession()
        self._pid, self._used, self._turn = os.getpid(), time.monotonic(), Lock()

    def close(self) -> None:
        """Close what is open; the object stays usable."""
        self._session.close()

    def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str], write: bool = False, limit: int | None = None
    ) -> Response:
        """POST `body` and return the whole answer, whatever its status; errors as `request`."""
        return self.request("POST", url, body=body, headers=headers, write=write, limit=limit)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str],
        write: bool = False,
        limit: int | None = None,
    ) -> Response:
        """Make one call and return its answer, which may be of any status; `limit` in bytes of answer.

        Raises Unavailable when nothing was sent; after that OutcomeUnknown for a write, and for a read
        Unavailable (no whole answer) or NotUnderstood (larger than the limit). Raises ValueError for an
        address outside the list.
        """
        if address_of(url) not in self._allowed:
            raise ValueError("this address may not be called")
        session = self._own_session(fresh=write)
        upload = Upload(body)
        request = session.ready(method, url, headers=headers, data=upload if body else None)
        upload.left = False
        started = time.monotonic()
        with Deadline(self._timeout) as deadline:
            token = running_deadline.set(deadline)
            try:
                answer = self._exchange(session, request, limit or (WRITE_LIMIT if write else READ_LIMIT))
                if deadline.expired:
                    raise TimeoutError
            except TooLargeError as error:
                message = f"the answer is larger than {error.limit} bytes"
                raise (OutcomeUnknown(message) if write else NotUnderstood(message)) from None
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise _failure(error, left=upload.left, write=write, late=deadline.expired) from None
            finally:
                running_deadline.reset(token)
                self._used = time.monotonic()
        status, kind, content, retry_after = answer
        return Response(status, kind, content, round((time.monotonic() - started) * 1000), retry_after)

    def _own_session(self, *, fresh: bool) -> QuietSession:
        # Sockets must not be shared with a parent process; and a write does not use a kept connection,
        # which the remote may be closing just now: that would be an unknown outcome for nothing.
        if self._pid != os.getpid():
            self._session, self._turn, self._pid = QuietSession(), Lock(), os.getpid()
        with self._turn:  # of those who come at once after a pause only one closes what lay idle
            used, self._used = self._used, time.monotonic()
            if fresh or self._used - used > IDLE:
                self._session.close()
        return self._session

    def _exchange(
        self, session: QuietSession, request: requests.PreparedRequest, limit: int
    ) -> tuple[int, str, bytes, int | None]:
        timeout = (self._connect_timeout, self._timeout)
        with session.go(request, timeout) as answer:
            content = b"".join(_read(answer.raw, limit))
            return (
                answer.status_code,
                answer.headers.get("Content-Type", ""),
                content,
                seconds_to_wait(answer.headers.get("Retry-After", ""), now=answer.headers.get("Date", "")),
            )


def seconds_to_wait(asked: str, *, now: str = "") -> int | None:
    """Return the seconds that a Retry-After asks for (a number or an HTTP date, RFC 9110 10.2.3); None for no sense.

    A date is measured against the Date of the same answer, where it has one: that is the clock it was taken from.
    """
    wait = asked.strip()
    if wait.isascii() and wait.isdigit() and len(wait) < 7:
        return int(wait)
    moment = _http_date(wait)
    if moment is None:
        return None
    seconds = ceil((moment - (_http_date(now) or datetime.now(UTC))).total_seconds())
    return max(0, seconds) if seconds < 1_000_000 else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


class TooLargeError(Exception):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit


def _read(raw: Any, limit: int) -> Iterator[bytes]:
    # read1 hands over what is there; read(n) would wait until n bytes have dripped in.
    total = 0
    while chunk := raw.read1(_CHUNK, decode_content=True):
        total += len(chunk)
        if total > limit:
            raise TooLargeError(limit)
        yield chunk


def _failure(error: Exception, *, left: bool, write: bool, late: bool) -> ConnectorError:
    # The text of the library's error carries the URL and object addresses: only its kind is kept.
    what = "time is over" if late else _kind(error)
    if not left:
        return Unavailable(Failure.NETWORK, f"nothing was sent: {what}")
    message = f"no whole answer: {what}"
    return OutcomeUnknown(message) if write else Unavailable(Failure.NETWORK, message)


def _kind(error: BaseException) -> str:
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        item = queue.pop(0)
        if item is None or item in seen:
            continue
        seen.append(item)
        nested = [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
        queue.extend(found for found in nested if isinstance(found, BaseException))
    for kinds, text in _KINDS:
        if any(isinstance(item, kinds) for item in seen):
            return text
    return type(error).__name__


_KINDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((socket.gaierror,), "the name is unknown"),
    ((ssl.SSLError,), "no trusted connection (TLS)"),
    ((ConnectionRefusedError,), "connection refused"),
    ((urllib3.exceptions.ConnectTimeoutError,), "no connection in time"),
    ((urllib3.exceptions.ReadTimeoutError, TimeoutError), "no answer in time"),
    ((urllib3.exceptions.IncompleteRead,), "the answer was cut"),
    ((ConnectionResetError, BrokenPipeError, ConnectionAbortedError), "connection reset"),
    ((urllib3.exceptions.ProtocolError,), "connection closed"),
)
