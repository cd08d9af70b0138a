"""What an invoice says, as the columns of its row and of the rows of its lines."""

from decimal import Decimal
from typing import Any

from webapp.domain.invoices import DeliveryState, DocumentStatus, InvoiceKind
from webapp.domain.totals import add_up
from webapp.extensions import clock
from webapp.services.invoices.data import InvoiceData, PersonData
from webapp.services.invoices.rules import line_input

_LINE_FIELDS = (
    "description",
    "remarks",
    "item_code",
    "product_description",
    "quantity",
    "unit_price",
    "vat_included",
    "vat_type",
    "vat_rate",
    "vat_description",
    "category",
    "product_remarks",
    "price_from_list",
    "line_amount",
    "line_vat_amount",
    "gl_account_code",
    "activity_code",
    "accrual_date",
    "accrual_periods",
    "accrual_interval",
    "barcode",
    "packing",
    "shelf_location",
    "mrp",
    "company_name",
    "batch_no",
)
_HEAD_FIELDS = (
    "number",
    "issue_date",
    "due_date",
    "currency",
    "payment_method",
    "payment_reference",
    "subject",
    "remarks",
    "purchase_order_number",
    "process",
    "email_to_customer",
    "sent_to_peppol",
    "layout",
    "notes",
    "price_list",
    "project_id",
    "project_code",
    "department_id",
)


def fresh_values(
    organisation_id: int, data: InvoiceData, *, source: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what the columns of a new invoice and of its lines hold, all but its contact and document."""
    head, lines = values_of(data)
    now = clock.now()
    start = {
        "organisation_id": organisation_id,
        "kind": InvoiceKind.SALES.value,
        "source": source,
        "status": data.status,
        "delivery": DeliveryState.NOT_SENT.value,
        "payment": "paid" if head["gross_total"] == 0 else "open",
        "outstanding_amount": head["gross_total"],
        "paid_amount": Decimal(0),
        "credited_amount": Decimal(0),
        "written_off_amount": Decimal(0),
        "sent_at": now if data.status == DocumentStatus.SENT else None,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
    }
    return start | head, lines


def values_of(data: InvoiceData) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what `data` says as columns of an invoice, with its totals, and of each of its lines."""
    per_line, total = add_up([line_input(line) for line in data.lines], data.currency)
    head: dict[str, Any] = {name: getattr(data, name) for name in _HEAD_FIELDS}
    head["contact_person"] = {name: said for name in PersonData.__slots__ if (said := getattr(data.person, name))}
    head |= {"net_total": total.net, "vat_total": total.vat, "gross_total": total.gross}
    lines = []
    for position, (line, amounts) in enumerate(zip(data.lines, per_line, strict=True), start=1):
        values: dict[str, Any] = {name: getattr(line, name) for name in _LINE_FIELDS}
        values |= {"net_amount": amounts.net, "vat_amount": amounts.vat, "gross_amount": amounts.gross}
        lines.append(values | {"position": position})
    return head, lines
