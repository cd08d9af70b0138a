"""A walk through the product with Yoobi's product sheet in hand: everything it names is where it belongs, in Dutch."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select

from tests.settings.test_seller import GOOD
from tests.support.records import make_connection, make_invoice
from tests.support.runs import make_exchange, make_run
from tests.yoobi.contract import VIEWS, Item
from tests.yoobi.finding import missing
from webapp.extensions import clock
from webapp.services import expenses, history, notices, payments, sellers
from webapp.services import settings as organisation_settings
from webapp.services.actors import Actor, person, system
from webapp.services.payments import PaymentData
from webapp.store.organisations import Organisation
from webapp.store.runs import RunItem
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def at(day: int, hour: int, minute: int, month: int = 8) -> datetime:
    """A moment of the summer of 2024 by the clock of Amsterdam."""
    return datetime(2024, month, day, hour - 2, minute, tzinfo=UTC)


HISTORY = (
    ((1, 16, 46), "invoice.approved", "vincent"),
    ((1, 17, 3), "invoice.authorised", "vincent"),
    ((1, 17, 3), "invoice.emailing", "vincent"),
    ((1, 17, 4), "yuki.invoice_processed", ""),
    ((1, 17, 8), "invoice.sent", ""),
    ((6, 14, 28), "payment.received", "administrator"),
    ((6, 14, 28), "invoice.partially_paid", ""),
)
"""The example of the product sheet, oldest first; the system has no name."""


@pytest.fixture
def stage(app: Flask, organisation: Organisation, tmp_path: Path) -> dict[str, int]:
    """Invoice 24177 with its history, the two runs of the product sheet's log, and one run in which Yuki refused."""
    app.extensions["koppel"] = replace(app.extensions["koppel"], mail_url=(tmp_path / "mail").as_uri())
    clock.freeze(at(1, 16, 0))
    actor = person(organisation.id, "vincent")
    sellers.keep_seller(actor, sellers.SellerData(**GOOD))
    department = organisation_settings.add_department(actor, "Ontwerp")
    connection = make_connection(organisation.id, process_payments=True, send_expenses=True, expense_folder_id="7")
    facts = {"issue_date": date(2024, 6, 1), "due_date": date(2024, 7, 1)}
    before, invoice, _after = (make_invoice(organisation.id, str(number), **facts) for number in (24176, 24177, 24178))
    for number, status in (("24179", "approved"), ("24180", "authorised"), ("24181", "draft")):
        make_invoice(organisation.id, number, status=status)
    clock.freeze(at(7, 11, 10))
    make_run(organisation.id, connection, category="send_expense_claims", offered=9, succeeded=9)
    run = make_run(organisation.id, connection, [(invoice, "succeeded", ""), (before, "failed", "vat")], skipped=1)
    exchange = make_exchange(organisation.id, connection, run)
    clock.freeze(at(7, 14, 0))
    facts = {"actor_name": "", "trigger": "automatic", "offered": 183, "succeeded": 183, "ended_at": at(7, 14, 28)}
    paid = make_run(organisation.id, connection, category="process_payments", **facts)
    with transaction() as session:
        notices.recount(connection)
        item = session.scalars(select(RunItem).where(RunItem.invoice_id == before)).one()
        item.exchange_id = exchange
    _tell(invoice, actor, runs={"payment.received": paid, "yuki.invoice_processed": run})
    _pay(actor, invoice)
    claim = expenses.create(actor, expenses.ClaimData("Reis", "Joris Maes", date(2024, 8, 2)))
    return {"invoice": invoice, "run": run, "department": department, "connection": connection, "claim": claim}


def _tell(invoice_id: int, actor: Actor, *, runs: dict[str, int]) -> None:
    """Write the invoice's history as it happened."""
    params = {"amount": "26.40", "currency": "EUR", "date": "2024-08-06"}
    for (day, hour, minute), event, name in HISTORY:
        clock.freeze(at(day, hour, minute))
        who = person(actor.organisation_id, name) if name else system(actor.organisation_id)
        with transaction():
            history.record(invoice_id, event, actor=who, run_id=runs.get(event), params=params)
    clock.freeze(at(7, 15, 0))


def _pay(actor: Actor, invoice_id: int) -> None:
    """Let a part of the invoice be paid, and another payment come in that fits an invoice and waits at the desk."""
    day = date(2024, 8, 6)
    part = payments.record_payment(actor, PaymentData("manual", "1", Decimal("26.40"), day)).payment_id
    payments.allocate(actor, part, [(invoice_id, Decimal("26.40"))])
    payments.record_payment(actor, PaymentData("manual", "2", Decimal("121.00"), day, description="Factuur 24178"))


