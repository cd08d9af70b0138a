"""Sending on a set of books in memory, with the queue played by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.connectors.fake import FakeGateway
from tests.support.records import make_connection, make_invoice, make_invoices
from webapp.extensions import clock
from webapp.services import gateways
from webapp.services.actors import Actor, person
from webapp.services.sending import ask, resolving, sweeping, working
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run, RunItem
from webapp.store.session import current, transaction

JOBS: dict[str, Callable[[int], None]] = {
    "jobs.sending.send": working.work,
    "jobs.sending.resolve": resolving.resolve,
}


@dataclass
class Office:
    """An organisation with a connection to books in memory, and what one does there."""

    organisation: Organisation
    connection_id: int
    books: FakeGateway
    actor: Actor

    def invoice(self, number: str = "26-0001", **facts: object) -> int:
        return make_invoice(self.organisation.id, number, **facts)

    def invoices(self, count: int) -> list[int]:
        return make_invoices(self.organisation.id, count)

    def ask(self, *invoice_ids: int) -> int:
        return ask(self.actor, invoice_ids)[0]

    def send(self, *invoice_ids: int) -> Run:
        """Ask, and let the queue do what is due now."""
        run_id = self.ask(*invoice_ids)
        self.work()
        return self.run(run_id)

    def work(self) -> None:
        """Do every job that is due, until none is."""
        while True:
            with transaction() as session:
                due = session.scalars(
                    select(OutboxEntry).where(OutboxEntry.available_at <= clock.now()).order_by(OutboxEntry.id)
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

    def run(self, run_id: int) -> Run:
        return self._fresh(Run, run_id)

    def delivery(self, invoice_id: int) -> Delivery:
        current().expire_all()
        query = select(Delivery).where(Delivery.invoice_id == invoice_id).order_by(Delivery.id.desc()).limit(1)
        return current().scalars(query).one()

    def deliveries(self) -> list[str]:
        current().expire_all()
        return list(current().scalars(select(Delivery.state).order_by(Delivery.id)))

    def invoice_row(self, invoice_id: int) -> Invoice:
        return self._fresh(Invoice, invoice_id)

    def connection(self) -> Connection:
        return self._fresh(Connection, self.connection_id)

    def events(self, invoice_id: int) -> list[str]:
        query = select(InvoiceEvent.event).where(InvoiceEvent.invoice_id == invoice_id).order_by(InvoiceEvent.id)
        return list(current().scalars(query))

    def items(self, run_id: int) -> list[RunItem]:
        current().expire_all()
        return list(current().scalars(select(RunItem).where(RunItem.run_id == run_id).order_by(RunItem.id)))

    def references(self) -> list[str]:
        return [booking.reference for booking in self.books.ledger]

    def _fresh(self, table: type[Any], identity: int) -> Any:
        current().expire_all()
        return current().get_one(table, identity)


@pytest.fixture
def office(app: Flask, organisation: Organisation, frozen_clock: object, monkeypatch: pytest.MonkeyPatch) -> Office:
    books = FakeGateway()
    monkeypatch.setattr(gateways, "make_gateway", lambda *_, **__: books)
    connection_id = make_connection(organisation.id)
    return Office(organisation, connection_id, books, person(organisation.id, "Vincent"))
