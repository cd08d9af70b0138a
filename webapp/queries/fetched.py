"""What its source says of a fetched invoice, beside what stands in the invoice itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.queries.failures import remote_name
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import InvoiceDocument
from webapp.store.session import current

TYPES: dict[str, Any] = {
    "invoice": _l("Invoice"),
    "advance": _l("Advance invoice"),
    "modification": _l("Correction invoice"),
    "cancellation": _l("Cancellation invoice (storno)"),
    "receipt": _l("Receipt"),
    "receipt_cancellation": _l("Cancelled receipt"),
    "proforma": _l("Pro forma"),
    "draft": _l("Draft"),
}
"""The types that people meet; any other is shown in the source's own word."""

REPORTS: dict[str, Any] = {
    "done": _l("accepted"),
    "validation_ok": _l("accepted"),
    "nav_warn": _l("accepted with a warning"),
    "sent": _l("sent, no answer yet"),
    "received": _l("sent, no answer yet"),
    "processing": _l("sent, no answer yet"),
    "started": _l("sent, no answer yet"),
    "aborted": _l("refused"),
    "send_failed": _l("could not be sent"),
    "technical_error": _l("could not be sent"),
    "not_checked": _l("not sent"),
    "no_online_szamla_settings": _l("not set up in Billingo"),
    "under_tax_limit": _l("not needed: too little VAT"),
}
"""What the tax office made of it (Billingo's online_szamla_status); any other is shown in Billingo's own word."""

PAYMENT: dict[str, Any] = {
    "none": _l("Not payable"),
    "outstanding": _l("Open"),
    "expired": _l("Overdue"),
    "partially_paid": _l("Partially paid"),
    "paid": _l("Paid"),
}

METHODS: dict[str, Any] = {
    "wire_transfer": _l("Electronic transfer"),
    "elore_utalas": _l("Electronic transfer"),
    "cash": _l("Cash"),
    "cash_on_delivery": _l("Cash on delivery"),
    "bankcard": _l("Debit card"),
    "online_bankcard": _l("Online"),
    "levonas": _l("Direct debit"),
    "postai_csekk": _l("Postal cheque"),
    "kompenzacio": _l("To settle"),
}
"""Ways to pay in the source's code; any other is shown as it is."""


@dataclass(frozen=True, slots=True)
class Related:
    """A document that belongs to this one; `invoice_id` where it was fetched too."""

    number: str
    invoice_id: int | None
    type_word: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """The source's own facts; `difference` is how far the total stands from the sum of its lines."""

    source: str
    connection_id: int
    connection_name: str
    remote_id: str
    document_type: str
    type_word: str
    cancelled: bool
    payment_word: str
    method_word: str
    fulfilled_on: date | None
    paid_on: date | None
    conversion_rate: Decimal | None
    difference: Decimal
    tax_report: str
    related: tuple[Related, ...]
    units: tuple[str, ...]
    vanished_at: datetime | None
    has_pdf: bool


def of_invoice(invoice_id: int) -> Fetched | None:
    """Return what the source says of an invoice; None for one that was not fetched."""
    query = (
        select(RemoteDocument, Connection.name, Connection.provider, InvoiceDocument.invoice_id.label("pdf"))
        .join(Connection, Connection.id == RemoteDocument.connection_id)
        .outerjoin(InvoiceDocument, InvoiceDocument.invoice_id == RemoteDocument.invoice_id)
        .where(RemoteDocument.invoice_id == invoice_id)
    )
    found = current().execute(query).one_or_none()
    if found is None:
        return None
    row: RemoteDocument = found.RemoteDocument
    return Fetched(
        source=remote_name(found.provider),
        connection_id=row.connection_id,
        connection_name=found.name,
        remote_id=row.remote_id,
        document_type=row.document_type,
        type_word=_word(TYPES, row.document_type),
        cancelled=row.cancelled,
        payment_word=_word(PAYMENT, row.payment_status),
        method_word=_word(METHODS, row.payment_method),
        fulfilled_on=row.fulfillment_date,
        paid_on=row.paid_date,
        conversion_rate=row.conversion_rate,
        difference=row.difference,
        tax_report=_report(str(row.facts.get("online_szamla_status") or "")),
        related=_related(row),
        units=tuple(str(line.get("unit") or "") for line in row.facts.get("lines", ())),
        vanished_at=row.vanished_at,
        has_pdf=found.pdf is not None,
    )


def _word(words: Mapping[str, Any], code: str) -> str:
    return str(words.get(code, code.replace("_", " ")))


def _report(code: str) -> str:
    return str(REPORTS.get(code, code))


def _related(row: RemoteDocument) -> tuple[Related, ...]:
    told = [(str(pair[0]), str(pair[1])) for pair in row.facts.get("related", ()) if len(pair) == 2]
    query = select(RemoteDocument.remote_id, RemoteDocument.invoice_id, RemoteDocument.document_type).where(
        RemoteDocument.connection_id == row.connection_id, RemoteDocument.remote_id.in_([one for one, _ in told])
    )
    here = {one.remote_id: one for one in current().execute(query)} if told else {}
    return tuple(
        Related(
            number=number or remote_id,
            invoice_id=here[remote_id].invoice_id if remote_id in here else None,
            type_word=_word(TYPES, here[remote_id].document_type) if remote_id in here else "",
        )
        for remote_id, number in told
    )
