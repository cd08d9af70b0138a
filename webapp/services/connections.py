"""Set up and change connections: their keys are sealed on arrival and never leave again."""

from uuid import uuid4

from flask import current_app
from sqlalchemy import delete, exists, select

from webapp.domain.connections import (
    ConnectionProblem,
    Options,
    fit_account,
    fit_administration,
    fit_daily_calls,
    fit_key,
    fit_name,
    fit_region,
    fit_times,
)
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.administrations import add_others as add_others
from webapp.services.administrations import check_free, hold_organisation, shares_archive
from webapp.services.connection_checks import SETUP, own_connection
from webapp.services.connection_checks import test as test  # part of what one does with connections
from webapp.services.connection_rows import move_connection
from webapp.services.connection_rows import put_key as put_key
from webapp.services.inheriting import spread
from webapp.services.resuming import set_going
from webapp.store.connections import CallCount, Connection
from webapp.store.deliveries import Delivery
from webapp.store.organisations import Department, Organisation
from webapp.store.payments import Payment
from webapp.store.runs import Run
from webapp.store.session import current, transaction

PERSON = "person"


def add(actor: Actor, *, name: str, region: str, key: str, administration_id: str, options: Options) -> int:
    """Make a complete connection, active at once, and return its id; raises ConnectionProblem."""
    administration = fit_administration(administration_id)
    with transaction() as session:
        connection = new_connection(actor, name=name, region=region, key=key)
        connection.administration_id = administration
        _set_options(connection, options)
        check_free(connection, connection.region, administration)
        session.add(connection)
    return connection.id


def begin(actor: Actor, *, name: str, region: str, key: str) -> int:
    """Make a connection that does nothing yet: the rest of the wizard completes it; raises ConnectionProblem."""
    with transaction() as session:
        connection = new_connection(actor, name=name, region=region, key=key)
        connection.state, connection.pause_reason, connection.paused_at = "paused", SETUP, clock.now()
        connection.send_invoices = connection.process_payments = False
        session.add(connection)
    return connection.id


def new_connection(actor: Actor, *, name: str, region: str, key: str) -> Connection:
    now = clock.now()
    if "yuki" not in current().get_one(Organisation, actor.organisation_id).features:
        raise ConnectionProblem("feature", "The connection with Yuki is not switched on for this organisation.")
    connection = Connection(
        uid=uuid4().hex,
        organisation_id=actor.organisation_id,
        provider="yuki",
        name=fit_name(name),
        region=fit_region(region),
        daily_calls=current_app.extensions["koppel"].yuki_daily_calls,
        created_at=now,
        updated_at=now,
    )
    put_key(connection, fit_key(key))
    return connection


def choose_administration(actor: Actor, connection_id: int, administration_id: str, *, name: str = "") -> None:
    """Say which administration an unfinished connection books in; raises ConnectionProblem."""
    administration = fit_administration(administration_id)
    with transaction():
        connection = own_connection(actor, connection_id)
        if connection.pause_reason != SETUP:
            raise ConnectionProblem("missing", "This connection is complete; change it by its form.")
        check_free(connection, connection.region, administration)
        connection.administration_id, connection.administration_name = administration, name[:200]
        connection.domain_id = connection.domain_name = ""
        connection.updated_at = clock.now()


def finish(actor: Actor, connection_id: int, options: Options) -> None:
    """Set the options of a new connection and let it work; raises ConnectionProblem."""
    with transaction():
        connection = own_connection(actor, connection_id)
        if not connection.administration_id:
            raise ConnectionProblem("administration", "Choose an administration first.", field="administration_id")
        check_free(connection, connection.region, connection.administration_id)
        _set_options(connection, options)
        if connection.pause_reason == SETUP:
            connection.state, connection.pause_reason, connection.paused_at = "active", "", None
        connection.updated_at = clock.now()
        spread(connection)


