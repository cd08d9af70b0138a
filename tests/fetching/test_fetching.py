"""Invoices fetched from the sandbox Billingo: each document once, every page counted, nothing lost on the way."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.fetching.conftest import Desk, adds_up
from tests.support.locks import work_beside
from webapp.extensions import clock
from webapp.services import connections, fetching, scheduling, sources
from webapp.services.fetching import working
from webapp.services.invoices import InvoiceError
from webapp.services.invoices import move as move_invoice
from webapp.store.connections import Connection
from webapp.store.contacts import Contact
from webapp.store.fetching import RemoteDocument, SeenPage
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.notifications import Notification
from webapp.store.payments import Payment
from webapp.store.session import current


def rows(desk: Desk) -> dict[str, Any]:
    """Every document as it is stored, by the remote's id."""
    found = current().execute(select(RemoteDocument.__table__)).all()
    return {row.remote_id: row for row in found}


def test_282_invoices_with_581_items_come_in_three_pages(desk: Desk) -> None:
    run = desk.fetch()
    assert (run.status, run.result, run.offered, run.details["created"]) == ("completed", "ok", 282, 282)
    assert adds_up(run)
    assert (desk.count(Invoice), desk.count(InvoiceLine), run.details["items"]) == (282, 581, 581)
    assert desk.calls(run).count("ListDocument") == 3
    assert set(desk.calls(run)) <= {"ListDocument", "GetPayment"}
    assert run.calls == len(desk.calls(run))
    desk.agrees()


def test_an_unchanged_account_changes_nothing(desk: Desk) -> None:
    desk.fetch()
    before = [desk.count(table) for table in (Invoice, InvoiceLine, InvoiceEvent, Payment, Contact)]
    clock.advance(timedelta(minutes=5))
    run = desk.fetch(full=True)
    assert (run.details["unchanged"], run.details["created"], run.details["updated"]) == (282, 0, 0)
    assert adds_up(run)
    assert [desk.count(table) for table in (Invoice, InvoiceLine, InvoiceEvent, Payment, Contact)] == before


def test_a_full_reading_of_what_is_known_writes_no_document_and_still_misses_what_is_gone(desk: Desk) -> None:
    desk.fetch()
    before = rows(desk)
    target, gone = [key for key, row in before.items() if row.document_type == "draft"][:2]
    clock.advance(timedelta(minutes=5))
    desk.control("modify", {"id": target, "comment": "levél"})
    desk.control("remove", {"id": gone})
    run = desk.fetch(full=True)
    assert (run.details["updated"], run.details["unchanged"], run.details["items"] > 500) == (1, 280, True)
    changed = {key for key, row in rows(desk).items() if row != before[key]}
    assert changed == {target, gone}
    assert desk.count(SeenPage) == 0


def test_later_only_what_moved_is_read_and_written(desk: Desk) -> None:
    desk.fetch()
    clock.advance(timedelta(days=10))
    target = desk.ledger()[7]
    desk.control("modify", {"id": target["id"], "comment": "levél"})
    fresh = desk.control("insert", {"type": "invoice"})
    run = desk.fetch()
    assert (run.details["created"], run.details["updated"]) == (1, 1)
    assert run.offered < 60
    assert desk.invoice(target["id"]).remarks == "levél"
    assert desk.invoice(fresh["id"]).source == "billingo"
    desk.agrees()


def test_totals_stand_as_the_source_gives_them_with_the_difference_beside(desk: Desk) -> None:
    desk.fetch()
    for one in desk.ledger():
        document, invoice = desk.document(one["id"]), desk.invoice(one["id"])
        assert document is not None
        lines = sum((line.gross_amount for line in invoice.lines), Decimal(0))
        assert document.difference == invoice.gross_total - lines
    assert any(desk.document(one["id"]).difference for one in desk.ledger()), "some totals are rounded"  # type: ignore[union-attr]


