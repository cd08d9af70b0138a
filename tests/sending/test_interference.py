"""What other people and other workers do meanwhile: nothing goes to another place, twice, or against their will."""

import threading
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.sending.conftest import Office
from webapp.connectors.ports import OutcomeUnknown, Unavailable
from webapp.domain.runs import Trigger
from webapp.extensions import db
from webapp.services.gateways import open_gateway
from webapp.services.sending import SendError, working
from webapp.store.connections import CallCount
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.session import current, release, transaction


def test_a_contact_renamed_on_the_way_does_not_make_a_conflict_of_what_is_ours(office: Office) -> None:
    invoice_id = office.invoice(code="1122", contact="De Korenbloem", payment_method="CreditCard")
    office.books.trouble("send", OutcomeUnknown("no answer"), after=True)
    office.ask(invoice_id)
    with transaction() as session:
        session.execute(update(Contact).values(name="De Korenbloem B.V."))
    office.work()

    office.later(seconds=91)

    assert office.invoice_row(invoice_id).delivery == "sent"
    assert office.references() == ["26-0001"]


def test_a_long_run_is_handed_on_before_the_queue_would_cut_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "SHIFT", 0.0)
    run_id = office.ask(*office.invoices(120))

    working.work(run_id)

    assert office.books.calls == ["send"]
    office.work()
    assert office.books.calls == ["send"] * 3
    assert office.run(run_id).status == "completed"
    assert len(office.references()) == 120


def test_a_key_that_cannot_be_opened_pauses_the_connection_and_keeps_the_work(office: Office) -> None:
    invoice_id = office.invoice()
    with transaction():
        office.connection().sealed_key = "made with another encryption key"

    run = office.send(invoice_id)

    assert (office.connection().state, office.connection().pause_reason) == ("paused", "auth")
    assert (run.status, run.failure) == ("queued", "auth")
    assert office.deliveries() == ["queued"]


@pytest.mark.parametrize("change", [{"administration_id": "99999999-2222-3333-4444-555555555555"}, {"region": "be"}])
def test_no_call_leaves_for_an_administration_that_the_connection_has_left(
    office: Office, change: dict[str, str]
) -> None:
    opened = open_gateway(office.connection_id, kind=Trigger.MANUAL)
    opened.watch.before("ProcessSalesInvoices")
    with transaction():
        for name, value in change.items():
            setattr(office.connection(), name, value)

    with pytest.raises(Unavailable):
        opened.watch.before("ProcessSalesInvoices")

    assert current().scalars(select(CallCount.manual)).all() == [1]


def test_the_first_calls_of_a_day_are_all_counted_though_they_come_at_once(app: Flask, office: Office) -> None:
    gateways = [open_gateway(office.connection_id, kind=Trigger.MANUAL) for _ in range(6)]
    release()
    start, failed = threading.Barrier(len(gateways)), []

    def call(place: int) -> None:
        with app.app_context():
            start.wait(10)
            try:
                gateways[place].watch.before("Authenticate")
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(gateways))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not failed
    assert current().scalars(select(CallCount.manual)).all() == [len(gateways)]


def test_what_somebody_is_withdrawing_at_this_moment_is_not_queued(office: Office) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite lets one write transaction in at a time")
    withdrawn, other = office.invoice(), office.invoice("26-0002", price=Decimal(50))
    with db.engine.connect() as somebody:
        somebody.execute(update(Invoice).where(Invoice.id == withdrawn).values(status="cancelled"))
        run_id = office.ask(withdrawn, other)
        somebody.commit()
    office.work()

    assert office.references() == ["26-0002"]
    assert office.invoice_row(withdrawn).delivery == "not_sent"
    assert [(item.invoice_id, item.outcome) for item in office.items(run_id)] == [
        (other, "succeeded"),
        (withdrawn, "skipped"),
    ]
    with pytest.raises(SendError) as refused:
        office.ask(withdrawn)
    assert refused.value.code == "cancelled"
