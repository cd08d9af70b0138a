"""The payments page: what came in, what is open by age, the books compared; for who may see it, and bounded."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.payments.conftest import Desk
from tests.support.asked import asked
from tests.support.records import make_connection, make_invoice
from webapp.extensions import clock
from webapp.queries import ageing
from webapp.queries import payments as queries
from webapp.store.organisations import Organisation
from webapp.store.payments import Allocation, Payment
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def rows_of(page: str) -> list[str]:
    """Return the text of the table's rows, blanks taken together."""
    found = re.search(r'id="payments-table".*', page, re.DOTALL)
    assert found is not None
    rows = re.findall(r"<tr data-id.*?</tr>", found[0], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


def make_payments(organisation_id: int, amounts: list[str], *, day: date = date(2026, 3, 2)) -> None:
    with transaction() as session:
        session.add_all(
            Payment(
                organisation_id=organisation_id,
                source="yuki",
                remote_key=f"{organisation_id}-{day}-{n}",
                amount=Decimal(amount),
                unapplied_amount=Decimal(amount),
                currency="EUR",
                received_on=day,
                contact_name=f"Relatie {n % 3}",
                description=f"26-{n:04}",
                created_at=clock.now(),
            )
            for n, amount in enumerate(amounts, 1)
        )


def test_a_payment_shows_its_invoice_its_kind_and_the_way_to_its_run(
    memory_desk: Desk, log_in: LogIn, viewer: User
) -> None:
    desk = memory_desk
    invoice_id = desk.booked()
    desk.books.pay("26-0001", Decimal("131.00"))
    run = desk.process()
    desk.books.pay("26-0001", Decimal("-31.00"))
    desk.process()

    page = log_in(viewer).get("/payments").text

    received, reversed_ = rows_of(page)[::-1]
    assert received == "02-03-2026 26-0001 Bakkerij De Korenbloem Ontvangen Yuki € 131,00 –"
    assert reversed_ == "02-03-2026 26-0001 Bakkerij De Korenbloem Teruggeboekt Yuki € -31,00 –"
    assert f'href="/invoices/{invoice_id}"' in page
    assert f'href="/logs/{run.id}"' in page


def test_a_credit_note_that_was_used_is_no_reversal(memory_desk: Desk, log_in: LogIn, viewer: User) -> None:
    memory_desk.booked(price="-100.00")
    memory_desk.books.pay("26-0001", Decimal("-121.00"))
    memory_desk.process()
    client = log_in(viewer)

    assert "Creditfactuur verrekend" in rows_of(client.get("/payments").text)[0]
    assert len(rows_of(client.get("/payments?direction=received").text)) == 1
    assert rows_of(client.get("/payments?direction=reversed").text) == []


def test_reversals_of_invoices_and_of_credit_notes_are_one_list(
    app: Flask, organisation: Organisation, other_organisation: Organisation
) -> None:
    invoice_id = make_invoice(organisation.id, "26-0001")
    note_id = make_invoice(organisation.id, "26-0002", price="-100.00")
    theirs = make_invoice(other_organisation.id, "26-0003", price="-100.00")
    make_payments(organisation.id, ["10.00", "-5.00", "-6.00", "7.00", "8.00", "-9.00"])
    make_payments(other_organisation.id, ["7.00"])
    ids = list(current().scalars(select(Payment.id).order_by(Payment.id)))
    with transaction() as session:
        for place, about in ((1, invoice_id), (2, note_id), (3, note_id), (5, None), (6, theirs)):
            session.execute(update(Payment).where(Payment.id == ids[place]).values(invoice_id=about))
        session.add(
            Allocation(
                organisation_id=organisation.id, payment_id=ids[4], invoice_id=note_id, amount=8, created_at=clock.now()
            )
        )
    reversed_ = queries.Filters(direction="reversed")
    found: list[int] = []
    after: str | None = ""
    while after is not None:
        page = queries.table(organisation.id, reversed_, after=after, size=2)
        found, after = [*found, *(row.id for row in page.rows)], page.after
    assert found == [ids[5], ids[4], ids[3], ids[1]]
    back = queries.table(organisation.id, reversed_, before=f"2026-03-02:{ids[3]}", size=9)
    assert [row.id for row in back.rows] == [ids[5], ids[4]]
    assert {row.kind for row in page.rows} == {"reversed"}
    assert queries.count(organisation.id, reversed_, most=9) == 4
    assert queries.count(organisation.id, reversed_, most=3) == 3
    others = queries.table(organisation.id, queries.Filters(direction="received"))
    assert {row.id for row in others.rows} == {ids[0], ids[2]}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("q=26-0002", ["26-0002"]),
        ("q=relatie+1", ["26-0004", "26-0001"]),
        ("q=1.234,56", ["26-0003"]),
        ("q=%E2%82%AC+1234.56", ["26-0003"]),
        ("q=20", ["26-0002"]),
        ("q=-5,00", ["26-0004"]),
        ("q=100%25", []),
        ("q=_6-0001", []),
        ("direction=received", ["26-0003", "26-0002", "26-0001"]),
        ("direction=reversed", ["26-0004"]),
        ("direction=sideways", ["26-0004", "26-0003", "26-0002", "26-0001"]),
        ("from=2026-03-03", []),
        ("from=2026-03-02&to=2026-03-02", ["26-0004", "26-0003", "26-0002", "26-0001"]),
        ("from=2026-02-30", ["26-0004", "26-0003", "26-0002", "26-0001"]),
        ("after=x:y", ["26-0004", "26-0003", "26-0002", "26-0001"]),
        (f"after=2026-03-02:{'9' * 40}", ["26-0004", "26-0003", "26-0002", "26-0001"]),
    ],
)
def test_filters_find_what_they_say(
    organisation: Organisation, log_in: LogIn, viewer: User, query: str, numbers: list[str]
) -> None:
    make_payments(organisation.id, ["10.00", "20.00", "1234.56", "-5.00"])
    page = log_in(viewer).get(f"/payments?{query}")
    assert page.status_code == 200
    assert [row.split()[1] for row in rows_of(page.text)] == numbers


