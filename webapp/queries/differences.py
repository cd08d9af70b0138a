"""What differs between the books and here, one by one: each cause with the invoices and items it is made of."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import and_, func, select

from webapp.queries.reconciliation import CURRENCY, Comparison, comparisons
from webapp.store.fetching import SetAside
from webapp.store.invoices import Invoice
from webapp.store.payments import Difference, RemoteOpenItem
from webapp.store.session import current

PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One difference; about an invoice of ours, or an item of the books, which may have become a payment here.

    `aside_id` is the record of an item whose document could not be read, and so became no invoice.
    """

    id: int
    cause: str
    invoice_id: int | None
    number: str
    contact_name: str
    payment_id: int | None
    aside_id: int | None
    here: Decimal
    there: Decimal
    currency: str = CURRENCY

    @property
    def difference(self) -> Decimal:
        """Positive when the books have more open."""
        return self.there - self.here


@dataclass(frozen=True, slots=True)
class Differences:
    """One page of the differences of one administration; `after` is where the next page begins."""

    comparison: Comparison
    cause: str
    rows: tuple[Row, ...]
    after: int | None


def show(
    organisation_id: int, connection_id: int, *, side: str = "debtor", cause: str = "", after: int | None = None
) -> Differences | None:
    """Return the differences that the last look at a side of an administration found, of one cause or of all of them.

    None for a connection that this organisation does not have, or whose side of the books was never looked at.
    """
    looks = comparisons(organisation_id)
    comparison = next((one for one in looks if (one.connection_id, one.side) == (connection_id, side)), None)
    if comparison is None:
        return None
    is_set_aside = and_(
        SetAside.connection_id == RemoteOpenItem.connection_id,
        SetAside.name == RemoteOpenItem.document_id,
        SetAside.solved_at.is_(None),
    )
    query = (
        select(
            Difference.id,
            Difference.cause,
            Invoice.id.label("invoice_id"),
            Invoice.number,
            Invoice.contact_name,
            RemoteOpenItem.reference,
            RemoteOpenItem.description,
            RemoteOpenItem.contact_name.label("named"),
            RemoteOpenItem.payment_id,
            SetAside.id.label("aside_id"),
            Difference.here_amount,
            Difference.there_amount,
        )
        .outerjoin(RemoteOpenItem, RemoteOpenItem.id == Difference.item_id)
        # What was nobody's at the last look may have been fetched since.
        .outerjoin(Invoice, Invoice.id == func.coalesce(Difference.invoice_id, RemoteOpenItem.invoice_id))
        .outerjoin(SetAside, is_set_aside)
        .where(
            Difference.organisation_id == organisation_id,
            Difference.connection_id == connection_id,
            Difference.side == side,
        )
        .order_by(Difference.id)
        .limit(PAGE + 1)
    )
    if cause:
        query = query.where(Difference.cause == cause)
    if after:
        query = query.where(Difference.id > after)
    found = current().execute(query).all()
    rows = tuple(
        Row(
            row.id,
            row.cause,
            row.invoice_id,
            row.number or row.reference or row.description or "",
            row.contact_name or row.named or "",
            row.payment_id,
            row.aside_id,
            row.here_amount,
            row.there_amount,
        )
        for row in found[:PAGE]
    )
    return Differences(comparison, cause, rows, rows[-1].id if len(found) > PAGE else None)
