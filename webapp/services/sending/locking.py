"""Lock rows in the order of their ids before many of them are changed at once: two that do so cannot deadlock.

PostgreSQL changes the rows of one UPDATE in whatever order it finds them; SQLite lets one writer in at a time.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import current


def lock_invoices(ids: Collection[int]) -> None:
    """Wait, inside of a transaction, until these invoices are ours to change."""
    _lock(Invoice.id, ids)


def lock_deliveries(ids: Collection[int]) -> None:
    """Wait, inside of a transaction, until these deliveries are ours to change."""
    _lock(Delivery.id, ids)


def _lock(column: Any, ids: Collection[int]) -> None:
    session = current()
    if len(ids) > 1 and session.get_bind().dialect.name == "postgresql":
        session.execute(select(column).where(column.in_(ids)).order_by(column).with_for_update())
