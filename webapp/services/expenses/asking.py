"""Ask for expense claims to be filed in the archive: one run for each connection, each receipt on its way once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from webapp.domain.expenses import claim_number, folder_number, send_obstacle
from webapp.domain.runs import RunCategory
from webapp.extensions import clock
from webapp.services import notices, outbox, runs
from webapp.services.actors import Actor
from webapp.services.expenses.data import record
from webapp.services.progress import publish
from webapp.store.connections import Connection
from webapp.store.expenses import ExpenseClaim, ExpenseLine, ExpenseUpload
from webapp.store.runs import RunItem
from webapp.store.senders import department_connection, organisation_connection
from webapp.store.session import current, transaction

MOST = 500
"""Claims in one wish."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The runs that were started, and how many claims were held back for which reason."""

    run_ids: tuple[int, ...]
    held: dict[str, int] = field(default_factory=dict)


def ask(actor: Actor, claim_ids: Sequence[int]) -> Asked:
    """Start filing claims; what may not be filed is held back with its reason, and nothing of it is changed.

    Reasons: `not_found`, what `send_obstacle` says, `switched_off`, `no_connection`, `paused`, `folder`.
    """
    held: dict[str, int] = defaultdict(int)
    going: dict[int, list[ExpenseClaim]] = defaultdict(list)
    with transaction() as session:
        found = session.scalars(
            select(ExpenseClaim)
            .where(ExpenseClaim.id.in_(list(claim_ids)[:MOST]), ExpenseClaim.organisation_id == actor.organisation_id)
            .order_by(ExpenseClaim.id)
            .with_for_update()
        ).all()
        held["not_found"] += len(set(claim_ids)) - len(found)
        connections: dict[int | None, Connection | str] = {}
        for claim in found:
            obstacle = send_obstacle(claim.status, claim.delivery)
            if not obstacle and claim.department_id not in connections:
                connections[claim.department_id] = connection_for(actor.organisation_id, claim.department_id)
            way = obstacle or connections[claim.department_id]
            if isinstance(way, str):
                held[way] += 1
            else:
                going[way.id].append(claim)
        made = tuple(_start(actor, connection_id, claims) for connection_id, claims in sorted(going.items()))
    for run_id in made:
        publish(run_id)
    return Asked(made, {reason: count for reason, count in held.items() if count})


def retry(actor: Actor, run_id: int) -> Asked:
    """File the claims of a run anew that were refused there; see ask."""
    query = select(RunItem.claim_id).where(
        RunItem.run_id == run_id, RunItem.organisation_id == actor.organisation_id, RunItem.outcome == "failed"
    )
    return ask(actor, [claim_id for claim_id in current().scalars(query) if claim_id is not None])


def connection_for(organisation_id: int, department_id: int | None) -> Connection | str:
    """Return the connection that claims of a department are filed by, or why there is none."""
    own = department_connection(organisation_id, department_id) if department_id is not None else None
    connection = own or organisation_connection(organisation_id)
    if connection is None:
        return "no_connection"
    if not connection.send_expenses:
        return "switched_off"
    if connection.state == "paused":
        return "paused"
    return connection if folder_number(connection.expense_folder_id) is not None else "folder"


def _start(actor: Actor, connection_id: int, claims: Sequence[ExpenseClaim]) -> int:
    """Write the run with its items and each receipt's way; one that is in the archive already stays."""
    session, now = current(), clock.now()
    connection = session.get_one(Connection, connection_id)
    category = RunCategory.SEND_EXPENSE_CLAIMS.value
    run = runs.open_run(actor, category, connection_id=connection_id, offered=len(claims))
    for claim in claims:
        params = {"reference": claim_number(claim.number), "contact": claim.employee}
        session.add(
            RunItem(
                run_id=run.id,
                organisation_id=claim.organisation_id,
                claim_id=claim.id,
                params=params,
                updated_at=now,
            )
        )
        claim.delivery, claim.run_id, claim.updated_at = "queued", run.id, now
        _queue(claim, connection, run.id)
        record(claim.id, "yuki.queued", actor=actor, run_id=run.id)
    outbox.enqueue(outbox.EXPENSES, run.id)
    session.flush()
    notices.recount(connection_id, notices.CLAIMS)
    return run.id


def _queue(claim: ExpenseClaim, connection: Connection, run_id: int) -> None:
    """Put each receipt that is not in the archive on its way: proved refused or never sent, so none is there."""
    session, now = current(), clock.now()
    folder = folder_number(connection.expense_folder_id)
    known = {
        one.line_id: one
        for one in session.scalars(select(ExpenseUpload).where(ExpenseUpload.claim_id == claim.id).with_for_update())
    }
    for line_id in session.scalars(select(ExpenseLine.id).where(ExpenseLine.claim_id == claim.id)):
        upload = known.get(line_id)
        if upload is None:
            upload = ExpenseUpload(
                line_id=line_id, organisation_id=claim.organisation_id, claim_id=claim.id, created_at=now
            )
            session.add(upload)
        elif upload.state == "sent":
            continue
        upload.connection_id, upload.folder, upload.run_id = connection.id, folder or 0, run_id
        upload.state, upload.look_up_after, upload.attempts = "queued", None, 0
        upload.failure = upload.remote_text = ""
        upload.updated_at = now
