"""Lock rows in the order of their ids before many of them are changed at once: two that do so cannot deadlock.

PostgreSQL changes the rows of one UPDATE in whatever order it finds them; SQLite lets one writer in at a time.
"""

from collections.abc import Collection

from sqlalchemy import Column, Select, bindparam, select

from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import dialect, direct
from webapp.store.types import table_of


def _locking(column: Column[int]) -> Select[int]:
    return select(column).where(column.in_(bindparam("ids", expanding=True))).order_by(column).with_for_update()


_INVOICES, _DELIVERIES = _locking(table_of(Invoice).c.id), _locking(table_of(Delivery).c.id)


def lock_invoices(ids: Collection[int]) -> None:
    """Wait, inside of a transaction, until these invoices are ours to change."""
    _lock(_INVOICES, ids)


def lock_deliveries(ids: Collection[int]) -> None:
    """Wait, inside of a transaction, until these deliveries are ours to change."""
    _lock(_DELIVERIES, ids)


def _lock(statement: Select[int], ids: Collection[int]) -> None:
    if len(ids) > 1 and dialect() == "postgresql":
        direct(statement, ids=list(ids))
