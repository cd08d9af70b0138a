"""What the pages of connections show: the cards, one connection, and what a form or wizard starts from."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import exists, func, select, union_all

from webapp.domain.budget import yuki_day
from webapp.domain.runs import RunCategory
from webapp.domain.schedule import next_slot, parse_times
from webapp.extensions import clock
from webapp.queries import reading_words, set_aside
from webapp.queries.checks import Check, Pause, is_good, pause_of, read_report, read_seen
from webapp.queries.words import CATEGORY
from webapp.store.connections import CallCount, Connection
from webapp.store.deliveries import Delivery
from webapp.store.organisations import Department
from webapp.store.payments import Payment
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.words import word

RECENT_RUNS = 6


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in a few words."""

    id: int
    label: str
    status: str
    at: datetime
    offered: int
    succeeded: int


@dataclass(frozen=True, slots=True)
class Card:
    """One connection; `state` is active, paused, resting or broken, `key_hint` the last four characters of its key."""

    id: int
    provider: str
    name: str
    region: str
    administration_id: str
    administration_name: str
    domain_name: str
    department: str | None
    key_hint: str
    state: str
    pause: Pause | None
    unfinished: bool
    send_invoices: bool
    process_payments: bool
    auto_send: bool
    draft: bool
    fetch_invoices: bool
    payment_times: tuple[str, ...]
    last_run: RunLine | None
    next_run_at: datetime | None
    used: int
    limit: int
    tested_at: datetime | None
    test_ok: bool | None


@dataclass(frozen=True, slots=True)
class Administration:
    """One that the connection's key sees; `connection_id` and its name of the connection that has it, if one does."""

    id: str
    name: str
    active: bool
    connection_id: int | None
    connection_name: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A connection's own page."""

    card: Card
    checks: tuple[Check, ...]
    runs: tuple[RunLine, ...]
    deletable: bool
    set_aside: int = 0
    administrations: tuple[Administration, ...] = ()
    reading: reading_words.ReadingView | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form of a connection starts from; the key is not among it.

    `inherits`: some of it comes from the organisation's settings. `seen` are id, name and whether active of the
    administrations to choose from, while it is unfinished.
    """

    id: int
    name: str
    region: str
    administration_id: str
    administration_name: str
    key_hint: str
    department_id: int | None
    send_invoices: bool
    process_payments: bool
    auto_send: bool
    draft: bool
    fetch_invoices: bool
    payment_times: str
    daily_calls: int
    debtor_account: str
    unfinished: bool
    seen: tuple[tuple[str, str, bool], ...]
    inherits: bool = False


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """What the form of a connection starts from that invoices are only read from; the key is not among it."""

    id: int
    provider: str
    name: str
    key_hint: str
    department_id: int | None
    payment_times: str


def cards(organisation_id: int) -> list[Card]:
    """Return the connections of an organisation, the unfinished ones last."""
    rows = current().execute(
        select(Connection, Department.name)
        .outerjoin(Department, Department.id == Connection.department_id)
        .where(Connection.organisation_id == organisation_id)
        .order_by(Connection.pause_reason == "setup", func.lower(Connection.name), Connection.id)
    )
    found = [(connection, department) for connection, department in rows]
    ids = [connection.id for connection, _ in found]
    last, used = _last_runs(ids), _used([connection.budget_key for connection, _ in found])
    return [
        _card(connection, department, last.get(connection.id), used.get(connection.budget_key, 0))
        for connection, department in found
    ]


def show(organisation_id: int, connection_id: int) -> Detail | None:
    """Return the page of one connection, None when the organisation has no such one."""
    row = (
        current()
        .execute(
            select(Connection, Department.name)
            .outerjoin(Department, Department.id == Connection.department_id)
            .where(Connection.organisation_id == organisation_id, Connection.id == connection_id)
        )
        .first()
    )
    if row is None:
        return None
    connection, department = row
    runs = current().scalars(
        select(Run).where(Run.connection_id == connection.id).order_by(Run.id.desc()).limit(RECENT_RUNS)
    )
    lines = tuple(_line(run) for run in runs)
    used = _used([connection.budget_key]).get(connection.budget_key, 0)
    return Detail(
        _card(connection, department, lines[0] if lines else None, used),
        read_report(connection.test_report, connection.provider),
        lines,
        deletable=not lines and not _is_used(connection.id),
        set_aside=set_aside.count(connection.id),
        administrations=_administrations(connection),
        reading=reading_words.of_connection(connection, clock.now()) if connection.provider == "yuki" else None,
    )


def _administrations(connection: Connection) -> tuple[Administration, ...]:
    """Return what the last test saw, when that is more than the connection's own."""
    seen = read_seen(connection.test_report)
    if connection.provider != "yuki" or connection.pause_reason == "setup" or len(seen) < 2:
        return ()
    rows = current().execute(
        select(Connection.id, Connection.name, Connection.administration_id, Connection.inherits).where(
            Connection.organisation_id == connection.organisation_id,
            Connection.provider == "yuki",
            Connection.region == connection.region,
            Connection.pause_reason != "setup",
        )
    )
    taken = {row.administration_id.lower(): (row.id, row.name) for row in rows if row.inherits is None}
    return tuple(Administration(key, name, active, *taken.get(key.lower(), (None, ""))) for key, name, active in seen)


