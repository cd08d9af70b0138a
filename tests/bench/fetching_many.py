"""Many documents from bytes to rows: new, unchanged, and one in a hundred changed; beside peers and limits.

Peers: a select and a write for each row through our own mapped classes, as an `update_or_create` does. Limits: a raw
upsert of a few columns from the same bytes; the same bytes decoded and the very rows that the product wrote put into
tables like its own by the driver alone; the bytes hashed.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from sqlalchemy import select

from tests.bench.fetching import check, connect, fetch, raw_upsert, timed
from tests.bench.figures import Figure, Options, WrongResult
from tests.bench.stage import Stage, stage
from webapp.connectors.billingo import paging
from webapp.connectors.sources import Asked, InvoicePage, Known
from webapp.domain.remote_invoices import RemotePayment
from webapp.extensions import db
from webapp.services.fetching import working
from webapp.services.gateways import OpenSource
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.session import release, transaction

PER_PAGE = 100
PEER_ROWS = 1000
"""Documents that the row-by-row peer writes; its speed does not grow with more of them."""

TABLES = ("contacts", "remote_parties", "invoices", "remote_documents", "invoice_lines", "run_items", "invoice_events")
"""What a new document is written into."""


def measure(options: Options) -> list[Figure]:
    """Return the figures for 10,000 and for 100,000 documents."""
    sizes = (500,) if options.quick else (10_000, 100_000)
    with TemporaryDirectory() as folder:
        number = min(sizes[0], PEER_ROWS)
        peer = _by_row(options, _Book.write(Path(folder) / "pages", number), number)
    return [figure for count in sizes for figure in _of(options, count, peer)]


def _of(options: Options, count: int, peer: tuple[float, float]) -> list[Figure]:
    with TemporaryDirectory() as folder:
        book = _Book.write(Path(folder) / "pages", count)
        moved = _Book.write(Path(folder) / "moved", count, every=100)
        with stage(options.database) as place:
            connection = connect(place)
            with _from_bytes(book):
                first = timed(lambda: fetch(place, connection))
                check(place, count, 2 * count)
                again = timed(lambda: fetch(place, connection, full=True))
                check(place, count, 2 * count, written=0)
            rows = _rows(place)
            with _from_bytes(moved):
                changed = timed(lambda: fetch(place, connection, full=True))
                check(place, count, 2 * count, written=count // 100)
        limit = _same_rows(options, book, rows)
        del rows
        raw = timed(lambda: _raw(book, Path(folder) / "raw.db"))
        hashing = timed(lambda: [blake2b(body, digest_size=8).digest() for body in book.pages()])
    slow, slow_again = peer
    options.tell(
        f"  {count:,} documents: first {first:.2f} s, unchanged {again:.2f} s, 1 % changed {changed:.2f} s; the same"
        f" rows by the driver {limit:.2f} s, raw upsert {raw:.2f} s, hashing {hashing:.2f} s;"
        f" by row {slow:.0f} a second, unchanged {slow_again:.0f}"
    )
    note = f"{options.database}; the peer's speed over {min(count, PEER_ROWS):,} documents"
    size = f"{count // 1000}k" if count >= 1000 else str(count)
    return [
        Figure(f"{size} first / a select and a write for each row", (count / first / slow,), note=note),
        Figure(f"{size} first / the same rows by the driver alone", (limit / first,)),
        Figure(f"{size} first / raw upsert of 13 columns into SQLite", (raw / first,)),
        Figure(f"{size} unchanged / a select and a write for each row", (count / again / slow_again,), note=note),
        Figure(f"{size} unchanged / hashing the pages", (hashing / again,)),
        Figure(f"{size} 1 % changed / a select and a write for each row", (count / changed / slow_again,), note=note),
        Figure(f"{size} first", (count / first,), unit="/s"),
        Figure(f"{size} unchanged", (count / again,), unit="/s"),
        Figure(f"{size} 1 % changed", (count / changed,), unit="/s"),
    ]


def _rows(place: Stage) -> Mapping[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Return what the product wrote, as its driver gives it."""
    found = {}
    with place.app.app_context(), db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for table in TABLES:
            cursor = driver.cursor()
            cursor.execute(f"SELECT * FROM {table}")
            found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    return found


