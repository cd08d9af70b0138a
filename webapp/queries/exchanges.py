"""What was asked of a remote and what it answered: the calls of a run, and one call with its bodies."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webapp.store.connections import Connection
from webapp.store.runs import HttpExchange
from webapp.store.session import current

SHOWN = 50
"""Calls listed with a run; the newest ones."""


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One call, in a line."""

    id: int
    operation: str
    started_at: datetime
    duration_ms: int
    http_status: int | None
    request_bytes: int
    response_bytes: int
    error: str


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One call with what was asked and answered, redacted before it was kept."""

    row: ExchangeRow
    run_id: int | None
    connection_name: str
    request: str
    response: str


def of_run(organisation_id: int, run_id: int, *, limit: int = SHOWN) -> tuple[ExchangeRow, ...]:
    """Return the newest calls of a run, without their bodies."""
    query = (
        select(*_COLUMNS)
        .where(HttpExchange.run_id == run_id, HttpExchange.organisation_id == organisation_id)
        .order_by(HttpExchange.id.desc())
        .limit(limit)
    )
    return tuple(_row(row) for row in current().execute(query))


def find(organisation_id: int, exchange_id: int) -> ExchangeView | None:
    """Return one call with its bodies, None when the organisation has no such call."""
    query = (
        select(HttpExchange, Connection.name)
        .join(Connection, Connection.id == HttpExchange.connection_id)
        .where(HttpExchange.id == exchange_id, HttpExchange.organisation_id == organisation_id)
    )
    found = current().execute(query).one_or_none()
    if found is None:
        return None
    kept = found.HttpExchange
    return ExchangeView(_row(kept), kept.run_id, found.name, kept.request, kept.response)


_COLUMNS = (
    HttpExchange.id,
    HttpExchange.operation,
    HttpExchange.started_at,
    HttpExchange.duration_ms,
    HttpExchange.http_status,
    HttpExchange.request_bytes,
    HttpExchange.response_bytes,
    HttpExchange.error,
)


def _row(row: Any) -> ExchangeRow:
    return ExchangeRow(
        id=row.id,
        operation=row.operation,
        started_at=row.started_at,
        duration_ms=row.duration_ms,
        http_status=row.http_status,
        request_bytes=row.request_bytes,
        response_bytes=row.response_bytes,
        error=row.error,
    )
