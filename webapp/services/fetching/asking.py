"""Ask for invoices to be fetched: one run for each connection, never two of one at a time."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.runs import RunCategory
from webapp.services import outbox
from webapp.services.actors import Actor, system
from webapp.services.lone_runs import cancel, open_for_slot, open_one
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.session import transaction

__all__ = ["PROVIDERS", "FetchError", "ask", "ask_slot", "cancel"]

PROVIDERS = ("billingo", "yuki")
"""Whose invoices can be fetched."""


class FetchError(Exception):
    """Nothing was started; `code` is `no_connection`, `paused` or `going_on`, `params` what its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def ask(actor: Actor, connection_id: int | None = None, *, full: bool = False, since: date | None = None) -> list[int]:
    """Start a run for one connection, or for each active one that can be fetched from; returns the runs' ids.

    `full` reads everything, `since` what was issued from that day on, else what moved since the last time. A run that
    is still going on is returned in place of a new one, unless something else is asked for than it does: FetchError.
    """
    wanted = {"full": full, "since": since.isoformat() if since else None}
    with transaction() as session:
        connections = _chosen(session, actor.organisation_id, connection_id)
        made = [_open(actor, connection, wanted) for connection in connections]
    for run_id in made:
        publish(run_id)
    return made


def ask_slot(connection: Connection, due_at: datetime) -> int | None:
    """Start the run of a slot, inside of a transaction; None when somebody else has this slot already."""
    actor, all_that_moved = system(connection.organisation_id), {"full": False, "since": None}
    return open_for_slot(
        connection, RunCategory.FETCH_INVOICES, due_at, lambda: _open(actor, connection, all_that_moved)
    )


def _chosen(session: Session, organisation_id: int, connection_id: int | None) -> Sequence[Connection]:
    query = select(Connection).where(Connection.organisation_id == organisation_id, Connection.provider.in_(PROVIDERS))
    if connection_id is not None:
        query = query.where(Connection.id == connection_id)
    else:
        query = query.where((Connection.provider != "yuki") | Connection.fetch_invoices)
    found = session.scalars(query.order_by(Connection.id)).all()
    active = [connection for connection in found if connection.state == "active"]
    if found and not active:
        raise FetchError("paused", connection=found[0].name, reason=found[0].pause_reason)
    if not active:
        raise FetchError("no_connection")
    return active


def _open(actor: Actor, connection: Connection, wanted: dict[str, Any]) -> int:
    run = open_one(actor, connection.id, RunCategory.FETCH_INVOICES, wanted=wanted)
    if run.is_new:
        outbox.enqueue(outbox.FETCH, run.id)
    elif any(wanted.values()) and run.details.get("wanted") != wanted:
        raise FetchError("going_on", connection=connection.name, run=run.id)
    return run.id
