"""The VAT codes and ledger accounts that an administration has: asked of the books once a day at most, and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import structlog
from sqlalchemy import Select, select

from webapp.connectors.ports import ConnectorError, LedgerGateway
from webapp.domain.budget import yuki_day
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.services import outbox
from webapp.services.gateways import open_gateway
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection, VatCodeList
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current, transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lists:
    """What the books said today of one administration; None where it was not read, or may not be."""

    read_at: datetime | None = None
    codes: tuple[tuple[int, Decimal, date | None, date | None], ...] | None = None
    accounts: frozenset[str] | None = None

    def active(self, on: date) -> frozenset[tuple[int, Decimal]] | None:
        """Return the pairs of type and percentage that hold on a day, None where they are not known."""
        if self.codes is None:
            return None
        return frozenset(
            (kind, rate)
            for kind, rate, since, until in self.codes
            if (since is None or since <= on) and (until is None or on <= until)
        )


def lists_of(connections: Sequence[Connection]) -> dict[int, Lists]:
    """Return today's lists of these connections; what is of another day, or of another administration, is none."""
    found = {}
    ids = [connection.id for connection in connections]
    rows = {row.connection_id: row for row in current().scalars(_rows(ids))}
    for connection in connections:
        row = rows.get(connection.id)
        if row is None or row.place != _place(connection) or not _is_of_today(row):
            found[connection.id] = Lists()
            continue
        codes = tuple(
            (int(one["type"]), Decimal(one["percentage"]), _day(one["since"]), _day(one["until"])) for one in row.codes
        )
        found[connection.id] = Lists(row.read_at, codes, None if row.accounts is None else frozenset(row.accounts))
    return found


def ask(organisation_id: int, connection_id: int) -> bool:
    """Have the lists of a connection read, unless today's are there; returns whether they will be."""
    with transaction() as session:
        connection = session.scalar(
            select(Connection).where(Connection.id == connection_id, Connection.organisation_id == organisation_id)
        )
        if connection is None or connection.state != "active" or lists_of([connection])[connection_id].read_at:
            return False
        waiting = session.scalars(select(OutboxEntry.args).where(OutboxEntry.job == outbox.VAT_CODES))
        if [connection_id] not in list(waiting):
            outbox.enqueue(outbox.VAT_CODES, connection_id)
    return True


def read(connection_id: int) -> None:
    """Ask the books for both lists, two calls at most, unless today's are there; a failure leaves all as it was.

    The calls count as made by a person: somebody looked at an invoice.
    """
    connection = current().get(Connection, connection_id, populate_existing=True)
    if connection is None or connection.state != "active" or lists_of([connection])[connection_id].read_at:
        return
    place = _place(connection)
    try:
        gateway = open_gateway(connection_id, kind=Trigger.MANUAL).gateway
        codes = gateway.vat_codes()
    except (ConnectorError, CannotUnseal) as error:
        log.warning("vat_codes_not_read", connection=connection_id, error=type(error).__name__)
        return
    accounts = _accounts(gateway)
    with transaction() as session:
        row = session.get(VatCodeList, connection_id) or VatCodeList(connection_id=connection_id)
        row.place, row.read_at, row.accounts = place, clock.now(), accounts
        row.codes = [
            {
                "type": code.type,
                "percentage": str(code.percentage),
                "country": code.country,
                "since": code.since.isoformat() if code.since else "",
                "until": code.until.isoformat() if code.until else "",
            }
            for code in codes
        ]
        session.add(row)


def _accounts(gateway: LedgerGateway) -> list[str] | None:
    try:
        return sorted(code for code, _name in gateway.accounts() if code)
    except ConnectorError:  # the key may lack this right, and sends invoices all the same
        return None


def _rows(ids: Sequence[int]) -> Select[VatCodeList]:
    return select(VatCodeList).where(VatCodeList.connection_id.in_(ids)).execution_options(populate_existing=True)


def _place(connection: Connection) -> str:
    return f"{connection.region}:{connection.administration_id}"[:80]


def _is_of_today(row: VatCodeList) -> bool:
    return yuki_day(row.read_at) == yuki_day(clock.now())


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
