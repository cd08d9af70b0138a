"""Age analysis and export: every cell adds up to its invoices, on any day, and no file holds a formula."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.support.records import make_invoice
from webapp.domain.ageing import USUAL, buckets, parse_bounds
from webapp.extensions import clock
from webapp.queries import ageing
from webapp.services import payments
from webapp.services.actors import person
from webapp.services.payments import PaymentData
from webapp.store.organisations import Organisation
from webapp.store.session import release
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TODAY = date(2026, 3, 2)


@pytest.fixture
def home(app: Flask, organisation: Organisation, frozen_clock: Any) -> int:
    return organisation.id


def owed(home: int, number: str, *, issued: int, due: int, **facts: Any) -> int:
    """Make an invoice that was issued and due so many days ago."""
    return make_invoice(home, number, issue_date=TODAY - timedelta(issued), due_date=TODAY - timedelta(due), **facts)


def cells(home: int, view: ageing.View) -> dict[str, str]:
    """Return the euro cells that hold something, after checking them against their invoices."""
    release()
    found = {}
    for part in ageing.table(home, view, today=TODAY, zone=AMSTERDAM):
        for cell in part.cells:
            cut = ageing.invoices(home, view, bucket=cell.name, currency=part.currency, today=TODAY, zone=AMSTERDAM)
            assert (len(cut.rows), sum((row.outstanding for row in cut.rows), Decimal(0))) == (cell.count, cell.amount)
            if cell.count and part.currency == "EUR":
                found[cell.label] = str(cell.amount)
    return found


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "bounds"),
    [("30, 60, 90", USUAL), ("7;14 14", (7, 14)), ("", USUAL), ("x", USUAL), ("0", USUAL), ("99999", USUAL)],
)
def test_buckets_are_read_or_the_usual_ones_are_taken(text: str, bounds: tuple[int, ...]) -> None:
    assert parse_bounds(text) == bounds


@pytest.mark.pure
@pytest.mark.parametrize("by_due", [True, False])
def test_every_day_lies_in_exactly_one_bucket(by_due: bool) -> None:
    made = buckets((7, 30), as_of=TODAY, by_due=by_due)
    for days in range(-40 if by_due else 0, 400):
        day = TODAY - timedelta(days)
        holding = [
            one for one in made if (one.first is None or one.first <= day) and (one.last is None or day <= one.last)
        ]
        assert len(holding) == 1
        low, high = holding[0].low, holding[0].high
        assert low is None or low <= days
        assert high is None or days <= high


def test_cells_add_up_to_their_invoices_in_any_buckets(home: int) -> None:
    owed(home, "1", issued=5, due=-25)
    owed(home, "2", issued=40, due=10)
    owed(home, "3", issued=130, due=100, price="50.00")
    owed(home, "4", issued=130, due=100, price="-50.00")
    owed(home, "5", issued=20, due=1, currency="USD")
    owed(home, "6", issued=20, due=1, status="draft")

    assert cells(home, ageing.View(TODAY)) == {"Niet vervallen": "121.00", "1–30": "121.00", "> 90": "60.50"}
    assert cells(home, ageing.View(TODAY, (9, 10))) == {"Niet vervallen": "121.00", "10–10": "121.00", "> 10": "60.50"}
    assert cells(home, ageing.View(TODAY, by_due=False)) == {"0–30": "121.00", "31–60": "121.00", "> 90": "60.50"}


def test_as_of_a_day_counts_what_stood_on_that_day(home: int) -> None:
    actor = person(home, "Marieke Visser")
    invoice_id = owed(home, "1", issued=60, due=30)
    note = owed(home, "2", issued=60, due=30, price="-20.00")
    data = PaymentData("manual", "1", Decimal(21), TODAY - timedelta(10))
    (entry,) = payments.allocate(actor, payments.record_payment(actor, data).payment_id, [(invoice_id, Decimal(21))])
    payments.credit_against(actor, note, invoice_id)

    past = {"31–60": "121.00"}
    assert cells(home, ageing.View(TODAY)) == {"1–30": "75.80"}
    assert cells(home, ageing.View(TODAY - timedelta(1))) == {"1–30": "100.00"}  # the credit is of today
    assert cells(home, ageing.View(TODAY - timedelta(11))) == {"1–30": "121.00"}
    assert cells(home, ageing.View(TODAY - timedelta(11), by_due=False)) == past
    assert cells(home, ageing.View(TODAY - timedelta(61))) == {}
    clock.advance(timedelta(days=1))
    payments.reverse_allocation(actor, entry)
    assert cells(home, ageing.View(TODAY - timedelta(1))) == {"1–30": "100.00"}  # it stood there then


def test_the_page_leads_from_a_cell_to_its_invoices(home: int, viewer: User, log_in: LogIn) -> None:
    for number in range(ageing.PAGE + 3):
        owed(home, f"26-{number:03}", issued=40, due=10)
    client = log_in(viewer)
    page = client.get("/payments/ageing?as_of=2026-03-01&buckets=7,30&by=issue&bucket=older&currency=EUR")
    assert page.status_code == 200
    assert page.text.count("<tr data-id") == ageing.PAGE
    assert "after=" in page.text
    assert {'data-label="0–7 dagen"', 'data-label="Totaal"'} <= set(re.findall(r'data-label="[^"]+"', page.text))
    for odd in ("?as_of=x&buckets=-1&by=z&bucket=q&currency=%27", "?as_of=9999-12-31&currency=EUR&after=x:y"):
        assert client.get(f"/payments/ageing{odd}").status_code == 200


def test_the_history_is_exported_whole_and_without_formulas(home: int, viewer: User, log_in: LogIn) -> None:
    actor = person(home, "x")
    facts = [PaymentData("statement", str(n), Decimal(n), TODAY, contact_name='=HYPERLINK("x")') for n in range(1, 60)]
    payments.record_payments(actor, facts)
    payments.record_payment(actor, PaymentData("manual", "1", Decimal("-5.5"), TODAY, contact_name="Os"))
    client = log_in(viewer)

    answer = client.get("/exports/payments.csv?source=statement")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 1 + 59
    assert {row[3] for row in rows[1:]} == {'\'=HYPERLINK("x")'}
    assert sum(Decimal(row[6].replace(",", ".")) for row in rows[1:]) == sum(range(1, 60))

    book = load_workbook(io.BytesIO(client.get("/exports/payments.xlsx").data))
    sheet = list(book.active.iter_rows(values_only=True))
    assert len(sheet) == 1 + 60
    assert min(row[6] for row in sheet[1:]) == -5.5
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


def test_the_list_of_unapplied_payments_holds_those_alone(home: int, viewer: User, log_in: LogIn) -> None:
    actor = person(home, "x")
    used = payments.record_payment(actor, PaymentData("manual", "1", Decimal(5), TODAY, contact_name="Slagerij Os"))
    payments.record_payment(actor, PaymentData("manual", "2", Decimal(7), TODAY, contact_name="De Smederij"))
    payments.allocate(actor, used.payment_id, [(owed(home, "1", issued=2, due=1), Decimal(5))])
    page = log_in(viewer).get("/payments/table?unapplied=1").text
    assert "De Smederij" in page
    assert "Slagerij Os" not in page
