"""Ask for invoices to be sent: deliveries, run, history and outbox entry in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from webapp.domain.failures import Failure
from webapp.domain.invoices import LIVE_DELIVERIES, DeliveryState, DocumentStatus, InvoiceKind, as_draft, sendable
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import outbox, runs
from webapp.services.actors import Actor, system
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import needs_contact_code
from webapp.store.runs import Run, RunItem
from webapp.store.senders import senders
from webapp.store.session import by_dialect, current, dialect, direct, learn, transaction
from webapp.store.types import table_of

MOST = 20_000
"""Invoices in one request to send."""

CHUNK = 500

_INVOICES, _DELIVERIES = table_of(Invoice), table_of(Delivery)
_ASKED = (
    _INVOICES.c.organisation_id == bindparam("organisation"),
    _INVOICES.c.id.in_(bindparam("ids", expanding=True)),
)
_FACTS = ("id", "number", "kind", "status", "source", "delivery", "department_id", "process")
_CONTACTS = table_of(Contact)
_JUDGED = (
    select(*(_INVOICES.c[name] for name in _FACTS), _CONTACTS.c.code)
    .select_from(_INVOICES.outerjoin(_CONTACTS, _CONTACTS.c.id == _INVOICES.c.contact_id))
    .where(*_ASKED)
    .order_by(_INVOICES.c.id)
)
_HOLD = (
    select(_INVOICES.c.id)
    .where(*_ASKED, _INVOICES.c.delivery.not_in(sorted(LIVE_DELIVERIES)))
    .with_for_update(skip_locked=True, key_share=True)
)
_OF_THESE = _DELIVERIES.c.invoice_id.in_(bindparam("ids", expanding=True))
_GENERATIONS = (
    select(_DELIVERIES.c.invoice_id, func.max(_DELIVERIES.c.generation).label("last"))
    .where(_DELIVERIES.c.connection_id == bindparam("connection"), _OF_THESE)
    .group_by(_DELIVERIES.c.invoice_id)
)
_IN_CONFLICT = select(_DELIVERIES.c.invoice_id).where(_DELIVERIES.c.state == "conflict", _OF_THESE)
_QUEUE = by_dialect(lambda make: make(_DELIVERIES).on_conflict_do_nothing())
_OF_RUN = _DELIVERIES.c.run_id == bindparam("run")
_TAKEN = select(_DELIVERIES.c.invoice_id, _DELIVERIES.c.id).where(_OF_RUN)
_SHOW = update(_INVOICES).where(_INVOICES.c.id.in_(select(_DELIVERIES.c.invoice_id).where(_OF_RUN)))
_ADD_ITEMS, _TELL = insert(table_of(RunItem)), insert(table_of(InvoiceEvent))


class SendError(Exception):
    """Nothing was queued; `code` names the reason, `params` what its words need."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(slots=True)
class _Group:
    """What goes by one connection, and what does not go at all."""

    connection: Connection
    ready: list[Any] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)


def ask(actor: Actor, invoice_ids: Iterable[int], *, retry_of: int | None = None) -> list[int]:
    """Queue invoices for the books; returns the ids of the runs, one for each connection they go by.

    An invoice that is on its way or in the books already is skipped, so that many clicks make one
    delivery. Raises SendError when nothing can go: `none`, `too_many`, `no_connection`, `paused`
    (only for a person; what the system asks for waits), or the reason of the only or first invoice.
    """
    ids = sorted(set(invoice_ids))
    if not ids or len(ids) > MOST:
        raise SendError("none" if not ids else "too_many", count=len(ids), most=MOST)
    with transaction():
        groups = _group(actor, ids)
        made = [_queue(actor, group, retry_of) for group in groups]
    for run_id in made:
        publish(run_id)
    return made


def queue_automatically(organisation_id: int, invoice_ids: Iterable[int], *, onward: Actor | None = None) -> list[int]:
    """Queue, inside of the caller's transaction, what goes by a connection that sends by itself; returns run ids.

    Called where invoices become sent to the customer. What cannot go yet is left for a person to send. With
    `onward`, who brought them in, they also go by a connection that waits for a person to send.
    """
    session = current()
    session.flush()
    wants = select(Connection.id).where(Connection.organisation_id == organisation_id, Connection.auto_send).limit(1)
    if onward is None and session.scalar(wants) is None:
        return []
    actor = system(organisation_id)
    try:
        groups = _group(actor, sorted(set(invoice_ids)))
    except SendError:
        return []
    going = [one for one in groups if one.ready and (onward or one.connection.auto_send)]
    return [_queue(onward or actor, one, None) for one in going]


def retry(actor: Actor, run_id: int, *, failure: str | None = None) -> list[int]:
    """Send again what failed in a run, all of it or one class of failure; returns the new runs' ids.

    What succeeded, or is still unknown, is never taken. Raises SendError.
    """
    with transaction() as session:
        run = session.scalar(select(Run).where(Run.id == run_id, Run.organisation_id == actor.organisation_id))
        if run is None or run.category != RunCategory.SEND_INVOICES:
            raise SendError("none", count=0, most=MOST)
        query = select(RunItem.invoice_id).where(
            RunItem.run_id == run_id, RunItem.outcome.in_(("failed", "skipped")), RunItem.invoice_id.is_not(None)
        )
        if failure:
            query = query.where(RunItem.failure == failure)
        ids = [identity for identity in session.scalars(query) if identity is not None]
    return ask(actor, ids, retry_of=run_id)


