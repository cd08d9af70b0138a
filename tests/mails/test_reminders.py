"""Reminders: who gets which and why others do not; what a reminder says, and that payments are looked at first."""

import email
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from email import policy
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.support.asked import asked
from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_run
from webapp.domain.reminders import DEMAND, NotNow, Standing, Terms, propose
from webapp.extensions import clock
from webapp.queries import history
from webapp.services import mails, reminders
from webapp.services.actors import Actor
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
TODAY = date(2026, 3, 2)
DUE = Standing(issued=True, outstanding=Decimal(100), due_date=date(2026, 2, 1))


@pytest.fixture(autouse=True)
def _now(frozen_clock: object) -> None:
    return None


def overdue(actor: Actor, number: str = "26-0042", **facts: Any) -> int:
    """Return an invoice that has been due for four weeks, of a customer with an address."""
    address = facts.pop("email", "inkoop@klant.example")
    invoice_id = make_invoice(actor.organisation_id, number, **({"due_date": date(2026, 2, 1)} | facts))
    with transaction() as session:
        contact = session.get_one(Invoice, invoice_id).contact
        assert contact is not None
        contact.email = address
    return invoice_id


def sent(actor: Actor, invoice_id: int, level: int, today: date = TODAY) -> bool:
    result = reminders.remind(actor, {invoice_id: level}, today=today)
    return all(mails.send(mail_id) for mail_id in result.mails) and bool(result.mails)


def row(invoice_id: int) -> Invoice:
    release()
    current().expire_all()
    return current().get_one(Invoice, invoice_id)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"outstanding": Decimal(0)}, NotNow.PAID),
        ({"outstanding": Decimal(-5)}, NotNow.PAID),
        ({"due_date": TODAY}, NotNow.NOT_DUE),
        ({"due_date": TODAY - timedelta(days=6)}, NotNow.NOT_DUE),
        ({"due_date": None}, NotNow.NOT_DUE),
        ({"level": 1, "reminded_on": TODAY - timedelta(days=13)}, NotNow.RECENT),
        ({"level": 1, "reminded_on": TODAY - timedelta(days=14)}, ""),
        ({"level": 3, "reminded_on": date(2025, 1, 1)}, NotNow.LAST),
        ({"has_address": False}, NotNow.NO_ADDRESS),
        ({"under_way": True}, NotNow.UNDER_WAY),
        ({"collected": True}, NotNow.COLLECTED),
        ({"in_books": True}, NotNow.STALE),
        ({"in_books": True, "looked_on": TODAY - timedelta(days=15)}, NotNow.STALE),
        ({"in_books": True, "looked_on": TODAY - timedelta(days=14)}, ""),
        ({"issued": False}, NotNow.NOT_SENT),
    ],
    ids=str,
)
def test_what_speaks_against_a_reminder_is_said(change: dict[str, Any], reason: str) -> None:
    from dataclasses import replace

    assert propose(replace(DUE, **change), today=TODAY, terms=Terms()).reason == reason


@given(level=st.integers(0, 3), late=st.integers(-40, 90), ago=st.integers(0, 90), open_=st.integers(-2, 2))
def test_nobody_is_reminded_twice_at_a_level_or_for_nothing(level: int, late: int, ago: int, open_: int) -> None:
    standing = Standing(
        issued=True,
        outstanding=Decimal(open_),
        due_date=TODAY - timedelta(days=late),
        level=level,
        reminded_on=TODAY - timedelta(days=ago) if level else None,
    )
    found = propose(standing, today=TODAY, terms=Terms())
    assert found.level == min(level + 1, DEMAND)
    if not found.reason:
        assert open_ > 0
        assert late > 0
        assert level < DEMAND
        assert ago >= 14 if level else late >= 7


def test_the_three_go_out_one_after_the_other_and_stand_in_the_history(actor: Actor, folder: Path) -> None:
    invoice_id = overdue(actor)
    day = TODAY
    for level, title in ((1, "Eerste herinnering"), (2, "Tweede herinnering"), (3, "Aanmaning")):
        assert sent(actor, invoice_id, level, day)
        assert (row(invoice_id).reminder_level, row(invoice_id).reminded_on) == (level, day)
        assert not sent(actor, invoice_id, level, day)
        day += timedelta(days=14)
        clock.freeze(clock.now() + timedelta(days=14))
        text = history.of_invoice(actor.organisation_id, invoice_id)[0].text
        assert text.startswith(("First", "Second", "Demand")) or title in text
    (last,) = [
        message
        for message in (email.message_from_bytes(one.read_bytes(), policy=policy.default) for one in folder.glob("*"))
        if str(message["Subject"]).startswith("Aanmaning")
    ]
    assert last["Subject"] == "Aanmaning: factuur 26-0042"
    assert [one.get_filename() for one in last.iter_attachments()] == [
        "Aanmaning-26-0042.pdf",
        "Factuur-26-0042.pdf",
    ]


