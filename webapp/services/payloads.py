"""A whole invoice as other systems get it: in the stream, in webhooks, and in the answer to a correction.

The names are those of the seed `alfa-import-invoice-api.md` and of the contract's optional fields; amounts, quantities
and rates are strings, so that no reader makes a float of them; dates are ISO 8601, what is unknown is null.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceLine

CONTACT = {
    "code": "code",
    "name": "name",
    "area": "area",
    "address1": "address_line_1",
    "address2": "address_line_2",
    "phone1": "phone",
    "phone2": "mobile",
    "email": "email",
    "zipcode": "zipcode",
    "city": "city",
    "country": "country",
    "vat_number": "vat_number",
    "coc_number": "coc_number",
}
HEAD = {
    "id": "id",
    "invoice_no": "number",
    "kind": "kind",
    "priority": "priority",
    "created_by": "created_by",
    "created_user": "created_user_id",
    "status": "status",
    "delivery": "delivery",
    "payment": "payment",
    "source": "source",
    "invoice_date": "issue_date",
    "due_date": "due_date",
    "currency": "currency",
    "subject": "subject",
    "remarks": "remarks",
    "payment_method": "payment_method",
    "payment_reference": "payment_reference",
    "net_amount": "net_total",
    "vat_amount": "vat_total",
    "total_amount": "gross_total",
    "paid_amount": "paid_amount",
    "outstanding_amount": "outstanding_amount",
    "revision": "revision",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
LINE = {
    "position": "position",
    "name": "description",
    "item_code": "item_code",
    "product_description": "product_description",
    "remarks": "remarks",
    "barcode": "barcode",
    "packing": "packing",
    "shelf_location": "shelf_location",
    "mrp": "mrp",
    "company_name": "company_name",
    "batch_no": "batch_no",
    "quantity": "quantity",
    "unit_price": "unit_price",
    "vat_included": "vat_included",
    "vat_type": "vat_type",
    "vat_percentage": "vat_rate",
    "gl_account_code": "gl_account_code",
    "net_amount": "net_amount",
    "vat_amount": "vat_amount",
    "total_amount": "gross_amount",
}
"""Their word for a field, and ours."""


def payload(invoice: Invoice) -> dict[str, Any]:
    """Return the whole invoice with its customer and items, as JSON can carry it; of a stored invoice."""
    return {
        **_picked(invoice, HEAD),
        "salesman": invoice.salesman.name if invoice.salesman else None,
        "customer": _customer(invoice),
        "items": [_picked(line, LINE) for line in invoice.lines],
    }


def _customer(invoice: Invoice) -> dict[str, Any]:
    contact = invoice.contact
    if contact is None:
        return {"code": None, "name": invoice.contact_name}
    return _picked(contact, CONTACT)


def _picked(row: Invoice | InvoiceLine | Contact, names: dict[str, str]) -> dict[str, Any]:
    return {theirs: _plain(getattr(row, ours)) for theirs, ours in names.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
