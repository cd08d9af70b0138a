"""The one remote session of a connection: sealed in its row, shared by all workers, asked for by one of them."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from webapp.extensions import clock
from webapp.services.sealing import seal, unseal
from webapp.store.connections import Connection
from webapp.store.session import direct, release, transaction
from webapp.store.types import Moment, table_of

SESSION_AGE = timedelta(hours=23)
"""A Yuki session lasts 24 hours; it is renewed before."""

_TABLE = table_of(Connection)
_OURS = _TABLE.c.id == bindparam("connection")
_KEPT = select(
    _TABLE.c.organisation_id, _TABLE.c.uid, _TABLE.c.sealed_session, _TABLE.c.session_at, _TABLE.c.login_until
).where(_OURS)
_CHANGE = update(_TABLE).where(_OURS)
_CLAIM = _CHANGE.where(or_(_TABLE.c.login_until.is_(None), _TABLE.c.login_until <= bindparam("now", type_=Moment())))

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
        while True:
            row = self._read()
            session = self._opened(row)
            if session is not None:
                return session
            free = row.login_until is None or row.login_until <= clock.now()
            if (free and self._claim_login()) or time.monotonic() > deadline:
                return None
            time.sleep(PAUSE)

    def put(self, session: str) -> None:
        """Keep a fresh session."""
        with transaction():
            row = direct(_KEPT, connection=self.connection_id).one()
            sealed = seal(session, organisation_id=row.organisation_id, row=row.uid, field="session")
            fresh = {"sealed_session": sealed, "session_at": clock.now(), "login_until": None}
            direct(_CHANGE, connection=self.connection_id, **fresh)

    def drop(self, session: str) -> None:
        """Forget this session, unless another worker has already renewed it."""
        if self._opened(self._read()) != session:
            return
        with transaction():
            direct(_CHANGE, connection=self.connection_id, sealed_session="", session_at=None)

    def _read(self) -> Any:
        row = direct(_KEPT, connection=self.connection_id).one()
        release()
        return row

    def _opened(self, row: Any) -> str | None:
        """Return the session that a row keeps, None when it has none or one that is too old."""
        if row.sealed_session and row.session_at and row.session_at > clock.now() - SESSION_AGE:
            return unseal(row.sealed_session, organisation_id=row.organisation_id, row=row.uid, field="session")
        return None

    def _claim_login(self) -> bool:
        now = clock.now()
        until = now + timedelta(seconds=self.patience)
        with transaction():
            claimed = direct(_CLAIM, connection=self.connection_id, now=now, login_until=until)
        return bool(claimed.rowcount)