def test_what_is_paid_there_is_paid_here_in_full_or_in_part_and_taken_back(desk: Desk) -> None:
    desk.fetch()
    for one in desk.ledger():
        document, invoice = desk.document(one["id"]), desk.invoice(one["id"])
        assert document is not None
        if invoice.status != "draft" and document.payment_status == "paid":
            assert invoice.outstanding_amount == 0, one
    open_one = next(
        one
        for one in desk.ledger()
        if (found := desk.document(one["id"]))
        and found.payment_status == "outstanding"
        and found.document_type == "invoice"
        and desk.invoice(one["id"]).gross_total > 1000
    )
    total = desk.invoice(open_one["id"]).gross_total
    desk.control("mode", {"payments_modify": False})
    clock.advance(timedelta(days=1))
    desk.control("pay", {"id": open_one["id"], "amount": 100})
    desk.fetch()
    invoice = desk.invoice(open_one["id"])
    assert (invoice.payment, invoice.paid_amount, invoice.outstanding_amount) == ("partially_paid", 100, total - 100)
    clock.advance(timedelta(days=1))
    desk.control("pay", {"id": open_one["id"]})
    desk.fetch()
    assert (desk.invoice(open_one["id"]).payment, desk.invoice(open_one["id"]).outstanding_amount) == ("paid", 0)


def test_one_bad_record_is_set_aside_tried_again_and_keeps_nobody_up(desk: Desk) -> None:
    desk.fault("bad_date", count=1)
    run = desk.fetch()
    assert (run.status, run.failed, run.succeeded, adds_up(run)) == ("partial", 1, 281, True)
    (kept,) = desk.set_aside()
    assert (kept.reason, kept.solved_at, kept.remote_id in kept.payload) == ("not_a_date", None, True)
    assert desk.outcomes(run) == {"failed": 1, "succeeded": 281}
    clock.advance(timedelta(days=3))
    again = desk.fetch()
    assert again.status == "completed"
    assert adds_up(again)
    assert desk.set_aside()[0].solved_at is not None
    desk.agrees()


def test_pages_that_shift_lose_nothing_and_store_nothing_twice(desk: Desk) -> None:
    desk.control(
        "faults",
        [
            {"operation": "ListDocument", "fault": "insert", "page": 2, "count": 3},
            {"operation": "ListDocument", "fault": "remove_draft", "page": 3, "count": 2},
        ],
    )
    run = desk.fetch()
    assert run.status == "completed"
    assert adds_up(run)
    clock.advance(timedelta(minutes=5))
    desk.fetch(full=True)
    desk.agrees()


def test_two_workers_on_one_run_store_each_page_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real, twice = working._payments, []

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        if not twice:
            twice.append(1)
            fetching.fetch(run_id)
        return real(*args, **kwargs)

    monkeypatch.setattr(working, "_payments", meanwhile)
    run_id = fetching.ask(desk.actor, desk.connection_id)[0]
    desk.work()
    run = desk.run(run_id)
    assert (run.status, run.offered, adds_up(run)) == ("completed", 282, True)
    desk.agrees()


def test_who_begins_a_run_waits_for_its_connection_with_the_run_free(desk: Desk, app: Flask) -> None:
    run_id = fetching.ask(desk.actor, desk.connection_id)[0]

    work_beside(app, select(Connection.id).where(Connection.id == desk.connection_id), run_id, fetching.fetch)

    assert (desk.run(run_id).status, desk.run(run_id).offered) == ("completed", 282)


def test_an_issued_invoice_that_is_missing_is_an_alarm_and_a_draft_is_not(desk: Desk) -> None:
    desk.fetch()
    issued = next(one for one in desk.ledger() if desk.document(one["id"]).document_type == "invoice")  # type: ignore[union-attr]
    draft = next(one for one in desk.ledger() if desk.document(one["id"]).document_type == "draft")  # type: ignore[union-attr]
    status = desk.invoice(issued["id"]).status
    clock.advance(timedelta(hours=1))
    desk.control("remove", {"id": draft["id"]})
    desk.fetch(full=True)
    assert desk.count(Notification) == 0
    assert desk.invoice(draft["id"]).status == "cancelled"
    clock.advance(timedelta(hours=1))
    desk.control("remove", {"id": issued["id"]})
    run = desk.fetch(full=True)
    assert (run.status, run.details["vanished"], desk.invoice(issued["id"]).status) == ("completed", 1, status)
    assert desk.count(Notification) == 1


