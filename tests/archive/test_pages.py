"""What a bookkeeper sees of the archive: the list of purchases, an invoice with its document, how often it is read."""

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.archive.conftest import Desk
from webapp.extensions import clock
from webapp.queries import differences
from webapp.services import fetching, scheduling
from webapp.store.connections import Connection
from webapp.store.fetching import SetAside
from webapp.store.invoices import InvoiceLine
from webapp.store.runs import Run
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def press(client: FlaskClient, page: str, action: str) -> object:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token is not None
    return client.post(action, data={"csrf_token": token[1]})


def test_purchases_stand_in_a_list_of_their_own_with_supplier_and_status(
    stocked: Desk, staff: User, log_in: LogIn
) -> None:
    scan = stocked.odd(folder=1)
    run_id = stocked.fetch().id
    waiting = stocked.of(scan).id
    clock.advance(timedelta(days=30))
    release()
    client = log_in(staff)
    page = client.get("/invoices?kind=purchase").text
    assert "Papierhandel Noord" in page
    assert "PN-2026-77" in page
    assert "hourglass-split" in page
    assert "V2600000" not in page
    assert 'data-action="send"' not in page
    for seed, query in (("pending", "payment=open"), ("paid", "payment=paid"), ("overdue", "payment=overdue")):
        found = client.get(f"/invoices?kind=purchase&{query}").text
        assert "data-id" in found, seed
    for path in (f"/logs/{run_id}", f"/invoices/{waiting}", f"/connections/{stocked.connection_id}", "/payments", "/"):
        assert client.get(path).status_code == 200, path


def test_a_document_is_fetched_once_and_shown_in_a_frame_that_runs_nothing(
    desk: Desk, viewer: User, log_in: LogIn
) -> None:
    desk.fetch()
    invoice = f"/invoices/{desk.invoice('PN-2026-77').id}"
    release()
    client = log_in(viewer)
    page = client.get(invoice)
    assert "<iframe" not in page.text
    assert "frame-src" not in page.headers["Content-Security-Policy"]
    assert client.get(f"{invoice}/document/inline").status_code == 404
    press(client, invoice, f"{invoice}/document/fetch")
    shown = client.get(invoice)
    assert f'src="{invoice}/document/inline"' in shown.text
    assert "frame-src 'self'" in shown.headers["Content-Security-Policy"]
    desk.fault("unavailable", operation="DocumentBinaryData")
    press(client, invoice, f"{invoice}/document/fetch")
    file = client.get(f"{invoice}/document/inline")
    headers = file.headers
    assert file.data.startswith(b"%PDF-")
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"%PDF-1.4 cut off", b"PK\x03\x04"])
def test_what_is_no_pdf_is_never_shown_whatever_it_says_it_is(
    desk: Desk, viewer: User, log_in: LogIn, content: bytes
) -> None:
    desk.fetch()
    document = next(one["id"] for one in desk.ledger()["documents"] if one["reference"] == "PN-2026-77")
    desk.odd(document, content=base64.b64encode(content).decode(), content_type="application/pdf")
    invoice = f"/invoices/{desk.invoice('PN-2026-77').id}"
    release()
    client = log_in(viewer)
    press(client, invoice, f"{invoice}/document/fetch")
    assert client.get(f"{invoice}/document/inline").status_code == 404
    assert "<iframe" not in client.get(invoice).text


def test_details_come_from_the_document_itself_as_the_calls_allow(stocked: Desk) -> None:
    run = stocked.fetch()
    assert run.details["details"] == 5
    while stocked.fetch().details["details"]:
        pass
    book = next(one for one in stocked.ledger()["bookings"] if one["reference"].startswith("V26"))
    found = stocked.of(book["document"])
    line = current().query(InvoiceLine).filter_by(invoice_id=found.id).one()
    assert (str(found.due_date), line.gross_amount) == (book["due_date"], found.gross_total)


def test_the_schedule_reads_by_the_plan_and_a_reading_without_news_leaves_no_trace(desk: Desk) -> None:
    assert scheduling.tick() == []
    with transaction() as session:
        session.get_one(Connection, desk.connection_id).fetch_invoices = True
    started = scheduling.tick()
    assert len(started) == 1
    assert scheduling.tick() == []
    desk.work()
    assert desk.run(started[0]).status == "completed"
    assert scheduling.tick() == []
    connection = current().get_one(Connection, desk.connection_id)
    runs = []
    for _ in range(8):
        due = fetching.due_at(connection, now=clock.now())
        assert due is not None
        clock.advance(due - clock.now())
        runs += scheduling.tick()
        desk.later(minutes=0)
        connection = current().get_one(Connection, desk.connection_id)
    assert len(runs) == 8
    desk.later(hours=2)
    last = scheduling.tick()
    desk.work()
    assert len(last) == 1
    assert current().scalars(select(Run.id).where(Run.id.in_(runs))).all() == []


