"""By which connection the invoices of a department go to the books: its own, else the organisation's."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from webapp.store.connections import Connection
from webapp.store.session import current


@dataclass(frozen=True, slots=True)
class Senders:
    """The connections that send, by department, the organisation's under None.

    `withheld` are the departments that say themselves that their invoices are not sent.
    """

    connections: dict[int | None, Connection]
    withheld: frozenset[int] = frozenset()

    def of(self, department_id: int | None) -> Connection | None:
        """Return the connection that the invoices of a department go by, None where they are not sent."""
        if department_id in self.withheld:
            return None
        return self.connections.get(department_id) or self.connections.get(None)


def organisation_connection(organisation_id: int) -> Connection | None:
    """Return the connection whose settings are the organisation's: the one that sends, else the oldest."""
    return _first(organisation_id, Connection.department_id.is_(None))


def department_connection(organisation_id: int, department_id: int) -> Connection | None:
    """Return the connection that holds what a department has of its own, None where it has none."""
    return _first(organisation_id, Connection.department_id == department_id)


def _first(organisation_id: int, of: ColumnElement[bool]) -> Connection | None:
    query = select(Connection).where(
        Connection.organisation_id == organisation_id,
        Connection.provider == "yuki",
        Connection.pause_reason != "setup",
        of,
    )
    return current().scalar(query.order_by(Connection.send_invoices.desc(), Connection.id).limit(1))


def senders(organisation_id: int) -> Senders:
    """Return the connections by which invoices of an organisation are sent; the oldest where there are several."""
    rows = current().scalars(
        select(Connection)
        .where(
            Connection.organisation_id == organisation_id,
            Connection.provider == "yuki",
            Connection.pause_reason != "setup",
        )
        .order_by(Connection.id.desc())
    )
    found: dict[int | None, Connection] = {}
    withheld = set()
    for row in rows:
        if row.send_invoices:
            found[row.department_id] = row
        elif row.department_id is not None and row.inherits is not None and "send_invoices" not in row.inherits:
            withheld.add(row.department_id)
    return Senders(found, frozenset(withheld - set(found)))
