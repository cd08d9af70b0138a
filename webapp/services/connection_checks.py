"""Test a connection, and keep what the test found out about it."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from webapp.connectors.ports import Administration, CheckReport, CheckStep, ConnectorError
from webapp.domain.connections import ConnectionProblem
from webapp.domain.failures import Failure
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.gateways import open_gateway, open_source
from webapp.services.resuming import set_going_when_cured
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import CallCount, Connection
from webapp.store.session import current, release, transaction

STEPS = ("session", "domain", "administration", "sales", "accounting", "archive")
SOURCE_STEPS = {"billingo": ("session", "documents")}
"""The steps of a test of those that invoices are only read from."""

PAYMENT_KEY = "payment_key"
NEEDED_FOR_PAYMENTS = ("session", "domain", "administration", "accounting")
"""The steps that the key for payments has to get through, where there is one."""

SETUP = "setup"
"""The pause reason of a connection whose wizard was not finished."""

SEEN = "seen"
"""The name of the rows of a test report that hold the administrations to choose from."""

MOST_SEEN = 500
SEALED = "sealed"
"""The detail of a failed first step when the stored key cannot be opened here."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What a test stands on; when it changed meanwhile, its result is about something else."""

    sealed_key: str
    region: str
    administration_id: str
    sealed_payment_key: str


def _before(connection: Connection) -> _Before:
    return _Before(
        connection.sealed_key, connection.region, connection.administration_id, connection.sealed_payment_key
    )


def own_connection(actor: Actor, connection_id: int, *, lock: bool = False) -> Connection:
    """Return a connection of the actor's organisation; raises ConnectionProblem `missing`.

    `lock`: no call leaves by it before the end of the transaction.
    """
    query = select(Connection).where(
        Connection.id == connection_id, Connection.organisation_id == actor.organisation_id
    )
    found = current().scalar(query.with_for_update() if lock else query)
    if found is None:
        raise ConnectionProblem("missing", f"There is no connection {connection_id}.")
    return found


def test(actor: Actor, connection_id: int) -> CheckReport:
    """Try a connection step by step and keep the result, with the names of its administration and domain.

    Costs a handful of calls of the day. A person who tests is the probe of an open breaker; a quota rest
    stays. A pause that a failure began ends when every step goes well, and what waits goes on; one that a person
    began stays. Raises ConnectionProblem `missing`; whatever the remote says stands in the report.
    """
    with transaction():
        connection = own_connection(actor, connection_id)
        connection.breaker_until = None
        before = _before(connection)
        provider, second = connection.provider, bool(connection.sealed_payment_key)
    release()
    report = _call(connection_id, provider)
    if second:
        report = replace(report, steps=(*report.steps, _payment_step(connection_id, provider)))
    with transaction():
        connection = own_connection(actor, connection_id, lock=True)
        if before == _before(connection):
            _keep(connection, report)
    return report


def _call(connection_id: int, provider: str, *, for_payments: bool = False) -> CheckReport:
    try:
        if provider in SOURCE_STEPS:
            return open_source(connection_id, kind=Trigger.MANUAL).source.check()
        return open_gateway(connection_id, kind=Trigger.MANUAL, for_payments=for_payments).gateway.check()
    except CannotUnseal:
        return _stopped(provider, Failure.AUTH, SEALED, "")
    except ConnectorError as error:
        return _stopped(provider, error.failure, error.message, error.remote_text)


def _payment_step(connection_id: int, provider: str) -> CheckStep:
    """Try the key for payments, and tell in one step what stands in its way."""
    report = _call(connection_id, provider, for_payments=True)
    needed = [step for step in report.steps if step.name in NEEDED_FOR_PAYMENTS and not step.ok]
    if not needed:
        return CheckStep(PAYMENT_KEY, ok=True)
    return replace(needed[0], name=PAYMENT_KEY, ok=False)


def _stopped(provider: str, failure: Failure, detail: str, remote_text: str) -> CheckReport:
    steps = SOURCE_STEPS.get(provider, STEPS)
    first = CheckStep(steps[0], ok=False, failure=failure, detail=detail, remote_text=remote_text)
    return CheckReport((first, *(CheckStep(name, ok=None) for name in steps[1:])))


def _keep(connection: Connection, report: CheckReport) -> None:
    connection.tested_at = clock.now()
    kept = [row for row in connection.test_report if row.get("name") == SEEN]
    seen = [_seen(administration) for administration in report.administrations[:MOST_SEEN]]
    connection.test_report = [as_row(step) for step in report.steps] + (seen or kept)
    if report.ok:
        connection.failure_streak = 0
        set_going_when_cured(connection)
    found = report.administration
    if found is not None:
        connection.administration_name = found.name[:200]
        connection.domain_id = found.domain_id[:64] or connection.domain_id
    if report.domain_name:
        connection.domain_name = report.domain_name[:200]
    join_counts(connection)


def as_row(step: CheckStep) -> dict[str, str]:
    """Return a step as it is kept: `ok` is yes, no, or skipped for one that could not be tried."""
    return {
        "name": step.name,
        "ok": {True: "yes", False: "no", None: "skipped"}[step.ok],
        "failure": str(step.failure or ""),
        "detail": step.detail[:500],
        "remote_text": step.remote_text[:2000],
    }


def _seen(administration: Administration) -> dict[str, str]:
    """Return an administration that the key sees, for a person to choose from."""
    return {
        "name": SEEN,
        "id": administration.id[:64],
        "label": administration.name[:200],
        "active": "yes" if administration.active else "no",
        "domain": administration.domain_id[:64],
    }


def join_counts(connection: Connection) -> None:
    """Count calls that were made before the domain was known on the domain, inside of a transaction."""
    if not connection.domain_id:
        return
    session = current()
    alone = f"{connection.provider}:{connection.uid}"
    for row in session.scalars(select(CallCount).where(CallCount.budget_key == alone).with_for_update()).all():
        _count(connection.budget_key, row)
        session.delete(row)
    session.flush()


def _count(budget_key: str, row: CallCount) -> None:
    values = {"budget_key": budget_key, "day": row.day, "manual": row.manual, "automatic": row.automatic}
    insert: Any = sqlite_insert if current().get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(CallCount).values(**values)
    current().execute(
        statement.on_conflict_do_update(
            index_elements=[CallCount.budget_key, CallCount.day],
            set_={
                "manual": CallCount.manual + statement.excluded.manual,
                "automatic": CallCount.automatic + statement.excluded.automatic,
            },
        )
    )
