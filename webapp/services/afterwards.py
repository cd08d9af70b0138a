"""What follows a payment run once it is written: the days of its payments, and matching what it brought."""

from sqlalchemy import select

from webapp.services.matching import match_automatically, retold_by
from webapp.services.payments import promising
from webapp.services.payments.dating import find_days
from webapp.store.payments import Payment
from webapp.store.runs import Run
from webapp.store.session import current, release
from webapp.store.words import NOTHING


def follow_up(run_id: int) -> None:
    """Date the payments of a run, and match its receipts where that is unambiguous; safe to call again.

    A worker that dies meanwhile is made up for: the job comes due again until it was once done.
    """
    if not promising.begin(run_id):
        return
    find_days(run_id)
    organisation_id = current().get_one(Run, run_id).organisation_id
    waiting = select(Payment.id).where(
        Payment.run_id == run_id, Payment.invoice_id.is_(None), Payment.unapplied_amount != NOTHING
    )
    payment_ids = sorted({*current().scalars(waiting), *retold_by(run_id)})
    release()
    match_automatically(organisation_id, payment_ids)
    promising.keep(run_id)
