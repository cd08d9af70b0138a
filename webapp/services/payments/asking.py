"""Ask for payments to be processed: one run for each administration, never two of one at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import outbox
from webapp.services.actors import Actor, system
from webapp.services.lone_runs import cancel, open_for_slot, open_one
from webapp.store.connections import Connection
from webapp.store.session import transaction
from webapp.store.straight import Fixed, here
from webapp.store.types import table_of

__all__ = ["PaymentError", "ask", "ask_slot", "cancel"]


_CONNECTIONS = table_of(Connection)


class _Asked(NamedTuple):
    """What is needed of a connection here."""

    id: int
    name: str
    state: str
    pause_reason: str
    rest_until: datetime | None
    breaker_until: datetime | None


_NEEDED = [_CONNECTIONS.c[name] for name in _Asked._fields]
_OURS = (
    select(*_NEEDED)
    .where(
        _CONNECTIONS.c.organisation_id == bindparam("organisation"),
        _CONNECTIONS.c.provider == "yuki",
        _CONNECTIONS.c.pause_reason != "setup",
    )
    .order_by(_CONNECTIONS.c.id)
)
_ONE = Fixed(_OURS.where(_CONNECTIONS.c.id == bindparam("connection")), gives=_NEEDED)
_ALL = Fixed(_OURS.where(_CONNECTIONS.c.process_payments), gives=_NEEDED)


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
    with transaction():
        connections = _chosen(actor.organisation_id, connection_id)
        return [_open(actor, connection) for connection in connections]


def ask_slot(connection: Connection, due_at: datetime) -> int | None:
    """Start the run of a slot, inside of a transaction; None when somebody else has this slot already."""
    actor = system(connection.organisation_id)
    return open_for_slot(connection, RunCategory.PROCESS_PAYMENTS, due_at, lambda: _open(actor, connection))


def _chosen(organisation_id: int, connection_id: int | None) -> Sequence[_Asked]:
    wanted = _ONE if connection_id is not None else _ALL
    rows = here().all(wanted, {"organisation": organisation_id, "connection": connection_id})
    found = [_Asked(*row) for row in rows]
    active = [connection for connection in found if connection.state == "active"]
    if found and not active:
        raise PaymentError("paused", connection=found[0].name, reason=found[0].pause_reason)
    if not active:
        raise PaymentError("no_connection")
    return active


def _open(actor: Actor, connection: _Asked | Connection) -> int:
    run = open_one(actor, connection.id, RunCategory.PROCESS_PAYMENTS)
    if run.is_new or (run.status == "queued" and run.failure and not _rests(connection)):
        outbox.enqueue(outbox.PAYMENTS, run.id)
    return run.id


def _rests(connection: _Asked | Connection) -> bool:
    now = clock.now()
    return any(moment is not None and moment > now for moment in (connection.rest_until, connection.breaker_until))
