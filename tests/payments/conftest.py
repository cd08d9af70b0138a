"""Payments on two sets of books: the sandbox over HTTP, and one in memory that does whatever a test needs."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import make_settings
from tests.connectors.fake import FakeGateway
from tests.support.databases import Databases
from tests.support.records import make_connection, make_invoice
from webapp import create_app
from webapp.connectors.ports import OpenItem
from webapp.domain.payments import BOOKING_MARGIN
from webapp.extensions import clock, db
from webapp.sandbox.server import start
from webapp.sandbox.yuki import create_app as create_sandbox
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import afterwards, gateways, payments
from webapp.services.actors import Actor, person
from webapp.services.payments import beforehand
from webapp.services.sending import ask, resolving, sweeping, working
from webapp.settings import Settings
from webapp.store.connections import Connection
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.payments import Allocation, Payment
from webapp.store.runs import HttpExchange, Run, RunItem
from webapp.store.session import current, transaction

JOBS: dict[str, Callable[[int], None]] = {
    "jobs.sending.send": working.work,
    "jobs.sending.resolve": resolving.resolve,
    "jobs.payments.process": payments.process,
    "jobs.payments.follow_up": afterwards.follow_up,
}


class Books(Protocol):
    """The hands one needs in the books."""

    def pay(self, reference: str, amount: Decimal) -> None:
        """Match money with an invoice; a negative amount takes it back."""

    def open_amounts(self) -> list[Decimal]:
        """Return what is open there, item by item, unmatched receipts among them."""


@dataclass
class Desk:
    """An organisation with a connection, its books, and the queue played by hand."""

    organisation: Organisation
    connection_id: int
    books: Any
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.actor = person(self.organisation.id, "Vincent")

    def booked(self, number: str = "26-0001", **facts: Any) -> int:
        """Make an invoice, have it booked, and let the margin go by in which nothing is judged; returns its id."""
        invoice_id = make_invoice(self.organisation.id, number, **facts)
        self.send(invoice_id)
        clock.advance(BOOKING_MARGIN + timedelta(minutes=1))
        return invoice_id

    def send(self, *invoice_ids: int) -> None:
        """Send invoices, and let the queue do it."""
        ask(self.actor, invoice_ids)
        self.work()
        for invoice_id in invoice_ids:
            self._wait_for(invoice_id)
            assert self.invoice(invoice_id).delivery == "sent"

    def _wait_for(self, invoice_id: int) -> None:
        """Wait where a worker beside us took the job before we did."""
        ends_at = time.monotonic() + 30
        while self.invoice(invoice_id).delivery in {"queued", "sending"} and time.monotonic() < ends_at:
            current().rollback()
            time.sleep(0.05)

    def process(self) -> Run:
        """Press the button, and let the queue do what is due."""
        run_id = self.ask()
        self.work()
        return self.run(run_id)

    def ask(self) -> int:
        """Press the button only."""
        return payments.ask(self.actor, self.connection_id)[0]

    def work(self) -> None:
        """Do every job that is due, until none is."""
        while True:
            with transaction() as session:
                due = session.scalars(
                    select(OutboxEntry)
                    .where(OutboxEntry.available_at <= clock.now())
                    .order_by(OutboxEntry.id)
                    .with_for_update(skip_locked=True)  # some tests have a worker beside them
                ).all()
                jobs = [(entry.job, entry.args[0]) for entry in due]
                for entry in due:
                    session.delete(entry)
            if not jobs:
                return
            for job, argument in jobs:
                JOBS[job](argument)

    def later(self, **span: float) -> None:
        """Let time go by, and the sweeper and the queue do what is due then."""
        clock.advance(timedelta(**span))
        sweeping.sweep()
        self.work()

    def waiting(self) -> list[datetime]:
        """When the jobs that wait may start."""
        return list(current().scalars(select(OutboxEntry.available_at).order_by(OutboxEntry.id)))

    def run(self, run_id: int) -> Run:
        return self._fresh(Run, run_id)

    def invoice(self, invoice_id: int) -> Invoice:
        return self._fresh(Invoice, invoice_id)

    def connection(self) -> Connection:
        return self._fresh(Connection, self.connection_id)

    def state(self, invoice_id: int) -> tuple[str, str, str]:
        """Return payment status, paid amount and outstanding amount."""
        invoice = self.invoice(invoice_id)
        return invoice.payment, str(invoice.paid_amount), str(invoice.outstanding_amount)

    def payments(self) -> list[str]:
        """Return the amounts of all payments, in the order they were recorded."""
        current().expire_all()
        return [str(amount) for amount in current().scalars(select(Payment.amount).order_by(Payment.id))]

    def allocations(self) -> list[str]:
        current().expire_all()
        return [str(amount) for amount in current().scalars(select(Allocation.amount).order_by(Allocation.id))]

    def history(self, invoice_id: int) -> list[str]:
        """Return the lines of the history that are about payment."""
        query = select(InvoiceEvent.event).where(InvoiceEvent.invoice_id == invoice_id).order_by(InvoiceEvent.id)
        return [event for event in current().scalars(query) if not event.startswith("yuki.")]

    def items(self, run: Run) -> dict[str, tuple[str, str]]:
        """Return outcome and reason by invoice number."""
        query = (
            select(Invoice.number, RunItem.outcome, RunItem.failure)
            .join(Invoice, Invoice.id == RunItem.invoice_id)
            .where(RunItem.run_id == run.id)
        )
        return {number: (outcome, failure) for number, outcome, failure in current().execute(query)}

    def calls(self, run: Run) -> list[str]:
        query = select(HttpExchange.operation).where(HttpExchange.run_id == run.id).order_by(HttpExchange.id)
        return list(current().scalars(query))

    def everything(self) -> tuple[Any, ...]:
        """Return all that a run may change of invoices, payments and history, to see that nothing did."""
        current().expire_all()
        invoices = select(Invoice.number, Invoice.payment, Invoice.paid_amount, Invoice.outstanding_amount)
        return (
            tuple(tuple(row) for row in current().execute(invoices.order_by(Invoice.id))),
            tuple(self.payments()),
            tuple(self.allocations()),
            current().scalar(select(func.count()).select_from(InvoiceEvent)),
        )

    def causes(self, run: Run) -> dict[str, Decimal]:
        """Return the causes of the difference a run found, after checking that they explain it to the cent."""
        here, there = (Decimal(str(run.details[name])) for name in ("open_here", "open_there"))
        found = run.details["causes"]
        assert isinstance(found, list)
        causes = {one["cause"]: Decimal(one["amount"]) for one in found}
        open_amounts = select(func.sum(Invoice.outstanding_amount)).where(
            Invoice.delivery == "sent", Invoice.currency == "EUR"
        )
        assert here == (current().scalar(open_amounts) or 0)
        assert there == sum(self.books.open_amounts(), Decimal(0))
        assert there - here == sum(causes.values(), Decimal(0))
        return causes

    def _fresh(self, table: type[Any], identity: int) -> Any:
        current().expire_all()
        return current().get_one(table, identity)


class SandboxBooks:
    """The sandbox's books, by its control address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False

    def pay(self, reference: str, amount: Decimal | str | None = None) -> None:
        self.control("pay", {"reference": reference, "amount": None if amount is None else str(amount)})

    def receive(self, amount: str) -> None:
        """A bank line that is matched with nothing."""
        self.control("receipt", {"administration": NL_ADMINISTRATION, "amount": amount, "description": "Ontvangst"})

    def fault(self, fault: str, *, times: int = 1, operation: str = "OutstandingDebtorItems") -> None:
        self.control("faults", [{"operation": operation, "fault": fault, "times": times}])

    def open_amounts(self) -> list[Decimal]:
        answer = self._http.get(f"{self.url}/_sandbox/ledger", timeout=10).json()
        open_ones = [one for one in answer["bookings"] if one["kind"] == "sales" and not one["draft"]]
        return [Decimal(one["open"]) for one in open_ones] + [-Decimal(one["amount"]) for one in answer["receipts"]]

    def control(self, name: str, body: Any = None) -> Any:
        answer = self._http.post(f"{self.url}/_sandbox/{name}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def close(self) -> None:
        self._http.close()


class MemoryBooks(FakeGateway):
    """The books in memory, with what is open by item; `meanwhile` happens while they are asked."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)  # type: ignore[assignment]

    def open_items(self) -> Iterable[OpenItem]:
        self.meanwhile()
        return super().open_items()

    def open_amounts(self) -> list[Decimal]:
        return [one.open_amount for one in self.ledger]


@pytest.fixture(scope="module")
def shared_app(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One app for all examples of a property: each works in organisations of its own."""
    url = databases.fresh()
    app = create_app(make_settings(url, tmp_path_factory.mktemp("examples")))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with start(create_sandbox()) as running:
        yield running.url


@pytest.fixture
def settings(database_url: str, tmp_path: Path, sandbox_url: str) -> Settings:
    return make_settings(database_url, tmp_path, yuki_nl_url=sandbox_url, yuki_timeout=30)


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[SandboxBooks]:
    books = SandboxBooks(sandbox_url)
    books.control("reset")
    yield books
    books.close()


@pytest.fixture
def desk(app: Flask, organisation: Organisation, sandbox: SandboxBooks, frozen_clock: datetime) -> Desk:
    """A desk on the sandbox over HTTP."""
    connection_id = make_connection(organisation.id, key=NL_KEY, administration_id=NL_ADMINISTRATION)
    return Desk(organisation, connection_id, sandbox)


@pytest.fixture
def read_ahead(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Wait until the run that asks has read ahead to its end."""
    done, read = threading.Event(), beforehand._read

    class Noted(beforehand.Ahead):
        def __init__(self, *arguments: Any) -> None:
            done.clear()  # of the run before this one
            super().__init__(*arguments)

    def noted(*arguments: Any) -> None:
        read(*arguments)
        done.set()

    def wait() -> None:
        assert done.wait(20)

    monkeypatch.setattr(beforehand, "Ahead", Noted)
    monkeypatch.setattr(beforehand, "_read", noted)
    return wait


@pytest.fixture
def memory_desk(
    app: Flask, organisation: Organisation, frozen_clock: datetime, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """A desk on books in memory."""
    books = MemoryBooks()
    monkeypatch.setattr(gateways, "make_gateway", lambda *_, **__: books)
    return Desk(organisation, make_connection(organisation.id), books)
