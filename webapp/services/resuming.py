"""Let a connection work again, and wake what waited for it."""

from sqlalchemy import exists, select

from webapp.domain.failures import Failure
from webapp.extensions import clock
from webapp.services import notices, outbox
from webapp.services.remote_sessions import MAIN, PAYMENTS
from webapp.services.runs import OPEN_STATES
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.runs import Run
from webapp.store.session import current

JOBS = {
    "send_invoices": outbox.SEND,
    "process_payments": outbox.PAYMENTS,
    "fetch_invoices": outbox.FETCH,
    "send_expense_claims": outbox.EXPENSES,
}
PROVED_BY_A_TEST = frozenset(
    {Failure.AUTH.value, Failure.RIGHT.value, Failure.ADMINISTRATION.value, Failure.SUBSCRIPTION.value}
)
"""The reasons of a pause that a test in which every step went well proves to be gone. A person's own is not one."""


def forget_sessions(connection: Connection) -> None:
    """Drop the sessions of a connection inside of a transaction: the next call logs in anew."""
    for slot in (MAIN, PAYMENTS):
        setattr(connection, slot.sealed, "")
        setattr(connection, slot.at, None)
        setattr(connection, slot.login, None)


def set_going(connection: Connection) -> None:
    """End a pause, a quota rest and an open breaker inside of a transaction; waiting runs go on at once."""
    connection.state, connection.pause_reason, connection.paused_at = "active", "", None
    connection.rest_until = connection.breaker_until = None
    connection.failure_streak = 0
    forget_sessions(connection)
    notices.close_notices(connection.id)
    _wake(connection)


def set_going_when_cured(connection: Connection) -> bool:
    """End, inside of a transaction, a pause that a failure began and a good test has ended; returns whether it did.

    A quota rest stays: it ends by itself, at midnight.
    """
    if connection.state != "paused" or connection.pause_reason not in PROVED_BY_A_TEST:
        return False
    connection.state, connection.pause_reason, connection.paused_at = "active", "", None
    notices.close_notices(connection.id, failures=PROVED_BY_A_TEST)
    _wake(connection)
    return True


def _wake(connection: Connection) -> None:
    connection.updated_at = clock.now()
    waiting = current().execute(
        select(Run.id, Run.category).where(Run.connection_id == connection.id, Run.status.in_(OPEN_STATES))
    )
    for run_id, category in waiting.all():
        if category in JOBS:
            outbox.enqueue(JOBS[category], run_id)
    unknown = exists().where(Delivery.connection_id == connection.id, Delivery.state == "unknown")
    if current().scalar(select(unknown)):
        outbox.enqueue(outbox.RESOLVE, connection.id)
