"""Documents as one writes them by hand, with the driver alone: as JSON, in a process of its own.

The tables are Koppel's own with all their indexes, and so are the pragmas; every row that Koppel writes is written:
contacts, invoices, what stands beside them, lines, a run's items and histories. Ids are made of the remote's, so that
nothing is looked up; what is there already is updated. Nothing is checked, no amount, no date and no text.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest

from tests.bench.book import Book
from tests.bench.fetching import connect, timed
from tests.bench.stage import stage
from webapp.extensions import db
from webapp.services import fetching
from webapp.services.actors import person
from webapp.store.contacts import Contact
from webapp.store.fetching import RemoteDocument, RemoteParty
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.runs import RunItem
from webapp.store.types import empty, table_of

ROWS = 5000
"""Rows of invoices and lines in one transaction."""

PAGES = ROWS // 300
FROM = 111_000_000
PARTNERS = 1_840_000_000
WRITTEN = {
    Contact: ("id", "organisation_id", "name", "country", "zipcode", "city", "address_line_1", "vat_number",
              "created_at", "updated_at"),
    RemoteParty: ("id", "connection_id", "remote_id", "contact_id"),
    Invoice: ("id", "organisation_id", "source", "status", "contact_id", "number", "currency", "contact_name",
              "remarks", "issue_date", "due_date", "payment_method", "net_total", "vat_total", "gross_total",
              "outstanding_amount", "created_at", "updated_at"),
    RemoteDocument: ("id", "organisation_id", "connection_id", "invoice_id", "remote_id", "digest", "document_type",
                     "correction_type", "cancelled", "payment_status", "payment_method", "fulfillment_date",
                     "conversion_rate", "difference", "facts", "seen_at", "created_at", "updated_at"),
    InvoiceLine: ("id", "invoice_id", "position", "description", "item_code", "quantity", "unit_price", "vat_rate",
                  "vat_description", "net_amount", "vat_amount", "gross_amount", "vat_type"),
    RunItem: ("id", "run_id", "organisation_id", "invoice_id", "outcome", "params", "attempts", "updated_at"),
    InvoiceEvent: ("id", "organisation_id", "invoice_id", "occurred_at", "event", "params", "run_id"),
}  # fmt: skip
Rows = dict[type[Any], list[tuple[Any, ...]]]


class _Page(msgspec.Struct):
    data: list[msgspec.Raw]


class _Id(msgspec.Struct):
    id: int


_PAGE, _ID = msgspec.json.Decoder(_Page), msgspec.json.Decoder(_Id)


def main(kind: str, pages: str, moved: str) -> dict[str, float]:
    """Return the seconds of writing a book, and of finding and writing what changed in another one."""
    book, other = Book.open(Path(pages)), Book.open(Path(moved))
    with stage(kind) as place:
        connection = connect(place)
        with place.app.app_context():
            (run,) = fetching.ask(person(place.organisation_id, "bench"), connection)
            db.session.remove()
            with db.engine.connect() as held:
                driver: Any = held.connection.driver_connection
                write: _Writer = _Postgresql(driver) if kind == "postgresql" else _Sqlite(driver)
                ids = (place.organisation_id, connection, run)
                first = timed(lambda: _write_all(write, book, ids))
                count = driver.execute("SELECT count(*), sum(gross_total) FROM invoices").fetchone()
                changed = timed(lambda: _write_changed(write, other, ids))
                moved_now = driver.execute("SELECT count(*) FROM invoices WHERE remarks <> ''").fetchone()[0]
                held.rollback()
    if count != (book.count, book.count * 60_960_000) or moved_now != book.count // 100:
        raise SystemExit(f"rows are missing: {count}, {moved_now} changed")
    return {"first": first, "changed": changed}


def _write_all(write: "_Writer", book: Book, ids: tuple[int, int, int]) -> None:
    for bodies in _chunks(book):
        rows: Rows = {kind: [] for kind in WRITTEN}
        for body in bodies:
            for raw in _PAGE.decode(body).data:
                content = bytes(raw)
                add_rows(rows, json.loads(content), ids, _mark(content))
        write.write(rows)


def _write_changed(write: "_Writer", book: Book, ids: tuple[int, int, int]) -> None:
    """Compare a hash of each document with the one that is stored, and write those that differ."""
    for bodies in _chunks(book):
        rows: Rows = {kind: [] for kind in WRITTEN}
        for body in bodies:
            found = {_ID.decode(raw).id - FROM: bytes(raw) for raw in _PAGE.decode(body).data}
            marks = write.marks(list(found))
            for key, content in found.items():
                mark = _mark(content)
                if marks.get(key) != mark:
                    add_rows(rows, json.loads(content), ids, mark)
        write.write(rows)


def _mark(content: bytes) -> int:
    return xxh3_64_intdigest(content) >> 1


def _chunks(book: Book) -> Iterator[list[bytes]]:
    held: list[bytes] = []
    for body in book.pages():
        held.append(body)
        if len(held) == PAGES:
            yield held
            held = []
    yield held


def add_rows(rows: Rows, one: dict[str, Any], ids: tuple[int, int, int], mark: int) -> None:
    """Add the rows of a document."""
    organisation, connection, run = ids
    key, partner, address = one["id"] - FROM, one["document_partner"], one["document_partner"]["address"]
    contact, now = partner["id"] - PARTNERS + 1, _NOW
    rows[Contact].append(
        (contact, organisation, partner["name"], address["country_code"], address["post_code"], address["city"],
         address["address"], partner["taxcode"], now, now)
    )  # fmt: skip
    rows[RemoteParty].append((contact, connection, str(partner["id"]), contact))
    gross, summary = one["gross_total"] * 10_000, one["summary"]
    rows[Invoice].append(
        (key, organisation, "billingo", "sent", contact, one["invoice_number"], one["currency"], partner["name"],
         one["comment"], one["invoice_date"], one["due_date"], one["payment_method"], summary["net_amount"] * 10_000,
         summary["vat_amount"] * 10_000, gross, gross, now, now)
    )  # fmt: skip
    organization = {name: one["organization"][name] for name in ("name", "tax_number", "eu_tax_number", "ev_number")}
    facts = json.dumps({"organization": organization, "partner": partner, "block_id": one["block_id"]})
    rows[RemoteDocument].append(
        (key, organisation, connection, key, str(one["id"]), mark, one["type"], one["correction_type"],
         one["cancelled"], one["payment_status"], one["payment_method"], one["fulfillment_date"],
         one["conversion_rate"] * 1_000_000, 0, facts, now, now, now)
    )  # fmt: skip
    for place, item in enumerate(one["items"], 1):
        rows[InvoiceLine].append(
            (key * 2 + place, key, place, item["name"], str(item["product_id"]), item["quantity"] * 1_000_000,
             item["net_unit_amount"] * 1_000_000, 270_000, item["vat"], item["net_amount"] * 10_000,
             item["vat_amount"] * 10_000, item["gross_amount"] * 10_000, -1)
        )  # fmt: skip
    rows[RunItem].append((key, run, organisation, key, "succeeded", '{"change": "created"}', 1, now))
    rows[InvoiceEvent].append((key, organisation, key, now, "invoice.fetched", "{}", run))


_NOW = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")


class _Writer:
    """The statements of a database; what never differs stands in them."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def write(self, rows: Rows) -> None:
        """Write rows of all tables in one transaction, or bring them up to date."""
        raise NotImplementedError

    def marks(self, keys: list[int]) -> dict[int, int]:
        """Return the hashes of these documents."""
        raise NotImplementedError


