"""Receipts go to the archive, each once, whatever happens on the way."""

import hashlib

import pytest
from flask import Flask
from sqlalchemy import select

from tests.expenses.conftest import Desk
from tests.support.locks import work_beside
from tests.support.receipts import pdf
from webapp.services import expenses
from webapp.services.expenses import claiming
from webapp.services.expenses.claiming import claim_next, leave
from webapp.services.resuming import set_going
from webapp.store.connections import Connection
from webapp.store.expenses import ExpenseClaim, ExpenseUpload
from webapp.store.session import transaction


def test_a_claim_is_filed_with_what_yuki_needs_to_book_it(desk: Desk) -> None:
    claim_id = desk.claim("12.50", "80")
    run_id = desk.send(claim_id)

    first, second = sorted(desk.filed(), key=lambda one: one["file_name"])
    assert (first["folder"], first["amount"], second["amount"]) == (7, "12.50", "80.00")
    assert first["sha256"] == hashlib.sha256(pdf("0")).hexdigest()
    assert first["data"]["currency"] == "EUR"
    assert first["data"]["remarks"] == "D-0001 · Joris Maes · Trein 0 · 2026-03-01"
    assert desk.found(claim_id).delivery == "sent"
    run = desk.run(run_id)
    assert (run.category, run.status, run.result) == ("send_expense_claims", "completed", "ok")
    assert (run.offered, run.succeeded) == (1, 1)
    assert desk.history(claim_id)[-2:] == ["yuki.queued", "yuki.filed"]
    assert desk.calls(run_id) == ["Authenticate", "UploadDocumentWithData", "UploadDocumentWithData"]


def test_a_second_click_changes_nothing(desk: Desk) -> None:
    claim_id = desk.claim()
    desk.send(claim_id)
    asked = expenses.ask(desk.actor, [claim_id])
    assert (asked.run_ids, asked.held) == ((), {"in_yuki": 1})
    assert len(desk.filed()) == 1


@pytest.mark.portable
@pytest.mark.parametrize("fault", ["reset_after", "cut_answer", "booked_then_500", "booked_html"])
def test_a_lost_answer_is_looked_up_and_the_receipt_is_there_once(desk: Desk, fault: str) -> None:
    claim_id = desk.claim()
    desk.fault(fault)
    run_id = desk.send(claim_id)
    assert desk.found(claim_id).delivery == "unknown"
    assert (desk.run(run_id).status, desk.item(run_id).outcome) == ("running", "unknown")

    desk.later(seconds=100)
    assert len(desk.filed()) == 1
    assert desk.found(claim_id).delivery == "sent"
    assert desk.run(run_id).status == "completed"
    assert "ModifiedDocumentsInFolder" in desk.calls(run_id)
    assert desk.item(run_id).params["found"] is True


@pytest.mark.portable
@pytest.mark.parametrize("fault", ["reset", "html", "html_503"])
def test_what_is_proved_absent_is_uploaded_again(desk: Desk, fault: str) -> None:
    claim_id = desk.claim()
    desk.fault(fault)
    run_id = desk.send(claim_id)
    desk.later(seconds=100)
    assert len(desk.filed()) == 1
    assert desk.found(claim_id).delivery == "sent"
    assert desk.calls(run_id).count("UploadDocumentWithData") == 2


def test_what_somebody_moved_to_another_folder_is_found_there(desk: Desk) -> None:
    claim_id = desk.claim()
    desk.fault("reset_after")
    desk.send(claim_id)
    with transaction() as session:
        session.query(ExpenseUpload).update({"folder": 4})
    desk.later(seconds=100)
    assert len(desk.filed()) == 1
    assert desk.found(claim_id).delivery == "sent"


def test_a_look_up_that_fails_leaves_the_outcome_unknown(desk: Desk) -> None:
    claim_id = desk.claim()
    desk.fault("reset_after")
    desk.send(claim_id)
    desk.fault("unavailable", operation="ModifiedDocumentsInFolder")
    desk.later(seconds=100)
    assert desk.found(claim_id).delivery == "unknown"
    desk.later(seconds=100)
    assert (desk.found(claim_id).delivery, len(desk.filed())) == ("sent", 1)


