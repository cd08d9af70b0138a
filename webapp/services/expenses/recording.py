"""Write what became of a receipt: its own state, what the claim shows, the run's item and counters."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from webapp.domain.expenses import delivery_of
from webapp.domain.runs import verdict
from webapp.extensions import clock
from webapp.services import notices
from webapp.services.actors import system
from webapp.services.expenses.data import record
from webapp.store.expenses import ExpenseClaim, ExpenseUpload
from webapp.store.runs import Run, RunItem
from webapp.store.session import current

EVENTS = {"sent": "yuki.filed", "rejected": "yuki.rejected", "unknown": "yuki.unknown"}
OUTCOMES = {"sent": "succeeded", "rejected": "failed", "unknown": "unknown", "not_sent": "skipped"}


def settle(line_id: int, fence: int, state: str, *, later: timedelta | None = None, **facts: Any) -> bool:
    """Write inside of a transaction what became of a receipt; False when it is not ours any more.

    `later`: when it is due again. `facts`: failure, remote_text, remote_id, found, exchange_id.
    """
    now = clock.now()
    values = {"failure": "", "remote_text": ""} | facts
    values["remote_text"] = str(values["remote_text"])[:2000]
    changed = current().execute(
        update(ExpenseUpload)
        .where(ExpenseUpload.line_id == line_id, ExpenseUpload.fence == fence, ExpenseUpload.state == "sending")
        .values(state=state, lease_until=None, look_up_after=now + later if later else None, updated_at=now, **values)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        return False
    upload = current().get_one(ExpenseUpload, line_id, populate_existing=True)
    show(upload.claim_id)
    _tell(upload, state)
    if state == "rejected":
        notices.recount(upload.connection_id, notices.CLAIMS)
    return True


def _tell(upload: ExpenseUpload, state: str) -> None:
    """Write the history: one line for what was filed when the claim is whole, one for each that was not."""
    claim = current().get_one(ExpenseClaim, upload.claim_id)
    event = EVENTS.get(state, "")
    if state == "sent" and claim.delivery != "sent":
        return
    if event:
        params = {"failure": upload.failure, "remote_text": upload.remote_text} if state == "rejected" else {}
        record(claim.id, event, actor=system(claim.organisation_id), run_id=upload.run_id, **params)


def lock_claims(ids: Iterable[int]) -> list[int]:
    """Lock claims in the order of their ids before several are shown: each showing locks their run. Returns the ids."""
    chosen = sorted(set(ids))
    locking = select(ExpenseClaim.id).where(ExpenseClaim.id.in_(chosen)).order_by(ExpenseClaim.id).with_for_update()
    return list(current().scalars(locking))


def show(claim_id: int) -> None:
    """Let a claim and its item show the states of its receipts, inside of a transaction."""
    session = current()
    session.flush()
    claim = session.get_one(ExpenseClaim, claim_id, with_for_update=True, populate_existing=True)
    uploads = session.scalars(
        select(ExpenseUpload).where(ExpenseUpload.claim_id == claim_id).execution_options(populate_existing=True)
    ).all()
    claim.delivery = delivery_of([one.state for one in uploads])
    claim.updated_at = clock.now()
    if claim.run_id is None:
        return
    item = session.scalar(select(RunItem).where(RunItem.run_id == claim.run_id, RunItem.claim_id == claim_id))
    if item is None:
        return
    worst = next((one for one in uploads if one.state == claim.delivery), None)
    item.outcome = OUTCOMES.get(claim.delivery, "pending")
    item.attempts = max((one.attempts for one in uploads), default=0)
    item.failure = worst.failure if worst and claim.delivery != "sent" else ""
    item.remote_text = worst.remote_text if worst and claim.delivery != "sent" else ""
    item.exchange_id = worst.exchange_id if worst else None
    filed = sum(one.state == "sent" for one in uploads)
    item.params = item.params | {"filed": filed, "receipts": len(uploads), "found": any(one.found for one in uploads)}
    item.updated_at = clock.now()
    count(claim.run_id)


def count(run_id: int) -> Run:
    """Count a run's items anew, with the run locked: counters and items change together."""
    session = current()
    session.flush()
    run = session.get_one(Run, run_id, with_for_update=True, populate_existing=True)
    found = Counter(session.scalars(select(RunItem.outcome).where(RunItem.run_id == run_id)))
    run.succeeded, run.failed = found["succeeded"], found["failed"]
    run.skipped, run.unknown = found["skipped"], found["unknown"]
    run.heartbeat_at = clock.now()
    return run


def finish(run_id: int, *, taken_back: bool = False) -> None:
    """End a run inside of a transaction: nothing of it is under way."""
    run = count(run_id)
    status, result = verdict(
        offered=run.offered, succeeded=run.succeeded, failed=run.failed, unknown=run.unknown, taken_back=taken_back
    )
    run.status, run.result, run.failure, run.remote_text = status.value, result.value, "", ""
    run.ended_at = clock.now()
    run.started_at = run.started_at or run.ended_at
