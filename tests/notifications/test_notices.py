"""Notices: one per cause, counted, seen by whom they concern, and closed by themselves on recovery."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.support.clients import separate
from tests.support.records import make_connection, make_invoices
from tests.support.runs import make_run
from webapp.extensions import clock
from webapp.services import notices
from webapp.store.deliveries import Delivery
from webapp.store.notifications import Notification
from webapp.store.organisations import Organisation
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


@pytest.fixture(autouse=True)
def _separate_browsers(app: Flask) -> None:
    separate(app)


def _fresh() -> Session:
    release()
    current().expire_all()
    return current()


def _open() -> list[tuple[str, int]]:
    query = select(Notification.failure, Notification.count).where(Notification.closed_at.is_(None))
    return sorted((failure, count) for failure, count in _fresh().execute(query))


def _raise(organisation_id: int, failure: str, **facts: object) -> None:
    values = {"connection_id": None, "run_id": None, "category": "send_invoices", "count": 1} | facts
    with transaction():
        notices.raise_notice(organisation_id, failure, **values)  # type: ignore[arg-type]


def _recount(connection_id: int) -> None:
    with transaction():
        notices.recount(connection_id)


def test_a_cause_has_one_open_notice_however_often_it_comes_up(app: Flask, organisation: Organisation) -> None:
    connection_id = make_connection(organisation.id)
    _raise(organisation.id, "auth", connection_id=connection_id)
    _raise(organisation.id, "auth", connection_id=connection_id, category="process_payments", count=3)
    assert _open() == [("auth", 3)]


def test_a_closed_cause_may_come_up_again(app: Flask, organisation: Organisation) -> None:
    connection_id = make_connection(organisation.id)
    for _ in range(2):
        _raise(organisation.id, "quota", connection_id=connection_id)
        with transaction():
            notices.close_notices(connection_id, failures=["quota", "network"])
        assert _open() == []
    assert len(_fresh().scalars(select(Notification)).all()) == 2


def test_rejected_invoices_are_counted_by_class_and_close_when_they_are_put_right(
    app: Flask, organisation: Organisation
) -> None:
    connection_id = make_connection(organisation.id)
    one, two, three, four = make_invoices(organisation.id, 4)
    make_run(
        organisation.id,
        connection_id,
        [(one, "failed", "vat"), (two, "failed", "vat"), (three, "failed", "duplicate"), (four, "succeeded", "")],
    )
    _recount(connection_id)
    assert _open() == [("duplicate", 1), ("vat", 2)]

    with transaction() as session:
        again = session.scalars(select(Delivery).where(Delivery.invoice_id == one)).one()
        session.add(
            Delivery(
                organisation_id=organisation.id,
                invoice_id=one,
                connection_id=connection_id,
                generation=again.generation + 1,
                state="sent",
                created_at=clock.now(),
                updated_at=clock.now(),
            )
        )
        notices.recount(connection_id)
    assert _open() == [("duplicate", 1), ("vat", 1)]

    with transaction() as session:
        for delivery in session.scalars(select(Delivery).where(Delivery.state.in_(("rejected", "conflict")))):
            delivery.state = "sent"
            if delivery.invoice_id == one:
                delivery.state = "rejected"
        notices.recount(connection_id)
    assert _open() == []


def test_counting_invoices_leaves_notices_about_the_connection_alone(app: Flask, organisation: Organisation) -> None:
    connection_id = make_connection(organisation.id)
    _raise(organisation.id, "auth", connection_id=connection_id, audience="admin")
    invoices = make_invoices(organisation.id, 1)
    make_run(organisation.id, connection_id, [(invoices[0], "failed", "vat")])
    _recount(connection_id)
    assert _open() == [("auth", 1), ("vat", 1)]
    with transaction():
        notices.close_notices(connection_id)
    assert _open() == [("vat", 1)]


def test_many_at_once_leave_one_notice(app: Flask, organisation: Organisation) -> None:
    connection_id = make_connection(organisation.id)
    invoices = make_invoices(organisation.id, 2)
    make_run(organisation.id, connection_id, [(one, "failed", "vat") for one in invoices])
    release()
    failures: list[BaseException] = []
    organisation_id = organisation.id  # read here: a row belongs to the session of one thread

    def work() -> None:
        try:
            with app.app_context():
                _raise(organisation_id, "network", connection_id=connection_id)
                _recount(connection_id)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert _open() == [("network", 1), ("vat", 2)]


def test_the_bell_counts_what_is_new_and_growth_is_new_again(
    app: Flask, organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    connection_id = make_connection(organisation.id)
    _raise(organisation.id, "quota", connection_id=connection_id)
    client = log_in(viewer)

    def unread() -> bool:
        return 'class="badge"' in client.get("/notifications/bell").text

    assert unread()
    assert client.post("/notifications/seen").status_code == 303
    assert not unread()
    _raise(organisation.id, "quota", connection_id=connection_id, count=2)
    assert unread()


def test_what_is_new_since_the_last_look_comes_as_a_toast(
    app: Flask, organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    client = log_in(viewer)
    assert "HX-Trigger" not in client.get("/notifications/bell?known=0").headers
    _raise(organisation.id, "quota", connection_id=make_connection(organisation.id))
    toast = json.loads(client.get("/notifications/bell?known=0").headers["HX-Trigger"])["toast"]
    assert toast["text"] == "Yuki Voorbeeld: daglimiet bereikt"
    assert "HX-Trigger" not in client.get("/notifications/bell?known=1").headers


def test_a_notice_for_admins_is_not_shown_to_others(
    app: Flask, organisation: Organisation, viewer: User, admin: User, log_in: LogIn
) -> None:
    _raise(organisation.id, "auth", connection_id=make_connection(organisation.id), audience="admin")
    assert "sleutel niet geaccepteerd" in log_in(admin).get("/notifications").text
    assert "sleutel niet geaccepteerd" not in log_in(viewer).get("/notifications").text


def test_a_notice_says_how_many_and_leads_to_them(
    app: Flask, organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    connection_id = make_connection(organisation.id)
    invoices = make_invoices(organisation.id, 3)
    outcomes = [
        (invoices[0], "failed", "vat"),
        (invoices[1], "failed", "vat"),
        (invoices[2], "unknown", "unknown_outcome"),
    ]
    run_id = make_run(organisation.id, connection_id, outcomes)
    _recount(connection_id)
    page = log_in(staff).get("/notifications").text
    assert "2 facturen geweigerd: btw-code niet actief" in page
    assert "1 factuur: uitkomst onbekend" in page
    assert "/invoices?delivery=rejected" in page
    assert "/invoices?delivery=unknown" in page
    assert f"/logs/{run_id}" in page


def test_a_notice_retries_exactly_its_invoices(
    app: Flask, organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    connection_id = make_connection(organisation.id)
    invoices = make_invoices(organisation.id, 3)
    make_run(
        organisation.id,
        connection_id,
        [(invoices[0], "failed", "vat"), (invoices[1], "failed", "contact"), (invoices[2], "failed", "vat")],
    )
    _recount(connection_id)
    notice = _fresh().scalars(select(Notification).where(Notification.failure == "vat")).one()
    answer = log_in(staff).post(f"/notifications/{notice.id}/retry")
    assert answer.status_code == 303
    made = _fresh().scalars(select(Run).where(Run.retry_of.is_not(None))).one()
    queued = _fresh().scalars(select(Delivery.invoice_id).where(Delivery.run_id == made.id, Delivery.state == "queued"))
    assert sorted(queued) == [invoices[0], invoices[2]]


def test_anothers_notice_cannot_be_seen_or_retried(
    app: Flask, organisation: Organisation, other_organisation: Organisation, staff: User, log_in: LogIn
) -> None:
    _raise(other_organisation.id, "quota", connection_id=make_connection(other_organisation.id))
    notice = _fresh().scalars(select(Notification)).one()
    client = log_in(staff)
    assert "daglimiet" not in client.get("/notifications").text
    assert client.post(f"/notifications/{notice.id}/retry").status_code == 404
    assert client.post("/notifications/999/retry").status_code == 404
    client.post("/notifications/seen", data={"id": str(notice.id)})
    assert _open() == [("quota", 1)]


def test_without_notices_the_page_says_that_all_is_well(app: Flask, viewer: User, log_in: LogIn) -> None:
    assert "Niets vraagt uw aandacht" in log_in(viewer).get("/notifications").text


def test_who_closes_a_notice_first_and_who_does_so_last_do_not_wait_for_each_other(
    app: Flask, organisation: Organisation
) -> None:
    connection_id = make_connection(organisation.id)
    run_id = make_run(organisation.id, connection_id, [])
    _raise(organisation.id, "network", connection_id=connection_id)
    release()
    closed, counted = threading.Event(), threading.Event()

    def close() -> None:
        notices.close_notices(connection_id)
        closed.set()

    def count() -> None:
        current().execute(update(Run).where(Run.id == run_id).values(heartbeat_at=clock.now()))
        counted.set()

    def work(*steps: Callable[[], object]) -> None:
        with app.app_context(), transaction():
            for step in steps:
                step()

    with ThreadPoolExecutor(2) as hands:
        first = hands.submit(work, close, lambda: counted.wait(0.3), count)
        last = hands.submit(work, count, lambda: closed.wait(0.3), close)
        first.result()
        last.result()
    assert _open() == []
