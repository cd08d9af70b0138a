"""File the receipts of a run in the archive, each once: what may have arrived is looked up before it is sent again."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

from webapp.connectors.ports import AccessDenied, ConnectorError, OutcomeUnknown, Refused, Unavailable
from webapp.domain.budget import next_midnight
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import outbox, runs, troubles
from webapp.services.expenses.claiming import (
    Claimed,
    Superseded,
    claim_next,
    hold_on,
    leave,
    next_due,
    settle_time,
    take_over,
)
from webapp.services.expenses.recording import finish, settle
from webapp.services.expenses.stopping import take_back
from webapp.services.gateways import OpenArchive, open_archive
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection
from webapp.store.expenses import ExpenseUpload
from webapp.store.runs import Run
from webapp.store.session import current, transaction

log = Log()
TRIES = 5
"""Times that a receipt is uploaded whose answer was lost and that was then proved absent."""

WAIT = 30
"""Seconds until something is tried again, where the remote names none."""


def upload(run_id: int) -> None:
    """File what is due of a run; safe to call again, and by two at once."""
    try:
        _upload(run_id)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the run is woken again
    except Exception as error:
        log.error("expense_run_failed", run_id=run_id, error=type(error).__name__)
        current().rollback()
        raise
    finally:
        publish(run_id)


def _upload(run_id: int) -> None:
    take_over(run_id)
    begun = _begin(run_id)
    if begun is None:
        return
    connection_id, kind = begun
    opened: OpenArchive | None = None
    while (claimed := claim_next(run_id)) is not None:
        try:
            opened = opened or open_archive(connection_id, kind=kind, run_id=run_id)
        except CannotUnseal:
            _put_back(run_id, connection_id, claimed, AccessDenied(Failure.AUTH, "The stored key cannot be opened."))
            return
        except ConnectorError as error:
            _put_back(run_id, connection_id, claimed, error, noted=False)  # it rests: nothing was asked
            return
        if not _file(run_id, connection_id, opened, claimed):
            return
        publish(run_id)
        if _has_ended(run_id):
            break
    _end_or_wait(run_id)


def _begin(run_id: int) -> tuple[int, Trigger] | None:
    if _has_ended(run_id):
        return None
    with transaction() as session:
        run = session.get_one(Run, run_id)
        connection = session.get(Connection, run.connection_id)
        if connection is None:
            return None
        if connection.state == "paused":
            runs.hold(run_id, connection.pause_reason if connection.pause_reason in set(Failure) else "paused")
            return None
        return connection.id, Trigger(run.trigger)


def _has_ended(run_id: int) -> bool:
    """Take back what has not left when a person stopped the run; what may have left is still looked up."""
    with transaction():
        run = runs.start(run_id)
        stopped = run is not None and run.cancel_requested_at is not None
    if stopped:
        take_back(run_id)
    return run is None


def _file(run_id: int, connection_id: int, opened: OpenArchive, claimed: Claimed) -> bool:
    """File one receipt; returns whether to go on with the next."""
    opened.watch.guard = lambda: hold_on(claimed)
    opened.watch.last_exchange_id = None
    try:
        if claimed.look_up_first:
            found = opened.archive.find_filed(claimed.token, folder=claimed.paper.folder, filed_from=claimed.asked_on)
            if found is not None:
                return _filed(connection_id, opened, claimed, found, was_there=True)
            if _is_given_up(claimed, opened):
                return True
        leave(claimed)
        return _filed(connection_id, opened, claimed, opened.archive.file(claimed.paper), was_there=False)
    except Superseded:
        return True
    except OutcomeUnknown as error:
        _lost(run_id, connection_id, opened, claimed, error)
        return True
    except Refused as error:
        _refused(opened, claimed, error)
        return True
    except ConnectorError as error:
        _put_back(run_id, connection_id, claimed, error)
        return False
    finally:
        opened.watch.guard = None


def _filed(connection_id: int, opened: OpenArchive, claimed: Claimed, remote_id: str, *, was_there: bool) -> bool:
    facts: dict[str, Any] = {"remote_id": remote_id, "found": was_there, "exchange_id": opened.watch.last_exchange_id}
    with transaction():
        troubles.note_success(connection_id)
        settle(claimed.line_id, claimed.fence, "sent", **facts)
    return True


def _is_given_up(claimed: Claimed, opened: OpenArchive) -> bool:
    """Stop with a receipt that was lost too often, and proved absent each time."""
    with transaction() as session:
        if session.get_one(ExpenseUpload, claimed.line_id).attempts < TRIES:
            return False
        facts: dict[str, Any] = {"failure": Failure.REMOTE.value, "exchange_id": opened.watch.last_exchange_id}
        settle(claimed.line_id, claimed.fence, "rejected", **facts)
    return True


def _lost(run_id: int, connection_id: int, opened: OpenArchive, claimed: Claimed, error: OutcomeUnknown) -> None:
    """Nothing proves either way: wait longer than Yuki's slowest answer, then look."""
    facts: dict[str, Any] = {"failure": error.failure.value, "remote_text": error.remote_text}
    with transaction():
        troubles.note_failure(connection_id, error, category=RunCategory.SEND_EXPENSE_CLAIMS, run_id=run_id)
        exchange_id = opened.watch.last_exchange_id
        settle(claimed.line_id, claimed.fence, "unknown", later=settle_time(), exchange_id=exchange_id, **facts)


def _refused(opened: OpenArchive, claimed: Claimed, error: Refused) -> None:
    facts: dict[str, Any] = {"failure": error.failure.value, "remote_text": error.remote_text}
    with transaction():
        settle(claimed.line_id, claimed.fence, "rejected", exchange_id=opened.watch.last_exchange_id, **facts)


def _put_back(run_id: int, connection_id: int, claimed: Claimed, error: ConnectorError, *, noted: bool = True) -> None:
    """Nothing was filed by this call: the receipt is due again later, and the run says why it waits.

    One whose outcome was unknown stays so: the look-up has not been made.
    """
    delay = _delay(error, clock.now())
    with transaction() as session:
        if noted:
            troubles.note_failure(connection_id, error, category=RunCategory.SEND_EXPENSE_CLAIMS, run_id=run_id)
        state = "unknown" if claimed.look_up_first else "queued"
        settle(claimed.line_id, claimed.fence, state, later=timedelta(seconds=delay), failure=error.failure.value)
        runs.hold(run_id, error.failure.value, remote_text=error.remote_text)
        if session.get_one(Connection, connection_id).state == "active":
            outbox.enqueue(outbox.EXPENSES, run_id, delay=delay + 1)


def _delay(error: ConnectorError, now: datetime) -> float:
    named = getattr(error, "retry_after", None) if isinstance(error, Unavailable) else None
    if named is not None:
        return float(named)
    return (next_midnight(now) - now).total_seconds() if error.failure is Failure.QUOTA else WAIT


def _end_or_wait(run_id: int) -> None:
    with transaction():
        run = runs.start(run_id)
        if run is None:
            return
        due = next_due(run_id)
        if due is None:
            finish(run_id, taken_back=run.cancel_requested_at is not None)
        else:
            outbox.enqueue(outbox.EXPENSES, run_id, delay=due)
