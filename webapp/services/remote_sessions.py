"""The one remote session of a connection: sealed in its row, shared by all workers, asked for by one of them."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select, update

from webapp.extensions import clock
from webapp.services.sealing import seal, unseal
from webapp.store.connections import Connection
from webapp.store.session import direct, release, transaction
from webapp.store.straight import Fixed, here
from webapp.store.types import Moment, table_of

SESSION_AGE = timedelta(hours=23)
"""A Yuki session lasts 24 hours; it is renewed before."""


class Slot(NamedTuple):
    """Where a session stands in the row of its connection, and what it is sealed for."""

    sealed: str
    at: str
    login: str
    field: str


MAIN = Slot("sealed_session", "session_at", "login_until", "session")
PAYMENTS = Slot("sealed_payment_session", "payment_session_at", "payment_login_until", "payment_session")
"""A connection with a key of its own for payments has a second session: what one key may, the other may not."""

_TABLE = table_of(Connection)
_OURS = _TABLE.c.id == bindparam("connection")
_CHANGE = update(_TABLE).where(_OURS)


class Kept(NamedTuple):
    """What the row of a connection says of a session."""

    organisation_id: int
    uid: str
    sealed: str
    at: datetime | None
    login: datetime | None


def _reading(slot: Slot) -> Fixed:
    wanted = [_TABLE.c[name] for name in ("organisation_id", "uid", slot.sealed, slot.at, slot.login)]
    return Fixed(select(*wanted).where(_OURS), gives=wanted)


def _claiming(slot: Slot) -> Any:
    login = _TABLE.c[slot.login]
    return _CHANGE.where(or_(login.is_(None), login <= bindparam("now", type_=Moment())))


_KEPT = {slot: _reading(slot) for slot in (MAIN, PAYMENTS)}
_CLAIM = {slot: _claiming(slot) for slot in (MAIN, PAYMENTS)}

PAUSE = 0.1
"""Seconds between two looks whether another worker's login is done."""


@dataclass(slots=True)
class Keeper:
    """Keeps one session of a connection; `patience` is how long one login may take, in seconds.

    Every login costs a call of the day: of many workers without a session one logs in, the others wait
    for what it gets.
    """

    connection_id: int
    patience: float = 60.0
    slot: Slot = MAIN
    _seen: str | None = None

    def look(self, kept: Kept) -> bool:
        """Whether there is a session in what was just read of the connection; the next `get` returns that one."""
        self._seen = self._opened(kept)
        return self._seen is not None

    def get(self) -> str | None:
        """Return the session; None means that the caller is the one who logs in."""
        if self._seen is not None:
            seen, self._seen = self._seen, None
            return seen
        deadline = time.monotonic() + self.patience
        while True:
            row = self._read_alone()
            session = self._opened(row)
            if session is not None:
                return session
            free = row.login is None or row.login <= clock.now()
            if (free and self._claim_login()) or time.monotonic() > deadline:
                return None
            time.sleep(PAUSE)

    def put(self, session: str) -> None:
        """Keep a fresh session."""
        with transaction():
            row = self._read()
            sealed = seal(session, organisation_id=row.organisation_id, row=row.uid, field=self.slot.field)
            fresh = {self.slot.sealed: sealed, self.slot.at: clock.now(), self.slot.login: None}
            direct(_CHANGE, connection=self.connection_id, **fresh)

    def drop(self, session: str) -> None:
        """Forget this session, unless another worker has already renewed it."""
        if self._opened(self._read_alone()) != session:
            return
        with transaction():
            direct(_CHANGE, connection=self.connection_id, **{self.slot.sealed: "", self.slot.at: None})

    def _read(self) -> Kept:
        return Kept(*here().only(_KEPT[self.slot], {"connection": self.connection_id}))

    def _read_alone(self) -> Kept:
        row = self._read()
        release()
        return row

    def _opened(self, row: Kept) -> str | None:
        """Return the session that a row keeps, None when it has none or one that is too old."""
        if row.sealed and row.at and row.at > clock.now() - SESSION_AGE:
            return unseal(row.sealed, organisation_id=row.organisation_id, row=row.uid, field=self.slot.field)
        return None

    def _claim_login(self) -> bool:
        now = clock.now()
        until = now + timedelta(seconds=self.patience)
        with transaction():
            claimed = direct(_CLAIM[self.slot], connection=self.connection_id, now=now, **{self.slot.login: until})
        return bool(claimed.rowcount)
