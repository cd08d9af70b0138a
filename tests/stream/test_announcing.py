"""Announcements: in the transaction of what they tell, with positions that become visible in their order."""

import threading
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from tests.stream.conftest import Tell, events
from tests.support.records import make_invoice
from webapp.extensions import db
from webapp.services import accounts
from webapp.services.announcing import announce
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import at_the_end, current, release, transaction
from webapp.store.stream import StreamEvent


def test_an_event_carries_the_whole_invoice_as_it_stands_at_the_commit(organisation: Organisation) -> None:
    invoice_id = make_invoice(organisation.id, "26-1", quantity="2.5", price="4")
    with transaction() as session:
        invoice = session.get_one(Invoice, invoice_id)
        announce("invoice_updated", invoice)
        invoice.subject = "after the announcement"
    (event,) = events(organisation.id)
    assert (event.position, event.kind, event.invoice_id) == (1, "invoice_updated", invoice_id)
    told = event.payload
    assert told["invoice_no"] == "26-1"
    assert told["subject"] == "after the announcement"
    assert (told["status"], told["delivery"], told["payment"]) == ("sent", "not_sent", "open")
    assert told["total_amount"] == "12.10"
    assert told["customer"]["name"] == "Bakkerij De Korenbloem"
    (item,) = told["items"]
    assert (item["name"], Decimal(item["quantity"]), item["vat_included"]) == ("Brood, week 31", Decimal("2.5"), False)


def test_what_is_rolled_back_is_not_told_and_takes_no_position(organisation: Organisation, tell: Tell) -> None:
    invoice_id = make_invoice(organisation.id, "26-1")

    def fail() -> None:
        with transaction() as session:
            announce("invoice_created", session.get_one(Invoice, invoice_id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    tell("26-2")
    assert [(event.position, event.payload["invoice_no"]) for event in events(organisation.id)] == [(1, "26-2")]


def test_every_organisation_counts_its_own_positions(organisation: Organisation, tell: Tell) -> None:
    other = accounts.add_organisation("Stroom B.V.").id
    for number in ("26-1", "26-2"):
        tell(number)
        tell(number, organisation_id=other)
    assert [event.position for event in events(organisation.id)] == [1, 2]
    assert [event.position for event in events(other)] == [1, 2]


def test_an_unknown_kind_and_a_call_outside_of_a_transaction_are_refused(organisation: Organisation) -> None:
    invoice = current().get_one(Invoice, make_invoice(organisation.id, "26-1"))
    with pytest.raises(ValueError, match="invoice_burnt"):
        announce("invoice_burnt", invoice)
    with pytest.raises(RuntimeError):
        announce("invoice_created", invoice)


def test_a_reader_never_passes_an_event_that_is_committed_later(app: Flask, organisation: Organisation) -> None:
    """Many write at once, each a while inside of its transaction; one reads on from the last it saw."""
    ids = [make_invoice(organisation.id, f"26-{number}") for number in range(24)]
    organisation_id = organisation.id
    release()
    begin = threading.Barrier(5)

    def write(mine: list[int]) -> None:
        begin.wait()
        for invoice_id in mine:
            with app.app_context():
                with transaction() as session:
                    announce("invoice_updated", session.get_one(Invoice, invoice_id))
                    begun.wait(0.002)
                db.session.remove()

    begun = threading.Event()
    writers = [threading.Thread(target=write, args=[ids[start::4]]) for start in range(4)]
    for writer in writers:
        writer.start()
    begin.wait()
    seen: list[int] = []
    while len(seen) < len(ids):
        ended = not any(writer.is_alive() for writer in writers)
        after = seen[-1] if seen else 0
        read = select(StreamEvent.position).where(
            StreamEvent.organisation_id == organisation_id, StreamEvent.position > after
        )
        seen += current().scalars(read.order_by(StreamEvent.position))
        release()
        assert not (ended and len(seen) < len(ids)), f"the reader missed events: {seen}"
    for writer in writers:
        writer.join()
    assert seen == list(range(1, len(ids) + 1))


def test_while_the_first_has_not_committed_the_second_cannot_be_seen(app: Flask, organisation: Organisation) -> None:
    """The first holds position 1 and is slow to commit; if the second came before it, a reader would miss the first."""
    organisation_id = organisation.id
    ids = [make_invoice(organisation_id, number) for number in ("first", "second")]
    release()
    taken, go_on = threading.Event(), threading.Event()

    def hold(_session: object) -> None:
        taken.set()
        go_on.wait(20)

    def write(invoice_id: int, *, slowly: bool) -> None:
        with app.app_context():
            with transaction() as session:
                announce("invoice_updated", session.get_one(Invoice, invoice_id))
                if slowly:
                    at_the_end("then wait", hold)
            db.session.remove()

    first = threading.Thread(target=write, args=[ids[0]], kwargs={"slowly": True})
    second = threading.Thread(target=write, args=[ids[1]], kwargs={"slowly": False})
    first.start()
    assert taken.wait(20)
    second.start()
    second.join(1)
    assert second.is_alive(), "the second waits for the first"
    assert events(organisation_id) == []
    release()
    go_on.set()
    first.join(20)
    second.join(20)
    assert [(event.position, event.payload["invoice_no"]) for event in events(organisation_id)] == [
        (1, "first"),
        (2, "second"),
    ]