def test_everything_that_yoobi_names_is_where_it_belongs(stage: dict[str, int], log_in: LogIn, admin: User) -> None:
    client = log_in(admin)
    found: dict[str, list[Item]] = {}
    for name, (address, wanted) in VIEWS.items():
        answer = client.get(address.format(**stage))
        assert answer.status_code == 200, (name, answer.status_code, answer.location)
        found[name] = missing(answer.text, wanted)
    lacking = [f"{name}: {item.kind} “{item.words}” {item.leads}" for name, items in found.items() for item in items]
    assert not lacking, "\n".join(lacking)


def test_every_figure_of_the_dashboard_leads_to_exactly_its_rows(
    stage: dict[str, int], log_in: LogIn, admin: User
) -> None:
    client = log_in(admin)
    rows = html.fromstring(client.get("/").text).xpath("//tr[@data-axis]")
    assert len(rows) >= 8
    for row in rows:
        _word, count, amount = (cell.text_content().strip() for cell in row.xpath("td"))
        for link in row.xpath(".//a/@href"):
            listed = html.fromstring(client.get(link).text)
            assert len(listed.xpath("//tbody/tr[@data-id]")) == int(count), (link, count)
        assert amount.startswith("€")


def test_every_point_of_a_chart_is_a_link_and_every_chart_has_a_table(
    stage: dict[str, int], log_in: LogIn, admin: User
) -> None:
    page = html.fromstring(log_in(admin).get("/").text)
    for words in ("Facturen per status", "Naar Yuki verstuurd per dag", "Ontvangen betalingen per week",
                  "Openstaand naar ouderdom"):  # fmt: skip
        (chart,) = page.xpath(f"//section[.//h2[starts-with(normalize-space(), '{words}')]]")
        drawn = chart.xpath(".//*[local-name()='rect']")
        assert drawn, words
        assert all(one.xpath("ancestor::a/@href") for one in drawn), words
        assert len(chart.xpath(".//details[@class='as-table']//tbody/tr")) >= 3, words
        assert not page.xpath("//*[@style]|//script[not(@src)]")


def test_previous_and_next_walk_through_the_list_one_came_from(
    stage: dict[str, int], log_in: LogIn, admin: User
) -> None:
    client = log_in(admin)
    listed = html.fromstring(client.get("/invoices?status=sent&sort=number").text)
    address, seen = listed.xpath("//tbody/tr[1]//a[@data-open]/@href")[0], []
    for _ in range(3):
        page = html.fromstring(client.get(address).text)
        (pager,) = page.xpath("//nav[@class='pager']")
        seen.append(" ".join(pager.text_content().split()))
        address = next(iter(pager.xpath(".//a[@rel='next']/@href")), "")
    assert seen == ["Vorige 1/3 Volgende", "Vorige 2/3 Volgende", "Vorige 3/3 Volgende"]
    assert address == ""
    (back,) = page.xpath("//*[@data-action='close']/@href")
    assert back == "/invoices?status=sent&sort=number"


def test_a_line_of_the_history_leads_to_its_run_and_the_run_back(
    stage: dict[str, int], log_in: LogIn, admin: User
) -> None:
    client = log_in(admin)
    page = html.fromstring(client.get(f"/invoices/{stage['invoice']}?tab=history").text)
    (run,) = page.xpath("//tr[@data-event='yuki.invoice_processed']//a/@href")
    assert f"/invoices/{stage['invoice']}" in html.fromstring(client.get(run).text).xpath("//td//a/@href")


def test_a_selection_is_reminded_after_a_look_at_who_gets_what(
    stage: dict[str, int], log_in: LogIn, admin: User
) -> None:
    client = log_in(admin)
    fresh = make_invoice(admin.organisation_id, "24190", due_date=date(2024, 9, 1))
    answer = client.post("/reminders/choose", data={"id": [stage["invoice"], fresh], "status": "sent"})
    page = client.get(answer.location).text
    assert list(html.fromstring(page).xpath("//tr/@data-id")) == [str(stage["invoice"])]
    assert "1 van de gekozen facturen is niet vervallen en krijgt er geen." in page
    every = client.post("/reminders/choose", data={"all": "1", "status": "sent"})
    assert every.location.count("invoice=") == 4
    assert client.post("/reminders/choose", data={"status": "sent"}).location == "/invoices?status=sent"
