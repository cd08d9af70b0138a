"""The fields of an invoice in words, and where each stands in the form."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

NAMES: dict[str, Any] = {
    "number": _l("Number"),
    "subject": _l("Subject"),
    "issue_date": _l("Invoice date"),
    "due_date": _l("Due date"),
    "currency": _l("Currency"),
    "payment_method": _l("Payment method"),
    "payment_id": _l("Payment reference"),
    "payment_reference": _l("Payment reference"),
    "purchase_order_number": _l("Purchase order number"),
    "process": _l("In Yuki"),
    "email_to_customer": _l("Have Yuki e-mail it"),
    "sent_to_peppol": _l("Sent by Peppol"),
    "layout": _l("Layout"),
    "notes": _l("Notes on the invoice"),
    "price_list": _l("Price list"),
    "project_id": _l("Project ID"),
    "project_code": _l("Project code"),
    "remarks": _l("Remarks"),
    "document": _l("PDF"),
    "total": _l("Total"),
    "lines": _l("Lines"),
    "contact.code": _l("Contact code"),
    "contact.name": _l("Contact"),
    "contact.full_name": _l("Name"),
    "contact.first_name": _l("First name"),
    "contact.middle_name": _l("Middle name"),
    "contact.last_name": _l("Last name"),
    "contact.gender": _l("Gender"),
    "contact.country_code": _l("Country"),
    "contact.city": _l("City"),
    "contact.zipcode": _l("Zip code"),
    "contact.address_line_1": _l("Address"),
    "contact.address_line_2": _l("Second address line"),
    "contact.email": _l("E-mail address"),
    "contact.website": _l("Website"),
    "contact.coc_number": _l("Chamber of Commerce number"),
    "contact.vat_number": _l("VAT number"),
    "contact.contact_type": _l("Kind of contact"),
    "contact.bank_account": _l("Bank account (IBAN)"),
    "contact.bic": _l("BIC"),
    "contact.phone": _l("Phone"),
    "contact.mobile": _l("Mobile phone"),
    "line.description": _l("Description"),
    "line.quantity": _l("Quantity"),
    "line.unit_price": _l("Price"),
    "line.sales_price": _l("Price"),
    "line.vat_rate": _l("VAT"),
    "line.gl_account_code": _l("GL account"),
    "line.item_code": _l("Item code"),
    "line.product_description": _l("Product name"),
    "line.category": _l("Category"),
    "line.line_amount": _l("Amount of the line"),
    "line.line_vat_amount": _l("VAT of the line"),
    "line.accrual_date": _l("Accrual"),
}
_LINE = re.compile(r"lines\.(\d+)\.(?:product\.)?(\w+)")
_FORM = {
    "contact.full_name": "contact_name",
    "contact.country_code": "contact_country",
    "payment_id": "payment_reference",
    "process": "processing",
    "total": "",
    "lines": "",
    "document": "document",
}
_FORM_LINE = {
    "sales_price": "unit_price",
    "vat_percentage": "vat",
    "vat_type": "vat",
    "vat_rate": "vat",
    "reference": "item_code",
}


def field_word(path: str) -> str:
    """Return a field's name in words; of a line with its number."""
    found = _LINE.fullmatch(path)
    if found:
        name = {"vat_percentage": "vat_rate", "vat_type": "vat_rate", "reference": "item_code"}.get(found[2], found[2])
        word = NAMES.get(f"line.{name}", name)
        return str(_("Line %(line)s: %(field)s", line=found[1], field=word))
    return str(NAMES.get(path, path))


def form_id(path: str) -> str:
    """Return the id of the control in the invoice's form, "" where a field has none."""
    found = _LINE.fullmatch(path)
    if found:
        return f"lines-{int(found[1]) - 1}-{_FORM_LINE.get(found[2], found[2])}"
    return _FORM.get(path, path.replace(".", "_"))
