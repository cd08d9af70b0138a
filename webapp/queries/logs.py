"""The list of runs: filters, search and keyset paging, newest first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select

from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.queries import words
from webapp.queries.failures import remote_name
from webapp.queries.labels import Group, RunFacts, result_text, written
from webapp.store.connections import Connection
from webapp.store.runs import Run, RunItem
from webapp.store.session import current
from webapp.store.words import word

PAGE = 50
COUNTED = 1_000
"""So many are counted of what is searched for."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is limited to; empty means everything."""

    q: str = ""
    category: str = ""
    status: str = ""
    trigger: str = ""
    connection_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    unseen: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is filtered out."""
        texts = self.q or self.category or self.status or self.trigger
        return bool(texts or self.connection_id or self.since or self.until or self.unseen)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One row of the list."""

    id: int
    facts: RunFacts
    connection_name: str
    trigger: str
    actor_name: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    calls: int
    seen: bool = False

    @property
    def category(self) -> Any:
        """What the run did, in words."""
        return words.CATEGORY.get(self.facts.category, self.facts.category)

    @property
    def kind(self) -> str:
        """The kind of connection it went by: Yuki."""
        return remote_name(self.facts.provider)

    @property
    def result(self) -> str:
        """What it came to, in one line."""
        return result_text(self.facts)

    @property
    def tone(self) -> str:
        """How the row is marked: bad, warn or not at all, nor once somebody has seen it."""
        if self.seen:
            return ""
        return {"failed": "bad", "partial": "warn"}.get(self.facts.status, "")


@dataclass(frozen=True, slots=True)
class LogsPage:
    """A page of the list; `before` and `after` are the ids to page from, None at either end.

    `many` is set where there are more than `total`: what is searched for is counted so far and not further.
    """

    rows: tuple[RunRow, ...]
    total: int
    before: int | None
    after: int | None
    filters: Filters
    connections: tuple[tuple[int, str], ...]
    any_runs: bool
    many: bool = False

    @property
    def total_text(self) -> str:
        """The total as it is written: 1.000+ where nobody counted further."""
        return written(self.total, more=self.many)


def page(
    organisation_id: int, filters: Filters, *, after: int | None = None, before: int | None = None, size: int = PAGE
) -> LogsPage:
    """Return one page of an organisation's runs: those older than `after`, or the next newer than `before`."""
    wanted = condition(organisation_id, filters)
    query = _select().where(wanted)
    back = before is not None and after is None
    if after is not None:
        query = query.where(Run.id < after)
    elif before is not None:
        query = query.where(Run.id > before)
    query = query.order_by(Run.id.asc() if back else Run.id.desc()).limit(size + 1)
    found = current().execute(query).all()
    more = len(found) > size
    found = found[:size]
    if back:
        found = found[::-1]
    rows = build_rows(found)
    matching = select(Run.id).where(wanted)
    counted = (matching.limit(COUNTED + 1) if filters.q else matching).subquery()
    total = current().scalar(select(func.count()).select_from(counted)) or 0
    newer = bool(rows) and (more if back else after is not None)
    older = bool(rows) and (True if back else more)
    return LogsPage(
        rows=rows,
        total=min(total, COUNTED) if filters.q else total,
        many=bool(filters.q) and total > COUNTED,
        before=rows[0].id if newer else None,
        after=rows[-1].id if older else None,
        filters=filters,
        connections=connection_names(organisation_id),
        any_runs=bool(total) or _any_runs(organisation_id),
    )


def latest(organisation_id: int, *, category: str | None = None, limit: int = 5) -> tuple[RunRow, ...]:
    """Return the newest runs of an organisation."""
    query = _select().where(Run.organisation_id == organisation_id)
    if category:
        query = query.where(Run.category == word(category))
    return build_rows(current().execute(query.order_by(Run.id.desc()).limit(limit)).all())


def connection_names(organisation_id: int) -> tuple[tuple[int, str], ...]:
    """Return id and name of an organisation's connections, for the filter."""
    query = select(Connection.id, Connection.name).where(Connection.organisation_id == organisation_id)
    return tuple((row.id, row.name) for row in current().execute(query.order_by(Connection.name, Connection.id)))


