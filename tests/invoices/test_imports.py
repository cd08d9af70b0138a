"""Files of invoices: what goes in, and that a file with one mistake leaves nothing behind."""

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import func, select

from tests.invoices import samples
from tests.invoices.conftest import data
from tests.invoices.samples import HEADER, ROW, as_json, csv, invoice, xlsx
from webapp.queries.faults import say, where
from webapp.services import imports
from webapp.services.actors import Actor
from webapp.services.invoices import InvoiceFaults, create
from webapp.services.judging import decimals
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceEvent, InvoiceLine
from webapp.store.organisations import Department
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def bring(actor: Actor, name: str, content: bytes) -> imports.Stored:
    reading = imports.read(actor.organisation_id, name, content)
    assert not reading.faults, [(where(one), say(one)) for one in reading.faults]
    return imports.store(actor, reading)


def sentences(actor: Actor, name: str, content: bytes) -> list[str]:
    """Return what is wrong with a file, in English, and see that nothing of it was written."""
    reading = imports.read(actor.organisation_id, name, content)
    assert reading.invoices == ()
    with pytest.raises(InvoiceFaults):
        imports.store(actor, reading)
    release()
    for table in (Invoice, InvoiceLine, Contact):
        assert current().scalar(select(func.count()).select_from(table)) == 0
    with force_locale("en"):
        return [f"{where(one)}: {say(one)}" for one in reading.faults]


def everything() -> list[Invoice]:
    release()
    return list(current().scalars(select(Invoice).order_by(Invoice.id)))


@pytest.mark.parametrize(
    ("name", "content"), [("voorbeeld.xml", samples.YUKI_XML.encode()), ("voorbeeld.json", as_json(samples.YUKI_JSON))]
)
def test_yukis_own_example_goes_in_with_every_field(actor: Actor, name: str, content: bytes) -> None:
    bring(actor, name, content)
    (made,) = everything()
    assert (made.number, made.subject, made.payment_method, made.payment_reference, made.currency) == (
        "XX-1234",
        "Testfactuur - 1",
        "ElectronicTransfer",
        "1234-456",
        "EUR",
    )
    assert (made.issue_date, made.due_date) == (date(2012, 6, 22), date(2012, 7, 22))
    assert (made.gross_total, made.net_total, made.vat_total) == (Decimal("29.76"), Decimal("28.08"), Decimal("1.68"))
    assert (made.status, made.source, made.outstanding_amount) == ("sent", "import", Decimal("29.76"))
    assert made.contact is not None
    assert (made.contact.code, made.contact.city, made.contact.address_line_1, made.contact.zipcode) == (
        "1122",
        "Rotterdam",
        "Bergweg 25",
        "1234 AA",
    )
    (line,) = made.lines
    assert (line.item_code, line.product_description, line.vat_included, line.vat_type) == (
        "TP-1122",
        "Product 1",
        True,
        2,
    )
    assert (line.accrual_date, line.accrual_periods, line.accrual_interval) == (date(2021, 8, 1), 1, 1)
    event = current().scalars(select(InvoiceEvent)).one()
    assert (event.event, event.params) == ("invoice.imported", {"file": name})


def test_what_has_no_place_here_is_named(actor: Actor) -> None:
    content = samples.YUKI_XML.replace("<Contact>", "<Contact><Fax>1</Fax>")
    reading = imports.read(actor.organisation_id, "voorbeeld.xml", content.encode())
    assert {note.params["name"] for note in reading.notes} == {"Contact/Fax"}


def test_two_hundred_invoices_go_in_to_the_cent(actor: Actor) -> None:
    stored = bring(actor, "maart.csv", samples.two_hundred())
    made = everything()
    assert len(stored.ids) == len(made) == 200
    assert stored.lines == 400
    net = {f"B-{n:03}": 3 * (n + Decimal(n % 100) / 100) + Decimal("0.07") for n in range(200)}
    assert {one.number: one.net_total for one in made} == net
    assert stored.totals == (("EUR", sum(one.gross_total for one in made)),)
    assert {one.contact_name for one in made} == set(samples.NAMES)
    assert current().scalar(select(func.count()).select_from(Contact)) == len(samples.NAMES)
    assert made[0].due_date == date(2026, 3, 31)


