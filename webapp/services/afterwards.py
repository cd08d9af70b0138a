"""What follows a payment run once it is written: the days of its payments, and matching what it brought."""

from sqlalchemy import select

from webapp.services.matching import match_automatically
from webapp.services.payments.dating import find_days
from webapp.store.payments import Payment
from webapp.store.runs import Run
from webapp.store.session import current, release


def follow_up(run_id: int) -> None:
    """Date the payments of a run, and match its receipts where that is unambiguous; safe to call again."""
    find_days(run_id)
    run = current().get(Run, run_id)
    if run is None:
        return
    waiting = select(Payment.id).where(
        Payment.run_id == run_id, Payment.invoice_id.is_(None), Payment.unapplied_amount != 0
    )
    organisation_id, payment_ids = run.organisation_id, list(current().scalars(waiting))
    release()
    match_automatically(organisation_id, payment_ids)
