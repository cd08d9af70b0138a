"""The PDF of an invoice: what it says, in whose language, and who may open it."""

import io
import re
import zlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from tests.support.records import make_invoice
from webapp.papers.page import runs
from webapp.papers.qr import QUIET, qr_rows
from webapp.services import papers, sellers
from webapp.services.actors import person
from webapp.services.papers.invoices import find_invoice, kind_of
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
SELLER = sellers.SellerData(
    name="Voorbeeld Groep B.V.",
    address_line_1="Herengracht 182",
    zipcode="1016 BR",
    city="Amsterdam",
    vat_number="NL004495445B01",
    coc_number="34287612",
    iban="nl91 abna 0417 1643 00",
)


def text_of(content: bytes) -> str:
    """Return what a PDF says, glyph by glyph, by the tables that it holds for copying text out of it."""
    streams = []
    for found in re.finditer(rb"stream\n(.*?)\nendstream", content, re.DOTALL):
        try:
            streams.append(zlib.decompress(found[1]))
        except zlib.error:
            streams.append(found[1])
    tables = [_table(one) for one in streams if b"begincmap" in one]
    assert tables, "a PDF whose text cannot be copied out is no PDF/A-3U"
    return "\n".join(_shown(one, tables) for one in streams if b" Tf" in one)


def _table(stream: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4,})>\n", stream)
    return {int(code, 16): bytes.fromhex(sign.decode()).decode("utf-16-be") for code, sign in pairs}


def _shown(stream: bytes, tables: list[dict[int, str]]) -> str:
    said, table = [], tables[0]
    for font, text in re.findall(rb"/F(\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", stream, re.DOTALL):
        if font:
            table = tables[(int(font) - 1) % len(tables)]
            continue
        raw = re.sub(rb"\\(.)", lambda m: {b"r": b"\r", b"n": b"\n"}.get(m[1], m[1]), text, flags=re.DOTALL)
        codes = [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]
        said.append("".join(table.get(code, "?") for code in codes))
    return "\n".join(said)


@pytest.fixture
def seller(organisation: Organisation) -> None:
    sellers.keep_seller(person(organisation.id, "Vincent"), SELLER)


def pdf_of(organisation: Organisation, invoice_id: int, language: str = "") -> papers.File:
    found = find_invoice(organisation.id, invoice_id)
    assert found is not None
    return papers.invoice_pdf(found, language=language)


@pytest.mark.usefixtures("seller")
def test_it_says_what_the_invoice_says_and_how_to_pay(organisation: Organisation) -> None:
    invoice_id = make_invoice(organisation.id, "26-0042", price="1234.50", due_date=date(2026, 4, 1))
    file = pdf_of(organisation, invoice_id)
    said = text_of(file.content)
    assert file.name == "Factuur-26-0042.pdf"
    for part in (
        "Factuur 26-0042", "Bakkerij De Korenbloem", "Brood, week 31", "1.234,50", "259,25", "1.493,75",
        "NL91 ABNA 0417 1643 00", "1 april 2026", "KvK 34287612", "Btw-nummer NL004495445B01", "1016 BR  Amsterdam",
    ):  # fmt: skip
        assert part.replace("\xa0", " ") in said.replace("\xa0", " "), part


@pytest.mark.usefixtures("seller")
def test_it_is_an_archive_pdf_with_all_fonts_inside(organisation: Organisation) -> None:
    content = pdf_of(organisation, make_invoice(organisation.id, "26-0001")).content
    assert content.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>3</pdfaid:part>" in content
    assert b"<pdfaid:conformance>U</pdfaid:conformance>" in content
    assert content.count(b"/FontFile2") == 2
    assert b"/OutputIntents" in content


@pytest.mark.portable
@pytest.mark.usefixtures("seller")
@pytest.mark.parametrize(
    ("country", "asked", "title"),
    [("NL", "", "Factuur 26-1"), ("HU", "", "Számla: 26-1"), ("DE", "", "Invoice 26-1"), ("NL", "hu", "Számla: 26-1")],
)
def test_it_speaks_the_language_of_the_customer_or_the_one_asked_for(
    organisation: Organisation, country: str, asked: str, title: str
) -> None:
    invoice_id = make_invoice(organisation.id, "26-1", contact="Őrségi Pékség Kft.")
    with transaction() as session:
        contact = session.get_one(Invoice, invoice_id).contact
        assert contact is not None
        contact.country = country
    said = text_of(pdf_of(organisation, invoice_id, asked).content)
    assert title in said
    assert "Őrségi Pékség Kft." in said