def test_pages_follow_each_other_there_and_back(organisation: Organisation, log_in: LogIn, viewer: User) -> None:
    for n in range(3):
        make_payments(organisation.id, ["1.00"] * 40, day=date(2026, 3, 1) + timedelta(days=n))
    filters = queries.Filters()
    seen: list[int] = []
    cursor, pages = "", []
    while True:
        page = queries.table(organisation.id, filters, after=cursor)
        pages.append(page)
        seen += [row.id for row in page.rows]
        if page.after is None:
            break
        cursor = page.after
    assert [len(page.rows) for page in pages] == [50, 50, 20]
    assert len(set(seen)) == 120
    back = queries.table(organisation.id, filters, before=pages[2].before or "")
    assert [row.id for row in back.rows] == [row.id for row in pages[1].rows]
    assert queries.table(organisation.id, filters, before=pages[1].before or "").before is None
    assert "after=" in log_in(viewer).get("/payments?q=Relatie").text


def test_outstanding_stands_in_its_bucket(app: Flask, organisation: Organisation, frozen_clock: datetime) -> None:
    today = date(2026, 3, 2)
    for n, days in enumerate((-5, 0, 1, 30, 31, 60, 61, 90, 91, 400)):
        make_invoice(organisation.id, f"A-{n}", due_date=today - timedelta(days=days))
    make_invoice(organisation.id, "A-USD", currency="USD", due_date=None)
    make_invoice(organisation.id, "A-draft", status="draft")
    make_invoice(organisation.id, "A-credit", price="-10.00")

    euro, dollar = ageing.table(organisation.id, ageing.View(today), today=today, zone=UTC)

    assert [count for _, _, count in euro.amounts] == [2, 2, 2, 2, 2]
    assert (euro.currency, euro.total, euro.overdue, euro.overdue_count) == ("EUR", 1210, 968, 8)
    assert (dollar.currency, dollar.total) == ("USD", 121)


def test_the_comparison_names_every_cause_with_its_amount(desk: Desk, log_in: LogIn, viewer: User) -> None:
    desk.booked()
    desk.booked("26-0002", payment_method="iDeal")
    desk.books.receive("75.00")
    desk.process()

    page = " ".join(re.sub(r"<[^>]*>", " ", log_in(viewer).get("/payments").text).split())

    assert "Verschil € -121,00" in page
    assert "Eén factuur staat hier open en staat niet in de lijst van Yuki" in page
    assert "Niet toegewezen € 75,00" in page  # the receipt is a payment now, and waits to be matched