def test_who_pays_before_it_leaves_gets_none(actor: Actor, folder: Path) -> None:
    first, second = overdue(actor, "26-1"), overdue(actor, "26-2")
    with transaction() as session:
        paid = session.get_one(Invoice, first)
        paid.paid_amount, paid.outstanding_amount = paid.gross_total, Decimal(0)
    result = reminders.remind(actor, {first: 1, second: 1}, today=TODAY)
    assert [(one.number, one.reason) for one in result.skipped] == [("26-1", "paid")]
    with transaction() as session:
        paid = session.get_one(Invoice, second)
        paid.paid_amount, paid.outstanding_amount = paid.gross_total, Decimal(0)
    assert not mails.send(result.mails[0])
    assert (row(second).reminder_level, folder.exists()) == (0, False)
    assert current().scalar(select(Mail.error)) == "paid_meanwhile"


def test_payments_of_what_is_in_the_books_are_processed_first(actor: Actor, folder: Path) -> None:
    invoice_id, connection = overdue(actor), make_connection(actor.organisation_id)
    make_run(actor.organisation_id, connection, [(invoice_id, "succeeded", "")])
    assert reminders.remind(actor, {invoice_id: 1}, today=TODAY).skipped[0].reason == "payments_stale"
    make_run(actor.organisation_id, connection, category="process_payments")
    assert sent(actor, invoice_id, 1)


def test_the_page_proposes_explains_and_sends(actor: Actor, folder: Path, log_in: LogIn, staff: User) -> None:
    client = log_in(staff)
    assert "Er is niets vervallen" in client.get("/reminders").text
    due, none = overdue(actor, "26-1"), overdue(actor, "26-2", email="")
    page = client.get("/reminders").text
    assert "Eerste herinnering" in page
    assert "Geen e-mailadres" in page
    assert ('data-confirm-one="1 herinnering versturen"' in page, "# herinneringen versturen" in page) == (True, True)
    assert client.get(f"/reminders/{due}/3.pdf").mimetype == "application/pdf"
    assert 'data-action="remind"' in client.get(f"/invoices/{due}").text
    answer = client.post("/reminders", data={"id": [due, none], f"level-{due}": "1", f"level-{none}": "1"})
    assert answer.status_code == 303
    said = client.get("/reminders").text
    assert "1 herinnering is onderweg." in said
    places = [said.index(mark) for mark in ('id="main"', "1 herinnering is onderweg.", 'class="page-head"')]
    assert places == sorted(places)  # above the head of the page, where it covers nothing
    assert "26-2 kreeg er geen: geen e-mailadres." in said
    release()
    assert mails.send(current().scalar(select(Mail.id)) or 0)
    assert "02-03-2026" in client.get(f"/invoices/{due}").text
    assert "Tweede herinnering: " in client.get("/reminders").text
    assert client.post("/reminders", data={"id": "x"}, follow_redirects=True).status_code == 200


def test_a_long_list_asks_no_more_than_a_short_one(actor: Actor, folder: Path, log_in: LogIn, staff: User) -> None:
    client, counts = log_in(staff), []
    for first, many in ((1, 1), (2, 12)):
        for number in range(first, first + many):
            overdue(actor, f"26-{number:04}")
        client.get("/reminders")
        with asked() as said:
            assert client.get("/reminders").status_code == 200
        counts.append(len(said))
    assert counts[0] == counts[1]


def test_an_administrator_sets_when(actor: Actor, folder: Path, log_in: LogIn, admin: User) -> None:
    client = log_in(admin)
    assert client.post("/reminders/terms", data={"first": "0", "second": "5", "demand": "5"}).status_code == 422
    assert client.post("/reminders/terms", data={"first": "40", "second": "5", "demand": "5"}).status_code == 303
    overdue(actor)
    assert "Te kort vervallen" in client.get("/reminders").text
