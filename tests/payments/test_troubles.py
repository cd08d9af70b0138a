"""A payment run when the way to the books fails: nothing half written, no call wasted, and the reason in words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select, update

from tests.payments.conftest import Desk, SandboxBooks
from tests.support.locks import work_beside
from tests.support.records import make_connection
from webapp.connectors.yuki import client
from webapp.extensions import clock
from webapp.queries import run as run_queries
from webapp.queries.failures import explain
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION
from webapp.services import connections, payments, scheduling
from webapp.services.actors import person
from webapp.store.connections import CallCount, Connection
from webapp.store.notifications import Notification
from webapp.store.organisations import Organisation
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction


def sentence(desk: Desk, run: Run) -> str:
    with force_locale("en"):
        found = run_queries.find(desk.organisation.id, run.id)
        assert found is not None
        return found.result


def notices() -> list[str]:
    return list(current().scalars(select(Notification.failure).where(Notification.closed_at.is_(None))))


def test_a_wrong_key_costs_one_call_pauses_the_connection_and_tells_its_administrator(
    app: Flask, organisation: Organisation, sandbox: SandboxBooks, frozen_clock: datetime
) -> None:
    connection_id = make_connection(
        organisation.id, key="00000000-0000-0000-0000-00000000dead", administration_id=NL_ADMINISTRATION
    )
    desk = Desk(organisation, connection_id, sandbox)

    run = desk.process()

    assert (run.status, run.failure, run.calls) == ("failed", "auth", 1)
    assert sentence(desk, run) == "Failed: key not accepted"
    assert (desk.connection().state, desk.connection().pause_reason) == ("paused", "auth")
    assert notices() == ["auth"]
    with pytest.raises(payments.PaymentError) as refused:
        desk.ask()
    assert (refused.value.code, refused.value.params["reason"]) == ("paused", "auth")
    assert desk.waiting() == []


def test_an_expired_session_is_renewed_once(desk: Desk) -> None:
    desk.booked()
    desk.books.fault("session_expired")

    run = desk.process()

    assert run.status == "completed"
    assert desk.calls(run) == ["OutstandingDebtorItems", "Authenticate", "OutstandingDebtorItems"]


def test_a_missing_right_pauses_the_connection(desk: Desk) -> None:
    desk.booked()
    desk.books.fault("no_right")

    run = desk.process()

    assert (run.status, run.failure) == ("failed", "right")
    assert desk.connection().state == "paused"


@pytest.mark.portable
@pytest.mark.parametrize("fault", ["html", "doctype", "truncated"])
def test_an_answer_that_cannot_be_read_ends_the_run_and_changes_nothing(desk: Desk, fault: str) -> None:
    desk.booked()
    desk.books.pay("26-0001")
    before = desk.everything()
    desk.books.fault(fault)

    run = desk.process()

    assert (run.status, run.failure) == ("failed", "not_understood")
    assert sentence(desk, run) == "Failed: answer not understood"
    assert desk.everything() == before
    assert desk.connection().state == "active"
    assert desk.process().status == "completed"


@pytest.mark.portable
@pytest.mark.parametrize("fault", ["reset", "cut_answer", "html_503", "unavailable"])
def test_books_that_do_not_answer_are_asked_again_and_then_given_up(desk: Desk, fault: str) -> None:
    desk.booked()
    desk.books.pay("26-0001")
    before = desk.everything()
    desk.books.fault(fault, times=100)

    run = desk.process()
    assert (run.status, run.failure) == ("queued", "network" if fault in ("reset", "cut_answer") else "remote")
    assert sentence(desk, run).startswith("Waits: ")

    for _ in range(6):
        desk.later(minutes=3)
    run = desk.run(run.id)
    assert (run.status, run.calls) == ("failed", 5)
    assert desk.everything() == before
    assert desk.waiting() == []

    desk.books.fault(fault, times=0)
    desk.later(minutes=3)
    assert desk.process().status == "completed"
    assert desk.payments() == ["121.00"]
    assert notices() == []


def test_books_that_come_back_are_read_by_the_same_run(desk: Desk) -> None:
    desk.booked()
    desk.books.pay("26-0001")
    desk.books.fault("reset", times=2)

    run = desk.process()
    desk.later(minutes=1)
    desk.later(minutes=1)

    run = desk.run(run.id)
    assert (run.status, run.failure) == ("completed", "")
    assert desk.calls(run) == ["OutstandingDebtorItems"] * 3 + ["GetTransactionDetails"]
    assert desk.payments() == ["121.00"]


def test_a_used_up_quota_waits_for_midnight_in_amsterdam_and_then_goes_on(desk: Desk) -> None:
    desk.booked()
    desk.books.pay("26-0001")
    desk.books.fault("quota")

    run = desk.process()

    assert (run.status, run.failure) == ("queued", "quota")
    assert sentence(desk, run) == "Waits: daily limit of Yuki reached, goes on at 00:00"
    assert desk.waiting() == [datetime(2026, 3, 2, 23, 0, 1, tzinfo=UTC)]
    assert desk.ask() == run.id
    desk.later(hours=1)
    assert desk.run(run.id).calls == 1  # nothing is asked meanwhile
    assert len(desk.waiting()) == 1

    desk.later(hours=14)
    assert (desk.run(run.id).status, desk.payments()) == ("completed", ["121.00"])
    assert desk.waiting() == []


def test_resuming_a_resting_connection_lets_the_waiting_run_go_on_at_once(desk: Desk) -> None:
    desk.booked()
    desk.books.fault("quota")
    run = desk.process()

    connections.resume(desk.actor, desk.connection_id)
    desk.work()

    assert desk.run(run.id).status == "completed"
    assert notices() == []


def test_automatic_work_that_keeps_calls_for_people_waits_without_an_alarm(desk: Desk) -> None:
    desk.booked()
    with transaction():
        connection = desk.connection()
        connection.daily_calls, connection.domain_id = 10, ""
    for _ in range(3):
        desk.process()
    clock.advance(timedelta(hours=6))

    (run_id,) = scheduling.tick()
    desk.work()
    run = desk.run(run_id)
    while run.status == "completed":
        with transaction() as session:
            run_id = payments.ask_slot(session.get_one(Connection, desk.connection_id), clock.now()) or 0
        desk.work()
        run = desk.run(run_id)
        clock.advance(timedelta(seconds=1))

    assert (run.status, run.failure) == ("queued", "quota")
    assert notices() == []
    assert desk.connection().rest_until is None
    assert desk.process().id == run.id  # a person who asks gets this run, and need not wait for it


def test_a_call_is_counted_once_and_one_that_does_not_leave_is_not(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.booked()

    def counted() -> int:
        release()
        return int(current().scalar(select(func.sum(CallCount.manual + CallCount.automatic))) or 0)

    def refuse(*_: object, **__: object) -> bytes:
        raise ValueError

    before = counted()
    assert desk.process().calls == counted() - before == 1
    with monkeypatch.context() as patched:
        patched.setattr(client, "build_message", refuse)
        assert desk.process().calls == 0
    assert counted() - before == 1


def test_a_paused_connection_is_not_asked(desk: Desk) -> None:
    desk.booked()
    run_id = desk.ask()
    connections.pause(desk.actor, desk.connection_id)

    desk.work()

    run = desk.run(run_id)
    assert (run.status, run.failure, run.calls) == ("failed", "paused", 0)
    assert sentence(desk, run) == "Failed: connection paused"
    with pytest.raises(payments.PaymentError) as refused:
        payments.ask(desk.actor)
    assert refused.value.code == "paused"


def test_without_a_connection_there_is_nothing_to_ask(app: Flask, organisation: Organisation) -> None:
    with pytest.raises(payments.PaymentError) as refused:
        payments.ask(person(organisation.id, "Vincent"))
    assert refused.value.code == "no_connection"


def test_the_connection_of_somebody_else_cannot_be_asked(desk: Desk, other_organisation: Organisation) -> None:
    with pytest.raises(payments.PaymentError) as refused:
        payments.ask(person(other_organisation.id, "Iemand"), desk.connection_id)
    assert refused.value.code == "no_connection"


def test_a_run_that_waits_is_stopped_at_once(desk: Desk, other_organisation: Organisation) -> None:
    desk.booked()
    run_id = desk.ask()

    assert not payments.cancel(person(other_organisation.id, "Iemand"), run_id)
    assert payments.cancel(desk.actor, run_id)
    desk.work()

    run = desk.run(run_id)
    assert (run.status, run.calls) == ("cancelled", 0)
    assert not payments.cancel(desk.actor, run_id)
    assert desk.process().status == "completed"


def test_a_run_stopped_while_it_asks_writes_nothing(desk: Desk) -> None:
    desk.booked()
    desk.books.pay("26-0001")
    before = desk.everything()
    run_id = desk.ask()
    with transaction() as session:
        session.execute(update(Run).values(status="running", started_at=clock.now()))

    assert payments.cancel(desk.actor, run_id)
    desk.work()

    assert desk.run(run_id).status == "cancelled"
    assert desk.everything() == before


def test_a_run_whose_worker_died_is_taken_up_again(desk: Desk) -> None:
    desk.booked()
    desk.books.pay("26-0001")
    run_id = desk.ask()
    with transaction() as session:  # the worker took the job, marked the run as running, and was killed
        session.execute(update(Run).values(status="running", started_at=clock.now(), heartbeat_at=clock.now()))
        session.connection().exec_driver_sql("DELETE FROM outbox")

    desk.later(seconds=61)

    assert (desk.run(run_id).status, desk.payments()) == ("completed", ["121.00"])


def test_one_administration_has_one_run_at_a_time(desk: Desk, app: Flask) -> None:
    desk.booked()

    def press(_: int) -> int:
        with app.app_context():
            return payments.ask(desk.actor, desk.connection_id)[0]

    with ThreadPoolExecutor(8) as hands:
        asked = set(hands.map(press, range(24)))

    release()
    assert len(asked) == 1
    assert current().scalar(select(func.count()).select_from(Run).where(Run.category == "process_payments")) == 1
    desk.work()
    assert desk.run(asked.pop()).status == "completed"


def test_one_run_done_by_many_workers_counts_each_payment_once(desk: Desk, app: Flask) -> None:
    for n in range(1, 6):
        desk.booked(f"26-{n:04}")
        desk.books.pay(f"26-{n:04}", "26.40")
    run_id = desk.ask()

    def work(_: int) -> None:
        with app.app_context():
            payments.process(run_id)

    with ThreadPoolExecutor(4) as hands:
        list(hands.map(work, range(8)))

    assert desk.payments() == ["26.40"] * 5
    assert desk.run(run_id).status == "completed"


def test_who_begins_a_run_waits_for_its_connection_with_the_run_free(desk: Desk, app: Flask) -> None:
    desk.booked()
    desk.books.pay("26-0001", "26.40")
    run_id = desk.ask()
    release()

    work_beside(app, select(Connection.id).where(Connection.id == desk.connection_id), run_id, payments.process)

    assert (desk.run(run_id).status, desk.payments()) == ("completed", ["26.40"])


def test_every_reason_has_words_of_its_own(app: Flask) -> None:
    reasons = ("never_outstanding", "not_booked", "too_recent", "currency_differs", "ambiguous")
    with force_locale("en"):
        words = {explain("skipped", {"reason": reason, "category": "process_payments"}).cause for reason in reasons}
        assert len(words) == len(reasons)
        assert explain("skipped").cause not in words
