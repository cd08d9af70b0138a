"""Lists that another page links to: by days overdue, by the reason of the last failure, by currency."""

import re
from collections.abc import Callable
from datetime import UTC, date, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_run
from webapp.extensions import clock
from webapp.queries import ageing, invoices, notifications
from webapp.queries.invoice_filters import Filters
from webapp.queries.invoice_limits import AGES
from webapp.services import notices
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
TODAY = date(2026, 3, 2)


def numbers(organisation: Organisation, **limits: str) -> set[str]:
    return {row.number for row in invoices.table(organisation.id, Filters(**limits), size=500).rows}


def owed(organisation: Organisation, days: int | None, **facts: object) -> str:
    """Store an invoice that is so many days past due; returns its number."""
    number = f"D{len(invoices.table(organisation.id, Filters(), size=500).rows):04}"
    due = None if days is None else TODAY - timedelta(days=days)
    make_invoice(organisation.id, number, due_date=due, **facts)
    return number


@pytest.mark.usefixtures("frozen_clock")
def test_each_age_holds_what_its_bar_counts_and_no_invoice_stands_in_two(organisation: Organisation) -> None:
    edges = (None, -1, 0, 1, 30, 31, 60, 61, 90, 91, 400)
    for currency in ("EUR", "USD"):
        for days in edges:
            owed(organisation, days, currency=currency)
    owed(organisation, 45, status="draft")
    paid = owed(organisation, 45)
    with transaction() as session:
        session.query(Invoice).where(Invoice.number == paid).update(
            {"outstanding_amount": 0, "paid_amount": Invoice.gross_total}
        )

    for part in ageing.table(organisation.id, ageing.View(TODAY), today=TODAY, zone=UTC):
        found = [numbers(organisation, age=age, currency=part.currency) for age in AGES]
        assert [len(one) for one in found] == [count for _, _, count in part.amounts]
        assert len(set.union(*found)) == len(edges)


@pytest.mark.usefixtures("frozen_clock")
def test_the_bars_of_the_dashboard_lead_to_their_invoices(
    log_in: LogIn, viewer: User, organisation: Organisation
) -> None:
    old, young = owed(organisation, 100), owed(organisation, 10)
    client = log_in(viewer)

    links = [
        link.replace("&amp;", "&") for link in re.findall(r'href="(/invoices\?[^"]*age=[^"]*)"', client.get("/").text)
    ]
    pages = [client.get(link).text for link in links]

    assert links == [f"/invoices?age={age}&currency=EUR" for age in AGES]
    assert [old in page for page in pages] == [False, False, False, False, True]
    assert [young in page for page in pages] == [False, True, False, False, False]
    assert 'href="/invoices?age=over-90&amp;currency=EUR"' in client.get("/payments").text


@pytest.mark.usefixtures("frozen_clock")
def test_an_age_is_a_chip_that_takes_it_away(log_in: LogIn, viewer: User, organisation: Organisation) -> None:
    owed(organisation, 100)

    text = log_in(viewer).get("/invoices?age=over-90&currency=EUR").text

    assert re.search(r'href="/invoices\?currency=EUR" aria-current="true">Meer dan 90 dagen vervallen', text)
    assert re.search(r'href="/invoices\?age=over-90" aria-current="true">EUR', text)
    assert re.search(r'href="/invoices\?age=1-30&amp;currency=EUR">1–30 dagen vervallen', text)
    assert '<input type="hidden" name="age" value="over-90">' in text


@pytest.mark.parametrize("nonsense", ["age=soon", "failure=nothing", "currency=euro", "currency=%00"])
def test_what_is_not_understood_limits_nothing(
    log_in: LogIn, viewer: User, organisation: Organisation, nonsense: str
) -> None:
    make_invoice(organisation.id, "26-0001")

    answer = log_in(viewer).get(f"/invoices?{nonsense}")

    assert answer.status_code == (400 if "%00" in nonsense else 200)
    assert answer.status_code == 400 or "26-0001" in answer.text


@pytest.fixture
def refused(organisation: Organisation) -> int:
    """A connection with invoices refused for different reasons, and one that was refused before."""
    connection_id = make_connection(organisation.id)
    outcomes = (
        ("26-0001", "failed", "vat"),
        ("26-0002", "failed", "contact"),
        ("26-0003", "failed", ""),
        ("26-0004", "unknown", "unknown_outcome"),
        ("26-0005", "failed", "vat"),
        ("26-0006", "failed", "duplicate"),
    )
    made = [(make_invoice(organisation.id, number), outcome, failure) for number, outcome, failure in outcomes]
    make_run(organisation.id, connection_id, made)
    again = made[4][0]
    with transaction() as session:
        session.add(
            Delivery(
                organisation_id=organisation.id,
                invoice_id=again,
                connection_id=connection_id,
                generation=2,
                state="sent",
                created_at=clock.now(),
                updated_at=clock.now(),
            )
        )
        session.get_one(Invoice, again).delivery = "sent"
        notices.recount(connection_id)
    return connection_id


@pytest.mark.usefixtures("refused")
def test_the_list_by_reason_holds_those_whose_last_delivery_failed_for_it(organisation: Organisation) -> None:
    assert numbers(organisation, failure="vat") == {"26-0001"}
    assert numbers(organisation, failure="refused") == {"26-0003"}
    assert numbers(organisation, failure="unknown_outcome") == {"26-0004"}
    assert numbers(organisation, failure="duplicate") == {"26-0006"}
    assert numbers(organisation, failure="quota") == set()


@pytest.mark.usefixtures("refused")
def test_every_notice_leads_to_just_the_invoices_that_it_counts(
    log_in: LogIn, viewer: User, organisation: Organisation
) -> None:
    client = log_in(viewer)
    page = notifications.page(organisation.id, user_id=viewer.id, role="viewer")
    text = client.get("/notifications").text

    assert len(page.open) == 5
    for notice in page.open:
        assert f'href="/invoices?delivery={notice.delivery}&amp;failure={notice.failure}"' in text
        held = invoices.table(organisation.id, Filters(delivery=notice.delivery, failure=notice.failure))
        assert {row.id for row in held.rows} == set(notifications.invoice_ids(organisation.id, notice))
        assert held.counts.total == notice.count


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(date(2026, 1, 1), date(2026, 12, 31)), days=st.integers(-400, 400))
def test_an_invoice_has_one_age_on_any_day(organisation: Organisation, day: date, days: int) -> None:
    from webapp.queries.invoice_limits import age_condition

    with transaction() as session:
        session.query(Invoice).delete()
    identity = make_invoice(organisation.id, "26-0001", due_date=day - timedelta(days=days))
    with transaction() as session:
        ages = [
            age
            for age in AGES
            if session.query(Invoice.id).where(Invoice.id == identity, age_condition(age, day)).all()
        ]

    expected = 0 if days <= 0 else 1 + sum(days > limit for limit in (30, 60, 90))
    assert ages == [AGES[expected]]
