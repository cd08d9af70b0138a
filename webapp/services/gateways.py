"""Open a gateway for a connection: with its key unsealed, and a watch over its calls."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import current_app
from sqlalchemy import bindparam, select, update

from webapp.connectors.filing import DocumentArchive
from webapp.connectors.ports import Access, LedgerGateway, QuotaExceeded, Unavailable
from webapp.connectors.registry import make_archive, make_gateway, make_source
from webapp.connectors.sources import InvoiceSource
from webapp.domain.breaker import Breaker, try_call
from webapp.domain.failures import Failure
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services.remote_sessions import MAIN, PAYMENTS, Keeper, Kept, Slot
from webapp.services.sealing import unseal
from webapp.services.watching import Watch
from webapp.store.connections import Connection, budget_key
from webapp.store.runs import Run
from webapp.store.session import direct, forget, within
from webapp.store.straight import Fixed, here
from webapp.store.types import table_of

_CONNECTIONS, _RUNS = table_of(Connection), table_of(Run)


class Opening(NamedTuple):
    """What is needed of a connection to call its remote; who has read it holds the connection in a transaction."""

    id: int
    uid: str
    organisation_id: int
    provider: str
    region: str
    administration_id: str
    domain_id: str
    daily_calls: int
    state: str
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


_NEEDED = [_CONNECTIONS.c[name] for name in Opening._fields]
_OPENING = Fixed(
    select(*_NEEDED).where(_CONNECTIONS.c.id == bindparam("connection")).with_for_update(),
    gives=_NEEDED,
)
OPENING_OF_RUN = Fixed(
    select(*_NEEDED)
    .join(_RUNS, _RUNS.c.connection_id == _CONNECTIONS.c.id)
    .where(_RUNS.c.id == bindparam("run"))
    .with_for_update(of=_CONNECTIONS),
    gives=_NEEDED,
)
"""Holds the connection of a `run`, and reads its Opening."""

_PROBE = update(_CONNECTIONS).where(_CONNECTIONS.c.id == bindparam("connection"))


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
    connection: int | Opening,
    *,
    kind: Trigger,
    run_id: int | None = None,
    for_payments: bool = False,
    at_once: bool = False,
) -> OpenGateway:
    """Return the gateway of a connection, by its id or what was read of it; `kind` says on whose share its calls count.

    `for_payments` takes the key for payments, where the connection has one of its own. `at_once` is for who holds the
    connection in an open transaction, and makes one call as soon as that is committed: its session is read, and it is
    counted, in there. What became of it is known after `together` of the watch.

    Raises CannotUnseal, and Unavailable while the connection rests or its breaker is open.
    """
    settings = current_app.extensions["koppel"]
    provider, access, watch, slot, kept = _prepare(connection, kind, run_id, for_payments=for_payments)
    sessions = Keeper(watch.connection_id, patience=settings.yuki_timeout, slot=slot)
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
    which: int | Opening, kind: Trigger, run_id: int | None, *, for_payments: bool = False, key: str = ""
) -> tuple[str, Access, Watch, Slot, Kept]:
    """Unseal the key of a connection that may be called now, in a transaction: the open one, or its own."""
    settings = current_app.extensions["koppel"]
    with within():
        connection = which if isinstance(which, Opening) else Opening(*here().only(_OPENING, {"connection": which}))
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


def _check_rest(connection: Opening) -> None:
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
