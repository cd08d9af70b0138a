"""A sales document as bytes: in order, stable, honest about what it cannot say; and what is found wrong with it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from webapp.connectors.ports import Finding, Refused
from webapp.connectors.yuki import mapping, rules
from webapp.connectors.yuki.mapping import batch_of, build_invoice, decimal_text
from webapp.connectors.yuki.rules import find_faults
from webapp.connectors.yuki.wire import SALES
from webapp.domain.documents import (
    CLEAR,
    KEEP,
    DocumentContact,
    DocumentLine,
    DocumentPerson,
    DocumentProduct,
    PaymentMethod,
    SalesDocument,
    Wish,
)
from webapp.domain.failures import Failure

pytestmark = pytest.mark.pure

N = f"{{{SALES}}}"
PRODUCT = DocumentProduct(
    description="Product 1",
    reference="TP-1122",
    sales_price=Decimal("14.88"),
    vat_percentage=Decimal("21"),
    vat_included=True,
    vat_type=1,
)
DOCUMENT = SalesDocument(
    issue_date=date(2026, 3, 2),
    due_date=date(2026, 4, 1),
    reference="2026-0001",
    contact=DocumentContact(full_name="Bakkerij De Korenbloem", code="1122", country_code="NL"),
    lines=(DocumentLine(quantity=Decimal("2"), product=PRODUCT),),
)


def with_line(**changes: object) -> SalesDocument:
    return replace(DOCUMENT, lines=(replace(DOCUMENT.lines[0], **changes),))  # type: ignore[arg-type]


def with_product(**changes: object) -> SalesDocument:
    return with_line(product=replace(PRODUCT, **changes))  # type: ignore[arg-type]


def value(document: SalesDocument, *names: str) -> str | None:
    element: etree._Element | None = etree.fromstring(build_invoice(document))
    for name in names:
        element = None if element is None else element.find(N + name)
    return None if element is None else element.text or ""


LINE = ("InvoiceLines", "InvoiceLine")


def test_the_bytes_are_these_and_stay_these() -> None:
    assert build_invoice(DOCUMENT) == (
        b'<SalesInvoice xmlns="urn:xmlns:http://www.theyukicompany.com:salesinvoices" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Reference>2026-0001</Reference>'
        b"<Process>true</Process><Date>2026-03-02</Date><DueDate>2026-04-01</DueDate>"
        b"<Contact><ContactCode>1122</ContactCode><FullName>Bakkerij De Korenbloem</FullName>"
        b"<CountryCode>NL</CountryCode></Contact><InvoiceLines><InvoiceLine>"
        b"<ProductQuantity>2</ProductQuantity><Product><Description>Product 1</Description>"
        b'<Reference>TP-1122</Reference><Category xsi:nil="true"/><SalesPrice>14.88</SalesPrice>'
        b"<VATPercentage>21.00</VATPercentage><VATIncluded>true</VATIncluded><VATType>1</VATType>"
        b"</Product></InvoiceLine></InvoiceLines></SalesInvoice>"
    )
    assert find_faults(build_invoice(DOCUMENT)) == ()


def test_everything_filled_in_stands_in_the_schemas_order() -> None:
    full = replace(
        DOCUMENT,
        subject="March",
        payment_method=PaymentMethod.ELECTRONIC_TRANSFER,
        payment_id="1234-456",
        purchase_order_number="PO-7",
        email_to_customer=False,
        sent_to_peppol=False,
        layout="Blue",
        notes="Thank you",
        price_list="Retail",
        currency="EUR",
        project_id="0b9d0a4e-9d4e-4a43-8d0e-2f5f0b7a1c11",
        project_code="P-7",
        remarks="a\nb",
        document_file_name="2026-0001.pdf",
        document_base64="JVBERi0=",
        contact=DocumentContact(
            full_name="A", code="1", first_name=CLEAR, middle_name=CLEAR, last_name=CLEAR, gender="Male",
            country_code="NL", city="Rotterdam", zipcode="3011 AA", address_line_1="Kade 1", address_line_2=CLEAR,
            email="a@b.nl", website=CLEAR, coc_number=CLEAR, vat_number=CLEAR, contact_type="Company",
            bank_account="NL1", bic="X", phone="1", mobile="2",
        ),
        contact_person=DocumentPerson("S J", "S", "de", "J", "Male", "s@b.nl"),
        lines=(
            DocumentLine(
                Decimal("2"),
                replace(PRODUCT, category=13, vat_type=8, vat_description="x", gl_account_code="8", remarks="r"),
                "Line 1", "more", Decimal("29.76"), Decimal("6.25"), date(2026, 3, 1), 12, 1,
            ),
        ),
    )  # fmt: skip
    assert find_faults(build_invoice(full)) == ()
    written = {etree.QName(element).localname for element in etree.fromstring(build_invoice(full)).iter()}
    assert written == SCHEMA_WORDS - {"SalesInvoices"}


def test_the_vendors_own_example_mended_is_valid() -> None:
    # The example of the vendor's article: code 1122, VAT type 2 with 6 %, and what it clears of the contact.
    example = replace(
        DOCUMENT,
        reference="XX-1234", subject="Testfactuur - 1", email_to_customer=False, payment_id="1234-456",
        contact=DocumentContact(
            full_name="Apple Sales International", code="1122", first_name=CLEAR, middle_name=CLEAR,
            last_name=CLEAR, gender="Male", country_code="NL", city="Rotterdam", zipcode="1234 AA",
            address_line_1="Bergweg 25", address_line_2=CLEAR, website=CLEAR, coc_number=CLEAR, vat_number=CLEAR,
            contact_type="Company", phone=CLEAR, mobile=CLEAR,
        ),
        contact_person=DocumentPerson(first_name="Steve", last_name="Jobs", gender="Male", email="steve@apple.com"),
        lines=(
            DocumentLine(
                Decimal(2), replace(PRODUCT, vat_percentage=Decimal(6), vat_type=2),
                "Regel 1", None, None, None, date(2021, 8, 1), 1, 1,
            ),
        ),
    )  # fmt: skip
    assert find_faults(build_invoice(example)) == ()


def test_left_out_keeps_empty_clears_a_value_overwrites() -> None:
    def city(given: Wish) -> str | None:
        return value(replace(DOCUMENT, contact=replace(DOCUMENT.contact, city=given)), "Contact", "City")

    assert city(KEEP) is None
    assert city(CLEAR) == ""
    assert b"<City/>" in build_invoice(replace(DOCUMENT, contact=replace(DOCUMENT.contact, city=CLEAR)))
    assert city("Ede") == "Ede"


def test_an_empty_text_is_no_wish() -> None:
    with pytest.raises(ValueError, match="city"):
        DocumentContact("A", city="")


def test_nothing_optional_is_sent_empty_by_accident() -> None:
    nothing = DocumentPerson("", "", "", "", "", "")
    product = replace(PRODUCT, gl_account_code="", remarks="", vat_description="")
    empty = replace(
        with_line(description="", remarks="", product=product),
        subject="", payment_id="", layout="", notes="", price_list="", currency="", project_id="", project_code="",
        remarks="", purchase_order_number="", contact_person=nothing,
        contact=replace(DOCUMENT.contact, gender="", contact_type="", bank_account="", bic=""),
    )  # fmt: skip
    assert build_invoice(empty) == build_invoice(DOCUMENT)


def test_new_lines_in_remarks_arrive_as_the_code_that_yuki_wants() -> None:
    raw = build_invoice(with_line(remarks="one\ntwo\r\nthree\rfour"))
    assert b"<Remarks>one&#13;two&#13;three&#13;four</Remarks>" in raw
    sent = etree.tostring(batch_of([raw]))
    assert b"one&#13;two" in sent


@pytest.mark.parametrize("bad", ["a\x00b", "\x1b[0m", "\ud800", "x\ufffe", "\x0b"])
def test_what_xml_cannot_carry_is_refused_by_field_and_never_dropped(bad: str) -> None:
    with pytest.raises(Refused) as error:
        build_invoice(with_product(description=bad))
    assert (error.value.field, error.value.failure) == ("lines.1.product.description", Failure.SCHEMA)
    with pytest.raises(Refused) as error:
        build_invoice(replace(DOCUMENT, contact=replace(DOCUMENT.contact, full_name=bad)))
    assert error.value.field == "contact.full_name"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+1000000", "1E-1000000"])
def test_a_number_that_is_none_is_refused_by_field(number: str) -> None:
    with pytest.raises(Refused) as error:
        build_invoice(with_product(sales_price=Decimal(number)))
    assert error.value.field == "lines.1.product.sales_price"


@pytest.mark.parametrize(
    ("number", "plain", "money"),
    [
        ("1E+3", "1000", "1000.00"), ("2.5000", "2.5", "2.50"), ("-0", "0", "0.00"), ("0E-7", "0", "0.00"),
        ("0.0001", "0.0001", "0.0001"), ("-3", "-3", "-3.00"), ("100", "100", "100.00"),
        ("1.23456", "1.23456", "1.23456"),
    ],
)  # fmt: skip
def test_equal_numbers_are_written_alike_and_without_exponent(number: str, plain: str, money: str) -> None:
    assert decimal_text(Decimal(number)) == plain
    assert decimal_text(Decimal(number), places=2) == money


def test_a_credit_note_is_a_negative_quantity() -> None:
    document = with_line(quantity=Decimal("-2"))
    assert value(document, *LINE, "ProductQuantity") == "-2"
    assert find_faults(build_invoice(document)) == ()


def findings(document: SalesDocument) -> dict[str, Failure]:
    return {finding.field: finding.failure for finding in find_faults(build_invoice(document))}


@pytest.mark.parametrize(
    ("document", "field", "failure"),
    [
        (with_product(description="x" * 61), "lines.1.product.description", Failure.SCHEMA),
        (with_product(reference="x" * 41), "lines.1.product.reference", Failure.SCHEMA),
        (with_product(sales_price=Decimal("1.00001")), "lines.1.product.sales_price", Failure.SCHEMA),
        (with_line(quantity=Decimal("1.23456")), "lines.1.quantity", Failure.SCHEMA),
        (with_line(quantity=Decimal("12345678901")), None, None),
        (with_line(quantity=Decimal("123456789012345")), "lines.1.quantity", Failure.SCHEMA),
        (with_line(line_amount=Decimal("1.234")), "lines.1.line_amount", Failure.SCHEMA),
        (with_product(category=12), "lines.1.product.category", Failure.SCHEMA),
        (with_product(vat_percentage=Decimal("21.123")), "lines.1.product.vat_percentage", Failure.SCHEMA),
        (with_product(vat_percentage=Decimal("-1")), "lines.1.product.vat_percentage", Failure.SCHEMA),
        (with_product(vat_percentage=None), "lines.1.product.vat_percentage", Failure.VAT),
        (with_product(vat_type=None), "lines.1.product.vat_type", Failure.VAT),
        (with_product(vat_type=17), "lines.1.product.vat_percentage", Failure.VAT),
        (with_product(vat_description="x"), "lines.1.product.vat_description", Failure.VAT),
        (with_product(description=None, reference=None), "lines.1.product.description", Failure.INCOMPLETE),
        (replace(DOCUMENT, notes="x" * 501), "notes", Failure.SCHEMA),
        (replace(DOCUMENT, currency="euro"), "currency", Failure.SCHEMA),
        (replace(DOCUMENT, project_id="7"), "project_id", Failure.SCHEMA),
        (replace(DOCUMENT, lines=()), "lines", Failure.SCHEMA),
        (replace(DOCUMENT, reference=None), "reference", Failure.INCOMPLETE),
        (replace(DOCUMENT, process=False), "reference", Failure.INCOMPLETE),
        (replace(DOCUMENT, document_file_name="a.pdf"), "document_base64", Failure.INCOMPLETE),
        (replace(DOCUMENT, document_file_name="a.pdf", document_base64="*"), "document_base64", Failure.SCHEMA),
        (replace(DOCUMENT, contact=DocumentContact("")), "contact.full_name", Failure.CONTACT),
        (replace(DOCUMENT, contact=DocumentContact("x", email="a@b.nl, c@d.nl")), "contact.email", Failure.CONTACT),
        (replace(DOCUMENT, contact=DocumentContact("x", gender="M")), "contact.gender", Failure.CONTACT),
        (replace(DOCUMENT, contact=DocumentContact("x", country_code="nl")), "contact.country_code", Failure.CONTACT),
        (replace(DOCUMENT, process=False, reference=None), None, None),
    ],
)  # fmt: skip
def test_what_yuki_would_refuse_is_found_here(
    document: SalesDocument, field: str | None, failure: Failure | None
) -> None:
    assert findings(document) == ({} if field is None else {field: failure})


def test_a_finding_says_what_is_wrong_in_one_line() -> None:
    (finding,) = find_faults(build_invoice(with_product(description="x" * 61)))
    assert finding == Finding(
        "lines.1.product.description",
        "Description: The value has a length of '61'; this exceeds the allowed maximum length of '60'.",
    )


def test_findings_name_the_line() -> None:
    line = DOCUMENT.lines[0]
    document = replace(DOCUMENT, lines=(line, line, replace(line, quantity=Decimal("0.00001"))))
    assert findings(document) == {"lines.3.quantity": Failure.SCHEMA}


@pytest.mark.parametrize("payload", [b"", b"<a", b"<a/>", b"<!DOCTYPE a><a/>", b"\xff\xfe"])
def test_bytes_that_are_no_invoice_have_a_finding(payload: bytes) -> None:
    assert find_faults(payload)[0].field == ""


def test_many_invoices_stand_under_one_root_in_their_order() -> None:
    payloads = [build_invoice(replace(DOCUMENT, reference=str(number))) for number in range(100)]
    root = batch_of(payloads)
    assert root.tag == f"{N}SalesInvoices"
    assert [invoice.findtext(f"{N}Reference") for invoice in root] == [str(number) for number in range(100)]
    assert schema().validate(root)
    assert etree.tostring(root).count(b"xmlns=") == 1


def test_a_large_document_inside_the_invoice_is_no_obstacle() -> None:
    document = replace(DOCUMENT, document_file_name="a.pdf", document_base64="QUJD" * 4_000_000)
    payload = build_invoice(document)
    assert find_faults(payload) == ()
    assert len(etree.tostring(batch_of([payload]))) > 16_000_000


def test_the_writer_knows_every_word_of_the_schema() -> None:
    source = Path(mapping.__file__).read_text(encoding="utf-8")
    for name in SCHEMA_WORDS:
        assert f'"{name}"' in source or f"<{name}" in source or f"}}{name}" in source


SCHEMA_FILE = Path(rules.__file__).with_name("schema.xsd")
SCHEMA_WORDS = {
    str(node.get("name")) for node in etree.parse(str(SCHEMA_FILE)).iter("{http://www.w3.org/2001/XMLSchema}element")
    if node.get("name")
}  # fmt: skip


def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA_FILE)))