def test_the_page_takes_as_many_queries_for_many_rows_as_for_few(
    organisation: Organisation, log_in: LogIn, viewer: User
) -> None:
    make_connection(organisation.id)
    client = log_in(viewer)
    sizes = []
    for n, rows in enumerate((1, 60)):
        make_payments(organisation.id, ["1.00"] * rows, day=date(2026, 3, 2 + n))
        client.get("/payments")
        with asked() as said:
            client.get("/payments")
        sizes.append(len(said))
    assert sizes[0] == sizes[1] <= 16


def test_before_the_first_payment_the_page_says_what_to_do(
    organisation: Organisation, log_in: LogIn, admin: User
) -> None:
    client = log_in(admin)
    page = client.get("/payments").text
    assert "Koppel eerst een administratie" in page
    assert 'data-action="process-payments"' not in page
    make_connection(organisation.id)
    page = client.get("/payments").text
    assert "Betalingen verschijnen hier zodra" in page
    assert 'data-action="process-payments"' in page


def test_the_button_starts_a_run_and_leads_to_it(memory_desk: Desk, log_in: LogIn, staff: User) -> None:
    client = log_in(staff)
    answer = client.post("/payments/process")
    release()
    run = current().scalars(select(Run)).one()
    assert (answer.status_code, answer.location) == (303, f"/logs/{run.id}")
    assert (run.trigger, run.actor_name) == ("manual", "Staff")
    assert "De betalingen van één administratie worden verwerkt." in client.get("/payments").text
    assert "Betalingen worden verwerkt" in client.get("/payments").text
    assert client.post("/payments/process").location == f"/logs/{run.id}"


def test_a_payment_run_is_stopped_on_its_page(memory_desk: Desk, log_in: LogIn, staff: User) -> None:
    run_id = memory_desk.ask()
    assert log_in(staff).post(f"/logs/{run_id}/cancel").status_code == 303
    memory_desk.work()
    assert memory_desk.run(run_id).status == "cancelled"
    assert memory_desk.books.calls == []


def test_several_administrations_lead_to_the_list_of_runs(
    memory_desk: Desk, organisation: Organisation, log_in: LogIn, staff: User
) -> None:
    make_connection(organisation.id, name="Gent")
    answer = log_in(staff).post("/payments/process")
    assert answer.location == "/logs?category=process_payments"


def test_whoever_only_looks_cannot_start_a_run(memory_desk: Desk, log_in: LogIn, viewer: User) -> None:
    client = log_in(viewer)
    assert client.post("/payments/process").status_code == 403
    assert 'data-action="process-payments"' not in client.get("/payments").text
    release()
    assert current().scalars(select(Run)).all() == []


def test_what_cannot_be_started_is_said_in_a_sentence(
    organisation: Organisation, other_organisation: Organisation, log_in: LogIn, staff: User
) -> None:
    client = log_in(staff)
    answer = client.post("/payments/process", follow_redirects=True)
    assert "Er is geen koppeling die betalingen verwerkt." in answer.text
    foreign = make_connection(other_organisation.id)
    for connection_id in (foreign, 4711):
        answer = client.post("/payments/process", data={"connection_id": connection_id}, follow_redirects=True)
        assert "Er is geen koppeling die betalingen verwerkt." in answer.text
    assert client.post("/payments/process", data={"connection_id": 10**40}).status_code == 404
    make_connection(organisation.id, state="paused", pause_reason="person")
    answer = client.post("/payments/process", follow_redirects=True)
    assert "De koppeling Yuki Voorbeeld is gepauzeerd" in answer.text


def test_nothing_of_another_organisation_is_shown(
    organisation: Organisation, other_organisation: Organisation, log_in: LogIn, viewer: User
) -> None:
    make_payments(other_organisation.id, ["66.00"])
    make_invoice(other_organisation.id, "X-1")
    page = log_in(viewer).get("/payments").text
    assert "66,00" not in page
    assert "121,00" not in page


@pytest.mark.portable
@pytest.mark.parametrize("language", ["nl", "en", "hu"])
def test_the_page_is_whole_in_every_language(
    desk: Desk, log_in: LogIn, viewer: User, language: str, frozen_clock: datetime
) -> None:
    desk.booked()
    desk.books.pay("26-0001", "21.00")
    desk.process()
    with transaction() as session:
        session.get_one(User, viewer.id).language = language
    page = log_in(viewer).get("/payments").text
    assert f'lang="{language}"' in page
    assert {"nl": "Ontvangen", "en": "Received", "hu": "Beérkezett"}[language] in rows_of(page)[0]
