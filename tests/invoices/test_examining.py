"""Many invoices examined in the background: counted once, whoever works on them, and sent from there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support.records import make_connection
from webapp.extensions import clock
from webapp.services import examining
from webapp.store.examinations import Examination, ExaminationItem
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction
from webapp.store.users import User
from webapp.web.invoices import checking

LogIn = Callable[[User], FlaskClient]
Make = Callable[..., Invoice]


@pytest.fixture
def made(make: Make, organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> list[Invoice]:
    """Six invoices, one of them bad and one not sent to the customer, where four are already many."""
    make_connection(organisation.id)
    invoices = [make(f"2026-{n:04}", status="sent") for n in range(1, 6)]
    invoices.append(make("2026-0009"))
    with transaction():
        current().get_one(Invoice, invoices[0].id).lines[0].accrual_periods = 3
    monkeypatch.setattr(checking, "SELECTED_MOST", 4)
    monkeypatch.setattr(examining, "CHUNK", 2)
    return invoices


def asked(client: FlaskClient) -> int:
    answer = client.post("/invoices/check", data={"all": "1"})
    assert answer.status_code == 303
    return int(answer.location.rpartition("/")[2])


def facts(examination_id: int) -> tuple[Any, ...]:
    release()
    row = current().get_one(Examination, examination_id, populate_existing=True)
    return row.state, row.total, row.examined, row.ready + row.warned, row.bad, row.skipped


def test_more_than_one_answer_can_hold_are_examined_by_a_job_and_sent_from_its_page(
    staff: User, log_in: LogIn, made: list[Invoice]
) -> None:
    client = log_in(staff)
    identity = asked(client)
    page = client.get(f"/invoices/checks/{identity}").text
    assert 'data-done="no"' in page
    assert 'hx-trigger="every 2s"' in page
    release()
    examining.work(identity)
    assert facts(identity) == ("done", 5, 5, 4, 1, 1)
    page = client.get(f"/invoices/checks/{identity}/progress").text
    assert 'data-ready="4" data-bad="1" data-done="yes"' in page
    assert page.count('<section class="card" data-id=') == 1
    assert 'class="card" data-id' not in client.get(f"/invoices/checks/{identity}?only=warned").text
    assert client.post(f"/invoices/checks/{identity}/send").status_code == 303
    release()
    assert current().scalars(select(Run.offered)).all() == [4]


def test_work_that_is_cut_short_or_done_twice_counts_each_invoice_once(
    staff: User, log_in: LogIn, made: list[Invoice]
) -> None:
    ids = [one.id for one in made]
    identity = asked(log_in(staff))
    with transaction() as session:
        session.delete(session.get_one(Invoice, ids[4]))
    examining.work(identity, turn=0)
    release()
    assert len(current().scalars(select(OutboxEntry).where(OutboxEntry.job == "jobs.examining.examine")).all()) == 2
    examining.work(identity)
    examining.work(identity)
    with transaction() as session:
        session.add(ExaminationItem(examination_id=identity, invoice_id=ids[5]))
    examining._write(identity, {ids[1]: "bad", ids[2]: "bad"})
    assert facts(identity)[1:] == (5, 4, 3, 1, 1)


def test_what_a_dead_worker_left_is_taken_up_and_what_is_old_is_let_go(
    staff: User, log_in: LogIn, made: list[Invoice], frozen_clock: Any
) -> None:
    identity = asked(log_in(staff))
    release()
    assert examining.sweep() == 0
    clock.freeze(clock.now() + timedelta(minutes=3))
    assert (examining.sweep(), examining.sweep()) == (1, 0)
    clock.freeze(clock.now() + timedelta(days=3))
    examining.sweep()
    release()
    assert current().get(Examination, identity, populate_existing=True) is None


def test_too_many_are_refused_in_words(
    staff: User, log_in: LogIn, made: list[Invoice], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MOST", 5)
    answer = log_in(staff).post("/invoices/check", data={"all": "1"}, follow_redirects=True)
    assert "hoogstens 5 facturen" in answer.text