def test_a_workbook_goes_in_with_its_own_dates_and_numbers(actor: Actor) -> None:
    head = ["Factuurnummer", "Factuurdatum", "Relatie", "Omschrijving", "Aantal", "Prijs", "Btw", "Incl. btw", "Valuta"]
    content = xlsx(
        head,
        [24177, date(2026, 3, 2), "Kovács és Társa Kft.", "Brood", 2.5, 26.4 + 4e-15, 21, "ja", "HUF"],
        [],
        [24177, date(2026, 3, 2), "Kovács és Társa Kft.", "Taart", None, 100, "9%", "nee", "HUF"],
    )
    bring(actor, "maart.xlsx", content)
    (made,) = everything()
    assert (made.number, made.currency) == ("24177", "HUF")
    assert [(line.quantity, line.unit_price, line.gross_amount) for line in made.lines] == [
        (Decimal("2.50"), Decimal("26.40"), Decimal("66.00")),
        (Decimal("1.00"), Decimal("100.00"), Decimal("109.00")),
    ]


def test_contacts_are_brought_up_to_date_by_code_else_by_exact_name(actor: Actor) -> None:
    bring(actor, "a.json", as_json(invoice(contact={"name": "Bakkerij", "city": "Haarlem"})))
    bring(
        actor, "b.json", as_json(invoice(number="A-2", contact={"code": "7", "name": "Bakkerij", "zipcode": "1234 AB"}))
    )
    bring(actor, "c.json", as_json(invoice(number="A-3", contact={"code": "7", "city": "Gent", "country": "be"})))
    bring(actor, "d.json", as_json(invoice(number="A-4", contact={"code": "8", "name": "Bakkerij"})))
    release()
    found = {one.code: one for one in current().scalars(select(Contact))}
    assert set(found) == {"7", "8"}
    assert (found["7"].name, found["7"].city, found["7"].zipcode, found["7"].country) == (
        "Bakkerij",
        "Gent",
        "1234 AB",
        "BE",
    )


def test_a_status_and_a_department_may_be_said(actor: Actor) -> None:
    with transaction() as session:
        session.add(Department(organisation_id=actor.organisation_id, name="Zuid"))
    bring(
        actor,
        "a.json",
        as_json(invoice(status="draft", department="zuid"), invoice(number="A-2", status="Gefiatteerd")),
    )
    made = everything()
    assert [one.status for one in made] == ["draft", "authorised"]
    assert made[0].department_id is not None


