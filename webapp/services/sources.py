"""Set up and change connections that invoices are only read from: so far those with Billingo."""

from uuid import uuid4

from sqlalchemy import exists, select

from webapp.connectors.ports import ConnectorError
from webapp.domain.connections import ConnectionProblem, fit_fetch_times, fit_key, fit_name
from webapp.domain.failures import Failure
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.connection_checks import own_connection
from webapp.services.connections import PERSON, put_key
from webapp.services.gateways import open_source
from webapp.services.resuming import set_going
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.organisations import Department, Organisation
from webapp.store.session import current, release, transaction

BILLINGO = "billingo"
FEATURE = "billingo_sync"
FETCH_TIMES = "02:00"
BILLINGO_CALLS = 432_000
"""What 300 calls a minute come to in a day: Billingo has no other limit for reading."""

UNTRIED = "Billingo gave no answer, so the key could not be tried; the one before was kept. Try again in a few minutes."


def add(actor: Actor, *, name: str, key: str, times: str = FETCH_TIMES, department_id: int | None = None) -> int:
    """Make a connection with Billingo, active at once, and return its id; raises ConnectionProblem.

    An organisation has one: the documents of an account would be stored twice by two. `times` are when invoices are
    fetched, at most four a day; none means by hand alone.
    """
    with transaction():
        return _new(actor, name=name, key=key, times=times, department_id=department_id).id


def _new(actor: Actor, *, name: str, key: str, times: str, department_id: int | None = None) -> Connection:
    session = current()
    organisation = session.get_one(Organisation, actor.organisation_id, with_for_update=True)
    if FEATURE not in organisation.features:
        raise ConnectionProblem(FEATURE, "The connection with Billingo is not switched on for this organisation.")
    query = select(exists().where(Connection.organisation_id == organisation.id, Connection.provider == BILLINGO))
    if session.scalar(query):
        raise ConnectionProblem("one_only", "This organisation has a connection with Billingo already.")
    connection = Connection(
        uid=uuid4().hex,
        organisation_id=organisation.id,
        provider=BILLINGO,
        region="hu",
        daily_calls=BILLINGO_CALLS,
        send_invoices=False,
        process_payments=False,
        created_at=clock.now(),
    )
    _fill(connection, name=name, times=times, department_id=department_id)
    put_key(connection, fit_key(key))
    session.add(connection)
    session.flush()
    return connection


def change(
    actor: Actor, connection_id: int, *, name: str, times: str, department_id: int | None = None, key: str = ""
) -> None:
    """Change a connection that invoices are read from; an empty `key` keeps the one there is.

    What was fetched stays in the department it came to. Raises ConnectionProblem.
    """
    secret = fit_key(key) if key else ""
    if secret:
        _try(actor, connection_id, secret)
    with transaction():
        connection = own_connection(actor, connection_id, lock=True)
        if connection.provider != BILLINGO:
            raise ConnectionProblem("missing", "This connection sends invoices; it is changed by its own form.")
        _fill(connection, name=name, times=times, department_id=department_id)
        if secret:
            put_key(connection, secret)


def configure(actor: Actor, provider: str, *, key: str | None = None, active: bool | None = None) -> tuple[int, bool]:
    """Make an organisation's connection with a remote, or change its key or whether it works; None leaves it.

    Returns its id, and whether it was made. Raises ConnectionProblem; `key` when there is none yet and none is given.
    """
    query = select(Connection).where(
        Connection.organisation_id == actor.organisation_id, Connection.provider == provider
    )
    if key is not None and (there := current().scalar(query.limit(1))) is not None:
        _try(actor, there.id, fit_key(key))
    with transaction() as session:
        session.get_one(Organisation, actor.organisation_id, with_for_update=True)
        connection = session.scalar(query.limit(1).with_for_update())
        made = connection is None
        if connection is None:
            connection = _new(actor, name=provider.capitalize(), key=key or "", times=FETCH_TIMES)
        elif key is not None:
            put_key(connection, fit_key(key))
            connection.updated_at = clock.now()
        if active is True and connection.state == "paused":
            set_going(connection)
        elif active is False and connection.state != "paused":
            connection.state, connection.pause_reason, connection.paused_at = "paused", PERSON, clock.now()
            connection.updated_at = clock.now()
        session.flush()
    return connection.id, made


def _try(actor: Actor, connection_id: int, key: str) -> None:
    """Refuse a new key for what was fetched already, unless it opens the account that it was fetched from.

    The documents of another account would take those of this one for vanished, and stand among them.
    """
    connection = own_connection(actor, connection_id)
    fetched = current().scalar(select(exists().where(RemoteDocument.connection_id == connection_id)))
    account = connection.domain_id
    release()
    if not fetched:
        return
    try:
        report = open_source(connection_id, kind=Trigger.MANUAL, key=key).source.check()
    except ConnectorError:
        raise ConnectionProblem("key_untried", UNTRIED, field="key") from None
    failures = {step.failure for step in report.steps if step.ok is False}
    if failures & {Failure.NETWORK, Failure.REMOTE, Failure.BUSY, Failure.NOT_UNDERSTOOD, Failure.QUOTA}:
        raise ConnectionProblem("key_untried", UNTRIED, field="key")
    if not report.ok or report.administration is None:
        words = "The key is not accepted, or may not read invoices; the one before was kept."
        raise ConnectionProblem("key_refused", words, field="key")
    if account and report.administration.domain_id != account:
        words = "This key belongs to another account than the invoices that are here; the one before was kept."
        raise ConnectionProblem("other_account", words, field="key")


def _fill(connection: Connection, *, name: str, times: str, department_id: int | None) -> None:
    if department_id is not None:
        department = current().get(Department, department_id)
        if department is None or department.organisation_id != connection.organisation_id:
            raise ConnectionProblem("department", "There is no such department.", field="department_id")
    connection.name, connection.department_id = fit_name(name), department_id
    connection.payment_times = fit_fetch_times(times)
    connection.updated_at = clock.now()
