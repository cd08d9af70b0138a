"""Hand work to the queue by way of the database: an entry is written in the transaction that decided it."""

from datetime import timedelta

from sqlalchemy import insert

from webapp.extensions import clock
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current
from webapp.store.straight import Fixed, line_of
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

_ENTERED = ("job", "args", "available_at", "created_at")
_INSERT = Fixed(insert(table_of(OutboxEntry)), columns=_ENTERED)


def enqueue(job: str, *ids: int, delay: float = 0) -> None:
    """Write an outbox entry; `delay` in seconds before it may be handed over."""
    now = clock.now()
    due = now + timedelta(seconds=delay)
    line_of(current().connection()).do(_INSERT, dict(zip(_ENTERED, (job, list(ids), due, now), strict=True)))
