"""What is open in the books and belongs to no invoice here: a list with filters, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, or_, select

from webapp.queries.reconciliation import CURRENCY
from webapp.store.connections import Connection
from webapp.store.payments import RemoteOpenItem
from webapp.store.session import current

PAGE = 50
SIDES = ("debtor", "creditor")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for: a part of reference, contact or description, a side of the books, an administration."""

    q: str = ""
    side: str = ""
    connection_id: int | None = None

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return bool(self.q or self.side or self.connection_id)


@dataclass(frozen=True, slots=True)
class Row:
    """One open item; `side` is debtor (a customer owes) or creditor (a supplier is owed)."""

    id: int
    reference: str
    contact_name: str
    description: str
    side: str
    administration: str
    open_amount: Decimal
    original_amount: Decimal
    first_seen_at: datetime
    last_seen_at: datetime
    currency: str = CURRENCY


@dataclass(frozen=True, slots=True)
class Table:
    """One page; `count` and `amount` are of all that the filters leave, `after` is where the next page begins."""

    rows: tuple[Row, ...]
    count: int
    amount: Decimal
    after: int | None
    administrations: tuple[tuple[int, str], ...]


def table(organisation_id: int, filters: Filters, *, after: int | None = None) -> Table:
    """Return a page of the items that are open in the books, as last seen, and are nobody's here."""
    unknown = [
        RemoteOpenItem.organisation_id == organisation_id,
        RemoteOpenItem.invoice_id.is_(None),
        RemoteOpenItem.payment_id.is_(None),
        RemoteOpenItem.gone_at.is_(None),
    ]
    if filters.side:
        unknown.append(RemoteOpenItem.side == filters.side)
    if filters.connection_id is not None:
        unknown.append(RemoteOpenItem.connection_id == filters.connection_id)
    if filters.q:
        texts = (RemoteOpenItem.reference, RemoteOpenItem.contact_name, RemoteOpenItem.description)
        unknown.append(or_(*(text.icontains(filters.q, autoescape=True) for text in texts)))
    query = (
        select(RemoteOpenItem, func.coalesce(func.nullif(Connection.administration_name, ""), Connection.name))
        .join(Connection, Connection.id == RemoteOpenItem.connection_id)
        .where(*unknown)
        .order_by(RemoteOpenItem.id.desc())
        .limit(PAGE + 1)
    )
    if after is not None:
        query = query.where(RemoteOpenItem.id < after)
    found = [_row(item, name) for item, name in current().execute(query)]
    count, amount = current().execute(select(func.count(), func.sum(RemoteOpenItem.open_amount)).where(*unknown)).one()
    more = len(found) > PAGE
    return Table(
        tuple(found[:PAGE]), count, amount or Decimal(0), found[PAGE - 1].id if more else None, _named(organisation_id)
    )


def _row(item: RemoteOpenItem, administration: str) -> Row:
    return Row(
        item.id,
        item.reference,
        item.contact_name,
        item.description,
        item.side,
        administration,
        item.open_amount,
        item.original_amount,
        item.first_seen_at,
        item.last_seen_at,
    )


def _named(organisation_id: int) -> tuple[tuple[int, str], ...]:
    rows = current().execute(
        select(Connection.id, Connection.administration_name, Connection.name)
        .where(Connection.organisation_id == organisation_id, Connection.provider == "yuki")
        .order_by(Connection.name, Connection.id)
    )
    return tuple((key, administration or name) for key, administration, name in rows)
