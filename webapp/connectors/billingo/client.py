"""One function per operation of Billingo's API v3 that Koppel uses, all of them reads.

Every call is paced, goes through the watch (the budget before, the redacted exchange after), and is tried again when
the remote is busy or away.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from webapp.connectors.ahead import Ahead, Flight
from webapp.connectors.billingo import wire
from webapp.connectors.http import Http, Response
from webapp.connectors.pacing import Patience, TokenBucket
from webapp.connectors.ports import Access, CallWatch, ConnectorError, Exchange, NotUnderstood

PDF_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how patiently is called; one per key, so that no minute has more calls than are allowed."""

    bucket: TokenBucket = field(default_factory=lambda: TokenBucket(wire.CALLS_PER_MINUTE))
    patience: Patience = field(default_factory=Patience)


class BillingoClient:
    """The operations, with one key.

    All methods raise ConnectorError: AccessDenied for 401, 402 and 403, wire.Missing for 404, Unavailable when it
    did not help to try again.
    """

    def __init__(
        self, access: Access, *, http: Http, watch: CallWatch, clock: Callable[[], datetime], pace: Pace | None = None
    ) -> None:
        self._access = access
        self._http = http
        self._watch = watch
        self._clock = clock
        self._pace = pace or Pace()
        self._base = access.base_url.rstrip("/")

    def organization(self) -> Any:
        """`GET /organization`: the tax code of the account and its subscription; it has no name."""
        return self._read("GetOrganizationData", "organization")

    def documents(self, query: Mapping[str, str | int]) -> bytes:
        """`GET /documents`: a page of documents with their items, newest first by creation, as it came."""
        return self._get("ListDocument", "documents", query).body

    def documents_ahead(
        self, queries: Iterable[tuple[int, Mapping[str, str | int]]], *, put: Callable[[int, bytes], None]
    ) -> Generator[bytes | None]:
        """`GET /documents` for each of these, up to eight at a time: yields the answers in the order of the queries.

        None stands where the next answer is still on its way. Only the way over the network is done by threads:
        counting, reporting and waiting are the caller's. Each answer is `put` under the number of its query just
        before it is reported, as soon as it came, whatever came of those before it.
        """

        def start(one: tuple[int, Mapping[str, str | int]]) -> Flight[Response]:
            flight = self._start("ListDocument", self._address("documents", one[1]))
            flight.put = lambda response: put(one[0], response.body) if response.status == 200 else None
            flight.call = partial(self._leave, flight, flight.call)
            return flight

        with Ahead(start, self._land, self._finish, self._pace.bucket) as ahead:
            for response in ahead.answers(queries):
                yield None if response is None else response.body

    def document(self, remote_id: str) -> Any:
        """`GET /documents/{id}`."""
        return self._read("GetDocument", f"documents/{quote(remote_id, safe='')}")

    def payments(self, remote_id: str) -> Any:
        """`GET /documents/{id}/payments`: the payments of one document, a bare list."""
        return self._read("GetPayment", f"documents/{quote(remote_id, safe='')}/payments")

    def download(self, remote_id: str) -> bytes | None:
        """`GET /documents/{id}/download`: the PDF, or None for a 202, which says that it is not there yet."""
        response = self._get("DownloadDocument", f"documents/{quote(remote_id, safe='')}/download", limit=PDF_LIMIT)
        if response.status == 202:
            return None
        if not response.body.startswith(b"%PDF"):
            raise NotUnderstood("what came in place of the PDF is none")
        return response.body

    def _read(self, operation: str, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        return wire.read(self._get(operation, path, query).body)

    def _get(
        self, operation: str, path: str, query: Mapping[str, str | int] | None = None, *, limit: int | None = None
    ) -> Response:
        address = self._address(path, query)
        return self._pace.patience.read(lambda: self._land(self._start(operation, address, limit)))

    def _address(self, path: str, query: Mapping[str, str | int] | None) -> str:
        return f"{self._base}/{path}" + (f"?{urlencode(query)}" if query else "")

    def _start(self, operation: str, address: str, limit: int | None = None) -> Flight[Response]:
        """Count a call, in its turn, and return what makes it."""
        self._pace.bucket.take()
        self._watch.before(operation)
        headers = {"X-API-KEY": self._access.key, "Accept": "application/json, application/pdf"}
        call = partial(self._http.request, "GET", address, headers=headers, limit=limit)
        return Flight(operation, address, self._clock(), call)

    def _leave(self, flight: Flight[Response], call: Callable[[], Response]) -> Response:
        """Make a call that was ready for a while: its exchange began only now."""
        flight.started = self._clock()
        return call()

    def _land(self, flight: Flight[Response]) -> Response:
        """Wait for an answer, report it, and see what it says."""
        response: Response | None = None
        error_text = "interrupted"
        try:
            response = flight.result()
            error_text = ""
            if flight.put is not None:
                flight.put(response)
        except ConnectorError as error:
            error_text = f"{type(error).__name__}: {error.message}"
            raise
        finally:
            self._report(flight.operation, flight.address, response, flight.started, error_text)
        if response.status != 202:
            wire.check_status(response, secret=self._access.key)
        return response

    def _finish(self, flight: Flight[Response]) -> Response:
        """Return what a flight begun ahead brought; what only failed for now is tried again as any other call."""
        landed = [flight]

        def again() -> Response:
            flight_now = self._start(flight.operation, flight.address)
            flight_now.put = flight.put
            return self._land(flight_now)

        return self._pace.patience.read(lambda: landed.pop().outcome() if landed else again())

    def _report(self, operation: str, address: str, response: Response | None, started: datetime, error: str) -> None:
        elapsed = (self._clock() - started).total_seconds() * 1000
        self._watch.after(
            Exchange(
                operation=operation,
                started_at=started,
                duration_ms=response.duration_ms if response else round(elapsed),
                http_status=response.status if response else None,
                request=wire.redact(f"GET {address}", secret=self._access.key),
                response=wire.kept_body(response, secret=self._access.key) if response else "",
                request_bytes=0,
                response_bytes=len(response.body) if response else 0,
                error=error,
            )
        )
