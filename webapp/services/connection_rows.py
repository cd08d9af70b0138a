"""What is done to the row of a connection, inside of a transaction of others: its key, and where it books."""

from sqlalchemy import exists, or_, select

from webapp.domain.connections import ConnectionProblem
from webapp.services.resuming import forget_sessions
from webapp.services.sealing import seal
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.session import current


def put_key(connection: Connection, key: str) -> None:
    """Seal a key into a connection; what was known by the one before is forgotten."""
    connection.sealed_key = seal(key, organisation_id=connection.organisation_id, row=connection.uid, field="key")
    connection.key_hint = key[-4:]
    _forget_session(connection)


def _forget_session(connection: Connection) -> None:
    forget_sessions(connection)
    connection.tested_at, connection.test_report = None, []


def move_connection(connection: Connection, *, region: str, administration_id: str) -> None:
    """Let a connection book in another administration; raises ConnectionProblem `in_use` once invoices were sent."""
    if (region, administration_id) == (connection.region, connection.administration_id):
        return
    if connection.administration_id and _has_sent(connection.id):
        raise ConnectionProblem(
            "in_use",
            "Invoices were sent to this administration already; add a new connection for another one.",
            field="administration_id",
        )
    connection.region, connection.administration_id = region, administration_id
    connection.administration_name = connection.domain_id = connection.domain_name = ""
    _forget_session(connection)


def _has_sent(connection_id: int) -> bool:
    # A queued delivery counts when an earlier attempt may have booked it: it is looked up in this administration.
    reached = or_(
        Delivery.state.in_(("sending", "unknown", "sent")), (Delivery.state == "queued") & Delivery.look_up_first
    )
    return bool(current().scalar(select(exists().where(Delivery.connection_id == connection_id, reached))))
