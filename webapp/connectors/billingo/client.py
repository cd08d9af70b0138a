"""One function per operation of Billingo's API v3 that Koppel uses, all of them reads.

Every call is paced, goes through the watch (the budget before, the redacted exchange after), and is tried again when
the remote is busy or away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

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
        address = f"{self._base}/{path}" + (f"?{urlencode(query)}" if query else "")
        return self._pace.patience.read(lambda: self._call(operation, address, limit))

    def _call(self, operation: str, address: str, limit: int | None) -> Response:
        self._pace.bucket.take()
        self._watch.before(operation)
        started = self._clock()
        response: Response | None = None
        error_text = "interrupted"
        try:
            headers = {"X-API-KEY": self._access.key, "Accept": "application/json, application/pdf"}
            response = self._http.request("GET", address, headers=headers, limit=limit)
            error_text = ""
        except ConnectorError as error:
            error_text = f"{type(error).__name__}: {error.message}"
            raise
        finally:
            self._report(operation, address, response, started, error_text)
        if response.status != 202:
            wire.check_status(response, secret=self._access.key)
        return response

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
