"""A payment run: one question to the books, compared with what we knew, and written at once."""

from datetime import datetime
from decimal import Decimal

from flask import current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from webapp.connectors.ports import ConnectorError, NotUnderstood, OpenItem, Unavailable
from webapp.domain.budget import next_midnight
from webapp.domain.failures import Failure
from webapp.domain.payments import RemoteItem, plan_payments
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import outbox, runs, troubles
from webapp.services.gateways import open_gateway
from webapp.services.payments.documents import known_documents
from webapp.services.payments.knowing import known_invoices
from webapp.services.payments.recording import record
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.session import current, transaction

log = Log()
TRIES = 5
"""Times that a run asks a remote that does not answer; the next slot of the schedule makes up for it."""

WAIT = 30
"""Seconds between two of them, where the remote names none."""

DECIMALS = 4
LARGEST = Decimal(10) ** 13
"""What an amount may be, so that it can be kept exactly."""


def process(run_id: int) -> None:
    """Do a payment run; safe to call again: the same fact counts once."""
    try:
        _process(run_id)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the run is woken again
    except Exception as error:
        # A mistake of ours would be made again at every try, and each try costs calls.
        log.error("payment_run_failed", run_id=run_id, error=type(error).__name__)
        current().rollback()
        with transaction():
            runs.fail(run_id, Failure.INTERNAL.value)
        publish(run_id)
        raise


def _process(run_id: int) -> None:
    begun = _begin(run_id)
    if begun is None:
        publish(run_id)
        return
    connection_id, kind = begun
    asked_at = clock.now()
    try:
        gateway = open_gateway(connection_id, kind=kind, run_id=run_id, for_payments=True).gateway
    except CannotUnseal:
        _failed(run_id, connection_id, Unavailable(Failure.AUTH, "The stored key cannot be opened."))
        return
    except ConnectorError as error:
        _wait(run_id, error)  # the connection rests: nothing was asked, so nothing failed
        return
    try:
        items = list(gateway.open_items())
        remote = [remote_item(item) for item in items]
    except ConnectorError as error:
        _failed(run_id, connection_id, error)
        return
    _write(run_id, connection_id, items, remote, asked_at=asked_at)
    publish(run_id)


def _begin(run_id: int) -> tuple[int, Trigger] | None:
    with transaction() as session:
        run = runs.start(run_id)
        if run is None or run.connection_id is None:
            return None
        connection = session.get_one(Connection, run.connection_id)
        if _is_cancelled(run):
            return None
        if connection.state == "paused":
            runs.fail(run_id, "paused")
            return None
        return connection.id, Trigger(run.trigger)


def _is_cancelled(run: Run) -> bool:
    """End a run that a person stopped."""
    if run.cancel_requested_at is None:
        return False
    run.status = run.result = "cancelled"
    run.failure, run.ended_at = "", clock.now()
    return True


def _write(
    run_id: int, connection_id: int, items: list[OpenItem], remote: list[RemoteItem], *, asked_at: datetime
) -> None:
    with transaction() as session:
        # The connection first: two answers about one administration are written one after the other.
        connection = session.get_one(Connection, connection_id, with_for_update=True)
        run = runs.start(run_id)
        if run is None or _is_cancelled(run):
            return
        troubles.note_success(connection_id)
        # An answer to an older question than the last one tells nothing new.
        if connection.payments_asked_at is None or asked_at >= connection.payments_asked_at:
            known = known_invoices(connection, {item.reference for item in remote})
            known += known_documents(connection, {item.document_id for item in remote}, kind="sales")
            intents = plan_payments(
                known,
                remote,
                asked_at=asked_at,
                seen_on=asked_at.astimezone(current_app.extensions["koppel"].zone).date(),
                last_asked_at=connection.payments_asked_at,
            )
            record(run, connection, known=known, items=items, intents=intents)
            connection.payments_asked_at = asked_at
        runs.finish_if_done(run_id)


def _failed(run_id: int, connection_id: int, error: ConnectorError) -> None:
    """Nothing was learnt: ask again later where that helps, else end the run with its reason."""
    waits = getattr(error, "retry_after", None)
    if error.failure is Failure.QUOTA and waits is not None:
        _wait(run_id, error)  # automatic work keeps calls for people: no failure of the connection
        return
    with transaction() as session:
        troubles.note_failure(connection_id, error, category=RunCategory.PROCESS_PAYMENTS, run_id=run_id)
        run = session.get_one(Run, run_id)
        tries = int(str(run.details.get("tries", 0))) + 1
        if error.failure is Failure.QUOTA:
            runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
            outbox.enqueue(outbox.PAYMENTS, run_id, delay=_until_midnight())
        elif isinstance(error, Unavailable) and error.failure is not Failure.AUTH and tries < TRIES:
            run.details = run.details | {"tries": tries}
            runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
            outbox.enqueue(outbox.PAYMENTS, run_id, delay=waits or WAIT)
        else:
            runs.fail(run_id, error.failure.value, remote_text=error.remote_text)
    publish(run_id)


def _wait(run_id: int, error: ConnectorError) -> None:
    """Come back when the connection may be used again; this counts as no try."""
    delay = getattr(error, "retry_after", None)
    if delay is None:
        delay = _until_midnight() if error.failure is Failure.QUOTA else WAIT
    with transaction():
        runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
        outbox.enqueue(outbox.PAYMENTS, run_id, delay=delay)
    publish(run_id)


def _until_midnight() -> float:
    now = clock.now()
    return (next_midnight(now) - now).total_seconds() + 1


def remote_item(item: OpenItem) -> RemoteItem:
    """Return an item as the planner takes it; raises NotUnderstood for an amount that cannot be kept exactly."""
    for amount in (item.open_amount, item.original_amount):
        if abs(amount) >= LARGEST or amount != round(amount, DECIMALS):
            raise NotUnderstood(f"an open item has the amount {amount}", remote_text=item.remote_id)
    return RemoteItem(
        remote_id=item.remote_id,
        reference=item.reference,
        open_amount=item.open_amount,
        original_amount=item.original_amount,
        document_id=item.document_id.lower(),
        type_id=item.type_id,
        contact_name=item.contact_name,
        contact_code=item.contact_code,
    )
