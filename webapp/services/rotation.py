"""Seal every secret in the database anew with the newest encryption key, so that older ones can go."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select, update

from webapp.services.remote_sessions import MAIN, PAYMENTS, Slot
from webapp.services.sealing import CannotUnseal, reseal
from webapp.store.connections import Connection
from webapp.store.session import current, release, transaction
from webapp.store.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of the secrets: counts of resealed keys and sessions, and the connections that cannot be opened."""

    keys: int
    sessions: int
    unreadable: tuple[int, ...]


def rotate() -> Rotation:
    """Reseal what connections and webhooks keep secret; may be run again, and beside running workers.

    A session that cannot be opened is forgotten: the next call makes a new one. A key that cannot be opened
    is left as it is and named, since only its owner can type it again.
    """
    ids = list(current().scalars(select(Connection.id).order_by(Connection.id)))
    hooks = list(current().scalars(select(Webhook.id).order_by(Webhook.id)))
    release()
    keys = sessions = 0
    unreadable = []
    for hook in hooks:
        # One that cannot be opened says so at its next delivery; its administrator makes another.
        with suppress(CannotUnseal):
            keys += _reseal(Webhook, hook, "sealed_secret")
    for identity in ids:
        try:
            keys += _reseal(Connection, identity, "sealed_key")
            keys += _reseal(Connection, identity, "sealed_payment_key")
        except CannotUnseal:
            unreadable.append(identity)
        for slot in (MAIN, PAYMENTS):
            try:
                sessions += _reseal(Connection, identity, slot.sealed)
            except CannotUnseal:
                _forget_session(identity, slot)
    return Rotation(keys, sessions, tuple(unreadable))


def _reseal(table: type[Connection] | type[Webhook], identity: int, field: str) -> bool:
    column = getattr(table, field)
    with transaction() as session:
        sealed = session.scalar(select(column).where(table.id == identity))
        if not sealed:
            return False
        # Compared with what was read: a key or session that was written in between is sealed with the newest anyway.
        session.execute(
            update(table)
            .where(table.id == identity, column == sealed)
            .values({field: reseal(sealed)})
            .execution_options(synchronize_session=False)
        )
    return True


def _forget_session(connection_id: int, slot: Slot) -> None:
    with transaction() as session:
        session.execute(
            update(Connection)
            .where(Connection.id == connection_id)
            .values({slot.sealed: "", slot.at: None})
            .execution_options(synchronize_session=False)
        )