def build_rows(found: Sequence[Any]) -> tuple[RunRow, ...]:
    """Turn rows of `_select` into view rows, with the failures of all of them from one query."""
    groups = failure_groups([row.Run.id for row in found if row.Run.failed or row.Run.unknown])
    return tuple(make_row(row.Run, row, groups.get(row.Run.id, ())) for row in found)


def failure_groups(run_ids: Sequence[int]) -> dict[int, tuple[Group, ...]]:
    """Return what failed or is unknown in each of these runs, grouped by outcome and class."""
    if not run_ids:
        return {}
    query = (
        select(RunItem.run_id, RunItem.outcome, RunItem.failure, func.count().label("count"))
        .where(RunItem.run_id.in_(run_ids), RunItem.outcome.in_(("failed", "unknown")))
        .group_by(RunItem.run_id, RunItem.outcome, RunItem.failure)
    )
    found: dict[int, list[Group]] = defaultdict(list)
    for row in current().execute(query):
        found[row.run_id].append(Group(row.outcome, row.failure or Failure.REFUSED.value, int(row[3])))
    return {run_id: tuple(groups) for run_id, groups in found.items()}


def make_facts(run: Any, connection: Any, groups: Sequence[Group]) -> RunFacts:
    """Return what the sentence about a run stands on; `connection` has provider, rest_until and breaker_until."""
    return RunFacts(
        category=run.category,
        status=run.status,
        result=run.result,
        failure=run.failure,
        provider=connection.provider or "yuki",
        offered=run.offered,
        succeeded=run.succeeded,
        failed=run.failed,
        skipped=run.skipped,
        unknown=run.unknown,
        cancelling=run.cancel_requested_at is not None,
        resumes_at=_resumes_at(run.failure, connection),
        groups=tuple(groups),
    )


def _resumes_at(failure: str, connection: Any) -> datetime | None:
    moment: datetime | None = connection.rest_until if failure == Failure.QUOTA else connection.breaker_until
    return moment if moment is not None and moment > clock.now() else None


def _select() -> Any:
    return select(
        Run,
        Connection.name.label("connection_name"),
        Connection.provider,
        Connection.rest_until,
        Connection.breaker_until,
    ).outerjoin(Connection, Connection.id == Run.connection_id)


def make_row(run: Any, connection: Any, groups: Sequence[Group]) -> RunRow:
    """Return the row of a run; `run` and `connection` may be the same row of a query with the columns of both."""
    started = run.started_at or run.created_at
    ended = run.ended_at
    return RunRow(
        id=run.id,
        facts=make_facts(run, connection, groups),
        connection_name=connection.connection_name or "",
        trigger=run.trigger,
        actor_name=run.actor_name,
        started_at=started,
        ended_at=ended,
        seconds=max(0.0, (ended - started).total_seconds()) if ended is not None else None,
        calls=run.calls,
        seen=run.seen_at is not None,
    )


def _any_runs(organisation_id: int) -> bool:
    return bool(current().scalar(select(exists().where(Run.organisation_id == organisation_id))))


def condition(organisation_id: int, filters: Filters) -> ColumnElement[bool]:
    """Return the condition of the runs that match."""
    parts: list[ColumnElement[bool]] = [Run.organisation_id == organisation_id]
    if filters.category:
        parts.append(Run.category == filters.category)
    if filters.status:
        parts.append(Run.status == filters.status)
    if filters.trigger:
        parts.append(Run.trigger == filters.trigger)
    if filters.connection_id is not None:
        parts.append(Run.connection_id == filters.connection_id)
    moment = func.coalesce(Run.started_at, Run.created_at)
    if filters.since:
        parts.append(moment >= filters.since)
    if filters.until:
        parts.append(moment < filters.until)
    if filters.unseen:
        parts += [Run.status.in_(("failed", "partial")), Run.seen_at.is_(None)]
    if filters.q:
        from webapp.queries.log_search import search_condition  # imported here: all that is about invoices comes along

        parts.append(search_condition(organisation_id, filters.q))
    return and_(*parts)