def _sets(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")


def _rest(kind: type[Any]) -> dict[str, str]:
    """Return the columns that are alike in every row, as literals."""
    found = {name: value for name, value in empty(table_of(kind)).items() if name not in WRITTEN[kind]}
    return {name: _literal(value) for name, value in found.items() if value is not None}


def _literal(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"'{json.dumps(value)}'"
    return f"'{value}'" if isinstance(value, str) else str(value)


class _Sqlite(_Writer):
    def __init__(self, driver: Any) -> None:
        super().__init__(driver)
        self.texts = {}
        for kind, names in WRITTEN.items():
            rest = _rest(kind)
            self.texts[kind] = (
                f"INSERT INTO {table_of(kind).name} ({', '.join((*names, *rest))})"
                f" VALUES ({', '.join([*('?' * len(names)), *rest.values()])})"
                f" ON CONFLICT (id) DO UPDATE SET {_sets(names)}"
            )

    def write(self, rows: Rows) -> None:
        self.driver.execute("BEGIN IMMEDIATE")
        for kind, found in rows.items():
            self.driver.executemany(self.texts[kind], found)
        self.driver.commit()

    def marks(self, keys: list[int]) -> dict[int, int]:
        places = ", ".join("?" * len(keys))
        return dict(self.driver.execute(f"SELECT id, digest FROM remote_documents WHERE id IN ({places})", keys))


class _Postgresql(_Writer):
    def __init__(self, driver: Any) -> None:
        super().__init__(driver)
        self.merges = {}
        for kind, names in WRITTEN.items():
            table, rest = table_of(kind).name, _rest(kind)
            columns = ", ".join(names)
            driver.execute(f"CREATE TEMPORARY TABLE new_{table} AS SELECT {columns} FROM {table} LIMIT 0")
            values = ", ".join(
                f"{value}::{'jsonb' if '{' in value or '[' in value else 'boolean'}"
                if value in ("True", "False") or value[:2] in ("'{", "'[")
                else value
                for value in rest.values()
            )
            self.merges[kind] = (
                f"INSERT INTO {table} ({', '.join((*names, *rest))})"
                f" SELECT DISTINCT ON (id) {columns}{', ' if rest else ''}{values} FROM new_{table}"
                f" ON CONFLICT (id) DO UPDATE SET {_sets(names)}"
            )
        driver.commit()

    def write(self, rows: Rows) -> None:
        for kind, found in rows.items():
            table = table_of(kind).name
            with self.driver.cursor() as cursor, cursor.copy(f"COPY new_{table} FROM STDIN") as sink:
                for row in found:
                    sink.write_row(row)
            self.driver.execute(self.merges[kind])
            self.driver.execute(f"TRUNCATE new_{table}")
        self.driver.commit()

    def marks(self, keys: list[int]) -> dict[int, int]:
        found = self.driver.execute("SELECT id, digest FROM remote_documents WHERE id = ANY(%s)", [keys])
        return {row[0]: row[1] for row in found}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
