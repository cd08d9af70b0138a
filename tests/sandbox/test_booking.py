"""Taking sales invoices in: the schema, the batch, duplicates, drafts, prices, VAT, contacts and sales items."""

from decimal import Decimal

import pytest

from tests.sandbox.client import Yuki, invoice, line
from webapp.sandbox.yuki.opening import BE_ADMINISTRATION, NL_ADMINISTRATION, PROJECT_CODE, PROJECT_ID

EXAMPLE = """
<SalesInvoice><Reference>XX-1234</Reference><Subject>Testfactuur - 1</Subject>
<PaymentMethod>ElectronicTransfer</PaymentMethod><PaymentID>1234-456</PaymentID><Process>true
</Process><EmailToCustomer>false</EmailToCustomer><Layout /><Date>2012-06-22</Date>
<DueDate>2012-07-22</DueDate><PriceList /><Currency /><ProjectID /><ProjectCode /><Remarks />
<Contact><ContactCode>1122</ContactCode><FullName>Apple Sales International</FullName><FirstName />
<MiddleName /><LastName /><Gender>Male</Gender><CountryCode>NL</CountryCode><City>Rotterdam</City>
<Zipcode>1234 AA</Zipcode><AddressLine_1>Bergweg 25</AddressLine_1><AddressLine_2 /><Website />
<CoCNumber /><VATNumber /><ContactType>Company</ContactType><BankAccount /><PhoneHome />
<MobileHome /></Contact><ContactPerson><FirstName>Steve</FirstName><LastName>Jobs</LastName>
<Gender>Male</Gender><EmailAddress>steve@apple.com</EmailAddress></ContactPerson><InvoiceLines>
<InvoiceLine><Description>Regel 1</Description><Remarks /><ProductQuantity>2</ProductQuantity>
<Product><Description>Product 1</Description><Reference>TP-1122</Reference>
<Category xsi:nil="true" /><SalesPrice>14.88</SalesPrice><VATPercentage>6.00</VATPercentage>
<VATIncluded>true</VATIncluded><VATType>2</VATType><GLAccountCode></GLAccountCode><Remarks />
</Product><AccrualDate>2021-08-01</AccrualDate><AccrualPeriods>1</AccrualPeriods><AccrualInterval>1
</AccrualInterval></InvoiceLine></InvoiceLines></SalesInvoice>
"""


def named(text: str, **more: str) -> str:
    """A Contact's inside; `more` in the schema's order, "" for an empty element."""
    return f"<FullName>{text}</FullName>" + "".join(f"<{name}>{value}</{name}>" for name, value in more.items())


def coded(code: str, text: str, **more: str) -> str:
    return f"<ContactCode>{code}</ContactCode>" + named(text, **more)


def test_a_good_invoice_is_booked_to_the_cent(yuki: Yuki, session: str) -> None:
    reply = yuki.send(
        session,
        invoice("2026-0001", line(quantity="2", price="14.88"), line("Porto", price="5", vat="0", vat_type="17")),
    )
    booking = yuki.sales()[0]
    assert reply.all("Succeeded") == ["true"]
    assert (booking["reference"], booking["net"], booking["vat"], booking["total"]) == (
        "2026-0001",
        "34.76",
        "6.25",
        "41.01",
    )
    assert [(one["gl_account"], one["total"]) for one in booking["lines"]] == [("80000", "36.01"), ("80000", "5.00")]
    assert (booking["date"], booking["due_date"], booking["draft"]) == ("2026-03-02", "2026-04-01", False)
    assert booking["administration"] == NL_ADMINISTRATION


