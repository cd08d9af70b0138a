"""Yuki's own sales invoice XML, as another program may have made it for Yuki."""

from lxml import etree

from webapp.domain.documents import CLEARABLE
from webapp.domain.drafts import Fault
from webapp.services.imports.raw import MOST_INVOICES, Found, Part, Raw, Unreadable

_HEAD = {
    "Reference": "number",
    "Subject": "subject",
    "PaymentMethod": "payment_method",
    "PaymentID": "payment_reference",
    "PurchaseOrderNumber": "purchase_order_number",
    "Process": "process",
    "EmailToCustomer": "email_to_customer",
    "SentToPeppol": "sent_to_peppol",
    "Layout": "layout",
    "Notes": "notes",
    "Date": "issue_date",
    "DueDate": "due_date",
    "PriceList": "price_list",
    "Currency": "currency",
    "ProjectID": "project_id",
    "ProjectCode": "project_code",
    "Remarks": "remarks",
    "DocumentFileName": "document_file_name",
    "DocumentBase64": "document_base64",
}
_CONTACT = {
    "ContactCode": "code",
    "FullName": "name",
    "FirstName": "first_name",
    "MiddleName": "middle_name",
    "LastName": "last_name",
    "Gender": "gender",
    "CountryCode": "country",
    "City": "city",
    "Zipcode": "zipcode",
    "AddressLine_1": "address_line_1",
    "AddressLine_2": "address_line_2",
    "EmailAddress": "email",
    "Website": "website",
    "CoCNumber": "coc_number",
    "VATNumber": "vat_number",
    "ContactType": "contact_type",
    "BankAccount": "bank_account",
    "BIC": "bic",
    "PhoneHome": "phone",
    "MobileHome": "mobile",
}
_PERSON = {
    "FullName": "full_name",
    "FirstName": "first_name",
    "MiddleName": "middle_name",
    "LastName": "last_name",
    "Gender": "gender",
    "EmailAddress": "email",
}
_LINE = {
    "Description": "description",
    "Remarks": "remarks",
    "ProductQuantity": "quantity",
    "LineAmount": "line_amount",
    "LineVATAmount": "line_vat_amount",
    "AccrualDate": "accrual_date",
    "AccrualPeriods": "accrual_periods",
    "AccrualInterval": "accrual_interval",
}
_PRODUCT = {
    "Description": "product_description",
    "Reference": "item_code",
    "Category": "category",
    "SalesPrice": "unit_price",
    "VATPercentage": "vat_rate",
    "VATIncluded": "vat_included",
    "VATType": "vat_type",
    "VATDescription": "vat_description",
    "GLAccountCode": "gl_account_code",
    "Remarks": "product_remarks",
}
_PRICED = ("unit_price", "vat_rate", "vat_type")


def read_xml(content: bytes) -> Found:
    """Read a SalesInvoices document; what has no place here is named in the notes. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("empty_file")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("xml", line=error.lineno or 1, detail=str(error.msg)[:200]) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("doctype")
    if _name(root) != "SalesInvoices":
        raise Unreadable("xml_root", found=_name(root)[:60])
    entries = [child for child in root if _name(child) == "SalesInvoice"]
    if not entries:
        raise Unreadable("no_rows")
    if len(entries) > MOST_INVOICES:
        raise Unreadable("too_many_rows", most=MOST_INVOICES)
    dropped: dict[str, None] = {}
    found = Found([_invoice(entry, dropped) for entry in entries])
    found.notes = [Fault("dropped_field", "", {"name": name}) for name in dropped]
    return found


def _invoice(entry: etree._Element, dropped: dict[str, None]) -> Raw:
    head = _part(entry, _HEAD, dropped, "", groups=("Contact", "ContactPerson", "InvoiceLines"))
    head.values.setdefault("process", "false")  # what Yuki assumes where it is missing
    contact, person, lines = Part(place=head.place), Part(place=head.place), []
    for child in entry:
        if _name(child) == "Contact":
            contact = _part(child, _CONTACT, dropped, "Contact/", emptied=CLEARABLE)
        elif _name(child) == "ContactPerson":
            person = _part(child, _PERSON, dropped, "ContactPerson/")
        elif _name(child) == "InvoiceLines":
            lines = [_line(line, dropped) for line in child if _name(line) == "InvoiceLine"]
    _name_contact(contact)
    return Raw(head, contact, lines, person)


def _name_contact(contact: Part) -> None:
    """A contact without a full name is called by the parts of its name, as Yuki does."""
    parts = (contact.values.get(name) for name in ("first_name", "middle_name", "last_name"))
    spoken = " ".join(part for part in parts if part)
    if spoken:
        contact.values.setdefault("name", spoken)


def _line(entry: etree._Element, dropped: dict[str, None]) -> Part:
    part = _part(entry, _LINE, dropped, "InvoiceLine/", groups=("Product",))
    for child in entry:
        if _name(child) == "Product":
            product = _part(child, _PRODUCT, dropped, "Product/")
            part.values |= product.values
            part.columns |= product.columns
    part.values.setdefault("description", part.values.get("product_description", ""))
    if any(name not in part.values for name in _PRICED):
        part.values["price_from_list"] = "true"  # Yuki takes the price of its own list unless all three are there
    return part


def _part(
    entry: etree._Element,
    names: dict[str, str],
    dropped: dict[str, None],
    path: str,
    groups: tuple[str, ...] = (),
    emptied: tuple[str, ...] = (),
) -> Part:
    part = Part(place={"line": int(str(entry.sourceline))}, typed=True)
    for child in entry:
        name, text = _name(child), (child.text or "").strip()
        if name in groups or (not text and not len(child)):
            if names.get(name) in emptied:
                part.values[names[name]] = ""
            continue
        if name in names:
            part.values[names[name]] = text
            part.columns[names[name]] = name
        else:
            dropped[path + name] = None
    return part


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
