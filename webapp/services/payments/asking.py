"""Ask for payments to be processed: one run for each administration, never two of one at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import outbox
from webapp.services.actors import Actor, system
from webapp.services.lone_runs import cancel, open_for_slot, open_one
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.session import transaction

__all__ = ["PaymentError", "ask", "ask_slot", "cancel"]


class PaymentError(Exception):
    """Nothing was started; `code` is `no_connection` or `paused`, `params` what its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def ask(actor: Actor, connection_id: int | None = None) -> list[int]:
    """Start a payment run for one connection, or for each active one that processes payments; returns the runs' ids.

    A connection whose run is still going on keeps that one: its id is returned, and if it waits for no
    reason that still holds it goes on at once. Raises PaymentError.
    """
    with transaction() as session:
        connections = _chosen(session, actor.organisation_id, connection_id)
        made = [_open(actor, connection) for connection in connections]
    for run_id in made:
        publish(run_id)
    return made


def ask_slot(connection: Connection, due_at: datetime) -> int | None:
    """Start the run of a slot, inside of a transaction; None when somebody else has this slot already."""
    actor = system(connection.organisation_id)
    return open_for_slot(connection, RunCategory.PROCESS_PAYMENTS, due_at, lambda: _open(actor, connection))


def _chosen(session: Session, organisation_id: int, connection_id: int | None) -> Sequence[Connection]:
    query = select(Connection).where(
        Connection.organisation_id == organisation_id,
        Connection.provider == "yuki",
        Connection.pause_reason != "setup",
    )
    if connection_id is not None:
        query = query.where(Connection.id == connection_id)
    else:
        query = query.where(Connection.process_payments)
    found = session.scalars(query.order_by(Connection.id)).all()
    active = [connection for connection in found if connection.state == "active"]
    if found and not active:
        raise PaymentError("paused", connection=found[0].name, reason=found[0].pause_reason)
    if not active:
        raise PaymentError("no_connection")
    return active


def _open(actor: Actor, connection: Connection) -> int:
    run, is_new = open_one(actor, connection, RunCategory.PROCESS_PAYMENTS)
    if is_new or (run.status == "queued" and run.failure and not _rests(connection)):
        outbox.enqueue(outbox.PAYMENTS, run.id)
    return run.id


def _rests(connection: Connection) -> bool:
    now = clock.now()
    return any(moment is not None and moment > now for moment in (connection.rest_until, connection.breaker_until))
