"""Hand work to the queue by way of the database: an entry is written in the transaction that decided it."""

from datetime import timedelta

from sqlalchemy import insert

from webapp.extensions import clock
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current
from webapp.store.types import table_of

SEND = "jobs.sending.send"
RESOLVE = "jobs.sending.resolve"
PAYMENTS = "jobs.payments.process"
PAYMENTS_AFTER = "jobs.payments.follow_up"
FETCH = "jobs.fetching.fetch"
WEBHOOKS = "jobs.webhooks.deliver"
MAIL = "jobs.mailing.send"
VAT_CODES = "jobs.vat_codes.read"
VAT_CODES_BY_ITSELF = "jobs.vat_codes.read_by_itself"
CONTACT_CARD = "jobs.contact_cards.read"
EXAMINE = "jobs.examining.examine"
EXPENSES = "jobs.expenses.send"
EXPORT = "jobs.exporting.make"

_INSERT = insert(table_of(OutboxEntry))


def enqueue(job: str, *ids: int, delay: float = 0) -> None:
    """Write an outbox entry; `delay` in seconds before it may be handed over."""
    now = clock.now()
    due = now + timedelta(seconds=delay)
    current().connection().execute(_INSERT, {"job": job, "args": list(ids), "available_at": due, "created_at": now})