@pytest.mark.usefixtures("seller")
@pytest.mark.parametrize("status", ["draft", "approved"])
def test_what_is_not_authorised_is_a_pro_forma_without_number_or_request(
    organisation: Organisation, status: str
) -> None:
    file = pdf_of(organisation, make_invoice(organisation.id, "26-7", status=status))
    said = text_of(file.content)
    assert "Proforma factuur" in said
    assert "26-7" not in said + file.name
    assert "Wij verzoeken u" not in said


@pytest.mark.usefixtures("seller")
def test_a_credit_note_is_called_one_and_asks_for_nothing(organisation: Organisation) -> None:
    said = text_of(pdf_of(organisation, make_invoice(organisation.id, "C-1", price="-50")).content)
    assert "Creditfactuur C-1" in said
    assert "Wij verzoeken u" not in said


@pytest.mark.usefixtures("seller")
def test_of_a_partly_paid_invoice_only_the_rest_is_asked(organisation: Organisation) -> None:
    invoice_id = make_invoice(organisation.id, "26-8")
    with transaction() as session:
        invoice = session.get_one(Invoice, invoice_id)
        invoice.paid_amount, invoice.outstanding_amount = Decimal("21.00"), Decimal("100.00")
    said = text_of(pdf_of(organisation, invoice_id).content).replace("\xa0", " ")
    assert "Te betalen" in said
    assert "Wij verzoeken u € 100,00 uiterlijk" in said


def test_many_long_and_strange_lines_go_over_pages_with_their_head(organisation: Organisation) -> None:
    invoice_id = make_invoice(
        organisation.id, "26-9", subject="a\x01b 漢字 {nb}", remarks="woord " * 50 + "\nregel" * 600
    )
    said = text_of(pdf_of(organisation, invoice_id).content)
    assert "a b ?? {nb}" in said
    assert "Pagina 12 van " in said


def test_the_squares_of_a_code_stand_in_a_white_frame() -> None:
    rows = qr_rows("BCD\n002\n1\nSCT\n\nDemo\nNL91ABNA0417164300\nEUR1.00")
    assert not any(any(row) for row in rows[:QUIET])
    assert rows[QUIET][QUIET : QUIET + 7] == [True] * 7
    assert runs([False, True, True, False, True]) == [(1, 2), (4, 1)]
    assert qr_rows("") == []


def test_every_role_opens_it_and_nobody_else(
    log_in: LogIn, viewer: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    client = log_in(viewer)
    answer = client.get(f"/invoices/{make_invoice(organisation.id, '26-1')}/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    kept = client.get(f"/invoices/{make_invoice(organisation.id, '26-2')}/pdf?download=1")
    assert kept.headers["Content-Disposition"] == "attachment; filename=Factuur-26-2.pdf"
    assert client.get(f"/invoices/{make_invoice(other_organisation.id, '26-3')}/pdf").status_code == 404


@pytest.mark.parametrize("facts", [{"kind": "purchase"}, {"source": "billingo"}], ids=str)
def test_of_what_others_issued_there_is_no_paper_of_ours(
    log_in: LogIn, viewer: User, organisation: Organisation, facts: dict[str, str]
) -> None:
    invoice_id = make_invoice(organisation.id, "X-1", **facts)
    client = log_in(viewer)
    assert client.get(f"/invoices/{invoice_id}/pdf").status_code == 303
    assert 'data-action="pdf"' not in client.get(f"/invoices/{invoice_id}").text


def test_the_kind_follows_the_status(organisation: Organisation) -> None:
    found = current().get_one(Invoice, make_invoice(organisation.id, "26-5", status="authorised"))
    assert kind_of(found) == "invoice"


def test_a_logo_is_drawn(organisation: Organisation) -> None:
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGBA", (300, 100), (10, 100, 90, 120)).save(target, "PNG")
    sellers.keep_logo(person(organisation.id, "x"), target.getvalue())
    assert b"/Subtype /Image" in pdf_of(organisation, make_invoice(organisation.id, "26-6")).content