BAD_TABLES = [
    (
        csv("A-1;31-02-2026;K;Brood;2;12,50;21"),
        "Line 2, column issue_date: “31-02-2026” is a date that does not exist.",
    ),
    (csv(ROW, "A-2;2026-03-02;K;Brood;twee;1;21"), "Line 3, column quantity: “twee” is not an amount."),
    (csv("A-1;2026-03-02;K;Brood;2;1.234;21"), "Line 2, column unit_price: “1.234” can be read in two ways"),
    (csv("A-1;2026-03-02;K;Brood;2;1,23456;21"), "Line 2, column unit_price: At most 4 decimals"),
    (csv("A-1;2026-03-02;K;Brood;2;99999999999;21"), "Line 2, column unit_price: This is larger than"),
    (csv("A-1;2026-03-02;K;Brood;2;12,50;20"), "Line 2, column vat_rate: 20 % does not say which VAT type"),
    (csv("A-1;2026-03-02;K;Brood;2;12,50;0"), "Line 2, column vat_rate: 0 % does not say which VAT type"),
    (csv("A-1;2026-03-02;;Brood;2;12,50;21"), "Line 2, column contact_name: Name the contact"),
    (csv("A-1;;K;Brood;2;12,50;21"), "Line 2, column issue_date: This is needed."),
    (csv(";2026-03-02;K;Brood;2;12,50;21"), "Line 2, column number: This is needed."),
    (csv(ROW, "A-1;2026-03-03;Kovács és Társa Kft.;Taart;1;1;21"), "Line 3, column issue_date: This is another value"),
    (csv("A-1;2026-03-02;K;Brood;2;12,50"), "Line 2: This row has 6 cells where the first row has 7."),
    (csv("A-1;2026-03-02;K;Brood;2;12,50;21;x"), "Line 2: This row has 8 cells where the first row has 7."),
    (csv('A-1;2026-03-02;K;"=SUM(A1)";2;12,50;21'), "Line 2: Cell 4 holds a formula"),
    (csv('A-1;2026-03-02;K;"Brood;2;12,50;21'), "The file cannot be read as CSV here"),
    (csv("a;b;c", header="naamloos;kolom;x"), "Line 1: The first row holds no column name that is known"),
    (
        csv("A-1;2026-03-02;K", header="number;issue_date;contact_name"),
        "Line 1: The column Price (unit_price) is missing.",
    ),
    (csv(ROW + ";1", header=HEADER + ";factuurnummer"), "Line 1: Two columns mean the same: Number (number)."),
    (csv(), ": The file holds no invoices."),
    (b"", ": The file is empty."),
    (b"   \r\n", ": The file is empty."),
    ("number;naam\nA-1;Özdemir".encode("latin-1"), "Line 2: The file is not in UTF-8."),
    (csv(ROW).decode().encode("utf-16"), ": The file is not in UTF-8."),
    (b"number;\0\n", ": The file is not a text file."),
    (csv("A-1;2026-03-02;K\x01;Brood;2;12,50;21"), "Line 2, column contact_name: There is a sign in it"),
]


@pytest.mark.portable
@pytest.mark.parametrize(("content", "sentence"), BAD_TABLES)
def test_a_bad_row_is_named_with_its_line_and_nothing_is_written(actor: Actor, content: bytes, sentence: str) -> None:
    said = sentences(actor, "maart.csv", content)
    assert any(one.startswith(sentence) or sentence in one for one in said), said


BAD_JSON = [
    (b"{", "Line 1, column 2: The file is not valid JSON here"),
    (b'{"a": 1}', "The file must be a list of invoices"),
    (b"[]", "The file holds no invoices."),
    (b"[1]", "Invoice 1: This is not an object with fields."),
    (b"[" * 100_000 + b"]" * 100_000, "nested deeper than 8 levels"),
    (b"[" * 20 + b"]" * 20, "nested deeper than 8 levels"),
    (b'[{"number": NaN}]', "NaN is not a number in JSON."),
    (b'[{"number": "1", "number": "2"}]', "The key “number” stands twice in one object."),
    (b'[{"number": ' + b"9" * 5000 + b"}]", "A number that begins with 999"),
    (b'[{"number": 1e99999999999999999999}]', "A number that begins with 1e999"),
    (b'[{"number": -1e-99999999999999999999}]', "A number that begins with -1e-999"),
    (as_json(invoice(number="\x00")), "Invoice 1, number: There is a sign in it"),
    (b'[{"number":"\\ud800"}]', "Invoice 1, number: There is a sign in it"),
    (as_json(invoice(number={"a": 1})), "Invoice 1, number: “{…}” is not a text."),
    (as_json(invoice(contact=[1])), "Invoice 1, contact: This must be of the kind object."),
    (as_json(invoice(lines={})), "Invoice 1, lines: This must be of the kind list."),
    (as_json(invoice(lines=[])), "Invoice 1, lines: An invoice needs at least one line."),
    (as_json(invoice(lines=[7])), "Invoice 1, line 1, lines: This is not an object with fields."),
    (as_json(invoice(), invoice()), "Invoice 2, number: Number A-1 stands in this file twice."),
    (as_json(invoice(status="paid")), "Invoice 1, status: “paid” is not a status to start with"),
    (as_json(invoice(currency="XXQ")), "Invoice 1, currency: “XXQ” is not a currency."),
    (as_json(invoice(payment_method="Bitcoin")), "Invoice 1, payment_method: “Bitcoin” is not a payment method"),
    (as_json(invoice(due_date="2026-03-01")), "Invoice 1, due_date: The due date lies before"),
    (as_json(invoice(contact={"name": "B", "country": "XX"})), "Invoice 1, country: “XX” is not a country."),
    (as_json(invoice(contact={"name": "B", "email": "a@b"})), "Invoice 1, email: “a@b” is not one e-mail address."),
    (as_json(invoice(contact={"code": "9"})), "Invoice 1, name: There is no contact with code 9 yet"),
    (as_json(invoice(department="Noord")), "Invoice 1, department: There is no department “Noord”."),
    (as_json(invoice(subject="x" * 201)), "Invoice 1, subject: At most 200 characters fit here."),
]


