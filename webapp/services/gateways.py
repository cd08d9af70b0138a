"""Open a gateway for a connection: with its key unsealed, its calls counted and its exchanges kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import bindparam, insert, literal_column, select, update

from webapp.connectors.filing import DocumentArchive
from webapp.connectors.ports import Access, Exchange, LedgerGateway, QuotaExceeded, Unavailable
from webapp.connectors.registry import make_archive, make_gateway, make_source
from webapp.connectors.sources import InvoiceSource
from webapp.domain.breaker import Breaker, try_call
from webapp.domain.budget import Budget, BudgetReason, Permission, may_call, yuki_day
from webapp.domain.failures import Failure
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services.remote_sessions import MAIN, PAYMENTS, Keeper, Kept, Slot
from webapp.services.sealing import unseal
from webapp.store.connections import CallCount, Connection, budget_key
from webapp.store.runs import HttpExchange, Run
from webapp.store.session import (
    by_dialect,
    direct,
    forget,
    in_transaction,
    once_committed,
    transaction,
    within,
)
from webapp.store.straight import Asked, Fixed, here
from webapp.store.types import table_of

_CONNECTIONS, _COUNTS = table_of(Connection), table_of(CallCount)
_PLACED = (_CONNECTIONS.c.region, _CONNECTIONS.c.administration_id)
_PLACE = Fixed(
    select(*_PLACED).where(_CONNECTIONS.c.id == bindparam("connection")).with_for_update(read=True, key_share=True),
    gives=_PLACED,
)


class _Opened(NamedTuple):
    """What is needed of a connection to call its remote."""

    id: int
    uid: str
    organisation_id: int
    provider: str
    region: str
    administration_id: str
    domain_id: str
    daily_calls: int
    sealed_key: str
    sealed_payment_key: str
    rest_until: datetime | None
    breaker_until: datetime | None
    failure_streak: int
    sealed_session: str
    session_at: datetime | None
    login_until: datetime | None
    sealed_payment_session: str
    payment_session_at: datetime | None
    payment_login_until: datetime | None

    def kept(self, slot: Slot) -> Kept:
        """Return what it says of a session."""
        said = (getattr(self, name) for name in (slot.sealed, slot.at, slot.login))
        return Kept(self.organisation_id, self.uid, *said)


_NEEDED = [_CONNECTIONS.c[name] for name in _Opened._fields]
_OPENING = Fixed(
    select(*_NEEDED).where(_CONNECTIONS.c.id == bindparam("connection")).with_for_update(),
    gives=_NEEDED,
)
_PROBE = update(_CONNECTIONS).where(_CONNECTIONS.c.id == bindparam("connection"))
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


@dataclass(slots=True)
class OpenGateway:
    """A gateway with the watch that counts its calls."""

    gateway: LedgerGateway
    watch: Watch


@dataclass(slots=True)
class OpenSource:
    """A source of invoices with the watch that counts its calls."""

    source: InvoiceSource
    watch: Watch


@dataclass(slots=True)
class OpenArchive:
    """An archive with the watch that counts its calls."""

    archive: DocumentArchive
    watch: Watch


def open_archive(connection_id: int, *, kind: Trigger, run_id: int | None = None) -> OpenArchive:
    """Return the archive of a connection's books; arguments and errors as open_gateway."""
    provider, access, watch, slot, _ = _prepare(connection_id, kind, run_id)
    sessions = Keeper(connection_id, patience=access.timeout, slot=slot)
    return OpenArchive(make_archive(provider, access, watch=watch, sessions=sessions, clock=clock.now), watch)


def open_gateway(
    connection_id: int,
    *,
    kind: Trigger,
    run_id: int | None = None,
    for_payments: bool = False,
    at_once: bool = False,
) -> OpenGateway:
    """Return the gateway of a connection; `kind` says on whose share its calls count.

    `for_payments` takes the key for payments, where the connection has one of its own. `at_once` is for who holds the
    connection in an open transaction, and makes one call as soon as that is committed: its session is read, and it is
    counted, in there. What became of it is known after `together` of the watch.

    Raises CannotUnseal, and Unavailable while the connection rests or its breaker is open.
    """
    settings = current_app.extensions["koppel"]
    provider, access, watch, slot, kept = _prepare(connection_id, kind, run_id, for_payments=for_payments)
    sessions = Keeper(connection_id, patience=settings.yuki_timeout, slot=slot)
    if at_once and sessions.look(kept):
        watch.claim()
    return OpenGateway(make_gateway(provider, access, watch=watch, sessions=sessions, clock=clock.now), watch)


def open_source(
    connection_id: int, *, kind: Trigger, run_id: int | None = None, key: str = "", placed: str = ""
) -> OpenSource:
    """Return the source of invoices of a connection; arguments and errors as open_gateway, `placed` as BooksSource.

    `key` is one that is to be tried in place of the connection's own.
    """
    settings = current_app.extensions["koppel"]
    provider, access, watch, slot, _ = _prepare(connection_id, kind, run_id, key=key)
    sessions = Keeper(connection_id, patience=settings.yuki_timeout, slot=slot)
    source = make_source(provider, access, watch=watch, sessions=sessions, clock=clock.now, placed=placed)
    return OpenSource(source, watch)


def _prepare(
    connection_id: int, kind: Trigger, run_id: int | None, *, for_payments: bool = False, key: str = ""
) -> tuple[str, Access, Watch, Slot, Kept]:
    """Unseal the key of a connection that may be called now, in a transaction: the open one, or its own."""
    settings = current_app.extensions["koppel"]
    with within():
        connection = _Opened(*here().only(_OPENING, {"connection": connection_id}))
        _check_rest(connection)
        watch = Watch(
            organisation_id=connection.organisation_id,
            connection_id=connection.id,
            budget_key=budget_key(connection.provider, connection.domain_id, connection.uid),
            limit=connection.daily_calls,
            kind=kind,
            run_id=run_id,
            place=(connection.region, connection.administration_id),
        )
        provider, region, uid = connection.provider, connection.region, connection.uid
        sealed, field, slot = connection.sealed_key, "key", MAIN
        if for_payments and connection.sealed_payment_key:
            sealed, field, slot = connection.sealed_payment_key, "payment_key", PAYMENTS
        administration_id, domain_id = connection.administration_id, connection.domain_id
    secret = key or unseal(sealed, organisation_id=watch.organisation_id, row=uid, field=field)
    address = settings.billingo_url if provider == "billingo" else settings.yuki_urls[region]
    access = Access(
        base_url=address,
        key=secret,
        administration_id=administration_id,
        timeout=settings.yuki_timeout,
        domain_id=domain_id,
    )
    return provider, access, watch, slot, connection.kept(slot)


def _check_rest(connection: _Opened) -> None:
    """Refuse while the connection rests; after a rest of the breaker one caller may probe."""
    now = clock.now()
    if connection.rest_until and connection.rest_until > now:
        raise QuotaExceeded("The connection rests until the remote's midnight.")
    free, breaker = try_call(Breaker(connection.failure_streak, connection.breaker_until), now)
    if not free and breaker.rests_until is not None:
        wait = int((breaker.rests_until - now).total_seconds()) + 1
        raise Unavailable(Failure.NETWORK, "The breaker of this connection is open.", retry_after=wait)
    if breaker.rests_until != connection.breaker_until:
        direct(_PROBE, connection=connection.id, breaker_until=breaker.rests_until)
        forget(Connection, connection.id)
