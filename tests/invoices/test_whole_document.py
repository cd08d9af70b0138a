"""Every field of the document: from a file into the database, out on the wire, and back again, unchanged."""

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_babel import force_locale
from lxml import etree, html
from sqlalchemy import select

from tests.invoices.conftest import data, line
from webapp.connectors.yuki.mapping import batch_of, build_invoice
from webapp.connectors.yuki.rules import find_faults
from webapp.domain.documents import CLEARABLE, DocumentContact, DocumentLine, DocumentProduct, SalesDocument
from webapp.queries.faults import say, where
from webapp.services import imports
from webapp.services.actors import Actor
from webapp.services.contacts import ContactData
from webapp.services.documents import make_document
from webapp.services.invoices import InvoiceFaults, create, update
from webapp.services.invoices.data import FileData
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceDocument
from webapp.store.session import current, release
from webapp.store.users import User

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
EVERYTHING: dict[str, Any] = {
    "number": "2026-0042",
    "subject": "Brood in maart",
    "payment_method": "DirectCollection",
    "payment_reference": "1234-456",
    "purchase_order_number": "PO-7",
    "process": True,
    "email_to_customer": True,
    "sent_to_peppol": True,
    "layout": "Blauw",
    "notes": "Hartelijk dank",
    "issue_date": "2026-03-02",
    "due_date": "2026-04-01",
    "price_list": "Standaard",
    "currency": "EUR",
    "project_id": "0b9d0a4e-9d4e-4a43-8d0e-2f5f0b7a1c11",
    "project_code": "P-7",
    "remarks": "Eerste regel\nTweede regel",
    "document_file_name": "2026-0042.pdf",
    "document_base64": base64.b64encode(PDF).decode(),
    "contact": {
        "code": "1122", "name": "Bakkerij De Korenbloem", "first_name": "Saskia", "middle_name": "van",
        "last_name": "Dam", "gender": "Female", "country": "NL", "city": "Haarlem", "zipcode": "2011 AA",
        "address_line_1": "Kade 1", "address_line_2": "", "email": "saskia@korenbloem.example", "website": "",
        "coc_number": "12345678", "vat_number": "NL001234567B01", "contact_type": "Company",
        "bank_account": "NL91ABNA0417164300", "bic": "ABNANL2A", "phone": "023-1234567", "mobile": "",
    },
    "contact_person": {
        "full_name": "Jan de Boer", "first_name": "Jan", "middle_name": "de", "last_name": "Boer", "gender": "Male",
        "email": "jan@korenbloem.example",
    },
    "lines": [
        {
            "description": "Montage", "quantity": 2, "unit_price": "12.5000", "vat_rate": "19", "vat_type": 8,
            "vat_included": False, "vat_description": "DE 19%", "category": 13, "gl_account_code": "80000",
            "item_code": "M-1", "product_description": "Montage in Duitsland", "product_remarks": "per uur",
            "remarks": "Week 9\nWeek 10", "line_amount": "25.01", "line_vat_amount": "4.75",
            "accrual_date": "2026-03-01", "accrual_periods": 12, "accrual_interval": 1,
        },
        {"description": "Taart", "item_code": "T-9", "price_from_list": True},
    ],
}  # fmt: skip


def bring(actor: Actor, name: str, content: bytes) -> Invoice:
    reading = imports.read(actor.organisation_id, name, content)
    assert not reading.faults, [(where(one), say(one)) for one in reading.faults]
    assert not reading.notes
    stored = imports.store(actor, reading)
    release()
    return current().scalars(select(Invoice).where(Invoice.id == stored.ids[0])).one()


def as_file(**changes: Any) -> bytes:
    return json.dumps([EVERYTHING | changes]).encode()


def wrapped(payload: bytes) -> bytes:
    return etree.tostring(batch_of([payload]))


def test_every_field_of_the_document_is_carried_to_the_wire(actor: Actor) -> None:
    document = make_document(bring(actor, "alles.json", as_file()), draft=False)
    left_out = {
        kind.__name__: {field.name for field in fields(kind) if getattr(part, field.name) is None}
        for kind, part in (
            (SalesDocument, document), (DocumentContact, document.contact), (DocumentLine, document.lines[0]),
            (DocumentProduct, document.lines[0].product),
        )
    }  # fmt: skip
    assert not any(left_out.values()), left_out
    payload = build_invoice(document)
    assert find_faults(payload) == ()
    assert b"<AddressLine_2/>" in payload
    assert b"<Remarks>Week 9&#13;Week 10</Remarks>" in payload
    assert b"<LineAmount>25.01</LineAmount><LineVATAmount>4.75</LineVATAmount>" in payload


