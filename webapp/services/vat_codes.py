"""The VAT codes and ledger accounts that an administration has: asked of the books once a day at most, and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.connectors.ports import ConnectorError, LedgerGateway
from webapp.domain.budget import yuki_day
from webapp.domain.runs import Trigger
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services import outbox
from webapp.services.gateways import open_gateway
from webapp.services.sealing import CannotUnseal
from webapp.store.connections import Connection, VatCodeList
from webapp.store.outbox import OutboxEntry
from webapp.store.schedule import ScheduleSlot
from webapp.store.session import current, release, transaction

log = Log()
CATEGORY = "read_lists"


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
    rows = {row.connection_id: row for row in (current().scalars(_rows(ids)) if ids else ())}
    for connection in connections:
        row = rows.get(connection.id)
        if row is None or row.place != place_of(connection) or not is_of_today(row.read_at):
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


def refresh() -> list[int]:
    """Have the lists read of every connection that sends and has none of today; returns those that were asked.

    One attempt an hour: the slot of the hour is a row, which one of many schedulers inserts.
    """
    wanted = [Connection.provider == "yuki", Connection.state == "active", Connection.send_invoices]
    connections = list(current().scalars(select(Connection).where(*wanted).order_by(Connection.id)))
    known = lists_of(connections)
    missing = [one.id for one in connections if known[one.id].read_at is None]
    release()
    due = clock.now().replace(minute=0, second=0, microsecond=0)
    return [connection_id for connection_id in missing if _begin(connection_id, due)]


def _begin(connection_id: int, due: datetime) -> bool:
    """Take the slot of an hour and hand the reading over, unless somebody did."""
    with transaction() as session:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        slot = {
            "connection_id": connection_id, "category": CATEGORY, "due_at": due, "claimed_at": clock.now(),
        }  # fmt: skip
        taken = session.execute(
            dialect.insert(ScheduleSlot).values(**slot).on_conflict_do_nothing().returning(ScheduleSlot.id)
        ).scalar()
        if taken is not None:
            outbox.enqueue(outbox.VAT_CODES_BY_ITSELF, connection_id)
    return taken is not None


def read(connection_id: int, *, kind: Trigger = Trigger.MANUAL) -> None:
    """Ask the books for both lists, two calls at most, unless today's are there; a failure leaves all as it was.

    `kind` says on whose share of the day's calls they count: a person's who pressed, or the schedule's.
    """
    connection = current().get(Connection, connection_id, populate_existing=True)
    if connection is None or connection.state != "active" or lists_of([connection])[connection_id].read_at:
        return
    place = place_of(connection)
    try:
        gateway = open_gateway(connection_id, kind=kind).gateway
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


def place_of(connection: Connection) -> str:
    """Return which books a connection reaches, as what was read of them is kept by."""
    return f"{connection.region}:{connection.administration_id}"[:80]


def is_of_today(read_at: datetime) -> bool:
    """Return whether something was read on the books' present day: what they told yesterday counts no more."""
    return yuki_day(read_at) == yuki_day(clock.now())


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
