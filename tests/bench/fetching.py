"""Fetching from Billingo: the seed's 282 invoices over HTTP, and 100,000 documents from bytes to rows.

The peers are what people usually do: bare calls with a raw upsert, and a select and a write for each row.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import requests
from sqlalchemy import func, select

from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.stage import Stage, stage
from webapp.connectors.billingo import paging
from webapp.connectors.ports import Asked, InvoicePage, Known
from webapp.domain.remote_invoices import RemotePayment
from webapp.extensions import db
from webapp.sandbox.billingo import create_app as create_sandbox
from webapp.sandbox.billingo.opening import DOCUMENTS, ITEMS, MAIN_KEY
from webapp.sandbox.server import start
from webapp.services import fetching, sources
from webapp.services.actors import person
from webapp.services.fetching import working
from webapp.services.gateways import OpenSource
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.organisations import Organisation
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction

MOST = 1.5
LATENCY_MS = 100
PER_PAGE = 100
PEER_ROWS = 2000
"""Documents that the row-by-row peer writes; its speed does not grow with more of them."""


def measure(options: Options) -> list[Figure]:
    """Return the seed's own run beside the same bare calls and a raw upsert."""
    series = Series()
    calls = 0
    with start(create_sandbox(clock=lambda: datetime.now(UTC))) as sandbox:
        for number in range(options.rounds):
            _control(sandbox.url, "reset", {})
            _control(sandbox.url, "mode", {"rate_limit": 0, "latency_ms": LATENCY_MS})
            with stage(options.database, billingo_url=f"{sandbox.url}/v3") as place, TemporaryDirectory() as folder:
                connection = _connect(place)
                product = _timed(partial(_fetch, place, connection))
                calls = _check(place, DOCUMENTS, ITEMS)
                bare = _timed(partial(_bare, sandbox.url, Path(folder) / "bare.db"))
            series.add("product / bare calls and raw upsert", product / bare)
            series.add("product", product)
            options.tell(f"  round {number + 1}: product {product:.2f} s, bare {bare:.2f} s, {calls} calls")
    note = (
        f"{DOCUMENTS} invoices, {ITEMS} items, {LATENCY_MS} ms a call; "
        f"both make {calls} calls: three pages, and one for each document that is paid in part"
    )
    return [
        series.figure("product / bare calls and raw upsert", bound=MOST, most=True, note=note),
        series.figure("product", unit="s"),
    ]


def _bare(url: str, file: Path) -> None:
    """Ask the same calls and write what they say with nothing around it."""
    http = requests.Session()
    http.trust_env = False
    http.headers["X-API-KEY"] = MAIN_KEY
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE invoices (id INTEGER PRIMARY KEY, number, total, currency, day, status, partner)")
    database.execute("CREATE TABLE items (invoice, place, name, net, gross, vat, PRIMARY KEY (invoice, place))")
    page, last = 1, 1
    while page <= last:
        answer = http.get(f"{url}/v3/documents", params={"page": page, "per_page": PER_PAGE}, timeout=30)
        found = json.loads(answer.content)
        last = found["last_page"]
        _raw_upsert(database, found["data"])
        for one in found["data"]:
            if one["payment_status"] == "partially_paid":
                http.get(f"{url}/v3/documents/{one['id']}/payments", timeout=30)
        page += 1
    if database.execute("SELECT count(*) FROM items").fetchone()[0] != ITEMS:
        raise WrongResult("the bare way missed items")
    database.close()


def _raw_upsert(database: sqlite3.Connection, records: list[dict[str, Any]]) -> None:
    rows = [
        (
            one["id"], one.get("invoice_number"), str(one["gross_total"]), one["currency"], one["invoice_date"],
            one["payment_status"], (one.get("document_partner") or {}).get("name"),
        )
        for one in records
    ]  # fmt: skip
    items = [
        (one["id"], place, row["name"], str(row["net_amount"]), str(row["gross_amount"]), row["vat"])
        for one in records
        for place, row in enumerate(one["items"])
    ]
    with database:
        database.executemany("INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        database.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)", items)


