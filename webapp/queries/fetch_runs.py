"""The runs that fetched invoices, as other systems read them: counters, errors, and the settings behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from webapp.domain.runs import RunCategory
from webapp.queries.failures import explain
from webapp.queries.set_aside import REASONS
from webapp.queries.words import RUN, TRIGGER
from webapp.store.connections import Connection
from webapp.store.runs import Run, RunItem
from webapp.store.session import current
from webapp.store.words import word, words

MOST_ERRORS = 200
ENDED = ("completed", "partial", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class RecordError:
    """What could not be fetched: one record, or, without id and number, the run as a whole."""

    remote_id: str
    number: str
    error: str


@dataclass(frozen=True, slots=True)
class FetchRun:
    """One run; its counters add up: `processed` is what was seen, `skipped` what of it was neither new nor changed."""

    id: int
    trigger: str
    trigger_word: str
    status: str
    status_word: str
    processed: int
    created: int
    updated: int
    items: int
    calls: int
    started_at: datetime
    ended_at: datetime | None
    errors: tuple[RecordError, ...]

    @property
    def skipped(self) -> int:
        """How many were unchanged, seen twice, or could not be read."""
        return self.processed - self.created - self.updated

    @property
    def seconds(self) -> int:
        """How long it took, in whole seconds; nothing while it goes on."""
        return round((self.ended_at - self.started_at).total_seconds()) if self.ended_at else 0


@dataclass(frozen=True, slots=True)
class Source:
    """A connection that invoices are fetched by; the key is not among it."""

    id: int
    has_key: bool
    active: bool
    last_sync_at: datetime | None
    created_at: datetime
    updated_at: datetime


def source_of(organisation_id: int, provider: str) -> Source | None:
    """Return an organisation's connection with a remote, None when it has none."""
    query = select(Connection).where(Connection.organisation_id == organisation_id, Connection.provider == provider)
    found = current().scalar(query.order_by(Connection.id).limit(1).execution_options(populate_existing=True))
    if found is None:
        return None
    newest = (
        select(Run.ended_at)
        .where(
            Run.connection_id == found.id,
            Run.category == word(RunCategory.FETCH_INVOICES.value),
            Run.status.in_(words(("completed", "partial"))),
        )
        .order_by(Run.id.desc())
        .limit(1)
    )
    last = current().scalar(newest)
    return Source(
        id=found.id,
        has_key=bool(found.sealed_key),
        active=found.state == "active",
        last_sync_at=last,
        created_at=found.created_at,
        updated_at=max(found.updated_at, last) if last else found.updated_at,
    )


def page(
    organisation_id: int, provider: str, *, trigger: str = "", status: str = "", start: int, size: int
) -> tuple[int, list[FetchRun]]:
    """Return how many runs match, and those of one page, the newest first."""
    limits = [*_mine(organisation_id, provider)]
    if trigger:
        limits.append(Run.trigger == trigger)
    if status:
        limits.append(Run.status == status)
    joined = select(Run).join(Connection, Connection.id == Run.connection_id).where(*limits)
    total = current().scalar(select(func.count()).select_from(joined.subquery())) or 0
    query = joined.order_by(Run.id.desc()).offset(start).limit(size).execution_options(populate_existing=True)
    rows = current().scalars(query).all()
    errors = _errors([row.id for row in rows if row.failed])
    return total, [_run(row, provider, errors.get(row.id, ())) for row in rows]


def find(organisation_id: int, provider: str, run_id: int) -> FetchRun | None:
    """Return one run, None when the organisation has no such one."""
    query = select(Run).join(Connection, Connection.id == Run.connection_id)
    query = query.where(*_mine(organisation_id, provider), Run.id == run_id)
    row = current().scalar(query.execution_options(populate_existing=True))
    return _run(row, provider, _errors([run_id]).get(run_id, ())) if row is not None else None


def _mine(organisation_id: int, provider: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Run.organisation_id == organisation_id,
        Run.category == word(RunCategory.FETCH_INVOICES.value),
        Connection.provider == provider,
    )


def _errors(run_ids: Sequence[int]) -> dict[int, tuple[RecordError, ...]]:
    """Return what failed in each of these runs; of a run with very many the first ones."""
    if not run_ids:
        return {}
    place = func.row_number().over(partition_by=RunItem.run_id, order_by=RunItem.id)
    ranked = select(RunItem.run_id, RunItem.id, RunItem.params, RunItem.field, place.label("place")).where(
        RunItem.run_id.in_(run_ids), RunItem.outcome == "failed"
    )
    inner = ranked.subquery()
    query = select(inner).where(inner.c.place <= MOST_ERRORS).order_by(inner.c.id)
    found: dict[int, tuple[RecordError, ...]] = {}
    for row in current().execute(query):
        found[row.run_id] = (*found.get(row.run_id, ()), _record(row.params, row.field))
    return found


def _record(params: dict[str, Any], field: str) -> RecordError:
    remote_id = str(params.get("remote_id") or "")
    number = str(params.get("reference") or "")
    reason = str(params.get("reason") or "")
    return RecordError(remote_id, number if number != remote_id else "", f"{field}: {REASONS.get(reason, reason)}")


def _run(row: Run, provider: str, errors: Sequence[RecordError]) -> FetchRun:
    details: dict[str, Any] = row.details or {}
    told = tuple(errors)
    if row.failure and row.status in ENDED:
        told = (
            RecordError("", "", explain(row.failure, {"provider": provider, "category": row.category}).cause),
            *told,
        )
    status = RUN.get(row.status)
    return FetchRun(
        id=row.id,
        trigger=row.trigger,
        trigger_word=str(TRIGGER.get(row.trigger, row.trigger)),
        status=row.status,
        status_word=str(status.word if status else row.status),
        processed=row.offered,
        created=int(details.get("created", 0)),
        updated=int(details.get("updated", 0)),
        items=int(details.get("items", 0)),
        calls=row.calls,
        started_at=row.started_at or row.created_at,
        ended_at=row.ended_at,
        errors=told,
    )
