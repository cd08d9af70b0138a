"""Lists as files: whole, as filtered and sorted, safe to open, and read in chunks."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.support.records import make_connection, make_invoice, make_invoices
from tests.support.runs import make_run
from webapp.papers import sheets
from webapp.papers.sheets import Head, csv_pieces, safe, write_xlsx
from webapp.queries.listings import LISTINGS, base
from webapp.services import expenses, payments, products
from webapp.services.actors import person
from webapp.services.history import record
from webapp.services.payments import PaymentData
from webapp.store.organisations import Organisation
from webapp.store.session import transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]


def cells(client: FlaskClient, address: str) -> list[list[str]]:
    """Return the cells of a CSV, with its head."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def workbook(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def test_the_file_holds_what_the_list_shows_in_its_order(
    organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    for number, price in (("A-1", "10.00"), ("A-2", "30.00"), ("A-3", "20.00")):
        make_invoice(organisation.id, number, price=price, due_date=date(2200, 1, 1))
    make_invoice(organisation.id, "B-1", status="draft")
    client = log_in(viewer)
    head, *rows = cells(client, "/exports/invoices.csv?status=sent&sort=-total")
    assert head[:4] == ["Nummer", "Relatie", "Datum", "Vervaldatum"]
    assert [row[0] for row in rows] == ["A-2", "A-3", "A-1"]
    assert rows[0][3:] == ["2200-01-01", "36,30", "36,30", "EUR", "Verzonden", "Niet verstuurd", "Open"]