@pytest.mark.portable
@pytest.mark.parametrize(("content", "sentence"), BAD_JSON)
def test_bad_json_is_refused_in_a_sentence(actor: Actor, content: bytes, sentence: str) -> None:
    said = sentences(actor, "maart.json", content)
    assert any(sentence in one for one in said), said


@pytest.mark.portable
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("1,50", "“1,50” is not a number."),
        ("1e3", "“1e3” is not a number."),
        (True, "“True” is not a number."),
        ([1], "“[…]” is not a number."),
    ],
)
def test_an_amount_as_text_is_not_guessed_at_in_json(actor: Actor, value: Any, sentence: str) -> None:
    line = {"description": "Brood", "quantity": 1, "unit_price": value, "vat_rate": 21}
    (said,) = sentences(actor, "a.json", as_json(invoice(lines=[line])))
    assert said.startswith(f"Invoice 1, line 1, unit_price: {sentence}")


@pytest.mark.portable
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.pdf", b"%PDF", "Files of the kind “.pdf” are not read."),
        ("a", b"x", "Files of the kind “a” are not read."),
        ("a.csv", b"x" * (imports.LIMIT + 1), "The file is larger than 10 MB."),
        ("a.xlsx", b"PK\x03\x04 not a workbook", "The file is not an Excel workbook"),
        ("a.xlsx", xlsx(["number"], ["=1+1"]), "The column Contact (contact_name) is missing."),
        (
            "a.xlsx",
            xlsx(HEADER.split(";"), ["A-1", "2026-03-02", "K", "Brood", 2, "=1+1", 21]),
            "Cell F2 holds a formula",
        ),
        ("a.xlsx", xlsx(HEADER.split(";"), ["A-1", "2026-03-02", "K", "Brood", 2, "#REF!", 21]), "holds an error"),
        ("a.xml", b"<SalesInvoices", "The file is not valid XML here"),
        ("a.xml", b"<Other/>", "The file begins with Other"),
        ("a.xml", b'<!DOCTYPE a [<!ENTITY e "x">]><SalesInvoices/>', "document type declaration"),
        (
            "a.xml",
            samples.YUKI_XML.replace("</AccrualDate>", "</AccruelDate>").encode(),
            "The file is not valid XML here",
        ),
        (
            "a.xml",
            samples.YUKI_XML.replace("<Product>", "<LineAmount>9.001</LineAmount><Product>").encode(),
            "At most 2 decimals fit here",
        ),
    ],
)
def test_other_bad_files_are_refused_in_a_sentence(actor: Actor, name: str, content: bytes, sentence: str) -> None:
    said = sentences(actor, name, content)
    assert any(sentence in one for one in said), said