def test_the_article_s_own_example_is_booked(yuki: Yuki, session: str) -> None:
    assert yuki.send(session, EXAMPLE).one("Succeeded") == "true"
    assert [(one["net"], one["vat"]) for one in yuki.sales()] == [("28.08", "1.68")]
    assert yuki.sales()[0]["lines"][0]["accrual"] == {"start": "2021-08-01", "periods": 1, "months": 1}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("<SalesInvoice><Date>2026-03-02</Date></SalesInvoice>", "SalesInvoice"),
        (
            "<SalesInvoice><Date>2026-03-02</Date><Reference>1</Reference></SalesInvoice>",
            "invalid child element 'Reference'",
        ),
        (invoice(date="02-03-2026"), "Date"),
        (invoice(before="<Notes>x</Notes>"), "invalid child element 'Notes'"),
        (invoice(method="x" * 61), "maxLength"),
        (invoice("1", line(quantity="1.23456")), "fraction"),
        (invoice("1", line(price="1,00")), "SalesPrice"),
        (invoice(before="<DocumentBase64>***</DocumentBase64>"), "DocumentBase64"),
    ],
)
def test_a_document_against_the_schema_books_nothing_at_all(yuki: Yuki, session: str, wrong: str, words: str) -> None:
    reply = yuki.send(session, invoice("good"), wrong)
    assert words in reply.fault
    assert yuki.sales() == []


def test_a_reference_is_booked_once(yuki: Yuki, session: str) -> None:
    reply = yuki.send(session, invoice("A"), invoice("A"))
    assert reply.all("Succeeded") == ["true", "false"]
    assert reply.all("Message")[1] == "Er bestaat al een factuur met het factuurnummer A"
    assert (reply.one("TotalSucceeded"), reply.one("TotalFailed"), reply.one("TotalSkipped")) == ("1", "1", "0")
    assert len(yuki.sales()) == 1


def test_a_duplicate_is_told_in_english_to_an_english_session(yuki: Yuki, session: str) -> None:
    yuki.call("Sales", "SetLanguage", sessionID=session, language="en")
    assert "already exists" in yuki.send(session, invoice("A"), invoice("A")).all("Message")[1]


def test_in_the_other_mode_duplicates_are_booked(yuki: Yuki, session: str) -> None:
    yuki.control("mode", {"duplicates": "book"})
    yuki.send(session, invoice("A"), invoice("A"))
    assert [one["reference"] for one in yuki.sales()] == ["A", "A"]


