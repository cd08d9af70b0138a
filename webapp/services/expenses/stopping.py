"""Stop the filing of expense claims: what has not left stays here, what may have left is still looked up."""

from sqlalchemy import delete, select

from webapp.services import outbox, runs
from webapp.services.actors import Actor, system
from webapp.services.expenses.data import record
from webapp.services.expenses.recording import lock_claims, show
from webapp.services.progress import publish
from webapp.store.expenses import ExpenseUpload
from webapp.store.runs import Run, RunItem
from webapp.store.session import transaction


def cancel(actor: Actor, run_id: int) -> bool:
    """Ask a run to stop; returns False when it is not one's own, or has ended already."""
    with transaction():
        asked = runs.request_cancel(run_id, actor.organisation_id)
        if asked:
            outbox.enqueue(outbox.EXPENSES, run_id)
    publish(run_id)
    return asked


def take_back(run_id: int) -> None:
    """Take what has not left out of a cancelled run, in a transaction of its own.

    Whoever files a receipt has that receipt and its claim locked when he counts the run: so the run comes last here.
    """
    with transaction() as session:
        run = session.get_one(Run, run_id)
        waiting = session.scalars(
            select(ExpenseUpload)
            .where(ExpenseUpload.run_id == run_id, ExpenseUpload.state == "queued")
            .order_by(ExpenseUpload.line_id)
            .with_for_update()
        ).all()
        claims = lock_claims(one.claim_id for one in waiting)
        ids = [one.line_id for one in waiting if not one.look_up_first]
        for upload in waiting:
            if upload.look_up_first:  # its token has to stay: the archive may have been asked before
                upload.state, upload.failure = "rejected", "cancelled"
            else:
                session.expunge(upload)
        session.execute(delete(ExpenseUpload).where(ExpenseUpload.line_id.in_(ids)))
        for claim_id in claims:
            show(claim_id)
            record(claim_id, "yuki.cancelled", actor=system(run.organisation_id), run_id=run_id)
            item = session.scalar(select(RunItem).where(RunItem.run_id == run_id, RunItem.claim_id == claim_id))
            if item is not None and item.outcome == "skipped":
                item.failure = "cancelled"
