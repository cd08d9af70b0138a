"""One run: its head and its failures by class."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, select

from webapp.extensions import clock
from webapp.queries import words
from webapp.queries.failures import Explanation, explain, remote_name
from webapp.queries.labels import Group, RunFacts, result_text, wait_text
from webapp.queries.logs import make_facts
from webapp.queries.run_items import explain_item
from webapp.store.connections import Connection
from webapp.store.runs import Run, RunItem
from webapp.store.session import current


@dataclass(frozen=True, slots=True)
class Cause:
    """What shares a class of failure and an outcome in a run, explained."""

    failure: str
    outcome: str
    count: int
    words: Explanation

    @property
    def retryable(self) -> bool:
        """Whether a person may have this sent again: it failed, and nothing of it is in the books."""
        return self.outcome == "failed"


@dataclass(frozen=True, slots=True)
class RunView:
    """The head of the run page; the same facts go to the command line."""

    id: int
    facts: RunFacts
    connection_id: int | None
    connection_name: str
    trigger: str
    actor_name: str
    remote_text: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    calls: int
    retry_of: int | None
    retried_by: int | None
    details: dict[str, Any]
    causes: tuple[Cause, ...]

    @property
    def category(self) -> Any:
        """What the run does, in words."""
        return words.CATEGORY.get(self.facts.category, self.facts.category)

    @property
    def kind(self) -> str:
        """The kind of connection it goes by: Yuki."""
        return remote_name(self.facts.provider)

    @property
    def result(self) -> str:
        """What it came to, in one line."""
        return result_text(self.facts)

    @property
    def wait(self) -> str:
        """Why it waits and when it goes on; empty when nothing holds it up."""
        return wait_text(self.facts) if self.facts.waits else ""

    @property
    def why(self) -> Explanation | None:
        """The failure of the run as a whole, explained."""
        if not self.facts.failure:
            return None
        return explain(self.facts.failure, {"category": self.facts.category, "provider": self.facts.provider})

    @property
    def seconds(self) -> float | None:
        """How long it took, or has been going on for."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.ended_at or clock.now()) - self.started_at).total_seconds())

    @property
    def can_cancel(self) -> bool:
        """Whether there is still something to stop."""
        return self.facts.is_open and not self.facts.cancelling

    @property
    def can_retry(self) -> bool:
        """Whether something failed that can be done again."""
        if self.facts.is_open:
            return False
        return self.facts.failed > 0 or self.facts.status == "failed"

    @property
    def open_here(self) -> Decimal:
        """What a payment run found outstanding here, in the organisation's currency."""
        return Decimal(str(self.details.get("open_here", 0)))

    @property
    def open_there(self) -> Decimal:
        """What it found open in the books."""
        return Decimal(str(self.details.get("open_there", 0)))

    @property
    def difference(self) -> Decimal:
        """What the books have open more than we do; negative: less."""
        return self.open_there - self.open_here

    @property
    def difference_causes(self) -> tuple[tuple[str, int, Decimal], ...]:
        """Why it differs: (cause, number, amount), whose amounts add up to the difference."""
        found: Any = self.details.get("causes", ())
        return tuple((str(one["cause"]), int(one["count"]), Decimal(one["amount"])) for one in found)

    @property
    def reached(self) -> date | None:
        """The day that a list which is read newest first has come down to; None where it is read otherwise."""
        said = str(self.details.get("reached", ""))
        return date.fromisoformat(said) if said else None

    @property
    def looks_up(self) -> bool:
        """Whether it has ended while outcomes are still being looked up."""
        return not self.facts.is_open and self.facts.unknown > 0


def find(organisation_id: int, run_id: int) -> RunView | None:
    """Return a run's head, None when the organisation has no such run."""
    query = (
        select(Run, Connection.name, Connection.provider, Connection.rest_until, Connection.breaker_until)
        .outerjoin(Connection, Connection.id == Run.connection_id)
        .where(Run.id == run_id, Run.organisation_id == organisation_id)
        .execution_options(populate_existing=True)
    )
    found = current().execute(query).one_or_none()
    if found is None:
        return None
    run = found.Run
    causes = _causes(run, found.provider or "yuki")
    failed = [Group(cause.outcome, cause.failure, cause.count) for cause in causes if cause.outcome != "skipped"]
    later = select(func.max(Run.id)).where(Run.retry_of == run_id, Run.organisation_id == organisation_id)
    return RunView(
        id=run.id,
        facts=make_facts(run, found, failed),
        connection_id=run.connection_id,
        connection_name=found.name or "",
        trigger=run.trigger,
        actor_name=run.actor_name,
        remote_text=run.remote_text,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        calls=run.calls,
        retry_of=run.retry_of,
        retried_by=current().scalar(later),
        details=dict(run.details or {}),
        causes=causes,
    )


def owner_of(run_id: int) -> int | None:
    """Return the organisation of a run, for the command line, which acts for all of them."""
    return current().scalar(select(Run.organisation_id).where(Run.id == run_id))


def revision(organisation_id: int, run_id: int) -> tuple[str, bool] | None:
    """Return what changes when the run moves, and whether it has ended; None when there is no such run."""
    columns = (Run.status, Run.succeeded, Run.failed, Run.skipped, Run.unknown, Run.calls, Run.failure)
    query = select(*columns, Run.cancel_requested_at).where(Run.id == run_id, Run.organisation_id == organisation_id)
    row = current().execute(query).one_or_none()
    if row is None:
        return None
    *facts, cancelled = row
    text = "-".join(str(fact) for fact in [*facts, int(cancelled is not None)])
    return text, row.status not in ("queued", "running")


def _causes(run: Run, provider: str) -> tuple[Cause, ...]:
    """Group what did not succeed; the reasons for skipping come last."""
    if not (run.failed or run.unknown or run.skipped):
        return ()
    unasked = and_(RunItem.delivery_id.is_(None), RunItem.claim_id.is_(None))
    query = (
        select(RunItem.outcome, RunItem.failure, unasked.label("unasked"), func.count().label("n"))
        .where(RunItem.run_id == run.id, RunItem.outcome.in_(("failed", "unknown", "skipped")))
        .group_by(RunItem.outcome, RunItem.failure, unasked)
    )
    order = {"failed": 0, "unknown": 1, "skipped": 2}
    rows = sorted(current().execute(query).all(), key=lambda row: (order[row.outcome], -row.n, row.failure))
    return tuple(
        Cause(
            failure=row.failure,
            outcome=row.outcome,
            count=row.n,
            words=explain_item(
                row.failure, outcome=row.outcome, category=run.category, provider=provider, unasked=bool(row.unasked)
            ),
        )
        for row in rows
    )
