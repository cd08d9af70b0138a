"""Many invoices from a fixed seed, with all that hangs on them, straight to the driver: what lists are measured on.

Three years of two organisations, with customers of whom few buy often, texts of which some are rare and some on every
second invoice, and every state that an invoice can be in.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select, text

from webapp.extensions import clock, db
from webapp.store.bulk import Bulk, stored
from webapp.store.contacts import Contact
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.notifications import Notification
from webapp.store.organisations import Department
from webapp.store.payments import Allocation, Payment
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, dialect, release, reserve, transaction
from webapp.store.types import table_of

PORTION = 20_000
DAYS = 1095
DEPARTMENTS = ("Advies", "Detachering", "Onderhoud", "Opleiding")
TRADES = ("Bakkerij", "Bouw", "Tandarts", "Autobedrijf", "Advocaten", "Drukkerij", "Kwekerij", "Transport", "Vastgoed")
NAMES = ("De Vries", "Jansen", "Bakker", "Visser", "Smit", "Meijer", "de Boer", "Mulder", "Bos", "Peters", "Hendriks")
TOWNS = ("Utrecht", "Zwolle", "Breda", "Gent", "Leuven", "Hoorn", "Gouda", "Assen", "Venlo", "Delft", "Ede", "Almelo")
ENDS = ("B.V.", "B.V.", "B.V.", "V.O.F.", "N.V.", "Holding B.V.", "")
WORK = ("Consultancy", "Onderhoudscontract", "Licenties", "Detachering", "Levering volgens offerte", "Cursus")
MONTHS = ("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober")


class _Rows:
    """New rows with values as the mapped class has them."""

    def __init__(self, kind: type[Any], columns: Sequence[str], *, same: Sequence[str] = ()) -> None:
        self._bulk, self._table, self._columns = Bulk(kind, columns, same=same), table_of(kind), columns

    def write(self, rows: Sequence[tuple[Any, ...]], **same: Any) -> None:
        """Write rows inside of a transaction."""
        found = list(zip(*rows, strict=True)) or [()] * len(self._columns)
        columns = [self._turned(name, list(values)) for name, values in zip(self._columns, found, strict=True)]
        self._bulk.write(list(zip(*columns, strict=True)), **same)

    def _turned(self, name: str, values: list[Any]) -> list[Any]:
        known = next((value for value in values if value is not None), None)
        if isinstance(known, Decimal | date):
            return [None if value is None else stored(self._table, name, value) for value in values]
        return values


_CONTACTS = _Rows(Contact, ("id", "code", "name", "city"), same=("organisation_id", "created_at", "updated_at"))
_OF_INVOICE = (
    "id department_id kind number source status delivery payment contact_id contact_name subject issue_date due_date"
    " currency payment_reference net_total vat_total gross_total paid_amount outstanding_amount created_at updated_at"
)
_OF_PAYMENT = "id invoice_id remote_key amount currency received_on contact_name allocated_amount created_at"
_INVOICES = _Rows(Invoice, _OF_INVOICE.split(), same=("organisation_id",))
_LINES = _Rows(
    InvoiceLine,
    ("invoice_id", "unit_price", "net_amount", "vat_amount", "gross_amount"),
    same=("position", "description", "quantity", "vat_rate"),
)
_EVENTS = _Rows(InvoiceEvent, ("invoice_id", "occurred_at"), same=("organisation_id", "event"))
_DELIVERIES = _Rows(
    Delivery,
    ("invoice_id", "state", "reference", "failure", "created_at", "updated_at"),
    same=("organisation_id", "connection_id"),
)
_PAYMENTS = _Rows(Payment, _OF_PAYMENT.split(), same=("organisation_id", "connection_id", "source"))
_ALLOCATIONS = _Rows(Allocation, ("payment_id", "invoice_id", "amount", "created_at"), same=("organisation_id",))
_RUNS = _Rows(
    Run,
    ("id", "category", "trigger", "status", "offered", "succeeded", "failed", "created_at", "started_at", "ended_at"),
    same=("organisation_id", "connection_id"),
)
_ITEMS = _Rows(RunItem, ("run_id", "invoice_id", "outcome", "failure", "updated_at"), same=("organisation_id",))
_NOTICES = _Rows(
    Notification, ("cause", "failure", "opened_at", "updated_at", "closed_at"), same=("organisation_id", "category")
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows go: an organisation with its connection."""

    organisation_id: int
    connection_id: int


