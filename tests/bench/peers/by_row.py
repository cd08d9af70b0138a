"""Documents as people usually write them: Django's update_or_create for each row; as JSON, in a process of its own.

SQLite gets the pragmas that Koppel gives it, so that the disk is waited for alike. Autocommit is Django's own.
"""

import json
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from tests.bench.book import Book
from tests.bench.fetching import connect
from tests.bench.peers.raw_rows import WRITTEN, Rows, add_rows
from tests.bench.stage import stage
from webapp.extensions import db
from webapp.services import fetching
from webapp.services.actors import person
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.types import table_of


def main(kind: str, pages: str, most: str) -> dict[str, float]:
    """Return how many documents a second are written, new and again unchanged: into two tables, and into Koppel's."""
    book, number = Book.open(Path(pages)), int(most)
    with stage(kind) as place:
        connection = connect(place)
        with place.app.app_context():
            (run,) = fetching.ask(person(place.organisation_id, "bench"), connection)
            db.session.remove()
            url = db.engine.url.render_as_string(hide_password=False)
        settings.configure(DATABASES={"default": _database(url)}, INSTALLED_APPS=[], USE_TZ=False)
        django.setup()
        few = _few(book, number)
        same = _same(book, number, (place.organisation_id, connection, run))
    return {"few": few[0], "few again": few[1], "first": same[0], "again": same[1]}


def _same(book: Book, number: int, ids: tuple[int, int, int]) -> tuple[float, float]:
    """Write the very rows of the very tables that Koppel writes."""
    from tests.bench.peers.by_row_models import model_of

    kinds = {kind: model_of(table_of(kind)) for kind in WRITTEN}

    def write() -> float:
        began = time.perf_counter()
        for body in book.pages(number):
            for one in json.loads(body)["data"]:
                rows: Rows = {kind: [] for kind in WRITTEN}
                add_rows(rows, one, ids, 0)
                for kind, found in rows.items():
                    for row in found:
                        values = dict(zip(WRITTEN[kind], row, strict=True)) | {
                            name: {"change": "created"} if name == "params" else json.loads(value)
                            for name, value in zip(WRITTEN[kind], row, strict=True)
                            if name in ("params", "facts")
                        }
                        kinds[kind].objects.update_or_create(id=values.pop("id"), defaults=values)
        return time.perf_counter() - began

    first, again = write(), write()
    if kinds[Invoice].objects.count() != number or kinds[InvoiceLine].objects.count() != 2 * number:
        raise SystemExit("rows are missing")
    return number / first, number / again


def _few(book: Book, number: int) -> tuple[float, float]:
    """Write an invoice and its lines, and nothing else."""
    from tests.bench.peers.by_row_models import Invoice as Head
    from tests.bench.peers.by_row_models import Line, make_tables

    make_tables()

    def write() -> float:
        began = time.perf_counter()
        for body in book.pages(number):
            for one in json.loads(body, parse_float=Decimal)["data"]:
                invoice, _ = Head.objects.update_or_create(remote_id=str(one["id"]), defaults=_head(one))
                for place, row in enumerate(one["items"], 1):
                    Line.objects.update_or_create(invoice=invoice, position=place, defaults=_line(row))
        return time.perf_counter() - began

    first, again = write(), write()
    if (Head.objects.count(), Line.objects.count()) != (number, 2 * number):
        raise SystemExit("rows are missing")
    return number / first, number / again


def _database(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=20000;"
        name = url.removeprefix("sqlite:///")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "OPTIONS": {"init_command": pragmas}}
    from sqlalchemy import make_url

    found = make_url(url)
    place = {name: value for name, value in found.query.items() if name == "host"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": found.database,
        "USER": found.username or "",
        "PASSWORD": found.password or "",
        "HOST": found.host or place.get("host", ""),
        "PORT": str(found.port or found.query.get("port", "")),
    }


def _head(one: dict[str, Any]) -> dict[str, Any]:
    partner = one["document_partner"]
    return {
        "number": one["invoice_number"], "document_type": one["type"], "payment_status": one["payment_status"],
        "payment_method": one["payment_method"], "issue_date": date.fromisoformat(one["invoice_date"]),
        "due_date": date.fromisoformat(one["due_date"]), "currency": one["currency"],
        "net_total": Decimal(one["summary"]["net_amount"]), "vat_total": Decimal(one["summary"]["vat_amount"]),
        "gross_total": Decimal(one["gross_total"]), "outstanding": Decimal(one["gross_total"]),
        "contact_name": partner["name"], "contact": partner, "remarks": one["comment"],
    }  # fmt: skip


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": row["name"], "quantity": Decimal(row["quantity"]), "vat": row["vat"],
        "unit_price": Decimal(row["net_unit_amount"]), "net_amount": Decimal(row["net_amount"]),
        "vat_amount": Decimal(row["vat_amount"]), "gross_amount": Decimal(row["gross_amount"]),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