def test_a_worker_that_died_with_the_request_out_files_nothing_twice(desk: Desk) -> None:
    claim_id = desk.claim()
    run_id = expenses.ask(desk.actor, [claim_id]).run_ids[0]
    claimed = claim_next(run_id)
    assert claimed is not None
    leave(claimed)
    desk.later(seconds=200)
    assert desk.found(claim_id).delivery == "unknown"
    desk.later(seconds=200)
    assert (desk.found(claim_id).delivery, len(desk.filed())) == ("sent", 1)
    with pytest.raises(claiming.Superseded):
        leave(claimed)


def test_a_refusal_is_told_and_what_was_filed_stays(desk: Desk) -> None:
    claim_id = desk.claim("12.50", "80")
    with transaction() as session:
        session.get_one(Connection, desk.connection_id).expense_folder_id = "999"
    run_id = desk.send(claim_id)
    desk.later(seconds=100)
    item = desk.item(run_id)
    assert desk.filed() == []
    assert (desk.found(claim_id).delivery, item.outcome) in {("rejected", "failed"), ("unknown", "unknown")}
    assert "Invalid folder" in item.remote_text


def test_used_up_calls_wait_for_the_next_day(desk: Desk) -> None:
    claim_id = desk.claim()
    desk.fault("quota", times=1)
    run_id = desk.send(claim_id)
    run = desk.run(run_id)
    assert (run.status, run.failure, desk.found(claim_id).delivery) == ("queued", "quota", "queued")
    desk.later(days=1)
    assert (desk.run(run_id).status, len(desk.filed())) == ("completed", 1)


def test_a_wrong_key_pauses_the_connection_and_the_run_goes_on_after(desk: Desk) -> None:

    claim_id = desk.claim()
    desk.fault("no_right")
    run_id = desk.send(claim_id)
    with transaction() as session:
        connection = session.get_one(Connection, desk.connection_id)
        assert connection.state == "paused"
        set_going(connection)
    desk.later(minutes=2)
    assert (desk.run(run_id).status, len(desk.filed())) == ("completed", 1)


def test_a_run_that_is_cancelled_sends_nothing_and_the_claim_can_go_later(desk: Desk) -> None:
    claim_id = desk.claim()
    run_id = expenses.ask(desk.actor, [claim_id]).run_ids[0]
    assert expenses.cancel(desk.actor, run_id)
    desk.work()
    assert (desk.run(run_id).status, desk.filed(), desk.found(claim_id).delivery) == ("cancelled", [], "not_sent")
    desk.send(claim_id)
    assert len(desk.filed()) == 1


def test_who_stops_a_run_waits_for_its_claims_with_the_run_free(desk: Desk, app: Flask) -> None:
    claim_ids = [desk.claim(), desk.claim()]
    run_id = expenses.ask(desk.actor, claim_ids).run_ids[0]
    expenses.cancel(desk.actor, run_id)

    work_beside(app, select(ExpenseClaim.id).where(ExpenseClaim.id == claim_ids[1]), run_id, expenses.upload)

    assert [desk.found(one).delivery for one in claim_ids] == ["not_sent", "not_sent"]
    assert (desk.run(run_id).status, desk.filed()) == ("cancelled", [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"send_expenses": False}, "switched_off"),
        ({"expense_folder_id": "bonnen"}, "folder"),
        ({"state": "paused"}, "paused"),
    ],
)
def test_a_setting_that_is_missing_is_named_before_anything_is_queued(
    desk: Desk, change: dict[str, object], reason: str
) -> None:
    claim_id = desk.claim()
    with transaction() as session:
        connection = session.get_one(Connection, desk.connection_id)
        for name, value in change.items():
            setattr(connection, name, value)
    assert expenses.ask(desk.actor, [claim_id]).held == {reason: 1}
    assert desk.found(claim_id).delivery == "not_sent"


def test_only_approved_claims_go(desk: Desk) -> None:
    assert expenses.ask(desk.actor, [desk.claim(approved=False)]).held == {"not_approved": 1}
