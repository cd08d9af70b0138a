"""The invoices that were fetched from Billingo: the list with its filters, and one with its lines."""

from typing import Any

from flask import Response

from webapp.api.access import access, calling
from webapp.api.answers import Refusal, answer
from webapp.api.billingo.blueprint import BILLINGO, FEATURE, blueprint, company
from webapp.api.billingo.models import Detail, InvoiceDetail, InvoiceList, InvoicesQuery
from webapp.api.billingo.paging import listed, read_query
from webapp.api.billingo.shapes import day, decimals, iso, money, whole
from webapp.api.describing import describe
from webapp.queries import fetched_invoices
from webapp.queries.fetched_invoices import Document, Line, Wanted

REFUSALS: dict[int, Any] = {400: Detail, 401: Detail, 403: Detail, 404: Detail, 429: Detail}


@blueprint.get("/billingo-invoices/", strict_slashes=False)
@access("viewer", feature=FEATURE)
@describe("Invoices that were fetched", query=InvoicesQuery, answers={200: InvoiceList, **REFUSALS})
def list_invoices() -> Response:
    """Give the fetched invoices of the company, the newest invoice date first."""
    query = read_query(InvoicesQuery)
    wanted = Wanted(
        payment_status=query.payment_status or "",
        partner_tax_number=query.partner_tax_number or "",
        since=query.invoice_date_from,
        until=query.invoice_date_to,
        search=query.search or "",
    )
    total, found = fetched_invoices.page(
        calling().organisation_id, BILLINGO, wanted, start=query.start, size=query.page_size
    )
    mine = company()
    return answer(listed(query, total, [_row(one, mine) for one in found]))


@blueprint.get("/billingo-invoices/<document_id>/", strict_slashes=False)
@access("viewer", feature=FEATURE)
@describe("One fetched invoice", answers={200: InvoiceDetail, **REFUSALS})
def show_invoice(document_id: str) -> Response:
    """Give one invoice by Billingo's id, with its lines."""
    found = fetched_invoices.find(calling().organisation_id, BILLINGO, document_id) if whole(document_id) else None
    if found is None:
        raise Refusal(404, "Not found.")
    return answer(_detail(found, company()))


def _row(one: Document, mine: dict[str, object]) -> dict[str, Any]:
    return {
        "id": whole(one.remote_id),
        **mine,
        "invoice_number": one.number,
        "type": one.document_type,
        "payment_status": one.payment_status,
        "payment_method": one.payment_method,
        "gross_total": decimals(one.gross_total),
        "gross_total_formatted": money(one.gross_total, one.currency),
        "currency": one.currency,
        "invoice_date": day(one.issue_date),
        "invoice_date_formatted": day(one.issue_date),
        "due_date": day(one.due_date),
        "paid_date": day(one.paid_date),
        "partner_name": one.contact_name,
        "partner_tax_number": _text(one.partner, "tax_number"),
        "cancelled": one.cancelled,
        "item_count": one.item_count,
        "created_at": iso(one.created_at),
    }


def _detail(one: Document, mine: dict[str, object]) -> dict[str, Any]:
    partner, issuer = one.partner, one.organization
    block = one.facts.get("block_id")
    return {
        "id": whole(one.remote_id),
        **mine,
        "invoice_number": one.number,
        "type": one.document_type,
        "correction_type": one.correction_type,
        "cancelled": one.cancelled,
        "block_id": block if isinstance(block, int) else None,
        "payment_status": one.payment_status,
        "payment_method": one.payment_method,
        "gross_total": decimals(one.gross_total),
        "gross_total_formatted": money(one.gross_total, one.currency),
        "currency": one.currency,
        "conversion_rate": decimals(one.conversion_rate, 6) if one.conversion_rate is not None else None,
        "invoice_date": day(one.issue_date),
        "invoice_date_formatted": day(one.issue_date),
        "fulfillment_date": day(one.fulfillment_date),
        "due_date": day(one.due_date),
        "due_date_formatted": day(one.due_date),
        "paid_date": day(one.paid_date),
        "paid_date_formatted": day(one.paid_date),
        "organization_name": _text(issuer, "name"),
        "organization_tax_number": _text(issuer, "tax_number"),
        "organization_bank_account_number": _text(issuer, "account_number"),
        "organization_bank_account_iban": _text(issuer, "iban"),
        "organization_swift": _text(issuer, "swift"),
        "partner_id": whole(_text(partner, "remote_id")),
        "partner_name": one.contact_name,
        "partner_tax_number": _text(partner, "tax_number"),
        "partner_iban": _text(partner, "iban"),
        "partner_swift": _text(partner, "bic"),
        "partner_account_number": _text(partner, "account_number"),
        "comment": one.remarks,
        "online_szamla_status": _text(one.facts, "online_szamla_status"),
        "items": [_item(line, one) for line in one.lines],
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "last_modified": iso(one.updated_at),
    }


def _item(line: Line, one: Document) -> dict[str, Any]:
    return {
        "id": line.id,
        "product_id": whole(line.product_id),
        "name": line.name,
        "quantity": decimals(line.quantity),
        "unit": line.unit,
        "net_unit_price": decimals(line.unit_price),
        "net_amount": decimals(line.net_amount),
        "gross_amount": decimals(line.gross_amount),
        "vat": line.vat,
        "entitlement": line.entitlement,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
    }


def _text(told: dict[str, Any], name: str) -> str:
    return str(told.get(name) or "")
