"""Claim deliveries: one conditional UPDATE decides who has them, and a fence refuses whoever had them before."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy import Select, Update, bindparam, or_, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import clock
from webapp.journal import Log
from webapp.services.sending import settling
from webapp.services.sending.locking import lock_deliveries, lock_invoices
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import direct, release, transaction
from webapp.store.types import Moment, table_of

log = Log()
BATCH = 50
"""Invoices in one call, unless a refusal made it smaller."""


class Superseded(Exception):
    """Somebody else has taken over what we were about to send; nothing has left."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours as long as its fence is the newest."""

    id: int
    fence: int
    organisation_id: int
    invoice_id: int
    connection_id: int
    run_id: int | None
    reference: str
    draft: bool
    look_up_first: bool
    payload_hash: str
    lookups: int


_TABLE, _CONNECTIONS = table_of(Delivery), table_of(Connection)
_ROW = _TABLE.c
_NOW = bindparam("now", type_=Moment())
CLAIMED = tuple(_ROW[name] for name in Claim.__slots__)
"""The columns that a claim is made of, in its order."""

_DUE = (
    _ROW.run_id == bindparam("run"),
    _ROW.state == "queued",
    or_(_ROW.look_up_after.is_(None), _ROW.look_up_after <= _NOW),
)
_ALIKE = (*_DUE, _ROW.batch_limit == bindparam("size"), _ROW.draft == bindparam("as_draft"))
_DUE_UNKNOWN = (
    _ROW.connection_id == bindparam("connection"),
    _ROW.state == "unknown",
    _ROW.draft.is_(False),
    _ROW.look_up_after <= _NOW,
    or_(_ROW.lease_until.is_(None), _ROW.lease_until <= _NOW),
)


def _choose(conditions: Any) -> Select[Any]:
    return select(_ROW.id).where(*conditions).order_by(_ROW.id).limit(bindparam("most"))


def _claim(conditions: Any) -> Update:
    chosen = _ROW.id.in_(bindparam("ids", expanding=True))
    return update(_TABLE).where(chosen, *conditions).values(fence=_ROW.fence + 1).returning(*CLAIMED)


_STANDS_BY = (
    _CONNECTIONS.c.id == _ROW.connection_id,
    _CONNECTIONS.c.state == "active",
    or_(_CONNECTIONS.c.rest_until.is_(None), _CONNECTIONS.c.rest_until <= _NOW),
)
_FIRST = select(_ROW.batch_limit, _ROW.draft).where(*_DUE).order_by(_ROW.id).limit(1)
_ANY, _ANY_UNKNOWN = (
    select(_ROW.id).where(*_DUE).limit(1),
    select(_ROW.id).where(*_DUE_UNKNOWN, *_STANDS_BY).limit(1),
)
_TAKING = (_choose(_ALIKE).with_for_update(skip_locked=True), _claim(_ALIKE))
_TAKING_UNKNOWN = (_choose(_DUE_UNKNOWN).with_for_update(skip_locked=True), _claim(_DUE_UNKNOWN))
STILL_OURS = tuple_(_ROW.id, _ROW.fence).in_(bindparam("ours", expanding=True))
"""The condition that every write of a claimed delivery carries, with the pairs of `still_ours`: the newest fence."""

_RENEW = update(_TABLE).where(STILL_OURS)
_HELD = _RENEW.where(_ROW.state == "sending").returning(_ROW.id)
SHOW = update(table_of(Invoice)).where(table_of(Invoice).c.id.in_(bindparam("invoices", expanding=True)))
"""Sets what invoices show of their delivery."""


def claim_of(row: Delivery) -> Claim:
    """Return the claim of whoever has just raised the fence of a delivery that he holds locked."""
    return Claim(*(getattr(row, name) for name in Claim.__slots__))


def claim_batch(run_id: int) -> list[Claim]:
    """Claim the next batch of a run: queued, due, in one call's size; empty when there is none."""
    now = clock.now()
    with transaction():
        first = direct(_FIRST, run=run_id, now=now).first()
        if first is None:
            return []
        size = 1 if first.draft else min(first.batch_limit or BATCH, BATCH)
        same = {"run": run_id, "size": first.batch_limit, "as_draft": first.draft}
        claims = _take(_TAKING, size, state="sending", **same)
        invoices = [claim.invoice_id for claim in claims]
        lock_invoices(invoices)
        direct(SHOW, invoices=invoices, delivery="sending", updated_at=now)
        return claims


def is_due(run_id: int) -> bool:
    """Whether anything of a run could be claimed now."""
    return direct(_ANY, run=run_id, now=clock.now()).first() is not None


def claim_unknown(connection_id: int, limit: int) -> list[Claim]:
    """Claim unknown outcomes that may be looked up now; their state stays unknown until it is known.

    None while the connection is paused or rests: nothing can be asked, and the sweeper wakes somebody once it can.
    """
    anything = direct(_ANY_UNKNOWN, connection=connection_id, now=clock.now()).first()
    release()
    if anything is None:  # the usual case takes no lock
        return []
    with transaction():
        settling.hold_back(connection_id)
        return _take(_TAKING_UNKNOWN, limit, state="unknown", connection=connection_id)


def _take(taking: tuple[Select[Any], Update], limit: int, *, state: str, **which: Any) -> list[Claim]:
    now = clock.now()
    choose, claim = taking
    ids = direct(choose, now=now, most=limit, **which).scalars().all()
    if not ids:
        return []
    rows = direct(claim, ids=ids, now=now, state=state, lease_until=_lease_end(), updated_at=now, **which).all()
    return sorted((Claim(*row) for row in rows), key=lambda one: one.id)


def still_ours(claims: Sequence[Claim]) -> list[tuple[int, int]]:
    """Return what every write of claimed deliveries has to name: each with the fence it was claimed with."""
    return [(claim.id, claim.fence) for claim in claims]


def check_held(claims: Sequence[Claim]) -> None:
    """Make sure, inside of a transaction, that all of these are still ours to send; raises Superseded.

    A worker that stood still for longer than its lease must not send what another one has sent meanwhile.
    """
    lock_deliveries([claim.id for claim in claims])
    held = direct(_HELD, ours=still_ours(claims), lease_until=_lease_end())
    if len(held.all()) < len(claims):
        raise Superseded


def _lease_end() -> Any:
    return clock.now() + timedelta(seconds=current_app.extensions["koppel"].lease_seconds)


@contextmanager
def kept_alive(claims: Sequence[Claim]) -> Iterator[None]:
    """Renew the leases of claimed deliveries in the background while a call takes its time.

    When this process dies the renewing dies with it, and the leases run out.
    """
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(app, claims, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(app: Flask, claims: Sequence[Claim], done: threading.Event) -> None:
    pause = app.extensions["koppel"].lease_seconds / 3
    while not done.wait(pause):
        with app.app_context():
            try:
                with transaction():
                    lock_deliveries([claim.id for claim in claims])
                    direct(_RENEW, ours=still_ours(claims), lease_until=_lease_end())
            except SQLAlchemyError as error:  # the next round tries again; a lost lease is what the fence is for
                log.warning("lease_not_renewed", error=type(error).__name__)