def change(
    actor: Actor,
    connection_id: int,
    *,
    name: str,
    region: str,
    administration_id: str,
    options: Options,
    key: str = "",
) -> None:
    """Change a connection; an empty `key` keeps the one there is.

    Raises ConnectionProblem, among others `in_use` when invoices were sent to the administration already: what
    became of those can only be looked up there.
    """
    administration = fit_administration(administration_id)
    secret = fit_key(key) if key else ""
    with transaction():
        hold_organisation(actor.organisation_id)
        connection = own_connection(actor, connection_id, lock=True)
        if connection.provider != "yuki":
            raise ConnectionProblem("missing", "This connection has no administration to change.")
        check_finished(connection)
        if connection.inherits is not None:
            connection.inherits = []  # what is filled in here is its own
        connection.name = fit_name(name)
        if connection.inherits is None:
            check_free(connection, fit_region(region), administration)
        move_connection(connection, region=fit_region(region), administration_id=administration)
        if secret:
            put_key(connection, secret)
        _set_options(connection, options)
        connection.updated_at = clock.now()
        spread(connection)


def check_finished(connection: Connection) -> None:
    """Raise ConnectionProblem for a connection whose wizard was not finished."""
    if connection.pause_reason == SETUP:
        raise ConnectionProblem("setup", "This connection was not finished: complete it first.")


def _set_options(connection: Connection, options: Options) -> None:
    times = fit_times(options.payment_times, needed=options.process_payments)
    daily_calls, debtor_account = fit_daily_calls(options.daily_calls), fit_account(options.debtor_account)
    _check_department(connection, options)
    connection.send_invoices, connection.process_payments = options.send_invoices, options.process_payments
    connection.auto_send, connection.draft = options.auto_send, options.draft
    _check_reading(connection, options)
    connection.fetch_invoices = options.fetch_invoices
    connection.payment_times, connection.daily_calls = times, daily_calls
    connection.debtor_account = debtor_account
    connection.department_id = options.department_id


def _check_reading(connection: Connection, options: Options) -> None:
    if options.fetch_invoices and not connection.fetch_invoices and shares_archive(connection):
        raise ConnectionProblem(
            "mixed",
            "This key opens several administrations, and Yuki does not say which of them a document belongs to; "
            "use a key of the type Administration to read invoices.",
            field="fetch_invoices",
        )


def _check_department(connection: Connection, options: Options) -> None:
    if options.department_id is not None:
        department = current().get(Department, options.department_id)
        if department is None or department.organisation_id != connection.organisation_id:
            raise ConnectionProblem("department", "There is no such department.", field="department_id")
    if not options.send_invoices:
        return
    # Locked, so that two administrators cannot give one department to two connections at the same moment.
    current().scalar(select(Organisation.id).where(Organisation.id == connection.organisation_id).with_for_update())
    with current().no_autoflush:
        other = current().scalar(
            select(Connection.name).where(
                Connection.organisation_id == connection.organisation_id,
                Connection.provider == connection.provider,
                Connection.department_id.is_(None)
                if options.department_id is None
                else Connection.department_id == options.department_id,
                Connection.send_invoices,
                Connection.uid != connection.uid,
            )
        )
    if other is not None:
        raise ConnectionProblem(
            "department_taken",
            f"The connection {other} already sends these invoices; turn that off there, or choose another department.",
            field="department_id",
            text=other,
        )


def pause(actor: Actor, connection_id: int) -> None:
    """Let a connection rest until somebody resumes it; raises ConnectionProblem. What is under way ends."""
    with transaction():
        connection = own_connection(actor, connection_id)
        if connection.state != "paused":
            connection.state, connection.pause_reason, connection.paused_at = "paused", PERSON, clock.now()
            connection.updated_at = clock.now()


def resume(actor: Actor, connection_id: int) -> None:
    """Let a connection work again: ends a pause, a quota rest and an open breaker; waiting runs go on at once.

    Raises ConnectionProblem: `setup` for one that was never finished.
    """
    with transaction():
        connection = own_connection(actor, connection_id, lock=True)
        check_finished(connection)
        set_going(connection)


def remove(actor: Actor, connection_id: int) -> None:
    """Delete a connection that was never used; raises ConnectionProblem `used` for one that has a past."""
    with transaction() as session:
        connection = own_connection(actor, connection_id)
        if is_used(connection.id):
            raise ConnectionProblem("used", "This connection has logs or deliveries, which are kept: pause it instead.")
        session.execute(delete(CallCount).where(CallCount.budget_key == f"{connection.provider}:{connection.uid}"))
        session.delete(connection)


def is_used(connection_id: int) -> bool:
    """Whether runs, deliveries or payments refer to a connection."""
    tables = (Delivery, Run, Payment)
    return any(current().scalar(select(exists().where(table.connection_id == connection_id))) for table in tables)