def test_two_administrations_may_use_one_reference(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A"))
    assert yuki.send(session, invoice("A"), administration=BE_ADMINISTRATION).one("Succeeded") == "true"
    assert yuki.sales()[1]["lines"][0]["gl_account"] == "700000"


def test_after_six_bad_invoices_the_rest_is_only_counted(yuki: Yuki, session: str) -> None:
    bad = [invoice(f"bad-{number}", line(vat_type="9")) for number in range(6)]
    reply = yuki.send(session, invoice("good-1"), *bad, invoice("good-2"), invoice("good-3"))
    assert reply.all("Reference") == ["good-1", *(f"bad-{number}" for number in range(6))]
    assert (reply.one("TotalSucceeded"), reply.one("TotalFailed"), reply.one("TotalSkipped")) == ("1", "6", "2")
    assert [one["reference"] for one in yuki.sales()] == ["good-1"]


def test_five_bad_invoices_stop_nothing(yuki: Yuki, session: str) -> None:
    bad = [invoice(f"bad-{number}", line(vat_type="9")) for number in range(5)]
    assert yuki.send(session, *bad, invoice("good")).one("TotalSucceeded") == "1"


def test_a_failed_invoice_leaves_no_contact_and_no_sales_item(yuki: Yuki, session: str) -> None:
    before = yuki.look("ledger")
    yuki.send(session, invoice("A", line("Nieuw"), line("Fout", vat_type="9"), contact=named("Nieuwe klant")))
    after = yuki.look("ledger")
    assert (after["contacts"], after["items"], after["bookings"]) == (
        before["contacts"],
        before["items"],
        before["bookings"],
    )


def test_a_failed_invoice_does_not_change_a_contact_either(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", contact=coded("C1", "Klant", City="Gent")))
    yuki.send(session, invoice("B", line(vat_type="9"), contact=coded("C1", "Klant", City="Brugge")))
    assert [one["fields"]["City"] for one in yuki.look("ledger")["contacts"] if one["code"] == "C1"] == ["Gent"]


# Drafts


@pytest.mark.parametrize("process", ["false", None])
def test_without_process_an_invoice_is_a_draft_without_a_reference(
    yuki: Yuki, session: str, process: str | None
) -> None:
    for _ in range(2):
        reply = yuki.send(session, invoice(None, process=process))
        assert (reply.one("Succeeded"), reply.one("Processed"), reply.one("Reference")) == ("true", "false", "")
    assert [(one["draft"], one["reference"], one["open"]) for one in yuki.sales()] == [(True, None, "0.00")] * 2
    assert yuki.open_items(session).elements("Item") == []


def test_the_reference_of_a_draft_is_ignored(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", process="false"))
    assert yuki.send(session, invoice("A")).one("Succeeded") == "true"
    assert [one["reference"] for one in yuki.sales()] == [None, "A"]


def test_processing_without_a_reference_gets_a_number_from_yuki(yuki: Yuki, session: str) -> None:
    numbers = [yuki.send(session, invoice(None)).one("Reference") for _ in range(2)]
    assert len(set(numbers)) == 2
    assert [one["reference"] for one in yuki.sales()] == numbers


def test_a_draft_that_is_sent_becomes_an_open_item(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice(None, process="false"))
    booking = yuki.control("send", {"id": yuki.sales()[0]["id"]})
    assert yuki.open_items(session).all("Reference") == [booking["reference"]]


def test_drafts_can_be_refused(yuki: Yuki, session: str) -> None:
    yuki.control("mode", {"drafts": "refuse"})
    assert yuki.send(session, invoice(None, process="false")).one("Succeeded") == "false"


# Amounts


@pytest.mark.parametrize(
    ("given", "net", "vat"),
    [
        (line(quantity="3", price="0.335"), "1.01", "0.21"),
        (line(price="0.50", vat="9", vat_type="2"), "0.50", "0.05"),
        (line(price="121.00", included="true"), "100.00", "21.00"),
        (line(price="10.00", included="true"), "8.26", "1.74"),
        (line(quantity="-2", price="0.0125"), "-0.03", "-0.01"),
        (line(amount="50.00"), "50.00", "10.50"),
        (line(amount="50.00", vat_amount="10.49"), "50.00", "10.49"),
        (line(amount="60.50", included="true"), "50.00", "10.50"),
        (line(amount="60.50", vat_amount="10.51", included="true"), "49.99", "10.51"),
        (line(vat="0.00", vat_type="17"), "100.00", "0.00"),
    ],
)
def test_vat_is_computed_line_by_line_halves_up(yuki: Yuki, session: str, given: str, net: str, vat: str) -> None:
    assert yuki.send(session, invoice("A", given)).one("Message") == ""
    booked = yuki.sales()[0]["lines"][0]
    assert (booked["net"], booked["vat"]) == (net, vat)


def test_vat_is_rounded_for_each_line_not_for_the_sum(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", *(line(f"Artikel {number}", price="0.07") for number in range(3))))
    assert yuki.sales()[0]["vat"] == "0.03"


@pytest.mark.parametrize(
    ("administration", "vat_type", "percentage", "booked"),
    [
        (NL_ADMINISTRATION, "1", "21", True),
        (NL_ADMINISTRATION, "1", "9", False),
        (NL_ADMINISTRATION, "2", "6", False),
        (NL_ADMINISTRATION, "21", "12", False),
        (NL_ADMINISTRATION, "40", "19", True),
        (BE_ADMINISTRATION, "21", "12", True),
        (BE_ADMINISTRATION, "2", "9", False),
        (BE_ADMINISTRATION, "2", "6", True),
    ],
)
def test_type_and_percentage_must_be_an_active_code(
    yuki: Yuki, session: str, administration: str, vat_type: str, percentage: str, booked: bool
) -> None:
    reply = yuki.send(session, invoice("A", line(vat=percentage, vat_type=vat_type)), administration=administration)
    assert (reply.one("Succeeded") == "true") is booked
    assert booked or "cancelled" in reply.one("Message")


# Price lists, sales items, ledger accounts


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("<Currency>USD</Currency>", "The pricelist's currency \"EUR\" does not match with the invoice's"),
        (
            "<PriceList>US dollar</PriceList><Currency>EUR</Currency>",
            "The pricelist's currency \"USD\" does not match with the invoice's",
        ),
        (
            "<PriceList>US dollar</PriceList><Currency/>",
            "The pricelist's currency \"USD\" does not match with the invoice's",
        ),
        ("<PriceList>US dollar</PriceList><Currency>USD</Currency>", ""),
        ("<PriceList/><Currency/>", ""),
    ],
)
def test_the_currency_must_be_the_price_list_s(yuki: Yuki, session: str, before: str, message: str) -> None:
    assert yuki.send(session, invoice(before=before)).one("Message") == message


def test_only_price_type_and_percentage_together_beat_the_price_list(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", line("Uur", price="80", included="false")))
    yuki.send(
        session,
        invoice("B", line("Uur", price="95", vat=None)),
        invoice("C", line("Uur", price="95")),
        invoice("D", line("Uur", price="0")),
        invoice("E", line("Uur", price=None)),
    )
    assert {one["reference"]: one["net"] for one in yuki.sales()} == {
        "A": "80.00", "B": "80.00", "C": "95.00", "D": "80.00", "E": "80.00",
    }  # fmt: skip


def test_an_unknown_sales_item_needs_all_three(yuki: Yuki, session: str) -> None:
    assert yuki.send(session, invoice("A", line("Onbekend", vat_type=None))).one("Succeeded") == "false"


def test_sales_items_are_cut_found_and_listed_once(yuki: Yuki, session: str) -> None:
    yuki.send(
        session,
        invoice("A", line("x" * 60 + "one"), line("x" * 60 + "two")),
        invoice("B", line("Anders", reference="r" * 45)),
    )
    reply = yuki.call("Sales", "GetSalesItems", sessionID=session, administrationID=NL_ADMINISTRATION)
    assert reply.all("description") == ["x" * 60, "Anders"]
    assert [one["reference"] for one in yuki.look("ledger")["items"]] == ["", "r" * 40]


@pytest.mark.parametrize(
    ("account", "booked"), [("", "80000"), ("99999", "80000"), ("80300", "80000"), ("80100", "80100")]
)
def test_a_new_item_falls_back_on_the_first_revenue_account(
    yuki: Yuki, session: str, account: str, booked: str
) -> None:
    yuki.send(session, invoice("A", line(account=account)))
    assert yuki.sales()[0]["lines"][0]["gl_account"] == booked


def test_an_existing_item_keeps_its_account_whatever_a_line_says(yuki: Yuki, session: str) -> None:
    yuki.send(
        session,
        invoice("A", line("Uur", account="80100")),
        invoice("B", line("Uur", account="80200")),
        invoice("C", line("Uur")),
    )
    assert [one["lines"][0]["gl_account"] for one in yuki.sales()] == ["80100", "80200", "80100"]


# Contacts


def contact_of(yuki: Yuki, name: str) -> dict[str, object]:
    (found,) = [one for one in yuki.look("ledger")["contacts"] if one["name"] == name]
    return dict(found)


def test_a_contact_found_by_code_is_overwritten_emptied_and_left_alone(yuki: Yuki, session: str) -> None:
    first = coded("C1", "Oud", CountryCode="NL", City="Gent", Website="oud.example")
    yuki.send(
        session, invoice("A", contact=first), invoice("B", contact=coded("C1", "Nieuw", City="Brugge", Website=""))
    )
    contact = contact_of(yuki, "Nieuw")
    assert contact["fields"] == {"CountryCode": "NL", "City": "Brugge", "Website": ""}
    assert {one["contact"]["code"] for one in yuki.sales()} == {"C1"}


def test_a_contact_found_by_name_is_only_filled_in(yuki: Yuki, session: str) -> None:
    yuki.send(
        session,
        invoice("A", contact=named("Klant", City="Gent")),
        invoice("B", contact=named("klant", City="Gent", Zipcode="9000", Website="x.example")),
    )
    assert contact_of(yuki, "Klant")["fields"] == {"City": "Gent", "Zipcode": "9000", "Website": "x.example"}


def test_an_address_that_differs_is_not_filled_in(yuki: Yuki, session: str) -> None:
    yuki.send(
        session,
        invoice("A", contact=named("Klant", City="Gent")),
        invoice("B", contact=named("Klant", City="Brugge", Zipcode="8000")),
    )
    assert contact_of(yuki, "Klant")["fields"] == {"City": "Gent"}


def test_a_name_finds_contacts_without_a_code_unless_told_otherwise(yuki: Yuki, session: str) -> None:
    yuki.send(session, invoice("A", contact=coded("C1", "Klant")), invoice("B", contact=coded("C2", "Klant")))
    assert [one["contact"]["code"] for one in yuki.sales()] == ["C1", "C2"]
    yuki.control("mode", {"name_match": "any"})
    yuki.send(session, invoice("C", contact=coded("C3", "Klant")))
    assert yuki.sales()[2]["contact"]["code"] == "C1"


def test_a_new_email_address_puts_the_old_one_aside(yuki: Yuki, session: str) -> None:
    yuki.send(
        session,
        *(
            invoice(mail, contact=coded("C1", "Klant", EmailAddress=f"{mail}@klant.example"), email="true")
            for mail in ("a", "b")
        ),
    )
    contact = contact_of(yuki, "Klant")
    assert (contact["invoice_email"], contact["other_emails"]) == ("b@klant.example", ["a@klant.example"])
    assert [one["emailed"] for one in yuki.sales()] == [True, True]


@pytest.mark.parametrize("contact", ["", named("Klant", EmailAddress="a@b.example,c@d.example")])
def test_a_contact_needs_a_name_and_one_address_at_most(yuki: Yuki, session: str, contact: str) -> None:
    assert yuki.send(session, invoice(contact=contact)).one("Succeeded") == "false"


# Settings of the administration


@pytest.mark.parametrize(
    ("before", "administration", "project"),
    [
        (f"<ProjectCode>{PROJECT_CODE}</ProjectCode>", NL_ADMINISTRATION, PROJECT_CODE),
        (f"<ProjectID>{PROJECT_ID}</ProjectID><ProjectCode>no</ProjectCode>", NL_ADMINISTRATION, PROJECT_CODE),
        ("<ProjectCode>no</ProjectCode>", NL_ADMINISTRATION, None),
        (f"<ProjectCode>{PROJECT_CODE}</ProjectCode>", BE_ADMINISTRATION, None),
    ],
)
def test_a_project_must_exist_and_be_in_the_bundle(
    yuki: Yuki, session: str, before: str, administration: str, project: str | None
) -> None:
    yuki.send(session, invoice(before=before), administration=administration)
    assert [one["project"] for one in yuki.sales()] == ([project] if project else [])


def test_direct_debit_must_be_active(yuki: Yuki, session: str) -> None:
    assert yuki.send(session, invoice(method="DirectCollection")).one("Succeeded") == "true"
    reply = yuki.send(session, invoice(method="DirectCollection"), administration=BE_ADMINISTRATION)
    assert "Direct debit" in reply.one("Message")


def test_a_due_date_can_be_required(yuki: Yuki, session: str) -> None:
    assert yuki.send(session, invoice("A", due="")).one("Succeeded") == "true"
    assert yuki.open_items(session).one("DueDate") == ""
    yuki.control("mode", {"due_date_required": True})
    assert yuki.send(session, invoice("B", due="")).one("Succeeded") == "false"


def test_fifty_at_once_are_booked_once_each(yuki: Yuki, session: str) -> None:
    reply = yuki.send(session, *(invoice(f"N-{number}", line(f"Artikel {number}")) for number in range(50)))
    assert reply.one("TotalSucceeded") == "50"
    assert sum(Decimal(one["total"]) for one in yuki.sales()) == Decimal("6050.00")