def _group(actor: Actor, ids: Sequence[int]) -> list[_Group]:
    own = senders(actor.organisation_id)
    code_needed = needs_contact_code(actor.organisation_id)
    groups: dict[int, _Group] = {}
    homeless: list[tuple[int, str]] = []
    for start in range(0, len(ids), CHUNK):
        chunk = {"organisation": actor.organisation_id, "ids": ids[start : start + CHUNK]}
        held = _hold(chunk)
        for row in direct(_JUDGED, **chunk).all():
            connection = own.of(row.department_id)
            if connection is None:
                homeless.append((row.id, "no_connection"))
                continue
            group = groups.setdefault(connection.id, _Group(connection))
            reason = _obstacle(row, code_needed=code_needed) or ("" if row.id in held else "in_progress")
            if reason:
                group.skipped.append((row.id, reason))
            else:
                group.ready.append(row)
    return _usable(actor, list(groups.values()), homeless)


def _hold(chunk: dict[str, Any]) -> set[int]:
    """Lock what may be queued until the end, so that nobody edits or withdraws it after it was judged.

    Whom somebody else holds at this moment is left to him. What is on its way is not locked: its worker needs it.
    """
    return set(direct(_HOLD, **chunk).scalars())


def _usable(actor: Actor, groups: list[_Group], homeless: list[tuple[int, str]]) -> list[_Group]:
    if not groups:
        raise SendError("no_connection" if homeless else "none", count=0, most=MOST)
    if not any(group.ready for group in groups):
        skipped = [pair for group in groups for pair in group.skipped]
        raise SendError(skipped[0][1], count=len(skipped))
    paused = next((group for group in groups if group.connection.state == "paused" and group.ready), None)
    if paused and actor.kind == "user":
        raise SendError("paused", connection=paused.connection.name, reason=paused.connection.pause_reason)
    groups[0].skipped.extend(homeless)
    return groups


def _obstacle(row: Any, *, code_needed: bool) -> str:
    reason = sendable(DocumentStatus(row.status), InvoiceKind(row.kind), row.source)
    if reason is not None:
        return reason.value
    if row.delivery == DeliveryState.SENT:
        return "already_sent"
    if row.delivery in LIVE_DELIVERIES:
        return "in_progress"
    return "no_contact_code" if code_needed and not row.code else ""


def _queue(actor: Actor, group: _Group, retry_of: int | None) -> int:
    run = runs.open_run(
        actor,
        RunCategory.SEND_INVOICES,
        connection_id=group.connection.id,
        offered=len(group.ready) + len(group.skipped),
        retry_of=retry_of,
    )
    for start in range(0, len(group.ready), CHUNK):
        _insert_deliveries(run, group, group.ready[start : start + CHUNK])
    direct(_SHOW, run=run.id, delivery=DeliveryState.QUEUED.value)
    taken = {row.invoice_id: row.id for row in direct(_TAKEN, run=run.id)}
    for invoice_id in taken:
        learn(Invoice, invoice_id, delivery=DeliveryState.QUEUED.value)  # who brought it in may hold it still
    late = [(row.id, "in_progress") for row in group.ready if row.id not in taken]
    _insert_items(run, taken, group.skipped + late)
    _insert_history(actor, run.id, list(taken))
    outbox.enqueue(outbox.SEND, run.id)
    return run.id


def _insert_deliveries(run: Run, group: _Group, rows: Sequence[Any]) -> None:
    """Insert the deliveries; the unique index of live ones lets only one of many askers through."""
    connection = group.connection
    ids = [row.id for row in rows]
    last: dict[int, int] = defaultdict(int)
    last.update({row.invoice_id: row.last for row in direct(_GENERATIONS, connection=connection.id, ids=ids)})
    # What stood in conflict once is looked up first: nobody knows for certain that none of ours is over there.
    doubtful = set(direct(_IN_CONFLICT, ids=ids).scalars())
    now = clock.now()
    direct(
        _QUEUE[dialect()],
        [
            {
                "organisation_id": run.organisation_id,
                "invoice_id": row.id,
                "connection_id": connection.id,
                "generation": last[row.id] + 1,
                "state": DeliveryState.QUEUED.value,
                "reference": "" if draft else row.number,
                "draft": draft,
                "look_up_first": row.id in doubtful and not draft,
                "run_id": run.id,
                "created_at": now,
                "updated_at": now,
            }
            for row in rows
            for draft in (as_draft(row.process, connection_draft=connection.draft),)
        ],
    )


def _insert_items(run: Run, taken: dict[int, int], skipped: Sequence[tuple[int, str]]) -> None:
    now = clock.now()
    common = {"run_id": run.id, "organisation_id": run.organisation_id, "updated_at": now}
    items = [
        common
        | {"invoice_id": invoice_id, "delivery_id": delivery_id, "outcome": "pending", "failure": "", "params": {}}
        for invoice_id, delivery_id in sorted(taken.items())
    ]
    items += [
        common
        | {
            "invoice_id": invoice_id,
            "delivery_id": None,
            "outcome": "skipped",
            "failure": Failure.SKIPPED.value,
            "params": {"reason": reason},
        }
        for invoice_id, reason in skipped
    ]
    if items:
        direct(_ADD_ITEMS, items)
    run.skipped = len(skipped)


def _insert_history(actor: Actor, run_id: int, invoice_ids: Sequence[int]) -> None:
    now = clock.now()
    if invoice_ids:
        direct(
            _TELL,
            [
                {
                    "organisation_id": actor.organisation_id,
                    "invoice_id": invoice_id,
                    "occurred_at": now,
                    "actor_kind": actor.kind,
                    "actor_name": actor.name,
                    "event": "yuki.queued",
                    "params": {},
                    "run_id": run_id,
                }
                for invoice_id in invoice_ids
            ],
        )
