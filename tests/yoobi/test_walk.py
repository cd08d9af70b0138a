"""A walk through the product with Yoobi's product sheet in hand: everything it names is where it belongs, in Dutch."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.settings.test_seller import GOOD
from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_exchange, make_run
from tests.yoobi.contract import VIEWS, Item
from tests.yoobi.finding import missing
from webapp.extensions import clock
from webapp.services import expenses, history, notices, payments, sellers
from webapp.services import settings as organisation_settings
from webapp.services.actors import Actor, person, system
from webapp.services.payments import PaymentData
from webapp.store.organisations import Organisation
from webapp.store.runs import RunItem
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def at(day: int, hour: int, minute: int, month: int = 8) -> datetime:
    """A moment of the summer of 2024 by the clock of Amsterdam."""
    return datetime(2024, month, day, hour - 2, minute, tzinfo=UTC)


HISTORY = (
    ((1, 16, 46), "invoice.approved", "vincent"),
    ((1, 17, 3), "invoice.authorised", "vincent"),
    ((1, 17, 3), "invoice.emailing", "vincent"),
    ((1, 17, 4), "yuki.invoice_processed", ""),
    ((1, 17, 8), "invoice.sent", ""),
    ((6, 14, 28), "payment.received", "administrator"),
    ((6, 14, 28), "invoice.partially_paid", ""),
)
"""The example of the product sheet, oldest first; the system has no name."""


@pytest.fixture
def stage(app: Flask, organisation: Organisation, tmp_path: Path) -> dict[str, int]:
    """Invoice 24177 with its history, the two runs of the product sheet's log, and one run in which Yuki refused."""
    app.extensions["koppel"] = app.extensions["koppel"].model_copy(update={"mail_url": (tmp_path / "mail").as_uri()})
    clock.freeze(at(1, 16, 0))
    actor = person(organisation.id, "vincent")
    sellers.keep_seller(actor, sellers.SellerData(**GOOD))
    department = organisation_settings.add_department(actor, "Ontwerp")
    connection = make_connection(organisation.id, process_payments=True, send_expenses=True, expense_folder_id="7")
    facts = {"issue_date": date(2024, 6, 1), "due_date": date(2024, 7, 1)}
    before, invoice, _after = (make_invoice(organisation.id, str(number), **facts) for number in (24176, 24177, 24178))
    for number, status in (("24179", "approved"), ("24180", "authorised"), ("24181", "draft")):
        make_invoice(organisation.id, number, status=status)
    clock.freeze(at(7, 11, 10))
    make_run(organisation.id, connection, category="send_expense_claims", offered=9, succeeded=9)
    run = make_run(organisation.id, connection, [(invoice, "succeeded", ""), (before, "failed", "vat")], skipped=1)
    exchange = make_exchange(organisation.id, connection, run)
    clock.freeze(at(7, 14, 0))
    facts = {"actor_name": "", "trigger": "automatic", "offered": 183, "succeeded": 183, "ended_at": at(7, 14, 28)}
    paid = make_run(organisation.id, connection, category="process_payments", **facts)
    with transaction() as session:
        notices.recount(connection)
        item = session.scalars(select(RunItem).where(RunItem.invoice_id == before)).one()
        item.exchange_id = exchange
    _tell(invoice, actor, runs={"payment.received": paid, "yuki.invoice_processed": run})
    _pay(actor, invoice)
    claim = expenses.create(actor, expenses.ClaimData("Reis", "Joris Maes", date(2024, 8, 2)))
    return {"invoice": invoice, "run": run, "department": department, "connection": connection, "claim": claim}


def _tell(invoice_id: int, actor: Actor, *, runs: dict[str, int]) -> None:
    """Write the invoice's history as it happened."""
    params = {"amount": "26.40", "currency": "EUR", "date": "2024-08-06"}
    for (day, hour, minute), event, name in HISTORY:
        clock.freeze(at(day, hour, minute))
        who = person(actor.organisation_id, name) if name else system(actor.organisation_id)
        with transaction():
            history.record(invoice_id, event, actor=who, run_id=runs.get(event), params=params)
    clock.freeze(at(7, 15, 0))


def _pay(actor: Actor, invoice_id: int) -> None:
    """Let a part of the invoice be paid, and another payment come in that fits an invoice and waits at the desk."""
    day = date(2024, 8, 6)
    part = payments.record_payment(actor, PaymentData("manual", "1", Decimal("26.40"), day)).payment_id
    payments.allocate(actor, part, [(invoice_id, Decimal("26.40"))])
    payments.record_payment(actor, PaymentData("manual", "2", Decimal("121.00"), day, description="Factuur 24178"))


def test_everything_that_yoobi_names_is_where_it_belongs(stage: dict[str, int], log_in: LogIn, admin: User) -> None:
    client = log_in(admin)
    found: dict[str, list[Item]] = {}
    for name, (address, wanted) in VIEWS.items():
        answer = client.get(address.format(**stage))
        assert answer.status_code == 200, (name, answer.status_code, answer.location)
        found[name] = missing(answer.text, wanted)
    lacking = [f"{name}: {item.kind} “{item.words}” {item.leads}" for name, items in found.items() for item in items]
    assert not lacking, "\n".join(lacking)
