"""An organisation with a connection to the sandbox Yuki, whose archive is read, and the queue played by hand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import make_settings
from tests.support.records import make_connection
from webapp.extensions import clock
from webapp.sandbox.server import start
from webapp.sandbox.yuki import create_app as create_sandbox
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import fetching, payments
from webapp.services.actors import Actor, person
from webapp.services.sending import ask, resolving, sweeping, working
from webapp.settings import Settings
from webapp.store.fetching import FetchState, RemoteDocument, SetAside
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import HttpExchange, Run
from webapp.store.session import current, transaction

JOBS: dict[str, Any] = {
    "jobs.fetching.fetch": fetching.fetch,
    "jobs.payments.process": payments.process,
    "jobs.sending.send": working.work,
    "jobs.sending.resolve": resolving.resolve,
}


@dataclass
class Desk:
    """A connection, the books behind it, and what came of reading them."""

    organisation: Organisation
    url: str
    connection_id: int
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.actor = person(self.organisation.id, "Vincent")

    def fetch(self, **wanted: Any) -> Run:
        """Ask, let the queue do it, and return the run."""
        run_id = fetching.ask(self.actor, self.connection_id, **wanted)[0]
        self.work()
        return self.run(run_id)

    def send(self, invoice_id: int) -> None:
        ask(self.actor, [invoice_id])
        self.work()

    def process(self) -> Run:
        run_id = payments.ask(self.actor, self.connection_id)[0]
        self.work()
        return self.run(run_id)

    def work(self) -> None:
        """Do every job that is due, until none is."""
        while True:
            with transaction() as session:
                query = select(OutboxEntry).where(OutboxEntry.available_at <= clock.now()).order_by(OutboxEntry.id)
                due = session.scalars(query).all()
                jobs = [(entry.job, entry.args[0]) for entry in due]
                for entry in due:
                    session.delete(entry)
            if not jobs:
                return
            for job, argument in jobs:
                JOBS[job](argument)

    def later(self, **span: float) -> None:
        clock.advance(timedelta(**span))
        sweeping.sweep()
        self.work()

    def run(self, run_id: int) -> Run:
        current().expire_all()
        return current().get_one(Run, run_id)

    def state(self) -> FetchState:
        current().expire_all()
        return current().get_one(FetchState, self.connection_id)

    def document(self, remote_id: str) -> RemoteDocument | None:
        current().expire_all()
        return current().scalar(select(RemoteDocument).where(RemoteDocument.remote_id == remote_id))

    def of(self, remote_id: str) -> Invoice:
        """Return the invoice that a document became."""
        document = self.document(remote_id)
        assert document is not None
        return current().get_one(Invoice, document.invoice_id)

    def invoice(self, number: str) -> Invoice:
        current().expire_all()
        return current().scalars(select(Invoice).where(Invoice.number == number)).one()

    def set_aside(self) -> dict[str, tuple[str, str]]:
        """Return field and reason of what waits, by the document's id."""
        current().expire_all()
        rows = current().scalars(select(SetAside).where(SetAside.solved_at.is_(None)).order_by(SetAside.id))
        return {row.remote_id: (row.field, row.reason) for row in rows}

    def history(self, invoice: Invoice) -> list[str]:
        query = select(InvoiceEvent.event).where(InvoiceEvent.invoice_id == invoice.id).order_by(InvoiceEvent.id)
        return list(current().scalars(query))

    def calls(self, run: Run) -> list[str]:
        query = select(HttpExchange.operation).where(HttpExchange.run_id == run.id).order_by(HttpExchange.id)
        return list(current().scalars(query))

    def count(self, table: type[Any]) -> int:
        return current().scalar(select(func.count()).select_from(table)) or 0

    def control(self, what: str, body: Any = None) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{what}", json={} if body is None else body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def odd(self, document: str = "", **odd: Any) -> str:
        """File a document that is wrong on purpose, or spoil one; returns its id."""
        return str(self.control("document", {"document": document, **odd})["id"])

    def fault(self, name: str, *, operation: str = "ModifiedDocumentsInFolder", **options: Any) -> None:
        self.control("faults", [{"operation": operation, "fault": name, **options}])

    def ledger(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.url}/_sandbox/ledger", timeout=30).json()
        return found

    def agrees(self) -> None:
        """Check that every invoice of the archive is here once, with its total and what is open of it."""
        books = self.ledger()
        opened = {one["document"]: Decimal(one["open"]) for one in books["bookings"]}
        there = {
            one["id"]: (Decimal(one["amount"]), opened.get(one["id"], Decimal(0)))
            for one in books["documents"]
            if one["folder"] in (1, 2) and not one["odd"] and one["administration_id"] == NL_ADMINISTRATION
        }
        current().expire_all()
        query = (
            select(RemoteDocument.remote_id, Invoice.gross_total, Invoice.outstanding_amount)
            .join(Invoice, Invoice.id == RemoteDocument.invoice_id)
            .where(RemoteDocument.vanished_at.is_(None))
        )
        rows = current().execute(query).all()
        assert {row[0]: (row[1], row[2]) for row in rows if row[0] in there} == there


@pytest.fixture(scope="session")
def yuki_url() -> Iterator[str]:
    with start(create_sandbox(clock=clock.now)) as running:
        yield running.url


@pytest.fixture
def settings(database_url: str, tmp_path: Path, yuki_url: str) -> Settings:
    return make_settings(database_url, tmp_path, yuki_nl_url=yuki_url, yuki_timeout=30)


@pytest.fixture
def desk(app: Flask, organisation: Organisation, yuki_url: str, frozen_clock: datetime) -> Desk:
    connection_id = make_connection(organisation.id, key=NL_KEY, administration_id=NL_ADMINISTRATION)
    made = Desk(organisation, yuki_url, connection_id)
    made.control("reset")
    return made


@pytest.fixture
def stocked(desk: Desk) -> Desk:
    """The same with an archive of 30 purchase and 8 sales invoices, of which some are paid."""
    desk.control("stock", {"purchases": 30, "sales": 8, "seed": 7})
    return desk
