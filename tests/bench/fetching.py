"""Fetching from Billingo: the seed's 282 invoices over HTTP, and 100,000 documents from bytes to rows.

The peers are what people usually do: bare calls with a raw upsert, and a select and a write for each row.
"""

import json
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from sqlalchemy import func, select

from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.stage import Stage, stage
from webapp.extensions import db
from webapp.sandbox.billingo import create_app as create_sandbox
from webapp.sandbox.billingo.opening import DOCUMENTS, ITEMS, MAIN_KEY
from webapp.sandbox.server import start
from webapp.services import fetching, sources
from webapp.services.actors import person
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.organisations import Organisation
from webapp.store.runs import Run
from webapp.store.session import current, transaction

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
                connection = connect(place)
                product = timed(partial(fetch, place, connection))
                calls = check(place, DOCUMENTS, ITEMS)
                bare = timed(partial(_bare, sandbox.url, Path(folder) / "bare.db"))
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
        raw_upsert(database, found["data"])
        for one in found["data"]:
            if one["payment_status"] == "partially_paid":
                http.get(f"{url}/v3/documents/{one['id']}/payments", timeout=30)
        page += 1
    if database.execute("SELECT count(*) FROM items").fetchone()[0] != ITEMS:
        raise WrongResult("the bare way missed items")
    database.close()


def raw_upsert(database: sqlite3.Connection, records: list[dict[str, Any]]) -> None:
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


def connect(place: Stage) -> int:
    with place.app.app_context():
        with transaction() as session:
            session.get_one(Organisation, place.organisation_id).features = ["billingo_sync"]
        made = sources.add(person(place.organisation_id, "bench"), name="Billingo", key=MAIN_KEY)
        db.session.remove()
    return made


def fetch(place: Stage, connection_id: int, *, full: bool = False) -> None:
    with place.app.app_context():
        (run_id,) = fetching.ask(person(place.organisation_id, "bench"), connection_id, full=full)
        fetching.fetch(run_id)
        db.session.remove()


def check(place: Stage, documents: int, items: int, *, written: int | None = None) -> int:
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


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