def measure_many(options: Options) -> list[Figure]:
    """Return first and second reading of many documents beside a select and a write for each row."""
    count = options.size(100_000, 500)
    with TemporaryDirectory() as folder:
        book = _Book.write(Path(folder) / "pages", count)
        with stage(options.database) as place:
            connection = _connect(place)
            with _from_bytes(book):
                first = _timed(lambda: _fetch(place, connection))
                _check(place, count, 2 * count)
                options.tell(f"  first reading of {count} documents: {first:.1f} s")
                again = _timed(lambda: _fetch(place, connection, full=True))
                _check(place, count, 2 * count, written=0)
                options.tell(f"  the same unchanged: {again:.1f} s")
        rows = min(count, PEER_ROWS)
        peer, peer_again = _by_row(options, book, rows)
        raw = _timed(lambda: _raw(book, Path(folder) / "raw.db"))
        hashing = _timed(lambda: [hash(body) for body in book.pages()])
    speed, slow, slow_again = count / first, rows / peer, rows / peer_again
    options.tell(f"  {count} documents: first {first:.1f} s, unchanged {again:.1f} s, raw upsert {raw:.1f} s")
    options.tell(f"  by row: {slow:.0f} a second first, {slow_again:.0f} unchanged; hashing {hashing:.1f} s")
    note = f"{count:,} documents with two lines, {options.database}; the peer's speed over {rows:,} of them"
    return [
        Figure("first reading / a select and a write for each row", (speed / slow,), note=note),
        Figure("unchanged / a select and a write for each row", (count / again / slow_again,), note=note),
        Figure("first reading / raw upsert from the same bytes", (raw / first,), note=note),
        Figure("first reading", (speed,), unit="/s"),
        Figure("unchanged", (count / again,), unit="/s"),
    ]


@dataclass(frozen=True, slots=True)
class _Book:
    """Pages of documents as bytes, kept in one file."""

    file: Path
    places: tuple[tuple[int, int], ...]
    count: int

    @classmethod
    def write(cls, file: Path, count: int) -> "_Book":
        """Write `count` documents of two lines, newest first."""
        places, at, last = [], 0, -(-count // PER_PAGE)
        with file.open("wb") as target:
            for page in range(last):
                numbers = range(count - page * PER_PAGE, max(0, count - (page + 1) * PER_PAGE), -1)
                body = json.dumps(
                    {"data": [_record(one) for one in numbers], "total": count, "per_page": PER_PAGE,
                     "current_page": page + 1, "last_page": last}
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


def _record(number: int) -> dict[str, Any]:
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
        "comment": "", "online_szamla_status": "done", "related_documents": [],
        "summary": {"net_amount": 4800, "vat_amount": 1296},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Bytes:
    """A source that answers with the book's bytes, read as Billingo's are."""

    book: _Book

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        return paging.read_page(self.book.page(number), number, known)

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
    """Write the same documents with a select and a write for each, as an `update_or_create` does; twice."""
    with stage(options.database) as place, place.app.app_context():
        connection_id = _connect(place)

        def work() -> None:
            for body in book.pages(rows):
                for record in json.loads(body, parse_float=Decimal)["data"]:
                    _update_or_create(place.organisation_id, connection_id, record)

        first, again = _timed(work), _timed(work)
        if place.count() != rows:
            raise WrongResult(f"by row: {place.count()} of {rows}")
        release()
    return first, again


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
        _raw_upsert(database, json.loads(body, parse_float=Decimal)["data"])
    if database.execute("SELECT count(*) FROM invoices").fetchone()[0] != book.count:
        raise WrongResult("the raw way missed documents")
    database.close()


def _connect(place: Stage) -> int:
    with place.app.app_context():
        with transaction() as session:
            session.get_one(Organisation, place.organisation_id).features = ["billingo_sync"]
        made = sources.add(person(place.organisation_id, "bench"), name="Billingo", key=MAIN_KEY)
        db.session.remove()
    return made


def _fetch(place: Stage, connection_id: int, *, full: bool = False) -> None:
    with place.app.app_context():
        (run_id,) = fetching.ask(person(place.organisation_id, "bench"), connection_id, full=full)
        fetching.fetch(run_id)
        db.session.remove()


def _check(place: Stage, documents: int, items: int, *, written: int | None = None) -> int:
    """See that all is here, once; returns the calls of the last run."""
    with place.app.app_context():
        run = current().scalars(select(Run).order_by(Run.id.desc()).limit(1)).one()
        counts = [current().scalar(select(func.count()).select_from(kind)) for kind in (Invoice, InvoiceLine)]
        details, calls, status = dict(run.details), run.calls, run.status
        mine = current().scalar(select(func.count()).select_from(Connection))
        db.session.remove()
    if (counts, status, mine) != ([documents, items], "completed", 1):
        raise WrongResult(f"{counts} rows, run {status}: expected {documents} and {items}")
    if written is not None and int(str(details["created"])) + int(str(details["updated"])) != written:
        raise WrongResult(f"an unchanged reading wrote {details}")
    return calls


def _control(url: str, what: str, body: dict[str, Any]) -> None:
    with requests.Session() as http:
        http.trust_env = False
        http.post(f"{url}/_sandbox/{what}", json=body, timeout=60).raise_for_status()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
