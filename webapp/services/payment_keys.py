"""The keys of a connection: one for sending, and where wanted another for reading payments; sealed on arrival."""

from webapp.services.remote_sessions import PAYMENTS
from webapp.services.sealing import seal, unseal
from webapp.store.connections import Connection

FIELD = "payment_key"


def put_payment_key(connection: Connection, key: str) -> None:
    """Seal a key for payments into a connection; the session of the one before is forgotten."""
    connection.sealed_payment_key = seal(
        key, organisation_id=connection.organisation_id, row=connection.uid, field=FIELD
    )
    connection.payment_key_hint = key[-4:]
    _forget(connection)


def drop_payment_key(connection: Connection) -> None:
    """Take the key for payments away: the other key reads them too."""
    if connection.sealed_payment_key:
        connection.sealed_payment_key = connection.payment_key_hint = ""
        _forget(connection)


def key_of(connection: Connection) -> str:
    """Return the key for sending in clear, for sealing into another row; raises CannotUnseal."""
    return unseal(connection.sealed_key, organisation_id=connection.organisation_id, row=connection.uid, field="key")


def payment_key_of(connection: Connection) -> str:
    """Return the key for payments in clear, "" where there is none; raises CannotUnseal."""
    sealed = connection.sealed_payment_key
    if not sealed:
        return ""
    return unseal(sealed, organisation_id=connection.organisation_id, row=connection.uid, field=FIELD)


def _forget(connection: Connection) -> None:
    for name in (PAYMENTS.at, PAYMENTS.login):
        setattr(connection, name, None)
    setattr(connection, PAYMENTS.sealed, "")
    connection.tested_at, connection.test_report = None, []
