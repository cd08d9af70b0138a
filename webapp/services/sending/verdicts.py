"""A person says what became of a draft: nothing else can tell, for it carries no number to look it up by."""

from sqlalchemy import select, update

from webapp.domain.failures import Failure
from webapp.services import history, notices, runs
from webapp.services.actors import Actor
from webapp.services.progress import publish
from webapp.services.sending.claiming import claim_of
from webapp.services.sending.recording import Mark, write
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import transaction

_FOUND = Mark(state="sent", outcome="succeeded", found=True)
_ABSENT = Mark(state="cancelled", outcome="failed", failure=Failure.CANCELLED.value)


def settle_draft(actor: Actor, invoice_id: int, *, found: bool) -> bool:
    """Write a person's word on a draft whose outcome is unknown; False when there is none such.

    Found: it counts as delivered. Not found: the invoice can be changed and sent anew.
    """
    with transaction() as session:
        row = session.scalar(
            select(Delivery)
            .where(
                Delivery.organisation_id == actor.organisation_id,
                Delivery.invoice_id == invoice_id,
                Delivery.state == "unknown",
                Delivery.draft,
            )
            .with_for_update()
        )
        if row is None:
            return False
        row.fence += 1
        session.flush()
        run_id, connection_id = row.run_id, row.connection_id
        write([claim_of(row)], _FOUND if found else _ABSENT)
        event = "yuki.draft_seen" if found else "yuki.draft_missing"
        history.record(invoice_id, event, actor=actor, run_id=run_id)
        if not found:
            session.execute(update(Invoice).where(Invoice.id == invoice_id).values(delivery="not_sent"))
        if run_id is not None:
            runs.finish_if_done(run_id)
        notices.recount(connection_id)
    if run_id is not None:
        publish(run_id)
    return True
