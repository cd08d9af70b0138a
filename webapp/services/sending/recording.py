"""Record what became of deliveries: state, run item, counters, invoice and history in one transaction.

Every write names the fence it was claimed with; who is no longer the newest can write nothing.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update

from webapp.extensions import clock
from webapp.services import runs
from webapp.services.sending import settling
from webapp.services.sending.claiming import SHOW, STILL_OURS, Claim, still_ours
from webapp.services.sending.locking import lock_deliveries, lock_invoices
from webapp.store.deliveries import Delivery
from webapp.store.invoices import InvoiceEvent
from webapp.store.session import direct
from webapp.store.types import table_of

_DELIVERIES = table_of(Delivery)
_WRITE = (
    update(_DELIVERIES)
    .where(STILL_OURS)
    .values(attempts=_DELIVERIES.c.attempts + bindparam("attempted"))
    .returning(_DELIVERIES.c.id)
)
_TELL = insert(table_of(InvoiceEvent))


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """What is written about a group of deliveries; `outcome` is that of their run items, `event` their history's.

    `settles`: an answer was lost just now, and something may still be booked over there.
    """

    state: str
    outcome: str
    event: str = ""
    failure: str = ""
    field: str = ""
    remote_text: str = ""
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    look_up_first: bool = False
    look_up_after: datetime | None = None
    lookups: int = 0
    batch_limit: int = 0
    attempted: int = 0
    found: bool = False
    settles: bool = False


def write(claims: Sequence[Claim], mark: Mark, *, exchange_id: int | None = None) -> list[Claim]:
    """Write a mark inside of a transaction; returns those of the claims that were still ours."""
    if not claims:
        return []
    now = clock.now()
    lock_deliveries([claim.id for claim in claims])
    written = direct(
        _WRITE,
        ours=still_ours(claims),
        state=mark.state,
        failure=mark.failure,
        field=mark.field,
        remote_text=mark.remote_text[:2000],
        look_up_first=mark.look_up_first,
        look_up_after=mark.look_up_after,
        lookups=mark.lookups,
        batch_limit=mark.batch_limit,
        attempted=mark.attempted,
        found=mark.found,
        lease_until=None,
        updated_at=now,
        sent_at=now if mark.state == "sent" else None,
    )
    kept = set(written.scalars())
    ours = [claim for claim in claims if claim.id in kept]
    if ours:
        _follow(ours, mark, exchange_id, now)
    return ours


def _follow(ours: Sequence[Claim], mark: Mark, exchange_id: int | None, now: datetime) -> None:
    invoices = [claim.invoice_id for claim in ours]
    lock_invoices(invoices)
    direct(SHOW, invoices=invoices, delivery=mark.state, updated_at=now)
    by_run: dict[int, list[int]] = defaultdict(list)
    for claim in ours:
        if claim.run_id is not None:
            by_run[claim.run_id].append(claim.invoice_id)
    facts: dict[str, Any] = {"failure": mark.failure, "field": mark.field, "remote_text": mark.remote_text[:2000]}
    if exchange_id is not None:
        facts["exchange_id"] = exchange_id
    for run_id, invoice_ids in sorted(by_run.items()):  # in one order, so that nobody waits in a circle
        runs.settle_many(run_id, invoice_ids, mark.outcome, **facts)
    if mark.settles:
        settling.remember(by_run)
    if mark.event:
        _tell(ours, mark, now)


def _tell(ours: Sequence[Claim], mark: Mark, now: datetime) -> None:
    direct(
        _TELL,
        [
            {
                "organisation_id": claim.organisation_id,
                "invoice_id": claim.invoice_id,
                "occurred_at": now,
                "actor_kind": "system",
                "actor_name": "",
                "event": mark.event,
                "params": mark.params,
                "run_id": claim.run_id,
            }
            for claim in ours
        ],
    )