def test_chosen_columns_alone_are_in_it(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    make_invoice(organisation.id, "A-1")
    client = log_in(viewer)
    assert cells(client, "/exports/invoices.csv?columns=open,nonsense")[0] == ["Nummer", "Open", "Valuta"]
    assert len(cells(client, "/exports/invoices.csv?columns=nonsense")[0]) == 10


def test_a_workbook_has_real_numbers_and_days_and_no_formula(
    organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    make_invoice(organisation.id, "A-1", contact='=HYPERLINK("x")', issue_date=date(2026, 3, 2))
    client = log_in(viewer)
    answer = client.get("/exports/invoices.xlsx")
    assert 'filename="verkoopfacturen-' in answer.headers["Content-Disposition"]
    sheet = workbook(answer.data).active
    contact, day, total = sheet["B2"], sheet["C2"], sheet["E2"]
    assert (contact.value, contact.data_type, contact.quotePrefix) == ('=HYPERLINK("x")', "s", True)
    assert (day.value.date(), day.is_date) == (date(2026, 3, 2), True)
    assert (total.value, total.data_type) == (121, "n")


def test_english_readers_get_points_and_commas(organisation: Organisation, viewer: User, log_in: LogIn) -> None:
    make_invoice(organisation.id, "A-1")
    client = log_in(viewer)
    client.post("/settings/language", data={"language": "en"})
    rows = list(csv.reader(io.StringIO(client.get("/exports/invoices.csv").data.decode("utf-8-sig"))))
    assert rows[1][4:7] == ["121.00", "121.00", "EUR"]


def test_another_organisations_rows_are_never_in_it(
    organisation: Organisation, other_organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    foreign = make_invoice(other_organisation.id, "VREEMD")
    own = make_invoice(organisation.id, "EIGEN")
    client = log_in(viewer)
    for name in LISTINGS:
        assert "VREEMD" not in client.get(f"/exports/{name}.csv").text
    assert [row[0] for row in cells(client, f"/exports/invoices.csv?ids={foreign},{own}")[1:]] == ["EIGEN"]


def test_a_list_that_nobody_knows_is_no_such_page(viewer: User, log_in: LogIn) -> None:
    client = log_in(viewer)
    for address in ("/exports/users.csv", "/exports/invoices.exe"):
        assert client.get(address).status_code == 404


def test_rows_are_read_in_chunks_and_none_is_left_out(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (base, __import__("webapp.queries.listings.invoices", fromlist=["x"])):
        monkeypatch.setattr(module, "FIRST", 3)
        monkeypatch.setattr(module, "CHUNK", 4)
    make_invoices(organisation.id, 12)
    listing = LISTINGS["invoices"]
    chunks = list(listing.chunks(organisation.id, {"sort": "-total"}))
    assert [len(chunk) for chunk in chunks] == [3, 4, 4, 1]
    assert len({row.number for chunk in chunks for row in chunk}) == 12
    assert listing.count(organisation.id, {}, 5) == 5


def test_a_file_begins_before_its_last_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "PIECE", 100)
    read = []

    def rows() -> Iterator[tuple[str]]:
        for n in range(1000):
            read.append(n)
            yield (f"row {n}",)

    next(csv_pieces([Head("Name")], rows(), comma=True))
    assert len(read) < 20


@given(st.text(max_size=40))
def test_no_text_becomes_a_formula(text: str) -> None:
    assert not safe(text).lstrip().startswith(sheets.DANGEROUS)
    assert safe(text).removeprefix("'") == text.removeprefix("'")


def test_numbers_of_ours_stay_numbers_also_below_zero() -> None:
    rows = [(Decimal("-5.50"), Decimal("0.1234"), None, 7, "-x")]
    text = b"".join(csv_pieces([Head("a", "amount")] * 5, rows, comma=True)).decode("utf-8-sig")
    assert text.splitlines()[1] == "-5,50;0,1234;;7;'-x"


def test_a_workbook_goes_on_in_another_sheet_when_one_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    file = io.BytesIO()
    write_xlsx(
        file,
        "Alle: lijsten [1]",
        [Head("n", "number"), Head("d", "date")],
        [(n, date(1850, 1, n + 1)) for n in range(5)],
    )
    book = workbook(file.getvalue())
    assert [sheet.max_row for sheet in book.worksheets] == [3, 3, 2]
    assert book.worksheets[0].title == "Alle lijsten 1"
    assert book.worksheets[2]["B2"].value == "1850-01-05"


def test_every_list_comes_as_a_file_with_all_that_it_holds(
    organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    invoice_id = make_invoice(organisation.id, "A-1", contact="Bakkerij Os")
    actor = person(organisation.id, "Marieke")
    payments.record_payment(actor, PaymentData("manual", "1", Decimal("7.25"), date(2026, 3, 2), contact_name="Os"))
    expenses.create(actor, expenses.ClaimData("Reis", "Joris Maes", date(2026, 3, 2)))
    products.save(actor, products.ProductData("Rogge", 2, Decimal(9), sales_price=Decimal("2.5")))
    connection_id = make_connection(organisation.id)
    run_id = make_run(organisation.id, connection_id, offered=3, succeeded=2, failed=1)
    with transaction():
        record(invoice_id, "invoice.approved", actor=actor)
    client = log_in(viewer)

    found = {name: cells(client, f"/exports/{name}.csv?invoice={invoice_id}") for name in LISTINGS}

    assert {name: len(rows) - 1 for name, rows in found.items()} == {**dict.fromkeys(LISTINGS, 1), "purchases": 0}
    assert found["payments"][1][6] == "7,25"
    assert found["contacts"][1][0] == "Bakkerij Os"
    assert found["products"][1][2] == "2,50"
    assert found["expenses"][1][:3] == ["D-0001", "2026-03-02", "Joris Maes"]
    assert found["logs"][1][1] == str(run_id)
    assert found["logs"][1][7:11] == ["3", "2", "1", "0"]
    assert found["history"][1][3] == "Factuur: Goedgekeurd"
    for name in LISTINGS:
        assert workbook(client.get(f"/exports/{name}.xlsx?invoice={invoice_id}").data).active.max_column > 3


def test_the_history_of_all_that_a_list_shows_is_one_file(
    organisation: Organisation, other_organisation: Organisation, viewer: User, log_in: LogIn
) -> None:
    facts = ((organisation, "A-1", "sent"), (organisation, "A-2", "draft"), (organisation, "A-3", "sent"))
    for whose, number, status in (*facts, (other_organisation, "B-1", "sent")):
        invoice_id = make_invoice(whose.id, number, status=status)
        with transaction():
            for event in ("invoice.approved", "invoice.authorised"):
                record(invoice_id, event, actor=person(whose.id, "Marieke"))
    rows = cells(log_in(viewer), "/exports/history.csv?status=sent")
    wanted = [("A-3", "Gefiatteerd"), ("A-3", "Goedgekeurd"), ("A-1", "Gefiatteerd"), ("A-1", "Goedgekeurd")]
    assert [(row[0], row[3].removeprefix("Factuur: ")) for row in rows[1:]] == wanted
