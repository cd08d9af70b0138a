"""A document of Billingo as Koppel knows one; a record that cannot be read is set aside, not the rest of its page."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from webapp.connectors.billingo import fields, wire
from webapp.connectors.billingo.fields import BadField
from webapp.connectors.ports import NotUnderstood
from webapp.connectors.sources import Asked, BadRecord
from webapp.domain.money import amount_of
from webapp.domain.remote_invoices import RemoteContact, RemoteInvoice, RemoteLine, RemotePayment

PAID = frozenset({"paid", "partially_paid"})
"""The statuses with which `paid_date` means something; with any other it is the day on which one asks."""

MOST_NUMBER = 60
CURRENCY = re.compile("[A-Z]{3}")
ORGANISATION = ("name", "tax_number", "eu_tax_number", "ev_number")
TOLD = ("block_id", "electronic", "language", "notification_status", "online_szamla_status", "tags", "discount")


def query(asked: Asked, number: int) -> dict[str, str | int]:
    """Return the parameters of `GET /documents`.

    `last_modified_date` has no zone, and none is documented: it is written in UTC, which no zone that Billingo may
    use is behind, so that at worst more is read than was asked for, never less.
    """
    found: dict[str, str | int] = {"page": number, "per_page": wire.PER_PAGE}
    if asked.modified_since is not None:
        found["last_modified_date"] = f"{asked.modified_since:%Y-%m-%d %H:%M:%S}"
    if asked.issued_since is not None:
        found["start_date"] = asked.issued_since.isoformat()
    if asked.paid_since is not None:
        found["paid_start_date"] = asked.paid_since.isoformat()
    if asked.payment_status:
        found["payment_status"] = asked.payment_status
    return found


def read_records(records: Iterable[Any]) -> tuple[tuple[RemoteInvoice, ...], tuple[BadRecord, ...]]:
    """Return the documents of a page, and what of it could not be read."""
    good: list[RemoteInvoice] = []
    bad: list[BadRecord] = []
    for record in records:
        try:
            if not isinstance(record, dict):
                raise BadField("", "not_an_object")
            good.append(read_document(record))
        except BadField as error:
            bad.append(_set_aside(record, error))
    return tuple(good), tuple(bad)


def _set_aside(record: Any, error: BadField) -> BadRecord:
    told = record if isinstance(record, dict) else {}
    number = told.get("invoice_number")
    return BadRecord(
        remote_id=fields.reference(told, "id"),
        number=wire.redact(number, secret="")[:MOST_NUMBER] if isinstance(number, str) else "",
        field=error.field,
        reason=error.reason,
        payload=wire.write(record),
    )


def read_document(record: Mapping[str, Any]) -> RemoteInvoice:
    """Return a document; raises BadField with the first thing that is wrong with it.

    Needed are id, invoice_date, currency, gross_total and the items; words that nobody knows are kept as they are.
    The net total and the VAT stand in the summary; where that is missing, they are what the lines say.
    """
    remote_id = fields.number_of(record, "id")
    issue_date = fields.day(record, "invoice_date")
    if issue_date is None:
        raise BadField("invoice_date", "missing")
    currency = fields.text(record, "currency")
    if not CURRENCY.fullmatch(currency):
        raise BadField("currency", "not_a_currency" if currency else "missing")
    status = fields.text(record, "payment_status")
    lines = tuple(_line(row, place) for place, row in enumerate(fields.rows(record, "items")))
    summary = fields.part(record, "summary")
    paid_date = fields.day(record, "paid_date")
    return RemoteInvoice(
        remote_id=remote_id,
        number=fields.text(record, "invoice_number", most=MOST_NUMBER),
        document_type=fields.text(record, "type"),
        correction_type=fields.text(record, "correction_type"),
        cancelled=fields.flag(record, "cancelled"),
        payment_status=status,
        payment_method=fields.text(record, "payment_method"),
        issue_date=issue_date,
        fulfillment_date=fields.day(record, "fulfillment_date"),
        due_date=fields.day(record, "due_date"),
        paid_date=paid_date if status in PAID else None,
        currency=currency,
        conversion_e6=fields.rate(record, "conversion_rate"),
        net_e4=fields.money(summary, "net_amount", default=sum(one.net_e4 for one in lines)),
        vat_e4=fields.money(summary, "vat_amount", default=sum(one.vat_e4 for one in lines)),
        gross_e4=fields.money(record, "gross_total"),
        # `partner` is the customer as it is today, `document_partner` as it stands on the document.
        contact=_contact(fields.part(record, "document_partner") or fields.part(record, "partner")),
        lines=lines,
        related=_related(record),
        comment=fields.text(record, "comment"),
        facts=_facts(record),
    )


def _line(row: Mapping[str, Any], place: int) -> RemoteLine:
    try:
        vat = fields.text(row, "vat")
        net, gross = fields.money(row, "net_amount"), fields.money(row, "gross_amount")
        return RemoteLine(
            name=fields.text(row, "name"),
            quantity_e6=fields.fine(row, "quantity"),
            unit=fields.text(row, "unit"),
            # Not `net_unit_price`: that is the key of a product.
            unit_price_e6=fields.fine(row, "net_unit_amount"),
            net_e4=net,
            vat_e4=fields.money(row, "vat_amount", default=gross - net),
            gross_e4=gross,
            vat=vat,
            rate_e4=fields.percentage(vat),
            remarks=fields.text(row, "comment"),
            product_id=fields.reference(row, "product_id"),
            entitlement=fields.text(row, "entitlement") or None,
        )
    except BadField as error:
        raise BadField(f"items[{place}].{error.field}", error.reason) from None


def _contact(partner: Mapping[str, Any]) -> RemoteContact:
    address = fields.part(partner, "address")
    emails = partner.get("emails")
    first = next((one for one in emails if isinstance(one, str)), "") if isinstance(emails, list) else ""
    return RemoteContact(
        remote_id=fields.reference(partner, "id"),
        name=fields.text(partner, "name"),
        tax_number=fields.text(partner, "taxcode"),
        country=fields.text(address, "country_code"),
        zipcode=fields.text(address, "post_code"),
        city=fields.text(address, "city"),
        address=fields.text(address, "address"),
        email=fields.text({"email": first}, "email"),
        phone=fields.text(partner, "phone"),
        iban=fields.text(partner, "iban"),
        bic=fields.text(partner, "swift"),
        account_number=fields.text(partner, "account_number"),
    )


def _related(record: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if record.get("related_documents") is None:
        return ()
    found = fields.rows(record, "related_documents")
    return tuple((fields.number_of(row, "id"), fields.text(row, "invoice_number")) for row in found)


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what else the document says, as JSON: the account that issued it, its settings, the report to the NAV."""
    organisation = fields.part(record, "organization")
    bank = fields.part(organisation, "bank_account")
    found: dict[str, Any] = {name: kept(record[name]) for name in TOLD if record.get(name) not in (None, "", [])}
    found["organization"] = {name: fields.text(organisation, name) for name in ORGANISATION} | {
        "account_number": fields.text(bank, "account_number"),
        "iban": fields.text(bank, "account_number_iban"),
        "swift": fields.text(bank, "swift"),
    }
    rounding = fields.text(fields.part(record, "settings"), "round")
    if rounding not in ("", "none"):
        found["round"] = rounding
    return found


def kept(value: Any) -> Any:
    """Return a value as a JSON column can hold it: amounts as text."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return wire.redact(value, secret="")
    if isinstance(value, list):
        return [kept(one) for one in value]
    if isinstance(value, dict):
        return {str(key): kept(one) for key, one in value.items()}
    return value


def read_payments(answer: Any) -> tuple[RemotePayment, ...]:
    """Return the payments of a document; raises NotUnderstood when one of them cannot be read.

    A list of which one is missing would tell a wrong balance, so it is read whole or not at all.
    """
    if not isinstance(answer, list):
        raise NotUnderstood("the payments are not a list")
    try:
        return tuple(_payment(row) for row in fields.rows({"payments": answer}, "payments"))
    except BadField as error:
        raise NotUnderstood(f"a payment cannot be read: {error.field} {error.reason}") from None


def _payment(row: Mapping[str, Any]) -> RemotePayment:
    day = fields.day(row, "date")
    if day is None:
        raise BadField("date", "missing")
    method = fields.text(row, "payment_method")
    return RemotePayment(day, amount_of(fields.money(row, "price")), method, fields.text(row, "voucher_number"))
