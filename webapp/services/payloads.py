"""A whole invoice as other systems get it: in the stream, in webhooks, and in the answer to a correction.

The names are those of the seed `alfa-import-invoice-api.md` and of the contract's optional fields; amounts, quantities
and rates are strings, so that no reader makes a float of them; dates are ISO 8601, what is unknown is null.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceLine

Values = Mapping[str, Any]

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
    return whole(
        _values(invoice, HEAD) | {"contact_name": invoice.contact_name},
        [_values(line, LINE) for line in invoice.lines],
        _values(invoice.contact, CONTACT) if invoice.contact else None,
        salesman=invoice.salesman.name if invoice.salesman else None,
    )


def whole(head: Values, lines: Sequence[Values], contact: Values | None, *, salesman: str | None) -> dict[str, Any]:
    """Return the same of an invoice that is at hand as the values of its columns."""
    return {
        **_picked(head, HEAD),
        "salesman": salesman,
        "customer": _picked(contact, CONTACT) if contact else {"code": None, "name": head["contact_name"]},
        "items": [_picked(line, LINE) for line in lines],
    }


def _values(row: Invoice | InvoiceLine | Contact, names: Mapping[str, str]) -> dict[str, Any]:
    return {ours: getattr(row, ours) for ours in names.values()}


def _picked(values: Values, names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: _plain(values[ours]) for theirs, ours in names.items()}


def _plain(value: Any) -> Any:
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, Decimal):
        # The same text whether it comes from a column or from what is about to be stored: at least two decimals.
        whole_part, _, decimals = f"{value:f}".partition(".")
        return f"{whole_part}.{decimals.rstrip('0').ljust(2, '0')}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