def test_what_was_left_to_the_price_list_is_not_sent(actor: Actor) -> None:
    product = make_document(bring(actor, "alles.json", as_file()), draft=False).lines[1].product
    assert (product.sales_price, product.vat_type, product.vat_percentage, product.vat_included) == (None,) * 4
    assert product.reference == "T-9"


def test_a_document_that_was_written_reads_back_as_the_same(actor: Actor, organisation: Any) -> None:
    first = make_document(bring(actor, "alles.json", as_file()), draft=False)
    payload = build_invoice(replace(first, reference="2026-0043"))
    second = make_document(bring(actor, "zelfde.xml", wrapped(payload)), draft=False)
    assert build_invoice(replace(second, reference="2026-0043")) == payload


def test_a_field_of_the_contact_is_kept_cleared_or_overwritten_as_the_file_says(actor: Actor) -> None:
    bring(actor, "alles.json", as_file())
    contact = current().scalars(select(Contact)).one()
    assert contact.cleared == ["address_line_2", "mobile", "website"]
    short = {"code": "1122", "city": "Ede", "mobile": "06-1", "phone": "", "website": None}
    bring(actor, "later.json", as_file(number="2026-0044", contact=short))
    current().expire_all()
    assert (contact.city, contact.mobile, contact.phone, contact.zipcode) == ("Ede", "06-1", "", "2011 AA")
    assert contact.cleared == ["phone"]


@pytest.mark.portable
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"contact": {"name": "A", "gender": "Robot"}}, "not a gender that Yuki knows"),
        ({"contact": {"name": "A", "contact_type": "Club"}}, "not a kind of contact"),
        ({"contact": {"name": "A\u0000B"}}, "U+0000"),
        ({"contact": {"name": "A\ud800"}}, "U+FFFE"),
        ({"contact_person": {"email": "a@b, c@d"}}, "not one e-mail address"),
        ({"project_id": "7"}, "not an ID"),
        ({"notes": "x" * 501}, "At most 500"),
        ({"document_base64": base64.b64encode(b"GIF89a").decode()}, "not a PDF"),
        ({"document_base64": "@@"}, "not base64"),
        ({"document_base64": None}, "both its name and its content"),
        ({"document_file_name": "../x.pdf"}, "ends in .pdf"),
        ({"document_file_name": "x.exe"}, "ends in .pdf"),
        ({"process": "perhaps"}, "neither yes nor no"),
        ({"number": ""}, "needed"),
    ],
)
def test_bad_input_is_named_at_its_field_and_nothing_is_stored(
    actor: Actor, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(actor, as_file(**changes))


@pytest.mark.portable
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"product_description": "x" * 61}, "At most 60"),
        ({"item_code": "x" * 41}, "At most 40"),
        ({"accrual_periods": -1}, "1 to 600"),
        ({"accrual_interval": 0}, "1 to 600"),
        ({"category": 12}, "category 13"),
        ({"vat_type": 9}, "does not go with VAT type 9"),
        ({"vat_type": 1, "vat_rate": "21"}, "VAT type 8 only"),
        ({"line_amount": "1.001"}, "At most 2 decimals"),
        ({"unit_price": "1.00001"}, "At most 4 decimals"),
    ],
)
def test_bad_input_on_a_line_is_named_at_its_field(actor: Actor, changes: dict[str, Any], sentence: str) -> None:
    lines = [EVERYTHING["lines"][0] | changes]
    assert sentence in refusal(actor, as_file(lines=lines))


def refusal(actor: Actor, content: bytes) -> str:
    reading = imports.read(actor.organisation_id, "fout.json", content)
    with pytest.raises(InvoiceFaults):
        imports.store(actor, reading)
    release()
    assert current().scalars(select(Invoice)).all() == []
    with force_locale("en"):
        return " ".join(f"{where(one)}: {say(one)}" for one in reading.faults)


def test_an_invoice_that_yuki_numbers_needs_none_here(actor: Actor) -> None:
    made = create(actor, data("", process=False))
    assert make_document(made, draft=True).reference is None
    with pytest.raises(InvoiceFaults):
        create(actor, data("", status="sent"))


def test_amounts_that_were_given_take_the_place_of_what_is_computed(actor: Actor) -> None:
    made = create(actor, data("1", lines=(line(line_amount=Decimal("100.01"), line_vat_amount=Decimal("21.00")),)))
    assert (made.net_total, made.vat_total, made.gross_total) == (
        Decimal("100.01"),
        Decimal("21.00"),
        Decimal("121.01"),
    )


