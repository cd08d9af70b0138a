"""An organisation with a connection to the sandbox Billingo, and the queue played by hand."""

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
from webapp.extensions import clock
from webapp.sandbox.billingo import create_app as create_sandbox
from webapp.sandbox.billingo.opening import MAIN_KEY
from webapp.sandbox.server import start
from webapp.services import fetching, sources
from webapp.services.actors import Actor, person
from webapp.services.sending import sweeping
from webapp.settings import Settings
from webapp.store.connections import Connection
from webapp.store.fetching import FetchState, RemoteDocument, SetAside
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import HttpExchange, Run, RunItem
from webapp.store.session import current, transaction


@dataclass
class Desk:
    """A connection, the account behind it, and what came of fetching."""

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
                assert job == "jobs.fetching.fetch"
                fetching.fetch(argument)

    def later(self, **span: float) -> None:
        clock.advance(timedelta(**span))
        sweeping.sweep()
        self.work()

    def run(self, run_id: int) -> Run:
        current().expire_all()
        return current().get_one(Run, run_id)

    def connection(self) -> Connection:
        current().expire_all()
        return current().get_one(Connection, self.connection_id)

    def state(self) -> FetchState:
        current().expire_all()
        return current().get_one(FetchState, self.connection_id)

    def document(self, remote_id: int | str) -> RemoteDocument | None:
        current().expire_all()
        return current().scalar(select(RemoteDocument).where(RemoteDocument.remote_id == str(remote_id)))

    def invoice(self, remote_id: int | str) -> Invoice:
        document = self.document(remote_id)
        assert document is not None
        return current().get_one(Invoice, document.invoice_id)

    def set_aside(self) -> list[SetAside]:
        current().expire_all()
        return list(current().scalars(select(SetAside).order_by(SetAside.id)))

    def calls(self, run: Run) -> list[str]:
        query = select(HttpExchange.operation).where(HttpExchange.run_id == run.id).order_by(HttpExchange.id)
        return list(current().scalars(query))

    def count(self, table: type[Any]) -> int:
        return current().scalar(select(func.count()).select_from(table)) or 0

    def outcomes(self, run: Run) -> dict[str, int]:
        query = select(RunItem.outcome, func.count()).where(RunItem.run_id == run.id).group_by(RunItem.outcome)
        return {row[0]: row[1] for row in current().execute(query)}

    def control(self, what: str, body: Any = None) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{what}", json={} if body is None else body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, name: str, *, operation: str = "ListDocument", **options: Any) -> None:
        self.control("faults", [{"operation": operation, "fault": name, **options}])

    def called(self) -> dict[str, int]:
        """Return how many calls of each operation the account saw."""
        found: dict[str, int] = requests.get(f"{self.url}/_sandbox/calls", timeout=30).json()["operations"]
        return found

    def ledger(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.url}/_sandbox/ledger", timeout=30).json()["documents"]
        return found

    def agrees(self) -> None:
        """Check that every document of the account is here, once, with its total, and nothing else is."""
        there = {str(one["id"]): Decimal(str(one["gross"])) for one in self.ledger()}
        current().expire_all()
        query = select(RemoteDocument.remote_id, Invoice.gross_total).join(
            Invoice, Invoice.id == RemoteDocument.invoice_id
        )
        rows = current().execute(query.where(RemoteDocument.vanished_at.is_(None))).all()
        assert len(rows) == len({row.remote_id for row in rows})
        assert {row.remote_id: row.gross_total for row in rows} == there


def adds_up(run: Run) -> bool:
    """Whether the counters of an ended run are what was seen."""
    details = {name: int(str(run.details.get(name, 0))) for name in ("created", "updated", "unchanged", "skipped")}
    return (
        sum(details.values()) + run.failed == run.offered == run.succeeded + run.skipped + run.failed
        and run.unknown == 0
    )


@pytest.fixture(scope="session")
def billingo_url() -> Iterator[str]:
    with start(create_sandbox(clock=clock.now)) as running:
        yield running.url


@pytest.fixture
def settings(database_url: str, tmp_path: Path, billingo_url: str) -> Settings:
    return make_settings(database_url, tmp_path, billingo_url=f"{billingo_url}/v3", yuki_timeout=30)


@pytest.fixture
def desk(app: Flask, organisation: Organisation, billingo_url: str, frozen_clock: datetime) -> Desk:
    with transaction():
        organisation.features = [*organisation.features, "billingo_sync"]
    connection_id = sources.add(person(organisation.id, "Vincent"), name="Billingo", key=MAIN_KEY)
    made = Desk(organisation, billingo_url, connection_id)
    made.control("reset")
    made.control("mode", {"rate_limit": 0})
    return made