def fill(place: Place, count: int, *, seed: int, until: date) -> int:
    """Write so many invoices of the three years up to a day, and all that belongs to them; go on where some are.

    Returns how many were missing.
    """
    draw = random.Random(seed)
    departments = _ids(Department, place) or _departments(place)
    contacts = _known(place) or _contacts(place, max(50, count // 50), draw)
    runs = _ids(Run, place) or _runs(place, max(20, count // 100), draw, until)
    number = current().scalar(select(func.count()).where(Invoice.organisation_id == place.organisation_id)) or 0
    missing = max(0, count - number)
    release()
    for size in _portions(missing):
        with transaction():
            _hurry()
            draw = random.Random(f"{seed} {number}")
            _portion(place, size, draw, _Stock(departments, contacts, runs, until, number, count))
        number += size
    return missing


def _ids(kind: Any, place: Place) -> list[int]:
    query = select(kind.id).where(kind.organisation_id == place.organisation_id).order_by(kind.id)
    return list(current().scalars(query))


def _known(place: Place) -> list[tuple[int, str]]:
    query = select(Contact.id, Contact.name).where(Contact.organisation_id == place.organisation_id)
    return [(row.id, row.name) for row in current().execute(query.order_by(Contact.id))]


def _hurry() -> None:
    """Let SQLite have the indexes in memory while it writes."""
    if dialect() == "sqlite":
        driver: Any = current().connection().connection.driver_connection
        driver.execute("PRAGMA cache_size=-1000000")
        driver.execute("PRAGMA defer_foreign_keys=ON")


def settle() -> None:
    """Let the database look at what it holds, as it does by itself in the life of a system; and free its log."""
    release()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
        else:
            driver: Any = connection.connection.driver_connection
            driver.execute("ANALYZE")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _portions(count: int) -> Iterator[int]:
    yield from [PORTION] * (count // PORTION)
    if count % PORTION:
        yield count % PORTION


def _departments(place: Place) -> list[int]:
    with transaction() as session:
        ids = reserve(Department, len(DEPARTMENTS))
        rows = [
            {"id": key, "organisation_id": place.organisation_id, "name": name, "gl_account_code": ""}
            for key, name in zip(ids, DEPARTMENTS, strict=True)
        ]
        session.execute(insert(table_of(Department)), rows)
    return ids


def _contacts(place: Place, count: int, draw: random.Random) -> list[tuple[int, str]]:
    names = [
        f"{draw.choice(TRADES)} {draw.choice(NAMES)} {_rare(draw)} {draw.choice(ENDS)}".strip() for _ in range(count)
    ]
    with transaction():
        now, ids = clock.now(), reserve(Contact, count)
        _CONTACTS.write(
            [(key, f"{key:06}", name, draw.choice(TOWNS)) for key, name in zip(ids, names, strict=True)],
            organisation_id=place.organisation_id, created_at=now, updated_at=now,
        )  # fmt: skip
    return list(zip(ids, names, strict=True))


def _runs(place: Place, count: int, draw: random.Random, until: date) -> list[int]:
    rows = []
    for place_in_time in range(count):
        at = _moment(until - timedelta(days=DAYS * (count - 1 - place_in_time) // count), hour=draw.randrange(24))
        failed, offered = (draw.randrange(3) if draw.random() < 0.05 else 0), draw.randrange(3, 200)
        category = draw.choice(("send_invoices", "send_invoices", "process_payments", "fetch_invoices"))
        status = "partial" if failed else "completed"
        rows.append(
            (category, "automatic", status, offered, offered - failed, failed, at, at, at + timedelta(seconds=9))
        )
    with transaction():
        ids = reserve(Run, count)
        _RUNS.write([(key, *row) for key, row in zip(ids, rows, strict=True)],
                               organisation_id=place.organisation_id, connection_id=place.connection_id)  # fmt: skip
        notices = [
            (
                f"invoices:{key}",
                "refused",
                row[6],
                row[6],
                row[6] + timedelta(days=1) if place_at < count - 40 else None,
            )
            for place_at, (key, row) in enumerate(zip(ids, rows, strict=True))
            if place_at % 4 == 0
        ]
        _NOTICES.write(notices, organisation_id=place.organisation_id, category="send_invoices")
    return ids


@dataclass(frozen=True, slots=True)
class _Stock:
    """What the rows of a portion are drawn from; `number` is where it begins."""

    departments: list[int]
    contacts: list[tuple[int, str]]
    runs: list[int]
    until: date
    number: int
    count: int


def _portion(place: Place, size: int, draw: random.Random, stock: _Stock) -> None:
    ids = reserve(Invoice, size)
    invoices = [_invoice(key, stock.number + at, draw, stock) for at, key in enumerate(ids)]
    mine = {"organisation_id": place.organisation_id}
    _INVOICES.write([one.row for one in invoices], **mine)
    _LINES.write(
        [(one.id, one.net, one.net, one.gross - one.net, one.gross) for one in invoices],
        position=1, description="Werkzaamheden", quantity=Decimal(1), vat_rate=Decimal(21),
    )  # fmt: skip
    _EVENTS.write([(one.id, one.at) for one in invoices], **mine, event="invoice.sent")
    gone = [one for one in invoices if one.delivery != "not_sent"]
    far = {"connection_id": place.connection_id}
    _DELIVERIES.write(
        [
            (one.id, one.delivery, one.number, "refused" if one.delivery == "rejected" else "", one.at, one.at)
            for one in gone
        ],
        **mine,
        **far,
    )
    _ITEMS.write(
        [
            (draw.choice(stock.runs), one.id, "ok" if one.delivery == "sent" else "failed", "", one.at)
            for one in gone[:: 4 if stock.count > PORTION else 1]
        ],
        **mine,
    )
    _pay([one for one in invoices if one.paid], mine, far)


def _pay(invoices: list["_Made"], mine: dict[str, int], far: dict[str, int]) -> None:
    ids = reserve(Payment, len(invoices))
    paid = list(zip(ids, invoices, strict=True))
    _PAYMENTS.write(
        [
            (key, one.id, f"bench:{one.id}", one.paid, one.currency, one.paid_on, one.contact, one.paid, one.at)
            for key, one in paid
        ],
        **mine, **far, source="yuki",
    )  # fmt: skip
    _ALLOCATIONS.write([(key, one.id, one.paid, one.at) for key, one in paid], **mine)


@dataclass(frozen=True, slots=True)
class _Made:
    """An invoice that is to be written."""

    id: int
    number: str
    delivery: str
    contact: str
    currency: str
    day: date
    until: date
    at: datetime
    net: Decimal
    gross: Decimal
    paid: Decimal
    row: tuple[Any, ...]

    @property
    def paid_on(self) -> date:
        """The day on which it was paid, if it was."""
        return min(self.day + timedelta(days=21), self.until)


def _invoice(key: int, number: int, draw: random.Random, stock: _Stock) -> _Made:
    until = stock.until
    day = until - timedelta(days=max(0, DAYS - DAYS * number // stock.count + draw.randrange(-9, 10)))
    sales = draw.random() < 0.85
    contact_id, contact = stock.contacts[int(len(stock.contacts) * draw.random() ** 3)]
    cents = draw.randrange(500, 500_000)
    net, gross = Decimal(cents).scaleb(-2), Decimal(cents + cents * 21 // 100).scaleb(-2)
    source = draw.choices(("manual", "import", "yuki", "billingo"), (45, 15, 5, 35))[0] if sales else "yuki"
    status = draw.choices(("sent", "draft", "approved", "authorised", "cancelled"), (940, 20, 10, 10, 20))[0]
    delivery = "not_sent"
    if status == "sent" and source in ("manual", "import"):
        delivery = draw.choices(("sent", "not_sent", "rejected", "unknown", "conflict"), (9650, 300, 45, 2, 3))[0]
    paid = Decimal(0)
    if status == "sent":
        age = (until - day).days
        settled = 0.96 if age > 90 else age / 100
        chance = draw.random()
        paid = gross if chance < settled else net if chance < settled + 0.01 else Decimal(0)
    payment = "paid" if paid == gross else "partially_paid" if paid else "open"
    currency = draw.choices(("EUR", "HUF", "USD"), (94, 5, 1))[0]
    at = _moment(day, hour=draw.randrange(8, 18))
    name = f"{day.year}-{number:07}" if sales else f"F{draw.randrange(10**8):08}"
    department = draw.choices((None, *stock.departments), (70, 15, 10, 4, 1))[0]
    row = (
        key, department, "sales" if sales else "purchase", name, source, status, delivery, payment, contact_id, contact,
        _subject(draw, day), day, day + timedelta(days=draw.choice((14, 30, 30, 60))), currency,
        f"RF{key:02}{cents:08}", net, gross - net, gross, paid, gross - paid, at, at,
    )  # fmt: skip
    return _Made(key, name, delivery, contact, currency, day, until, at, net, gross, paid, row)


def _subject(draw: random.Random, day: date) -> str:
    kind = draw.random()
    if kind < 0.2:
        return ""
    if kind < 0.7:
        return f"{draw.choice(WORK)} {MONTHS[day.month % 10]} {day.year}"
    return f"{draw.choice(WORK)} {_rare(draw)} {draw.randrange(10**6)}"


def _rare(draw: random.Random) -> str:
    return "".join(draw.choice("bcdfghklmnprstvwz") + draw.choice("aeiou") for _ in range(3)).title()


def _moment(day: date, *, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)
