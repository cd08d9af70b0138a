"""A payment run: one question to the books, compared with what we knew, and written at once."""

from datetime import datetime
from decimal import Decimal

from flask import current_app

from webapp.connectors.ports import ConnectorError, NotUnderstood, OpenItem, Unavailable
from webapp.domain.failures import Failure
from webapp.domain.payments import RemoteItem, plan_payments
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.services import outbox, runs, troubles
from webapp.services.gateways import open_gateway
from webapp.services.lone_runs import TRIES, WAIT, carry, come_back, hold, is_cancelled, until_midnight
from webapp.services.payments.documents import known_documents
from webapp.services.payments.knowing import known_invoices
from webapp.services.payments.recording import record
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.session import transaction

DECIMALS = 4
LARGEST = Decimal(10) ** 13
"""What an amount may be, so that it can be kept exactly."""


def process(run_id: int) -> None:
    """Do a payment run; safe to call again: the same fact counts once."""
    carry(run_id, _process, failed=runs.fail, event="payment_run_failed")


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
        come_back(run_id, outbox.PAYMENTS, error)  # the connection rests: nothing was asked, so nothing failed
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
        if is_cancelled(run):
            return None
        if connection.state == "paused":
            runs.fail(run_id, "paused")
            return None
        return connection.id, Trigger(run.trigger)


def _write(
    run_id: int, connection_id: int, items: list[OpenItem], remote: list[RemoteItem], *, asked_at: datetime
) -> None:
    with transaction() as session:
        # The connection first: two answers about one administration are written one after the other.
        connection = session.get_one(Connection, connection_id, with_for_update=True)
        run = runs.start(run_id)
        if run is None or is_cancelled(run):
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
        come_back(run_id, outbox.PAYMENTS, error)  # automatic work keeps calls for people: no failure of the connection
        return
    with transaction() as session:
        troubles.note_failure(connection_id, error, category=RunCategory.PROCESS_PAYMENTS, run_id=run_id)
        run = session.get_one(Run, run_id)
        tries = int(str(run.details.get("tries", 0))) + 1
        if error.failure is Failure.QUOTA:
            hold(run_id, outbox.PAYMENTS, error, delay=until_midnight())
        elif isinstance(error, Unavailable) and error.failure is not Failure.AUTH and tries < TRIES:
            run.details = run.details | {"tries": tries}
            hold(run_id, outbox.PAYMENTS, error, delay=waits or WAIT)
        else:
            runs.fail(run_id, error.failure.value, remote_text=error.remote_text)
    publish(run_id)


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