def test_at_most_a_hundred_faults_are_listed_and_all_are_counted(actor: Actor) -> None:
    content = csv(*(f"A-{n};x;K;Brood;1;1;21" for n in range(150)))
    reading = imports.read(actor.organisation_id, "a.csv", content)
    assert (len(reading.faults), reading.fault_count) == (100, 150)
    assert [fault.place["line"] for fault in reading.faults[:3]] == [2, 3, 4]


def test_a_row_without_a_number_tells_its_other_faults_too(actor: Actor) -> None:
    reading = imports.read(
        actor.organisation_id, "a.csv", csv(ROW, ";x;K;Brood;veel;1;21", ";2026-03-02;K;Brood;1;1;21")
    )
    assert [(fault.place["line"], fault.field, fault.code) for fault in reading.faults] == [
        (3, "number", "required"),
        (3, "issue_date", "not_date"),
        (3, "lines.0.quantity", "amount_malformed"),
        (4, "number", "required"),
    ]


def test_a_number_that_is_here_already_is_named_and_the_file_stays_out(actor: Actor) -> None:
    create(actor, data("A-1"))
    reading = imports.read(actor.organisation_id, "a.csv", csv(ROW, "A-2;2026-03-02;K;Brood;1;1;21"))
    assert [(where(one), say(one)) for one in reading.faults] == [
        ("Line 2, column number", "Number A-1 is in use already. Choose another one.")
    ] or reading.faults[0].code == "number_taken"
    assert len(everything()) == 1


def test_a_number_taken_between_reading_and_storing_keeps_the_whole_file_out(actor: Actor) -> None:
    reading = imports.read(actor.organisation_id, "a.csv", csv(ROW, "A-2;2026-03-02;K;Brood;1;1;21"))
    create(actor, data("A-2"))
    with pytest.raises(InvoiceFaults) as refused:
        imports.store(actor, reading)
    assert [(one.code, one.place) for one in refused.value.faults] == [
        ("number_taken", {"line": 3, "column": "number"})
    ]
    assert [one.number for one in everything()] == ["A-2"]


def test_the_page_takes_a_file_and_says_what_came_in(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    upload = {"file": (io.BytesIO(samples.two_hundred()), "maart.csv")}
    answer = client.post("/invoices/import", data=upload, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert "200 facturen geïmporteerd uit maart.csv" in client.get(answer.location).text


def test_the_page_lists_what_is_wrong_at_its_line(staff: User, log_in: LogIn) -> None:
    upload = {"file": (io.BytesIO(csv(ROW, "A-2;2026-13-02;K;<b>;x;1;21")), "maart.csv")}
    answer = log_in(staff).post("/invoices/import", data=upload, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Er is niets geïmporteerd uit maart.csv" in answer.text
    assert "Regel 3, kolom issue_date" in answer.text
    assert "Regel 3, kolom quantity" in answer.text
    assert everything() == []


def test_no_file_and_a_file_of_twenty_megabytes_are_said_plainly(app: Flask, staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    assert "Kies eerst een bestand." in client.post("/invoices/import").text
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="groot.csv"\r\n\r\n' + b"x" * 20 * 1024 * 1024
    answer = client.post("/invoices/import", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
    assert "groter dan 10 MB" in answer.text


def test_the_example_on_the_page_can_be_imported(staff: User, log_in: LogIn) -> None:
    client = log_in(staff)
    content = client.get("/invoices/import/template.csv").data
    upload = {"file": (io.BytesIO(content), "voorbeeld.csv")}
    answer = client.post("/invoices/import", data=upload, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    (made,) = everything()
    assert (made.gross_total, made.contact_name) == (Decimal("76.30"), "Bakkerij De Korenbloem")


def test_decimals_are_counted_whatever_the_number_of_figures() -> None:
    assert decimals(Decimal("1.0000000000000000000000000000000001")) == 34
    assert [decimals(Decimal(text)) for text in ("0.000", "-12.50", "1200", "1.2E+5", "1E-3")] == [0, 1, 0, 0, 3]
