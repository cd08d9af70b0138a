"""The same document, written a second time and in another way: a tree, element by element, out of the schema's order.

It shares nothing with the writer but the domain's words, so that a mistake would have to be made twice.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from webapp.domain.documents import CLEAR, KEEP, SalesDocument

SALES = "urn:xmlns:http://www.theyukicompany.com:salesinvoices"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MONEY = {"LineAmount", "LineVATAmount", "SalesPrice", "VATPercentage"}
HEAD = (
    "Reference=reference Subject=subject PaymentMethod=payment_method PaymentID=payment_id "
    "PurchaseOrderNumber=purchase_order_number Process=process EmailToCustomer=email_to_customer "
    "SentToPeppol=sent_to_peppol Layout=layout Notes=notes Date=issue_date DueDate=due_date PriceList=price_list "
    "Currency=currency ProjectID=project_id ProjectCode=project_code Remarks=remarks "
    "DocumentFileName=document_file_name DocumentBase64=document_base64"
)
CONTACT = (
    "ContactCode=code FullName=full_name FirstName=first_name MiddleName=middle_name LastName=last_name "
    "Gender=gender CountryCode=country_code City=city Zipcode=zipcode AddressLine_1=address_line_1 "
    "AddressLine_2=address_line_2 EmailAddress=email Website=website CoCNumber=coc_number VATNumber=vat_number "
    "ContactType=contact_type BankAccount=bank_account BIC=bic PhoneHome=phone MobileHome=mobile"
)
PERSON = (
    "FullName=full_name FirstName=first_name MiddleName=middle_name LastName=last_name Gender=gender EmailAddress=email"
)
LINE = (
    "Description=description Remarks=remarks ProductQuantity=quantity LineAmount=line_amount "
    "LineVATAmount=line_vat_amount"
)
PRODUCT = (
    "Description=description Reference=reference Category=category SalesPrice=sales_price "
    "VATPercentage=vat_percentage VATIncluded=vat_included VATType=vat_type VATDescription=vat_description "
    "GLAccountCode=gl_account_code Remarks=remarks"
)
ACCRUAL = "AccrualDate=accrual_date AccrualPeriods=accrual_periods AccrualInterval=accrual_interval"


def tree_of(document: SalesDocument) -> bytes:
    """Return the bytes of a document, built as a tree."""
    spaces: Any = {None: SALES, "xsi": XSI}
    root = etree.Element(f"{{{SALES}}}SalesInvoice", nsmap=spaces)
    _add(root, HEAD, document)
    _add(_open(root, "Contact"), CONTACT, document.contact)
    if document.contact_person is not None:
        person = _open(root, "ContactPerson")
        _add(person, PERSON, document.contact_person)
        if not len(person):
            root.remove(person)
    rows = _open(root, "InvoiceLines")
    for line in document.lines:
        row = _open(rows, "InvoiceLine")
        _add(row, LINE, line)
        product = _open(row, "Product")
        _add(product, PRODUCT, line.product)
        _add(row, ACCRUAL, line)
    return bytes(etree.tostring(root, encoding="utf-8"))


def _open(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{SALES}}}{name}")


def _add(parent: etree._Element, words: str, source: object) -> None:
    for word in words.split():
        name, _, attribute = word.partition("=")
        value = getattr(source, attribute)
        if name == "Category" and value is None:
            _open(parent, name).set(f"{{{XSI}}}nil", "true")
        elif value is CLEAR:
            _open(parent, name)
        elif value is not None and value is not KEEP and value != "":
            _open(parent, name).text = _said(name, value)


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        text = "0" if text in ("-0", "") else text
        if name in MONEY:
            whole, _, cents = text.partition(".")
            text = f"{whole}.{cents:0<2}"
        return text
    if isinstance(value, date):
        return f"{value.year:04}-{value.month:02}-{value.day:02}"
    text = str(value)
    return re.sub("\r\n|\r|\n", "\r", text) if name == "Remarks" else text
