"""Claim deliveries: one conditional UPDATE decides who has them, and a fence refuses whoever had them before."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import structlog
from flask import Flask, current_app
from sqlalchemy import ColumnElement, or_, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import clock, db
from webapp.services.sending import settling
from webapp.services.sending.locking import lock_deliveries, lock_invoices
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import release, transaction

log = structlog.get_logger()
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

    @property
    def pair(self) -> tuple[int, int]:
        """What every later write has to name."""
        return self.id, self.fence


_COLUMNS = (
    Delivery.id,
    Delivery.fence,
    Delivery.organisation_id,
    Delivery.invoice_id,
    Delivery.connection_id,
    Delivery.run_id,
    Delivery.reference,
    Delivery.draft,
    Delivery.look_up_first,
    Delivery.payload_hash,
    Delivery.lookups,
)


def claim_of(row: Delivery) -> Claim:
    """Return the claim of whoever has just raised the fence of a delivery that he holds locked."""
    return Claim(*(getattr(row, column.key) for column in _COLUMNS))


def claim_batch(run_id: int) -> list[Claim]:
    """Claim the next batch of a run: queued, due, in one call's size; empty when there is none."""
    now = clock.now()
    due = (
        Delivery.run_id == run_id,
        Delivery.state == "queued",
        or_(Delivery.look_up_after.is_(None), Delivery.look_up_after <= now),
    )
    with transaction() as session:
        first = session.execute(
            select(Delivery.batch_limit, Delivery.draft).where(*due).order_by(Delivery.id).limit(1)
        ).first()
        if first is None:
            return []
        size = 1 if first.draft else min(first.batch_limit or BATCH, BATCH)
        same = (*due, Delivery.batch_limit == first.batch_limit, Delivery.draft == first.draft)
        claims = _take(same, size, state="sending")
        lock_invoices([claim.invoice_id for claim in claims])
        session.execute(
            update(Invoice)
            .where(Invoice.id.in_([claim.invoice_id for claim in claims]))
            .values(delivery="sending", updated_at=now)
            .execution_options(synchronize_session=False)
        )
        return claims


def is_due(run_id: int) -> bool:
    """Whether anything of a run could be claimed now."""
    due = or_(Delivery.look_up_after.is_(None), Delivery.look_up_after <= clock.now())
    query = select(Delivery.id).where(Delivery.run_id == run_id, Delivery.state == "queued", due).limit(1)
    return db.session().scalar(query) is not None


def claim_unknown(connection_id: int, limit: int) -> list[Claim]:
    """Claim unknown outcomes that may be looked up now; their state stays unknown until it is known."""
    due = _due_unknown(connection_id)
    anything = db.session().scalar(select(Delivery.id).where(*due).limit(1))
    release()
    if anything is None:  # the usual case takes no lock
        return []
    with transaction():
        settling.hold_back(connection_id)
        return _take(_due_unknown(connection_id), limit, state="unknown")


def _due_unknown(connection_id: int) -> tuple[ColumnElement[bool], ...]:
    now = clock.now()
    return (
        Delivery.connection_id == connection_id,
        Delivery.state == "unknown",
        Delivery.draft.is_(False),
        Delivery.look_up_after <= now,
        or_(Delivery.lease_until.is_(None), Delivery.lease_until <= now),
    )


def _take(conditions: Sequence[ColumnElement[bool]], limit: int, *, state: str) -> list[Claim]:
    session = db.session()
    ids = session.scalars(
        select(Delivery.id).where(*conditions).order_by(Delivery.id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    rows = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), *conditions)
        .values(state=state, fence=Delivery.fence + 1, lease_until=_lease_end(), updated_at=clock.now())
        .returning(*_COLUMNS)
        .execution_options(synchronize_session=False)
    ).all()
    return sorted((Claim(*row) for row in rows), key=lambda claim: claim.id)


def still_ours(claims: Sequence[Claim]) -> "ColumnElement[bool]":
    """Return the condition that every write of a claimed delivery carries: the fence is the newest."""
    return tuple_(Delivery.id, Delivery.fence).in_([claim.pair for claim in claims])


def check_held(claims: Sequence[Claim]) -> None:
    """Make sure, inside of a transaction, that all of these are still ours to send; raises Superseded.

    A worker that stood still for longer than its lease must not send what another one has sent meanwhile.
    """
    lock_deliveries([claim.id for claim in claims])
    held = db.session().scalars(
        update(Delivery)
        .where(still_ours(claims), Delivery.state == "sending")
        .values(lease_until=_lease_end())
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
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
                with transaction() as session:
                    lock_deliveries([claim.id for claim in claims])
                    session.execute(
                        update(Delivery)
                        .where(still_ours(claims))
                        .values(lease_until=_lease_end())
                        .execution_options(synchronize_session=False)
                    )
            except SQLAlchemyError as error:  # the next round tries again; a lost lease is what the fence is for
                log.warning("lease_not_renewed", error=type(error).__name__)
