"""Yuki's archive is read: every invoice here once, with its status, and nothing written for what is as it was."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.archive.conftest import Desk
from tests.support.records import make_invoice
from webapp.extensions import clock
from webapp.services.fetching import detailing
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current

LISTS = ["ModifiedDocumentsInFolder"] * 2
LOOKS = ["OutstandingCreditorItems", "OutstandingDebtorItems"]


def test_the_first_reading_brings_all_and_the_second_writes_nothing_and_costs_one_call_a_list(
    stocked: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detailing, "BY_HAND", 100)
    first = stocked.fetch()
    assert (first.status, first.result, first.offered, first.failed) == ("completed", "ok", 40, 0)
    stocked.agrees()
    paper = stocked.invoice("PN-2026-77")
    assert (paper.kind, paper.contact_name, paper.source) == ("purchase", "Papierhandel Noord", "yuki")
    assert (paper.status, paper.delivery, paper.payment) == ("sent", "sent", "open")
    tables = (Invoice, InvoiceEvent, Payment, Allocation, RemoteDocument)
    before = [stocked.count(table) for table in tables]
    touched = current().scalar(select(func.max(Invoice.updated_at)))
    clock.advance(timedelta(minutes=5))
    second = stocked.fetch()
    assert (second.status, second.offered) == ("completed", 0)
    assert stocked.calls(second) == LISTS + LOOKS
    assert [stocked.count(table) for table in tables] == before
    assert current().scalar(select(func.max(Invoice.updated_at))) == touched


def test_what_is_paid_over_there_is_paid_here_and_what_bounces_is_open_again(stocked: Desk) -> None:
    stocked.fetch()
    stocked.control("pay", {"reference": "PN-2026-77", "amount": "52.81"})
    stocked.fetch()
    paper = stocked.invoice("PN-2026-77")
    assert (paper.payment, paper.outstanding_amount) == ("partially_paid", Decimal("200.00"))
    assert "payment.made" in stocked.history(paper)
    stocked.control("pay", {"reference": "PN-2026-77"})
    stocked.fetch()
    assert stocked.invoice("PN-2026-77").payment == "paid"
    stocked.control("pay", {"reference": "PN-2026-77", "amount": "-100.00"})
    stocked.fetch()
    stocked.agrees()
    assert stocked.invoice("PN-2026-77").outstanding_amount == Decimal("100.00")


def test_an_invoice_that_went_there_from_here_is_linked_and_never_doubled(desk: Desk) -> None:
    ours = make_invoice(desk.organisation.id, "26-0001")
    desk.send(ours)
    assert desk.invoice("26-0001").delivery == "sent"
    desk.fetch()
    linked = current().scalars(select(RemoteDocument).where(RemoteDocument.invoice_id == ours)).one()
    assert (linked.document_type, desk.invoice("26-0001").source) == ("sales_invoice", "manual")
    scan = desk.odd(
        folder=2,
        odd={"Reference": "26-0001", "Amount": "121.00", "ContactName": "Iemand", "DocumentDate": "2026-03-01"},
    )
    run = desk.fetch()
    assert (run.failed, desk.set_aside()[scan]) == (1, ("Reference", "second_document"))
    assert desk.invoice("26-0001").id == ours


def test_a_document_that_is_recognised_later_is_filled_in(desk: Desk) -> None:
    scan = desk.odd(folder=1)
    desk.fetch()
    waiting = desk.of(scan)
    assert (waiting.status, waiting.kind, waiting.gross_total, waiting.contact_name) == ("draft", "purchase", 0, "")
    clock.advance(timedelta(hours=3))
    said = {"contact": "Drukkerij De Pers", "reference": "F26-0099", "amount": "121.00", "vat": "21.00"}
    desk.control("recognise", {"document": scan, **said})
    run = desk.fetch()
    filled = desk.of(scan)
    assert (filled.id, filled.status, filled.number, filled.contact_name) == (
        waiting.id,
        "sent",
        "F26-0099",
        said["contact"],
    )
    assert (filled.gross_total, filled.outstanding_amount, run.details["updated"]) == (121, 121, 1)


def test_a_number_may_be_that_of_two_suppliers(desk: Desk) -> None:
    for name in ("De Linde", "De Beuk"):
        desk.control(
            "recognise", {"document": desk.odd(folder=1), "contact": name, "reference": "2026-1", "amount": "10.00"}
        )
    desk.fetch()
    desk.agrees()
    query = select(func.count()).where(Invoice.number == "2026-1")
    assert current().scalar(query) == 2


def test_what_lies_in_no_folder_any_more_is_cancelled_and_comes_back_with_its_document(desk: Desk) -> None:
    desk.fetch()
    paper = next(one["id"] for one in desk.ledger()["documents"] if one["reference"] == "PN-2026-77")
    clock.advance(timedelta(hours=1))
    desk.odd(paper, move_to=7)
    run = desk.fetch(full=True)
    assert (run.details["vanished"], desk.of(paper).status) == (1, "cancelled")
    clock.advance(timedelta(hours=1))
    desk.odd(paper, move_to=1)
    desk.fetch()
    assert desk.of(paper).status == "sent"
    desk.agrees()


def test_the_payment_run_knows_what_was_fetched(stocked: Desk) -> None:
    stocked.fetch()
    run = stocked.process()
    assert (run.status, run.details["causes"], run.details["unknown_items"]) == ("completed", [], 0)