def draft(organisation_id: int, connection_id: int) -> Draft | None:
    """Return what the form of a connection starts from, None when the organisation has no such one."""
    found = current().scalar(
        select(Connection).where(Connection.organisation_id == organisation_id, Connection.id == connection_id)
    )
    if found is None or found.provider != "yuki":
        return None
    return Draft(
        id=found.id,
        name=found.name,
        region=found.region,
        administration_id=found.administration_id,
        administration_name=found.administration_name,
        key_hint=found.key_hint,
        department_id=found.department_id,
        send_invoices=found.send_invoices,
        process_payments=found.process_payments,
        auto_send=found.auto_send,
        draft=found.draft,
        fetch_invoices=found.fetch_invoices,
        payment_times=", ".join(found.payment_times),
        daily_calls=found.daily_calls,
        debtor_account=found.debtor_account,
        unfinished=found.pause_reason == "setup",
        seen=tuple(read_seen(found.test_report)),
        inherits=bool(found.inherits),
    )


def source_draft(organisation_id: int, connection_id: int) -> SourceDraft | None:
    """Return what the form starts from of a connection that only reads; None for others, and for strangers'."""
    found = current().scalar(
        select(Connection).where(
            Connection.organisation_id == organisation_id,
            Connection.id == connection_id,
            Connection.provider == "billingo",
        )
    )
    if found is None:
        return None
    times = ", ".join(found.payment_times)
    return SourceDraft(found.id, found.provider, found.name, found.key_hint, found.department_id, times)


def owner_of(connection_id: int) -> int | None:
    """Return the organisation of a connection, for the command line, which acts for all of them."""
    return current().scalar(select(Connection.organisation_id).where(Connection.id == connection_id))


def provider_of(connection_id: int) -> str:
    """Return the provider of a connection, for the command line."""
    return current().scalar(select(Connection.provider).where(Connection.id == connection_id)) or ""


def departments(organisation_id: int) -> list[tuple[int, str]]:
    """Return id and name of an organisation's departments, by name."""
    rows = current().execute(
        select(Department.id, Department.name)
        .where(Department.organisation_id == organisation_id)
        .order_by(func.lower(Department.name), Department.id)
    )
    return [(identity, name) for identity, name in rows]


def state_of(connection: Connection, now: datetime) -> str:
    """Return how a connection stands: paused by somebody, resting for the quota, broken, or active."""
    if connection.state == "paused":
        return "paused"
    if connection.rest_until and connection.rest_until > now:
        return "resting"
    return "broken" if connection.breaker_until else "active"


def next_run(connection: Connection, now: datetime) -> datetime | None:
    """Return when payments are processed, or invoices fetched, next by themselves; None when they are not."""
    works = connection.process_payments or connection.provider != "yuki"
    if connection.state == "paused" or not works or not connection.payment_times:
        return None
    return next_slot(parse_times(connection.payment_times), current_app.extensions["koppel"].zone, after=now)


def _card(connection: Connection, department: str | None, last_run: RunLine | None, used: int) -> Card:
    now = clock.now()
    return Card(
        id=connection.id,
        provider=connection.provider,
        name=connection.name,
        region=connection.region,
        administration_id=connection.administration_id,
        administration_name=connection.administration_name,
        domain_name=connection.domain_name,
        department=department,
        key_hint=connection.key_hint,
        state=state_of(connection, now),
        pause=pause_of(connection) if connection.state == "paused" else None,
        unfinished=connection.pause_reason == "setup",
        send_invoices=connection.send_invoices,
        process_payments=connection.process_payments,
        auto_send=connection.auto_send,
        draft=connection.draft,
        fetch_invoices=connection.fetch_invoices,
        payment_times=tuple(connection.payment_times),
        last_run=last_run,
        next_run_at=next_run(connection, now),
        used=used,
        limit=connection.daily_calls,
        tested_at=connection.tested_at,
        test_ok=is_good(connection.test_report),
    )


def _last_runs(ids: list[int]) -> dict[int, RunLine]:
    newest = [
        select(
            select(func.max(Run.id))  # the last entry of an index, however many runs there were
            .where(Run.connection_id == Connection.id, Run.category == word(category.value))
            .correlate(Connection)
            .scalar_subquery()
        ).where(Connection.id.in_(ids))
        for category in RunCategory
    ]
    runs = current().scalars(select(Run).where(Run.id.in_(union_all(*newest))).order_by(Run.id))
    return {run.connection_id: _line(run) for run in runs if run.connection_id is not None}


def _line(run: Run) -> RunLine:
    at = run.ended_at or run.started_at or run.created_at
    return RunLine(run.id, str(CATEGORY.get(run.category, run.category)), run.status, at, run.offered, run.succeeded)


def _used(budget_keys: list[str]) -> dict[str, int]:
    rows = current().execute(
        select(CallCount.budget_key, CallCount.manual + CallCount.automatic).where(
            CallCount.budget_key.in_(budget_keys), CallCount.day == yuki_day(clock.now()).isoformat()
        )
    )
    return dict(rows.all())


def _is_used(connection_id: int) -> bool:
    tables = (Delivery, Run, Payment)
    return any(current().scalar(select(exists().where(table.connection_id == connection_id))) for table in tables)