def test_what_is_owed_to_suppliers_is_compared_and_every_difference_leads_to_its_invoice(
    desk: Desk, viewer: User, log_in: LogIn
) -> None:
    desk.fetch()
    paper = desk.invoice("PN-2026-77").id
    address = f"/payments/differences/{desk.connection_id}?side=creditor"
    client = log_in(viewer)
    assert "Geen verschillen" in client.get(address).text
    assert client.get(address.split("?")[0]).status_code == 404  # what customers owe was never compared
    document = next(one["id"] for one in desk.ledger()["documents"] if one["reference"] == "PN-2026-77")
    desk.odd(document, odd={"Amount": "300.00"})
    unread = desk.odd(folder=1)
    desk.control("recognise", {"document": unread, "contact": "De Beuk", "reference": "B-1", "amount": "10.00"})
    desk.odd(unread, odd={"Amount": "10,00"})
    clock.advance(timedelta(minutes=1))
    run_id = desk.fetch().id
    desk.process()

    found = differences.show(desk.organisation.id, desk.connection_id, side="creditor")
    assert found is not None
    told = {(row.cause, row.invoice_id, row.number, str(row.difference)) for row in found.rows}
    assert told == {("total_differs", paper, "PN-2026-77", "-47.19"), ("unknown_items", None, "B-1", "10.00")}
    assert found.comparison.difference == Decimal("-37.19")
    (kept,) = current().scalars(select(SetAside).where(SetAside.remote_id == unread))
    release()
    assert f'href="/connections/set-aside/{kept.id}"' in client.get(f"{address}&cause=unknown_items").text
    page = client.get(f"{address}&cause=total_differs").text
    assert f'href="/invoices/{paper}"' in page
    assert f'href="/logs/{run_id}"' in page
    assert "Leveranciers" in page
    overview = client.get("/payments").text
    assert f'href="/payments/differences/{desk.connection_id}?side=creditor&amp;cause=total_differs"' in overview
    assert "Klanten" in overview
    assert "B-1" not in overview  # a supplier's item is no claim of ours
    assert client.get("/").status_code == 200


OWN_XML = """<?xml version="1.0" encoding="utf-8"?>
<SalesInvoices xmlns="urn:xmlns:http://www.theyukicompany.com:salesinvoices"><SalesInvoice>
<Reference>V-77</Reference><Subject>Onderhoud</Subject><PaymentMethod>iDeal</PaymentMethod><PaymentID>RF18</PaymentID>
<Date>2026-02-01</Date><DueDate>2026-03-03</DueDate><Currency>EUR</Currency><InvoiceLines>
<InvoiceLine><Description>Uren</Description><ProductQuantity>2</ProductQuantity><Product><Reference>U</Reference>
<SalesPrice>50.00</SalesPrice><VATPercentage>21</VATPercentage><VATIncluded>false</VATIncluded></Product></InvoiceLine>
<InvoiceLine><ProductQuantity>1</ProductQuantity><Product><Description>Boek</Description><SalesPrice>10.90</SalesPrice>
<VATPercentage>9</VATPercentage><VATIncluded>true</VATIncluded></Product></InvoiceLine>
</InvoiceLines></SalesInvoice></SalesInvoices>"""


def test_the_sales_invoice_that_yuki_made_itself_is_read_to_its_lines(desk: Desk, viewer: User, log_in: LogIn) -> None:
    told = {"Reference": "V-77", "Amount": "131.90", "VATAmount": "21.90", "DocumentDate": "2026-02-01", "Type": "6"}
    made = desk.odd(folder=2, odd=told | {"ContactName": "Bakkerij De Linde", "ContactId": "b-7"}, xml=OWN_XML)
    assert desk.fetch().status == "completed"
    found, document = desk.of(made), desk.document(made)
    assert (found.kind, found.number, str(found.due_date), found.payment_method) == (
        "sales",
        "V-77",
        "2026-03-03",
        "iDeal",
    )
    assert (found.payment_reference, document and document.details, document and document.difference) == (
        "RF18",
        "read",
        Decimal("0.00"),
    )
    lines = current().query(InvoiceLine).filter_by(invoice_id=found.id).order_by(InvoiceLine.id).all()
    assert [(str(one.net_amount), str(one.vat_amount), str(one.gross_amount)) for one in lines] == [
        ("100.00", "21.00", "121.00"),
        ("10.00", "0.90", "10.90"),
    ]
    release()
    page = log_in(viewer).get(f"/invoices/{found.id}").text
    assert "Uren" in page
    assert "Boek" in page


def test_what_was_cancelled_over_there_is_found_by_its_status(desk: Desk, viewer: User, log_in: LogIn) -> None:
    desk.fetch()
    paper, other = desk.invoice("PN-2026-77").id, desk.invoice("F26-0031").id
    document = next(one["id"] for one in desk.ledger()["documents"] if one["reference"] == "PN-2026-77")
    clock.advance(timedelta(hours=1))
    desk.odd(document, move_to=7)
    desk.fetch(full=True)
    release()
    client = log_in(viewer)
    cancelled = client.get("/invoices?kind=purchase&status=cancelled").text
    assert f'data-id="{paper}"' in cancelled
    assert f'data-id="{other}"' not in cancelled
    assert f'data-id="{paper}"' not in client.get("/invoices?kind=purchase&status=sent").text
