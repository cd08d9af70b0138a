"""The one remote session of a connection: sealed in its row, shared by all workers, asked for by one of them."""

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, update

from webapp.extensions import clock
from webapp.services.sealing import seal, unseal
from webapp.store.connections import Connection
from webapp.store.session import current, release, transaction

SESSION_AGE = timedelta(hours=23)
"""A Yuki session lasts 24 hours; it is renewed before."""

PAUSE = 0.1
"""Seconds between two looks whether another worker's login is done."""


@dataclass(slots=True)
class Keeper:
    """Keeps the session of one connection; `patience` is how long one login may take, in seconds.

    Every login costs a call of the day: of many workers without a session one logs in, the others wait
    for what it gets.
    """

    connection_id: int
    patience: float = 60.0

    def get(self) -> str | None:
        """Return the session; None means that the caller is the one who logs in."""
        deadline = time.monotonic() + self.patience
        while (session := self._kept()) is None:
            if self._claim_login() or time.monotonic() > deadline:
                return None
            time.sleep(PAUSE)
        return session

    def put(self, session: str) -> None:
        """Keep a fresh session."""
        with transaction() as database:
            connection = database.get_one(Connection, self.connection_id)
            connection.sealed_session = seal(
                session, organisation_id=connection.organisation_id, row=connection.uid, field="session"
            )
            connection.session_at, connection.login_until = clock.now(), None

    def drop(self, session: str) -> None:
        """Forget this session, unless another worker has already renewed it."""
        if self._kept() != session:
            return
        with transaction() as database:
            connection = database.get_one(Connection, self.connection_id)
            connection.sealed_session, connection.session_at = "", None

    def _kept(self) -> str | None:
        connection = current().get_one(Connection, self.connection_id, populate_existing=True)
        session = None
        if connection.sealed_session and connection.session_at and connection.session_at > clock.now() - SESSION_AGE:
            session = unseal(
                connection.sealed_session,
                organisation_id=connection.organisation_id,
                row=connection.uid,
                field="session",
            )
        release()
        return session

    def _claim_login(self) -> bool:
        now = clock.now()
        with transaction() as database:
            claimed = database.execute(
                update(Connection)
                .where(
                    Connection.id == self.connection_id,
                    or_(Connection.login_until.is_(None), Connection.login_until <= now),
                )
                .values(login_until=now + timedelta(seconds=self.patience))
                .execution_options(synchronize_session=False)
            )
        return bool(claimed.rowcount)  # type: ignore[attr-defined]
