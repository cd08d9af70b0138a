"""Files as other programs make them."""

import io
import json
from typing import Any

import openpyxl

YUKI_XML = """<?xml version="1.0" encoding="utf-8"?>
<SalesInvoices xmlns="urn:xmlns:http://www.theyukicompany.com:salesinvoices"
               xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <SalesInvoice>
    <Reference>XX-1234</Reference>
    <Subject>Testfactuur - 1</Subject>
    <PaymentMethod>ElectronicTransfer</PaymentMethod>
    <PaymentID>1234-456</PaymentID>
    <Process>true</Process>
    <EmailToCustomer>false</EmailToCustomer>
    <Layout />
    <Date>2012-06-22</Date>
    <DueDate>2012-07-22</DueDate>
    <PriceList />
    <Currency />
    <ProjectID />
    <ProjectCode />
    <Remarks />
    <Contact>
      <ContactCode>1122</ContactCode>
      <FullName>Apple Sales International</FullName>
      <FirstName />
      <Gender>Male</Gender>
      <CountryCode>NL</CountryCode>
      <City>Rotterdam</City>
      <Zipcode>1234 AA</Zipcode>
      <AddressLine_1>Bergweg 25</AddressLine_1>
      <AddressLine_2 />
      <VATNumber />
      <ContactType>Company</ContactType>
    </Contact>
    <ContactPerson>
      <FirstName>Steve</FirstName>
      <LastName>Jobs</LastName>
      <EmailAddress>steve@apple.com</EmailAddress>
    </ContactPerson>
    <InvoiceLines>
      <InvoiceLine>
        <Description>Regel 1</Description>
        <ProductQuantity>2</ProductQuantity>
        <Product>
          <Description>Product 1</Description>
          <Reference>TP-1122</Reference>
          <Category xsi:nil="true" />
          <SalesPrice>14.88</SalesPrice>
          <VATPercentage>6.00</VATPercentage>
          <VATIncluded>true</VATIncluded>
          <VATType>2</VATType>
          <GLAccountCode></GLAccountCode>
        </Product>
        <AccrualDate>2021-08-01</AccrualDate>
        <AccrualPeriods>1</AccrualPeriods>
        <AccrualInterval>1</AccrualInterval>
      </InvoiceLine>
    </InvoiceLines>
  </SalesInvoice>
</SalesInvoices>
"""

YUKI_JSON: dict[str, Any] = {
    "number": "XX-1234",
    "subject": "Testfactuur - 1",
    "payment_method": "ElectronicTransfer",
    "payment_reference": "1234-456",
    "issue_date": "2012-06-22",
    "due_date": "2012-07-22",
    "contact": {
        "code": "1122",
        "name": "Apple Sales International",
        "country": "NL",
        "city": "Rotterdam",
        "zipcode": "1234 AA",
        "address_line_1": "Bergweg 25",
        "contact_type": "Company",
    },
    "lines": [
        {
            "description": "Regel 1",
            "quantity": 2,
            "unit_price": 14.88,
            "vat_rate": "6.00",
            "vat_type": 2,
            "vat_included": True,
            "item_code": "TP-1122",
            "product_description": "Product 1",
            "accrual_date": "2021-08-01",
            "accrual_periods": 1,
            "accrual_interval": 1,
        }
    ],
}

HEADER = "number;issue_date;contact_name;description;quantity;unit_price;vat_rate"
ROW = "A-1;2026-03-02;Kovács és Társa Kft.;Brood;2;12,50;21"
NAMES = (
    "Bakkerij De Korenbloem",
    "Brasserie ’t Zuid, Gent",
    "Kovács és Társa Kft.",
    "Szűcs Őrszolgálat Zrt.",
    "Jansen; Zn.",
)


def csv(*rows: str, header: str = HEADER) -> bytes:
    """Return a CSV file."""
    return "\r\n".join((header, *rows, "")).encode()


def invoice(**changes: Any) -> dict[str, Any]:
    """Return a small invoice for JSON."""
    line = {"description": "Brood", "quantity": 1, "unit_price": "10.00", "vat_rate": 21}
    values = {"number": "A-1", "issue_date": "2026-03-02", "contact": {"name": "Bakkerij"}, "lines": [line]}
    return values | changes


def as_json(*invoices: Any) -> bytes:
    """Return a JSON file."""
    return json.dumps(list(invoices), ensure_ascii=False).encode()


def xlsx(*rows: list[Any]) -> bytes:
    """Return a workbook with these rows on its first sheet."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def two_hundred() -> bytes:
    """Return a CSV of 200 invoices with two lines each, with Dutch, Belgian and Hungarian names, to the cent."""
    rows = []
    for n in range(200):
        name = NAMES[n % len(NAMES)].replace('"', '""')
        head = f'B-{n:03};{n % 28 + 1:02}-03-2026;{1100 + n % len(NAMES)};"{name}"'
        rows += [f"{head};Brood;3;{n},{n % 100:02};9;2", f"{head};Bezorging;1;0,07;21;1"]
    header = "factuurnummer;factuurdatum;relatienummer;relatie;omschrijving;aantal;prijs;btw;btw-type"
    return ("\ufeff" + "\r\n".join((header, *rows))).encode()