@pytest.mark.parametrize(("fault", "reason"), [("401", "auth"), ("402", "subscription"), ("403", "right")])
def test_a_key_that_may_not_stops_at_once_and_pauses_the_connection(desk: Desk, fault: str, reason: str) -> None:
    desk.fault(fault, times=5)
    run = desk.fetch()
    assert (run.status, run.failure, run.calls) == ("failed", reason, 1)
    assert (desk.connection().state, desk.connection().pause_reason) == ("paused", reason)
    with pytest.raises(fetching.FetchError) as refused:
        desk.fetch()
    assert refused.value.code == "paused"
    desk.control("faults", [])
    assert connections.test(desk.actor, desk.connection_id).ok
    assert desk.connection().state == "active"
    assert desk.fetch().status == "completed"


def test_a_remote_that_asks_for_a_pause_gets_it_and_the_run_goes_on_by_itself(desk: Desk) -> None:
    desk.fault("429_seconds", retry_after=90, page=2)
    run = desk.fetch()
    assert (run.status, run.failure, run.offered) == ("queued", "busy", 100)
    desk.later(seconds=91)
    assert (desk.run(run.id).status, desk.run(run.id).offered) == ("completed", 282)
    assert desk.calls(run).count("ListDocument") in (4, 5)  # the third page was under way beside the second
    desk.agrees()


def test_what_breaks_off_for_good_is_partial_and_the_next_run_goes_on_where_it_was(desk: Desk) -> None:
    desk.fault("html_200", page=3)
    run = desk.fetch()
    assert (run.status, run.failure, run.succeeded) == ("partial", "not_understood", 200)
    assert desk.state().watermark is None
    again = desk.fetch()
    assert (again.status, again.offered, desk.calls(again).count("ListDocument")) == ("completed", 82, 1)
    assert desk.state().watermark is not None
    desk.agrees()


def test_it_is_fetched_at_night_by_schedule_once(desk: Desk) -> None:
    clock.advance(timedelta(days=1))
    started = scheduling.tick()
    assert len(started) == 1
    assert scheduling.tick() == []
    desk.work()
    assert (desk.run(started[0]).status, desk.run(started[0]).trigger) == ("completed", "automatic")


def test_one_fetch_at_a_time_and_one_connection_for_an_organisation(desk: Desk) -> None:
    first = fetching.ask(desk.actor, desk.connection_id)
    assert fetching.ask(desk.actor) == first
    with pytest.raises(fetching.FetchError) as refused:
        fetching.ask(desk.actor, full=True)
    assert refused.value.code == "going_on"
    with pytest.raises(connections.ConnectionProblem) as problem:
        sources.add(desk.actor, name="Twice", key="another-key-entirely")
    assert problem.value.code == "one_only"
    assert fetching.cancel(desk.actor, first[0])
    assert desk.run(first[0]).status == "cancelled"


def test_what_was_fetched_is_not_changed_or_sent_from_here(desk: Desk) -> None:
    desk.fetch()
    invoice = desk.invoice(next(one for one in desk.ledger() if desk.invoice(one["id"]).status == "draft")["id"])
    with pytest.raises(InvoiceError) as refused:
        move_invoice(desk.actor, invoice.id, "approved")
    assert refused.value.code == "fetched"


def test_since_a_date_reads_that_and_moves_no_watermark(desk: Desk) -> None:
    desk.fetch()
    mark = desk.state().watermark
    clock.advance(timedelta(days=1))
    run = desk.fetch(since=(clock.now() - timedelta(days=40)).date())
    assert run.status == "completed"
    assert 0 < run.offered < 282
    assert desk.state().watermark == mark