def _same_rows(options: Options, book: "_Book", rows: Mapping[str, tuple[list[str], list[tuple[Any, ...]]]]) -> float:
    """Decode the same bytes and write the same rows into the same tables, with nothing around it."""
    with stage(options.database) as place, place.app.app_context(), db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        copies = options.database == "postgresql"
        if copies:
            driver.execute("SET session_replication_role = replica")
            ready = {table: [_for_copy(row) for row in found] for table, (_, found) in rows.items()}
        else:
            driver.execute("PRAGMA foreign_keys=OFF")
            ready = {table: found for table, (_, found) in rows.items()}

        def work() -> None:
            for body in book.pages():
                json.loads(body, parse_float=Decimal)
            if not copies:
                driver.execute("BEGIN IMMEDIATE")
            for table, (names, _) in rows.items():
                columns = ", ".join(names)
                if copies:
                    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as sink:
                        for row in ready[table]:
                            sink.write_row(row)
                else:
                    places = ", ".join("?" * len(names))
                    driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", ready[table])
            driver.commit()

        took = timed(work)
        if driver.execute("SELECT count(*) FROM invoices").fetchone()[0] != book.count:
            raise WrongResult("the driver alone missed documents")
        release()
    return took


def _for_copy(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(json.dumps(value) if isinstance(value, dict | list) else value for value in row)


@dataclass(frozen=True, slots=True)
class _Book:
    """Pages of documents as bytes, kept in one file."""

    file: Path
    places: tuple[tuple[int, int], ...]
    count: int

    @classmethod
    def write(cls, file: Path, count: int, *, every: int = 0) -> "_Book":
        """Write `count` documents of two lines, newest first; of each `every` one says something else."""
        places, at, last = [], 0, -(-count // PER_PAGE)
        with file.open("wb") as target:
            for page in range(last):
                ids = range(count - page * PER_PAGE, max(0, count - (page + 1) * PER_PAGE), -1)
                body = json.dumps(
                    {"data": [_record(one, other=every > 0 and not one % every) for one in ids],
                     "total": count, "per_page": PER_PAGE, "current_page": page + 1, "last_page": last}
                ).encode()  # fmt: skip
                target.write(body)
                places.append((at, len(body)))
                at += len(body)
        return cls(file, tuple(places), count)

    def pages(self, most: int | None = None) -> Iterator[bytes]:
        """Yield the bodies in their order."""
        with self.file.open("rb") as source:
            for _, length in self.places[: most and -(-most // PER_PAGE)]:
                yield source.read(length)

    def page(self, number: int) -> bytes:
        """Return the body of one page."""
        at, length = self.places[number - 1]
        with self.file.open("rb") as source:
            source.seek(at)
            return source.read(length)


def _record(number: int, *, other: bool = False) -> dict[str, Any]:
    day = (date(2024, 1, 1) + timedelta(days=number % 700)).isoformat()
    item = {
        "product_id": 10_000 + number % 300, "name": f"Termék {number % 300}", "net_unit_amount": 1200,
        "quantity": 2, "unit": "db", "net_amount": 2400, "gross_amount": 3048, "vat": "27%", "vat_amount": 648,
        "entitlement": None, "comment": "",
    }  # fmt: skip
    partner = {
        "id": 1_840_000_000 + number % 4000, "name": f"Vevő {number % 4000} Kft.", "taxcode": "10000003-2-43",
        "address": {"country_code": "HU", "post_code": "1011", "city": "Budapest", "address": "Fő utca 1."},
        "emails": [], "iban": "", "swift": "", "account_number": "--", "phone": "",
    }  # fmt: skip
    return {
        "id": 111_000_000 + number, "invoice_number": f"INV-2025-{number}", "type": "invoice",
        "correction_type": "invoice", "cancelled": False, "block_id": 200001, "payment_status": "outstanding",
        "payment_method": "wire_transfer", "gross_total": 6096, "currency": "HUF", "conversion_rate": 1,
        "invoice_date": day, "fulfillment_date": day, "due_date": day, "paid_date": day, "items": [item, item],
        "organization": {"name": "Mintavölgy Kft.", "tax_number": "10000003-2-43"}, "document_partner": partner,
        "comment": "levél" if other else "", "online_szamla_status": "done", "related_documents": [],
        "summary": {"net_amount": 4800, "vat_amount": 1296},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Bytes:
    """A source that answers with the book's bytes, read as Billingo's are."""

    book: _Book

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        return paging.read_page(self.book.page(number), number, known)

    def pages(self, asked: Asked, number: int, *, known: Known | None = None) -> Iterator[InvoicePage]:
        for one in range(number, len(self.book.places) + 1):
            yield self.page(asked, one, known=known)

    def payments(self, remote_id: str) -> tuple[RemotePayment, ...]:
        raise AssertionError(remote_id)

    def document(self, remote_id: str) -> InvoicePage:
        raise AssertionError(remote_id)


@contextmanager
def _from_bytes(book: _Book) -> Iterator[None]:
    opened: Any = OpenSource(_Bytes(book), None)  # type: ignore[arg-type]
    with patch.object(working, "open_source", lambda *_args, **_facts: opened):
        yield


def _by_row(options: Options, book: _Book, rows: int) -> tuple[float, float]:
    """Write documents with a select and a write for each, as an `update_or_create` does; returns how many a second.

    Twice: new, and unchanged.
    """
    with stage(options.database) as place, place.app.app_context():
        connection_id = connect(place)

        def work() -> None:
            for body in book.pages(rows):
                for record in json.loads(body, parse_float=Decimal)["data"]:
                    _update_or_create(place.organisation_id, connection_id, record)

        first, again = timed(work), timed(work)
        if place.count() != rows:
            raise WrongResult(f"by row: {place.count()} of {rows}")
        release()
    return rows / first, rows / again


def _update_or_create(organisation_id: int, connection_id: int, record: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    with transaction() as session:
        one = session.scalar(
            select(RemoteDocument).where(
                RemoteDocument.connection_id == connection_id, RemoteDocument.remote_id == str(record["id"])
            )
        )
        invoice = session.get(Invoice, one.invoice_id) if one else Invoice(organisation_id=organisation_id)
        assert invoice is not None
        invoice.source, invoice.number, invoice.currency = "billingo", record["invoice_number"], record["currency"]
        invoice.issue_date = date.fromisoformat(record["invoice_date"])
        invoice.contact_name = record["document_partner"]["name"]
        invoice.gross_total = invoice.outstanding_amount = Decimal(record["gross_total"])
        invoice.paid_amount = invoice.credited_amount = invoice.written_off_amount = Decimal(0)
        invoice.created_at = invoice.updated_at = now
        invoice.lines = [
            InvoiceLine(
                position=place, description=item["name"], quantity=Decimal(item["quantity"]), vat_rate=Decimal(27),
                unit_price=Decimal(item["net_unit_amount"]), net_amount=Decimal(item["net_amount"]),
                vat_amount=Decimal(item["vat_amount"]), gross_amount=Decimal(item["gross_amount"]),
            )
            for place, item in enumerate(record["items"], 1)
        ]  # fmt: skip
        session.add(invoice)
        session.flush()
        if one is None:
            session.add(
                RemoteDocument(
                    organisation_id=organisation_id, connection_id=connection_id, invoice_id=invoice.id,
                    remote_id=str(record["id"]), digest=0, difference=Decimal(0), facts=_plain(record),
                    seen_at=now, created_at=now, updated_at=now,
                )
            )  # fmt: skip


def _plain(record: dict[str, Any]) -> Any:
    return json.loads(json.dumps(record, default=str))


def _raw(book: _Book, file: Path) -> None:
    """Write the same bytes with nothing around it."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE invoices (id INTEGER PRIMARY KEY, number, total, currency, day, status, partner)")
    database.execute("CREATE TABLE items (invoice, place, name, net, gross, vat, PRIMARY KEY (invoice, place))")
    for body in book.pages():
        raw_upsert(database, json.loads(body, parse_float=Decimal)["data"])
    if database.execute("SELECT count(*) FROM invoices").fetchone()[0] != book.count:
        raise WrongResult("the raw way missed documents")
    database.close()
