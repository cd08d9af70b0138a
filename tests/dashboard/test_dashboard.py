"""The dashboard: figures that are right, links to exactly those rows, and a number of queries that does not grow."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.asked import asked
from tests.support.clients import separate
from tests.support.records import make_connection, make_invoice, make_invoices
from tests.support.runs import make_run
from webapp.extensions import clock
from webapp.queries import dashboard, series
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _separate_browsers(app: Flask) -> None:
    separate(app)


def _pay(organisation_id: int, key: str, amount: str, day: date, currency: str = "EUR") -> None:
    with transaction() as session:
        session.add(
            Payment(
                organisation_id=organisation_id,
                source="yuki",
                remote_key=key,
                amount=Decimal(amount),
                unapplied_amount=Decimal(amount),
                currency=currency,
                received_on=day,
                created_at=clock.now(),
            )
        )


def _value(figures: tuple[dashboard.Figure, ...], value: str) -> dashboard.Figure:
    return next(figure for figure in figures if figure.value == value)


def test_figures_per_axis_are_counted_and_currencies_never_added_up(app: Flask, organisation: Organisation) -> None:
    make_invoice(organisation.id, "1", price="100.00")
    make_invoice(organisation.id, "2", price="50.00", delivery="sent", payment="paid")
    make_invoice(organisation.id, "3", price="1000.00", currency="HUF", delivery="rejected")
    make_invoice(organisation.id, "4", price="10.00", status="draft")
    make_invoice(organisation.id, "5", price="10.00", kind="purchase")

    totals = dashboard.count_invoices(organisation.id, today=date(2026, 2, 10), currency="EUR")

    assert totals.count == 4
    assert _value(totals.document, "sent").amounts == (("EUR", Decimal("181.50")), ("HUF", Decimal("1210.00")))
    assert _value(totals.document, "draft").count == 1
    assert _value(totals.delivery, "sent").count == 1
    assert totals.not_in_books.count == 1
    assert totals.attention_count == 1
    assert totals.outstanding.amounts == (("EUR", Decimal("121.00")), ("HUF", Decimal("1210.00")))
    assert _value(totals.payment, "paid").count == 1
    assert totals.overdue.count == 0


def test_overdue_depends_on_the_day(app: Flask, organisation: Organisation) -> None:
    make_invoice(organisation.id, "1", due_date=date(2026, 3, 4))
    on_the_day = dashboard.count_invoices(organisation.id, today=date(2026, 3, 4), currency="EUR")
    the_day_after = dashboard.count_invoices(organisation.id, today=date(2026, 3, 5), currency="EUR")
    assert (on_the_day.overdue.count, the_day_after.overdue.count) == (0, 1)


def test_every_figure_links_to_its_rows(app: Flask, organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    make_invoice(organisation.id, "1")
    make_invoice(organisation.id, "2", delivery="rejected")
    make_invoice(organisation.id, "3", status="draft")
    page = log_in(viewer).get("/").text
    links = set(re.findall(r'href="/invoices\?([^"]+)"', page.replace("&amp;", "&")))
    assert {"status=sent", "status=draft", "delivery=rejected"} <= links
    assert any(sorted(link.split("&")) == ["delivery=not_sent", "status=sent"] for link in links)
    assert any(sorted(link.split("&")) == ["payment=open", "status=sent"] for link in links)
    assert ("van verzonden facturen" in page, "Betaling van verzonden facturen" in page) == (True, True)


def test_the_blocks_lead_to_the_logs(app: Flask, organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    make_invoice(organisation.id, "1")
    page = log_in(viewer).get("/").text
    for words in ("Status actuele facturen", "Status betalingsverwerking", "Alle facturen", "Yuki logs"):
        assert words in page
    assert page.count('data-action="open-logs"') == 2


def test_the_greeting_follows_the_clock_of_the_organisation(
    app: Flask, viewer: User, log_in: LogIn, organisation: Organisation
) -> None:
    client = log_in(viewer)
    for hour, words in ((8, "Goedemorgen, Viewer"), (12, "Goedemiddag, Viewer"), (19, "Goedenavond, Viewer")):
        clock.freeze(datetime(2026, 3, 2, hour, 0, tzinfo=UTC))
        assert words in client.get("/").text


def test_a_new_organisation_is_led_to_its_first_sent_invoice(
    app: Flask, organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    client = log_in(viewer)

    def current() -> str:
        found = re.search(r'<li class="current".*?<a [^>]*>([^<]+)</a>', client.get("/").text, re.DOTALL)
        return found[1] if found else ""

    assert current() == "Koppeling instellen"
    connection_id = make_connection(organisation.id)
    assert current() == "Facturen toevoegen"
    invoice_id = make_invoice(organisation.id, "1")
    assert current() == "Naar Yuki versturen"
    make_run(organisation.id, connection_id, [(invoice_id, "succeeded", "")])
    assert current() == ""


def test_sends_stand_on_the_day_of_the_organisation(app: Flask, organisation: Organisation) -> None:
    clock.freeze(datetime(2026, 3, 2, 11, 0, tzinfo=UTC))
    connection_id = make_connection(organisation.id)
    invoices = make_invoices(organisation.id, 3)
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    outcomes = [(invoices[0], "succeeded", ""), (invoices[1], "failed", "vat"), (invoices[2], "unknown", "")]
    make_run(organisation.id, connection_id, outcomes, started_at=late, created_at=late)
    make_run(organisation.id, connection_id, category="process_payments")
    days = series.send_days(organisation.id, today=TODAY)
    assert len(days) == 14
    assert days[-1] == series.DayOfSends(TODAY, succeeded=1, failed=1, unknown=1, skipped=0)
    assert sum(day.total for day in days[:-1]) == 0


def test_payments_are_summed_per_week_and_currency(app: Flask, organisation: Organisation) -> None:
    _pay(organisation.id, "a", "26.40", TODAY)
    _pay(organisation.id, "b", "-6.40", TODAY + timedelta(days=6))
    _pay(organisation.id, "c", "5.00", TODAY - timedelta(days=1))
    _pay(organisation.id, "d", "9000", TODAY, "HUF")
    weeks = series.payment_weeks(organisation.id, today=TODAY)
    euros = [week.amount for week in weeks if week.currency == "EUR"]
    assert len(euros) == 8
    assert euros[-2:] == [Decimal("5.00"), Decimal("20.00")]
    assert [week.amount for week in weeks if week.currency == "HUF"][-1] == Decimal(9000)


def test_success_is_what_succeeded_of_what_could_fail(app: Flask, organisation: Organisation) -> None:
    connection_id = make_connection(organisation.id)
    invoices = make_invoices(organisation.id, 4)
    outcomes = [(invoices[0], "failed", "vat"), *((one, "succeeded", "") for one in invoices[1:3])]
    make_run(organisation.id, connection_id, [*outcomes, (invoices[3], "skipped", "already_sent")])
    assert series.success_rates(organisation.id, since=clock.now() - timedelta(days=7)) == {connection_id: 66}
    make_run(organisation.id, connection_id, status="failed", failure="auth")
    assert series.success_rates(organisation.id, since=clock.now() - timedelta(days=7)) == {connection_id: 50}


def test_charts_are_drawn_without_inline_style_and_stand_beside_a_table(
    app: Flask, organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    invoices = make_invoices(organisation.id, 2)
    make_run(organisation.id, make_connection(organisation.id), [(invoices[0], "succeeded", "")])
    _pay(organisation.id, "a", "26.40", clock.now().date())
    page = log_in(viewer).get("/").text
    assert "style=" not in page
    assert "<script>" not in page
    assert page.count('<details class="as-table">') == 4
    assert "/logs?category=send_invoices&amp;from=" in page


def _count_queries(work: Callable[[], Any]) -> int:
    with asked() as said:
        work()
    return len(said)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    app: Flask, organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    def fill(start: int, count: int) -> None:
        connection_id = make_connection(organisation.id, name=f"Yuki {start}")
        for number in range(start, start + count):
            invoice_id = make_invoice(organisation.id, f"{number}")
            make_run(organisation.id, connection_id, [(invoice_id, "failed", "vat")])
            make_run(organisation.id, connection_id, category="process_payments")
            _pay(organisation.id, f"k{number}", "5.00", clock.now().date() - timedelta(days=number))

    client = log_in(viewer)
    fill(1, 2)
    few = _count_queries(lambda: client.get("/"))
    logs_few = _count_queries(lambda: client.get("/logs"))
    fill(10, 30)
    assert _count_queries(lambda: client.get("/")) == few
    assert _count_queries(lambda: client.get("/logs")) == logs_few
    assert few <= 25


def test_another_organisations_figures_are_not_counted(
    app: Flask, organisation: Organisation, other_organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    invoice_id = make_invoice(other_organisation.id, "1", price="777.77")
    make_run(other_organisation.id, make_connection(other_organisation.id), [(invoice_id, "succeeded", "")])
    _pay(other_organisation.id, "a", "777.77", clock.now().date())
    page = log_in(viewer).get("/").text
    assert "777" not in page
    assert "Koppeling instellen" in page
