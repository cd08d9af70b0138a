"""Expense claims on the sandbox's archive over HTTP, with the queue played by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from tests.conftest import make_settings
from tests.support.receipts import pdf
from tests.support.records import make_connection
from webapp.extensions import clock
from webapp.sandbox.server import start
from webapp.sandbox.yuki import create_app as create_sandbox
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import expenses
from webapp.services.actors import Actor, person
from webapp.services.expenses import ClaimData, LineData
from webapp.services.sending import sweeping
from webapp.settings import Settings
from webapp.store.expenses import ExpenseClaim, ExpenseEvent
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import HttpExchange, Run, RunItem
from webapp.store.session import current, transaction

JOBS: dict[str, Callable[[int], None]] = {"jobs.expenses.send": expenses.upload}


@dataclass
class Desk:
    """An organisation whose claims go to the sandbox."""

    organisation: Organisation
    connection_id: int
    url: str
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.actor = person(self.organisation.id, "Vincent")

    def claim(self, *amounts: str, approved: bool = True) -> int:
        """Make a claim with a receipt for each amount; returns its id."""
        claim_id = expenses.create(self.actor, ClaimData("Reis naar Utrecht", "Joris Maes", date(2026, 3, 2)))
        for number, amount in enumerate(amounts or ("12.50",)):
            line = LineData(date(2026, 3, 1), f"Trein {number}", Decimal(amount), "bon.pdf", pdf(str(number)))
            expenses.add_line(self.actor, claim_id, line)
        for status in ("submitted", "approved") if approved else ():
            expenses.move(self.actor, claim_id, status)
        return claim_id

    def send(self, *claim_ids: int) -> int:
        """Press the button, and let the queue do what is due; returns the run."""
        asked = expenses.ask(self.actor, claim_ids)
        assert not asked.held, asked.held
        self.work()
        return asked.run_ids[0]

    def work(self) -> None:
        while True:
            with transaction() as session:
                due = session.scalars(select(OutboxEntry).where(OutboxEntry.available_at <= clock.now())).all()
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

    def found(self, claim_id: int) -> ExpenseClaim:
        current().expire_all()
        return current().get_one(ExpenseClaim, claim_id)

    def run(self, run_id: int) -> Run:
        current().expire_all()
        return current().get_one(Run, run_id)

    def item(self, run_id: int) -> RunItem:
        current().expire_all()
        return current().scalars(select(RunItem).where(RunItem.run_id == run_id)).one()

    def history(self, claim_id: int) -> list[str]:
        query = select(ExpenseEvent.event).where(ExpenseEvent.claim_id == claim_id).order_by(ExpenseEvent.id)
        return list(current().scalars(query))

    def calls(self, run_id: int) -> list[str]:
        query = select(HttpExchange.operation).where(HttpExchange.run_id == run_id).order_by(HttpExchange.id)
        return list(current().scalars(query))

    def filed(self) -> list[dict[str, Any]]:
        """The documents that were uploaded, as the archive has them."""
        answer = requests.get(f"{self.url}/_sandbox/ledger", timeout=10).json()
        return [one for one in answer["documents"] if one["file_name"].startswith("D-")]

    def fault(self, fault: str, *, operation: str = "UploadDocumentWithData", times: int = 1) -> None:
        self.control("faults", [{"operation": operation, "fault": fault, "times": times}])

    def control(self, name: str, body: Any = None) -> None:
        answer = requests.post(f"{self.url}/_sandbox/{name}", json=body, timeout=10)
        assert answer.ok, answer.text


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with start(create_sandbox()) as running:
        yield running.url


@pytest.fixture
def settings(database_url: str, tmp_path: Path, sandbox_url: str) -> Settings:
    return make_settings(database_url, tmp_path, yuki_nl_url=sandbox_url, yuki_timeout=30)


@pytest.fixture
def desk(app: Flask, organisation: Organisation, sandbox_url: str, frozen_clock: datetime) -> Desk:
    """A desk whose connection files in folder 7."""
    facts = {"send_expenses": True, "expense_folder_id": "7"}
    connection_id = make_connection(organisation.id, key=NL_KEY, administration_id=NL_ADMINISTRATION, **facts)
    found = Desk(organisation, connection_id, sandbox_url)
    found.control("reset")
    return found
