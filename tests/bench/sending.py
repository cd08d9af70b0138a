"""Sending: as many invoices as one has beside a bare loop, and what the queue adds where a call takes 100 ms.

The bare loop does what a program does that nobody can kill and that never loses an answer: it reads fifty invoices,
builds and validates their documents, posts them in one call, reads the answer and stores the same rows, no claims, no
leases, no runs. Both send to a sandbox that is a process of its own.
"""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import redis
import requests
from lxml import etree
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import joinedload, selectinload

from tests.bench.books import books, control
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.stage import Stage, stage
from tests.support.records import make_connection, make_invoice
from tests.support.web import ROOT, environ_of
from webapp.connectors.yuki.contract import build_message, request_headers
from webapp.connectors.yuki.mapping import batch_of, build_invoice
from webapp.connectors.yuki.ordinary import SCHEMA_FILE
from webapp.extensions import db
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services.actors import person
from webapp.services.documents import make_document
from webapp.services.relaying import relay_once
from webapp.services.sending import ask, working
from webapp.services.sending.claiming import BATCH
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.runs import Run
from webapp.store.types import table_of

LATENCY_MS = 100
PATIENCE = 120.0
_INVOICES, _LINES = table_of(Invoice), table_of(InvoiceLine)


def measure(options: Options) -> list[Figure]:
    """Measure sending beside the bare loop, a part of the invoices in each round; then the queue's part."""
    count, queued = options.size(10_000, 200) // options.rounds, options.size(1000, 100)
    series = Series()
    facts = {"daily_calls": 100_000}
    with (
        books(daily_limit=1_000_000) as ours,
        books(daily_limit=1_000_000) as theirs,
        stage(options.database, yuki_nl_url=ours) as place,
        stage(options.database, yuki_nl_url=theirs) as other,
    ):
        for one in (place, other):
            _fill(one, count * options.rounds)
        product, bare = _Product(place, facts), _Bare(other, theirs)
        for number in range(options.rounds):
            mine, limit = product.send(count), bare.send(count)
            series.add("invoices a second / bare loop", limit / mine)
            series.add("invoices a second", count / mine)
            series.add("bare loop a second", count / limit)
            options.tell(f"  round {number + 1}: {count / mine:.0f} a second, bare loop {count / limit:.0f}")
    with books(daily_limit=1_000_000) as url, stage(options.database, yuki_nl_url=url) as place:
        _fill(place, queued * options.rounds)
        product = _Product(place, facts)
        with _worker(place, url) as carrier:
            product.send_by_queue(queued // 10, carrier)  # the worker has started, the session is there
            control(url, "mode", {"latency_ms": LATENCY_MS})
            for number in range(options.rounds):
                before, total = product.send_by_queue(queued - queued // 10, carrier)
                series.add("the queue's part", 100 * before / total)
                options.tell(f"  queue, round {number + 1}: {before * 1000:.0f} ms of {total:.2f} s")
    note = f"{count} invoices a round, {BATCH} a call, the sandbox without latency in a process of its own"
    queue_note = f"{queued} invoices, {LATENCY_MS} ms a call, from the hand-over to RQ until the job's first look"
    return [
        series.figure("invoices a second / bare loop", bound=0.5, note=note),
        series.figure("invoices a second", unit="/s"),
        series.figure("bare loop a second", unit="/s"),
        series.figure("the queue's part", unit="%", bound=5, most=True, row=20, note=queue_note),
    ]


class _Product:
    """The product over one stage; it sends as a worker does, or by one."""

    def __init__(self, place: Stage, facts: dict[str, Any]) -> None:
        self._place = place
        self._actor = person(place.organisation_id, "Vincent")
        with place.app.app_context():
            make_connection(place.organisation_id, key=NL_KEY, administration_id=NL_ADMINISTRATION, **facts)
            db.session.remove()

    def send(self, count: int) -> float:
        """Ask for the next invoices and send them in this process; returns the seconds."""
        ids = _open_ids(self._place, count)
        with self._place.app.app_context():
            began = time.perf_counter()
            for run_id in ask(self._actor, ids):
                working.work(run_id)
            took = time.perf_counter() - began
            db.session.remove()
        _check(self._place, ids)
        return took

    def send_by_queue(self, count: int, carrier: "redis.Redis") -> tuple[float, float]:
        """Ask for the next invoices and hand them to the worker; returns its seconds until it began, and all."""
        ids = _open_ids(self._place, count)
        with self._place.app.app_context():
            (run_id,) = ask(self._actor, ids)
            handed = datetime.now(UTC)
            relay_once(carrier)
            ends_at = time.monotonic() + PATIENCE
            while (run := _ended(run_id)) is None:
                if time.monotonic() > ends_at:
                    raise WrongResult("the worker did not send")
                time.sleep(0.02)
            db.session.remove()
        _check(self._place, ids)
        return (run[0] - handed).total_seconds(), (run[1] - handed).total_seconds()


class _Bare:
    """A loop over the same tables with nothing around it."""

    def __init__(self, place: Stage, url: str) -> None:
        self._place = place
        self._url = url
        self._schema = etree.XMLSchema(etree.parse(str(SCHEMA_FILE)))
        self._http = requests.Session()
        self._http.trust_env = False
        with place.app.app_context():
            self._connection = make_connection(place.organisation_id, key=NL_KEY, administration_id=NL_ADMINISTRATION)
            db.session.remove()
        answer = self._post("Accounting", "Authenticate", accessKey=NL_KEY)
        self._session = answer.partition(b"<AuthenticateResult>")[2].partition(b"<")[0].decode()

    def send(self, count: int) -> float:
        """Send the next invoices; returns the seconds."""
        ids = _open_ids(self._place, count)
        with self._place.app.app_context():
            began = time.perf_counter()
            for start in range(0, count, BATCH):
                self._batch(ids[start : start + BATCH])
            took = time.perf_counter() - began
            db.session.remove()
        _check(self._place, ids)
        return took

    def _batch(self, ids: Sequence[int]) -> None:
        whole = (selectinload(Invoice.lines), joinedload(Invoice.contact), selectinload(Invoice.document))
        invoices = db.session.scalars(select(Invoice).where(Invoice.id.in_(ids)).options(*whole)).unique().all()
        payloads = {invoice.number: build_invoice(make_document(invoice, draft=False)) for invoice in invoices}
        for payload in payloads.values():
            self._schema.assertValid(etree.fromstring(bytes(payload)))
        answer = self._post(
            "Sales",
            "ProcessSalesInvoices",
            sessionId=self._session,
            administrationId=NL_ADMINISTRATION,
            xmlDoc=batch_of(list(payloads.values())),
        )
        if answer.count(b"Succeeded&gt;true") + answer.count(b"<Succeeded>true") != len(ids):
            raise WrongResult(f"the sandbox refused an invoice: {answer[:400]!r}")
        now = datetime.now(UTC)
        common = {"organisation_id": self._place.organisation_id}
        written = [
            common
            | {"invoice_id": one.id, "connection_id": self._connection, "state": "sent", "reference": one.number}
            | {"payload": payloads[one.number], "payload_hash": hashlib.sha256(payloads[one.number]).hexdigest()}
            | {"attempts": 1, "created_at": now, "updated_at": now, "sent_at": now}
            for one in invoices
        ]
        told = common | {"occurred_at": now, "actor_kind": "system", "actor_name": "", "params": {}}
        events = ("yuki.queued", "yuki.invoice_processed")
        db.session.execute(insert(Delivery), written)
        db.session.execute(
            insert(InvoiceEvent), [told | {"invoice_id": one.id, "event": word} for one in invoices for word in events]
        )
        db.session.execute(update(Invoice).where(Invoice.id.in_(ids)).values(delivery="sent", updated_at=now))
        db.session.commit()
        db.session.expunge_all()

    def _post(self, service: str, operation: str, **parameters: object) -> bytes:
        body = build_message(service, operation, **parameters)
        answer = self._http.post(f"{self._url}/ws/{service}.asmx", body, headers=request_headers(operation), timeout=60)
        if answer.status_code != 200:
            raise WrongResult(f"{operation}: HTTP {answer.status_code}")
        return answer.content


def _fill(place: Stage, count: int) -> None:
    """Store so many invoices to send, all of them like the first."""
    with place.app.app_context():
        first = make_invoice(place.organisation_id, "S-00000")
        head = dict(db.session.execute(select(_INVOICES).where(_INVOICES.c.id == first)).mappings().one())
        line = dict(db.session.execute(select(_LINES).where(_LINES.c.invoice_id == first)).mappings().one())
        numbers = range(1, count)
        db.session.execute(insert(_INVOICES), [head | {"id": first + n, "number": f"S-{n:05}"} for n in numbers])
        db.session.execute(insert(_LINES), [line | {"id": line["id"] + n, "invoice_id": first + n} for n in numbers])
        db.session.commit()
        db.session.remove()


def _open_ids(place: Stage, count: int) -> list[int]:
    with place.app.app_context():
        query = select(Invoice.id).where(Invoice.delivery == "not_sent").order_by(Invoice.id).limit(count)
        found = list(db.session.scalars(query))
        db.session.remove()
    if len(found) != count:
        raise WrongResult(f"{len(found)} invoices are left to send, expected {count}")
    return found


def _check(place: Stage, ids: Sequence[int]) -> None:
    """See that all were sent."""
    with place.app.app_context():
        query = select(func.count()).where(Invoice.id.between(ids[0], ids[-1]), Invoice.delivery == "sent")
        sent = db.session.scalar(query)
        db.session.remove()
    if sent != len(ids):
        raise WrongResult(f"{sent} of {len(ids)} invoices were sent")


def _ended(run_id: int) -> tuple[datetime, datetime] | None:
    """Return when a run began and ended, None while it has not."""
    db.session.rollback()
    row = db.session.execute(select(Run.status, Run.started_at, Run.ended_at).where(Run.id == run_id)).one()
    if row.status in ("queued", "running"):
        return None
    if row.status != "completed":
        raise WrongResult(f"the run ended as {row.status}")
    return row.started_at, row.ended_at


@contextmanager
def _worker(place: Stage, url: str) -> Iterator["redis.Redis"]:
    """Let one worker wait for work; gives the way to its queue."""
    environment = environ_of(place.settings) | {"YUKI_NL_URL": url}
    process = subprocess.Popen([sys.executable, "-m", "webapp.cli", "worker"], env=environment, cwd=ROOT)
    try:
        yield redis.Redis.from_url(place.settings.redis_url)
    finally:
        process.terminate()
        process.wait(30)
