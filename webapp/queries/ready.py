"""Which invoices a command means: those it names, or all that are ready for the books."""

from collections.abc import Sequence

from sqlalchemy import select

from webapp.store.invoices import Invoice
from webapp.store.session import current
from webapp.store.words import word

CHUNK = 500


def ready_ids(organisation_id: int) -> list[int]:
    """Return the sales invoices that were sent to the customer and never went to the books."""
    query = select(Invoice.id).where(
        Invoice.organisation_id == organisation_id,
        Invoice.kind == word("sales"),
        Invoice.status == word("sent"),
        Invoice.delivery == "not_sent",
    )
    return list(current().scalars(query.order_by(Invoice.id)))


def ids_by_number(organisation_id: int, numbers: Sequence[str]) -> dict[str, int]:
    """Return the ids of sales invoices by their number; a number that is not known is left out."""
    found: dict[str, int] = {}
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), CHUNK):
        query = select(Invoice.number, Invoice.id).where(
            Invoice.organisation_id == organisation_id,
            Invoice.kind == word("sales"),
            Invoice.number.in_(wanted[start : start + CHUNK]),
        )
        for number, identity in current().execute(query):
            found[number] = identity
    return found
