"""What a failed call means for its connection: rest until midnight, pause for its admin, or the breaker."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from webapp.connectors.ports import ConnectorError
from webapp.domain.breaker import Breaker, after_failure, after_success
from webapp.domain.budget import next_midnight
from webapp.domain.deliveries import CallVerdict, plan_failure
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import notices
from webapp.store.connections import Connection
from webapp.store.session import current, direct
from webapp.store.types import table_of

_TABLE = table_of(Connection)
TROUBLE = (_TABLE.c.failure_streak, _TABLE.c.breaker_until, _TABLE.c.rest_until)
"""What a connection says of its troubles, for who reads its row anyway."""

_TROUBLE = select(*TROUBLE).where(_TABLE.c.id == bindparam("connection"))


def note_failure(connection_id: int, error: ConnectorError, *, category: RunCategory, run_id: int | None) -> None:
    """Write inside of a transaction what a failed call says of its connection, and tell who has to know."""
    session = current()
    connection = session.get_one(Connection, connection_id, with_for_update=True, populate_existing=True)
    now = clock.now()
    verdict = plan_failure(error.failure, invoices=1)
    audience = "viewer"
    if verdict is CallVerdict.REST and _is_used_up(error):
        for other in session.query(Connection).filter(
            Connection.provider == connection.provider, Connection.domain_id == connection.domain_id
        ):
            if other.budget_key == connection.budget_key:
                other.rest_until = next_midnight(now)
    elif verdict is CallVerdict.PAUSE:
        if connection.state == "paused":
            return
        connection.state, connection.pause_reason, connection.paused_at = "paused", error.failure.value, now
        connection.sealed_session, connection.session_at = "", None
        connection.sealed_payment_session, connection.payment_session_at = "", None
        audience = "admin"
    breaker = Breaker(connection.failure_streak, connection.breaker_until)
    breaker = after_failure(breaker, error.failure, now=now)
    connection.failure_streak, connection.breaker_until = breaker.failures, breaker.rests_until
    opened = breaker.rests_until is not None and breaker.rests_until > now
    if verdict in {CallVerdict.REST, CallVerdict.PAUSE} or opened:
        notices.raise_notice(
            connection.organisation_id,
            error.failure.value,
            connection_id=connection_id,
            run_id=run_id,
            category=category.value,
            count=1,
            audience=audience,
        )


def _is_used_up(error: ConnectorError) -> bool:
    return error.failure is Failure.QUOTA and getattr(error, "retry_after", None) is None


def note_success(connection_id: int, trouble: Sequence[Any] = ()) -> None:
    """Write inside of a transaction that the remote answered: the breaker closes, its notices with it.

    `trouble` are the values of TROUBLE, where they were read inside of it already.
    """
    streak, breaker_until, rest_until = trouble or direct(_TROUBLE, connection=connection_id).one()
    breaker = Breaker(streak, breaker_until)
    rested = rest_until is not None and rest_until <= clock.now()
    if breaker == Breaker() and not rested:
        return
    after = after_success(breaker)
    connection = current().get_one(Connection, connection_id)
    connection.failure_streak, connection.breaker_until = after.failures, after.rests_until
    if rested:  # one that another worker has just begun stays
        connection.rest_until = None
    notices.close_notices(connection_id, failures=[failure.value for failure in notices.CONNECTION_WIDE])
