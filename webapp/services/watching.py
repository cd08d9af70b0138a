"""The watch over the calls of one gateway: each is counted before it leaves, and its exchange kept after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal_column, select, update

from webapp.connectors.ports import Exchange, QuotaExceeded, Unavailable
from webapp.domain.budget import Budget, BudgetReason, Permission, may_call, yuki_day
from webapp.domain.failures import Failure
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.store.connections import CallCount, Connection
from webapp.store.runs import HttpExchange, Run
from webapp.store.session import by_dialect, in_transaction, once_committed, transaction
from webapp.store.straight import Asked, Fixed, here
from webapp.store.types import table_of

_CONNECTIONS, _COUNTS = table_of(Connection), table_of(CallCount)
_PLACED = (_CONNECTIONS.c.region, _CONNECTIONS.c.administration_id)
_PLACE = Fixed(
    select(*_PLACED).where(_CONNECTIONS.c.id == bindparam("connection")).with_for_update(read=True, key_share=True),
    gives=_PLACED,
)
_EXCHANGES, _RUNS = table_of(HttpExchange), table_of(Run)
_KEEP = Fixed(
    insert(_EXCHANGES).returning(_EXCHANGES.c.id),
    columns=[name for name in _EXCHANGES.c.keys() if name != "id"],  # noqa: SIM118 - a collection of columns
    gives=[_EXCHANGES.c.id],
)
_CALLED = Fixed(
    update(_RUNS)
    .where(_RUNS.c.id == bindparam("run"))
    .values(calls=_RUNS.c.calls + literal_column("1"), heartbeat_at=bindparam("now", type_=_RUNS.c.heartbeat_at.type))
)
_SHARES = tuple(kind.value for kind in Trigger)


def _one_more(make: Any) -> Any:
    statement = make(_COUNTS)
    more = {name: _COUNTS.c[name] + statement.excluded[name] for name in _SHARES}
    return statement.on_conflict_do_update(index_elements=["budget_key", "day"], set_=more).returning(
        *(_COUNTS.c[name] for name in _SHARES)
    )


_SHARED = [_COUNTS.c[name] for name in _SHARES]
_COUNT = {
    kind: Fixed(statement, columns=_COUNTS.c.keys(), gives=_SHARED) for kind, statement in by_dialect(_one_more).items()
}


@dataclass(slots=True)
class Watch:
    """Counts each call before it leaves and keeps each exchange after it; one per gateway.

    `beside` is done, once, in the transaction that keeps the next exchange.
    `guard` is asked in the transaction that counts a call, the last thing before it leaves: what it raises stops it.
    `place` is the region and administration that the gateway was opened for: when the connection has another one
    by now, no call leaves any more.
    """

    organisation_id: int
    connection_id: int
    budget_key: str
    limit: int
    kind: Trigger
    run_id: int | None = None
    last_exchange_id: int | None = None
    guard: Callable[[], None] | None = None
    beside: Callable[[], None] | None = None
    place: tuple[str, str] | None = None
    _gathers: bool = False
    _waiting: Exchange | None = None
    _claimed: str = ""

    def claim(self) -> None:
        """Count the next call in the open transaction, which holds the connection, where it may leave.

        For a call that leaves as soon as that is committed: `before` has nothing left to do then, and else all of it.
        """
        now = clock.now()
        day = yuki_day(now).isoformat()
        if may_call(self._count(day), self.kind, now=now).allowed:
            self._claimed = day
        else:
            self._count(day, -1)

    @contextmanager
    def together(self) -> Iterator[Callable[[], list[Asked]]]:
        """Let an exchange wait until what it told is written, in one transaction with it; never longer than the block.

        Yields what gives the statements that keep it inside of that transaction. Should that fail, or none be, it is
        kept in one of its own; so it is before the next call leaves. Only a process that is killed in between loses it,
        its call counted: this is for questions, which are asked again.
        """
        self._gathers = True
        try:
            yield self._keeping
        finally:
            self._gathers = False
            self._keep_alone()
            if self._claimed:  # nothing has left
                with transaction():
                    self._count(self._claimed, -1)
                self._claimed = ""

    def before(self, operation: str) -> None:
        """Count a call on the day's budget; raises QuotaExceeded when it must not leave."""
        if in_transaction():
            raise RuntimeError(f"{operation} was called inside of a transaction")
        if self._claimed and self.guard is None:
            self._claimed = ""
            return
        now = clock.now()
        self._keep_alone()
        with transaction():
            self._check_place()
            budget = self._count(yuki_day(now).isoformat())
            _refuse(may_call(budget, self.kind, now=now), now)  # what is refused is not counted: it all rolls back
            if self.guard is not None:
                self.guard()

    def _check_place(self) -> None:
        # Waits for whoever is changing the connection, and stands in nobody's way.
        place = here().only(_PLACE, {"connection": self.connection_id})
        if self.place is not None and place != self.place:
            raise Unavailable(Failure.INTERNAL, "The connection was changed meanwhile; it is opened anew.")

    def _count(self, day: str, number: int = 1) -> Budget:
        """Count one call more, in one statement, or take it back; returns the budget as it was before that."""
        more = {name: number * (name == self.kind.value) for name in _SHARES}
        line = here()
        counts = line.only(_COUNT[line.kind], more | {"budget_key": self.budget_key, "day": day})
        used = {name: count - more[name] for name, count in zip(_SHARES, counts, strict=True)}
        return Budget(limit=self.limit, used_manual=used["manual"], used_automatic=used["automatic"])

    def after(self, exchange: Exchange) -> None:
        """Keep an exchange, redacted as it comes, and count it on the run."""
        self._waiting = exchange
        if not self._gathers:
            self._keep_alone()

    def _keep_alone(self) -> None:
        if self._waiting is not None:
            with transaction():
                self._keep()

    def _keep(self) -> None:
        """Write the exchange that waits inside of a transaction, and what is to be done beside that."""
        kept, *_ = here().at_once(self._keeping())
        self.last_exchange_id = kept[0][0]
        if self.beside is not None:
            self.beside()

    def _keeping(self) -> list[Asked]:
        """Return what writes the exchange that waits, if one does: until the open transaction is committed."""
        exchange = self._waiting
        if exchange is None:
            return []
        once_committed(f"exchange {id(self)}", self._kept)
        row = {
            "organisation_id": self.organisation_id,
            "connection_id": self.connection_id,
            "run_id": self.run_id,
            "operation": exchange.operation,
            "started_at": exchange.started_at,
            "duration_ms": exchange.duration_ms,
            "http_status": exchange.http_status,
            "request": exchange.request,
            "response": exchange.response,
            "request_bytes": exchange.request_bytes,
            "response_bytes": exchange.response_bytes,
            "error": exchange.error,
        }
        asked: list[Asked] = [(_KEEP, row)]
        if self.run_id is not None:
            asked.append((_CALLED, {"run": self.run_id, "now": clock.now()}))
        return asked

    def _kept(self) -> None:
        self._waiting = self.beside = None


def _refuse(permission: Permission, now: datetime) -> None:
    if permission.allowed:
        return
    if permission.reason is BudgetReason.USED_UP or permission.retry_at is None:
        raise QuotaExceeded("The calls of today are used up.")
    wait = int((permission.retry_at - now).total_seconds()) + 1
    raise Unavailable(Failure.QUOTA, f"Automatic work waits: {permission.reason}.", retry_after=wait)