def test_the_pdf_stays_until_it_is_replaced_or_taken_away(actor: Actor) -> None:
    made = create(actor, data("1", document=FileData("a.pdf", PDF)))
    update(actor, made.id, data("1"))
    assert current().scalars(select(InvoiceDocument.file_name)).all() == ["a.pdf"]
    update(actor, made.id, data("1", document=FileData("b.pdf", PDF + b"\n")))
    row = current().scalars(select(InvoiceDocument)).one()
    assert (row.file_name, row.size, row.content) == ("b.pdf", len(PDF) + 1, PDF + b"\n")
    update(actor, made.id, data("1", drop_document=True))
    assert current().scalars(select(InvoiceDocument)).all() == []


def test_a_field_cannot_be_cleared_and_filled_in_at_once(actor: Actor) -> None:
    with pytest.raises(InvoiceFaults) as error:
        create(actor, data("1", contact=ContactData(name="A", city="Ede", cleared=frozenset({"city", "country"}))))
    assert {(fault.code, fault.field) for fault in error.value.faults} == {
        ("clear_or_value", "contact.city"), ("not_clearable", "contact.country"),
    }  # fmt: skip
    assert "country" not in CLEARABLE


def as_shown(page: str) -> dict[str, Any]:
    """Return the fields of the invoice's form as a browser would send them."""
    form = next(one for one in html.fromstring(page).forms if one.method == "POST" and "lines-0-quantity" in one.fields)
    values: dict[str, Any] = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value)
    return {name: value for name, value in values.items() if name not in ("csrf_token", "contact_q", "document")}


def test_an_invoice_that_is_opened_in_the_form_and_saved_says_the_same(
    actor: Actor, staff: User, log_in: Callable[[User], FlaskClient]
) -> None:
    contact = EVERYTHING["contact"] | {"vat_number": "NL004495445B01"}
    made = bring(actor, "alles.json", as_file(contact=contact))
    before = build_invoice(make_document(made, draft=False))
    client = log_in(staff)
    values = as_shown(client.get(f"/invoices/{made.id}/edit").text)
    answer = client.post(f"/invoices/{made.id}", data=values)
    assert answer.status_code == 303, re.findall(r"field-error.*?<span>(.*?)</span>", answer.text)
    release()
    current().expire_all()
    assert build_invoice(make_document(current().get_one(Invoice, made.id), draft=False)) == before


def test_a_pdf_is_attached_in_the_form_checked_and_handed_out(
    actor: Actor, staff: User, log_in: Callable[[User], FlaskClient]
) -> None:
    made = create(actor, data("1"))
    client = log_in(staff)
    values = as_shown(client.get(f"/invoices/{made.id}/edit").text)
    no_pdf = client.post(f"/invoices/{made.id}", data=values | {"document": (io.BytesIO(b"GIF89a"), "a.pdf")})
    assert no_pdf.status_code == 422
    assert 'id="document-error"' in no_pdf.text
    assert client.get(f"/invoices/{made.id}/document").status_code == 404
    kept = client.post(f"/invoices/{made.id}", data=values | {"document": (io.BytesIO(PDF), "map/a.pdf")})
    assert kept.status_code == 303
    answer = client.get(f"/invoices/{made.id}/document")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"] == "attachment; filename=a.pdf"


@pytest.mark.portable
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact_vat_number", "NL001234567B01"),
        ("contact_bank_account", "NL91ABNA0417164301"),
        ("contact_gender", "Robot"),
        ("contact_city", "a\x01b"),
        ("project_id", "7"),
        ("lines-0-product_description", "x" * 61),
        ("lines-0-accrual_periods", "-3"),
        ("lines-0-line_amount", "1,234"),
        ("lines-0-category", "12"),
        ("lines-0-vat_description", "DE 19%"),
        ("person_email", "a@b.nl, c@d.nl"),
    ],
)
def test_bad_input_stands_at_its_field_of_the_form(
    actor: Actor, staff: User, log_in: Callable[[User], FlaskClient], field: str, value: str
) -> None:
    made = create(actor, data("1"))
    client = log_in(staff)
    values = as_shown(client.get(f"/invoices/{made.id}/edit").text)
    answer = client.post(f"/invoices/{made.id}", data=values | {field: value})
    assert answer.status_code == 422
    wrong = re.findall(r'id="([\w-]+)-error"', answer.text)
    assert wrong in ([field], ["lines-0-accrual_date"], ["lines-0-accrual_periods", "lines-0-accrual_periods"]), wrong
    release()
    current().expire_all()
    assert current().get_one(Invoice, made.id).revision == 1
