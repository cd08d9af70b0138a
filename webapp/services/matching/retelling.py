"""Money that the books told of before the bank did: an invoice is paid by their word, and now comes the line itself."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from webapp.services.payments.pairing import DIRECT
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current

CHUNK = 500
DELAY = timedelta(days=60)
"""How long after the money the books may have matched it, where only the day is known on which that was seen."""


def told_of(organisation_id: int, payment_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return the invoices, by payment, of which the books told that this amount was paid: it may be the same money.

    Only of payments that nothing was done with yet. The day has to be the same, where the books know the bank's.
    """
    found: dict[int, set[int]] = defaultdict(set)
    line, told = aliased(Payment), aliased(Payment)
    query = (
        select(line.id, line.received_on, told.invoice_id, told.received_on, told.seen_on)
        .join(
            told,
            (told.organisation_id == line.organisation_id)
            & (told.amount == line.amount)
            & (told.currency == line.currency),
        )
        .where(
            line.organisation_id == organisation_id,
            line.source.in_(DIRECT),
            line.unapplied_amount == line.amount,
            told.source == "yuki",
            told.invoice_id.is_not(None),
            told.allocated_amount == told.amount,
            or_(line.connection_id.is_(None), line.connection_id == told.connection_id),
        )
    )
    for start in range(0, len(payment_ids), CHUNK):
        for payment_id, day, invoice_id, told_on, seen in current().execute(
            query.where(line.id.in_(payment_ids[start : start + CHUNK]))
        ):
            if invoice_id and (day == told_on or (seen and told_on - DELAY <= day <= told_on)):
                found[payment_id].add(invoice_id)
    return dict(found)


def books_shares(invoice_ids: Sequence[int]) -> dict[int, Decimal]:
    """Return how much of each invoice is settled by the books' word alone: it gives way to entries of our own."""
    shares: dict[int, Decimal] = {}
    query = (
        select(Allocation.invoice_id, func.sum(Allocation.amount))
        .join(Payment, (Payment.id == Allocation.payment_id) & (Payment.invoice_id == Allocation.invoice_id))
        .group_by(Allocation.invoice_id)
    )
    for start in range(0, len(invoice_ids), CHUNK):
        rows = current().execute(query.where(Allocation.invoice_id.in_(invoice_ids[start : start + CHUNK])))
        shares.update((invoice_id, amount) for invoice_id, amount in rows if invoice_id is not None)
    return shares


def retold_by(run_id: int) -> list[int]:
    """Return the payments that still wait and have the amount of something that a run of the books told of."""
    line, told = aliased(Payment), aliased(Payment)
    query = (
        select(line.id)
        .join(
            told,
            (told.organisation_id == line.organisation_id)
            & (told.amount == line.amount)
            & (told.currency == line.currency),
        )
        .where(
            told.run_id == run_id,
            told.invoice_id.is_not(None),
            line.source.in_(DIRECT),
            line.unapplied_amount == line.amount,
        )
        .distinct()
    )
    return list(current().scalars(query))
