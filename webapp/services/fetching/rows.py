"""What a document says, as the rows that it is here: values as they are stored, in the order of the columns named."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from webapp.domain.documents import PaymentMethod
from webapp.domain.invoices import DocumentStatus, PaymentStatus, payment_status
from webapp.domain.money import amount_of
from webapp.domain.remote_invoices import BOOKED_TYPES, STORNO_TYPES, RemoteContact, RemoteInvoice, RemoteLine

OF_INVOICE = (
    *("number", "currency", "status", "contact_name", "remarks", "issue_date", "due_date", "payment_method", "subject"),
    *("net_total", "vat_total", "gross_total", "outstanding_amount", "payment"),
)
OF_DOCUMENT = (
    *("digest", "mark", "document_type", "correction_type", "cancelled", "payment_status", "payment_method"),
    *("fulfillment_date", "paid_date", "conversion_rate", "difference", "facts", "tax_number", "details"),
)
OF_LINE = (
    *("invoice_id", "position", "description", "remarks", "item_code", "quantity", "unit_price", "vat_rate"),
    *("vat_description", "net_amount", "vat_amount", "gross_amount"),
)
Row = tuple[Any, ...]
_NAMES = RemoteContact._fields
_ENCODER = msgspec.json.Encoder()
_OPEN, _PAID = PaymentStatus.OPEN.value, PaymentStatus.PAID.value


def invoice_row(
    one: RemoteInvoice,
    *,
    settled: tuple[int, int, int] | None = None,
    due_date: Any = None,
    method: str = PaymentMethod.UNSPECIFIED.value,
) -> Row:
    """Return what a document says of its invoice, of which so much is `settled`: paid, credited and given up.

    `due_date` and `method` are what an archive's record leaves out, and was learnt elsewhere.
    """
    subject = ""
    if one.filed:
        subject = str(one.facts.get("subject", ""))[:200]
    else:
        due_date, method = one.due_date and one.due_date.isoformat(), one.payment_method[:60]
    gross = left = one.gross_e4
    payment = _OPEN if gross else _PAID
    if settled is not None:
        left = gross - sum(settled)
        paid, credited, given_up = map(amount_of, settled)
        payment = payment_status(amount_of(gross), paid, credited=credited, written_off=given_up).value
    return (
        one.number,
        one.currency,
        _status(one),
        one.contact.name[:200],
        one.comment,
        one.issue_date.isoformat(),
        due_date,
        method,
        subject,
        one.net_e4,
        one.vat_e4,
        gross,
        left,
        payment,
    )


def document_row(one: RemoteInvoice, digest: int, mark: int | None, *, own: bool) -> Row:
    """Return what is kept beside the invoice of a document; `own` when that is one of ours."""
    return (
        digest,
        mark,
        one.document_type[:60],
        one.correction_type[:60],
        one.cancelled,
        one.payment_status[:60],
        one.payment_method[:60],
        one.fulfillment_date and one.fulfillment_date.isoformat(),
        one.paid_date and one.paid_date.isoformat(),
        one.conversion_e6,
        one.difference_e4,
        _facts(one),
        one.contact.tax_number[:60],
        # The details of what was recognised there are wanted, unless it is known from here.
        "wanted" if not own and one.document_type in BOOKED_TYPES else "",
    )


def line_rows(documents: Iterable[tuple[int, Sequence[RemoteLine]]]) -> Iterator[Row]:
    """Yield the lines of invoices."""
    for invoice_id, lines in documents:
        for position, line in enumerate(lines, start=1):
            yield (
                invoice_id,
                position,
                line.name,
                line.remarks,
                line.product_id[:40],
                line.quantity_e6,
                line.unit_price_e6,
                line.rate_e4 or 0,
                line.vat[:100],
                line.net_e4,
                line.vat_e4,
                line.gross_e4,
            )


def as_text(value: Any) -> str:
    """Return a value as the text of a JSON column."""
    return _ENCODER.encode(value).decode()


def _facts(one: RemoteInvoice) -> str:
    """Return what stands beside a document: the remote's words, the other party as told, and more of the lines."""
    facts = dict(one.facts)
    if one.filed:
        facts["partner"] = {"remote_id": one.contact.remote_id, "name": one.contact.name}
        return as_text(facts)
    facts["related"] = one.related
    facts["partner"] = _partner(one.contact)
    facts["lines"] = [_more_of(line.product_id, line.unit, line.vat, line.entitlement) for line in one.lines]
    return as_text(facts)


@lru_cache(maxsize=5000)
def _more_of(product_id: str, unit: str, vat: str, entitlement: str | None) -> msgspec.Raw:
    """Return what stands beside a line: few differ."""
    told = {"product_id": product_id, "unit": unit, "vat": vat, "entitlement": entitlement}
    return msgspec.Raw(_ENCODER.encode(told))


@lru_cache(maxsize=5000)
def _partner(contact: RemoteContact) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(dict(zip(_NAMES, contact, strict=True))))


def _status(one: RemoteInvoice) -> str:
    """A document that was not issued makes no claim; one that was cancelled (storno) makes none any more.

    Nor does a storno whose amounts are not negative: it takes back, and nobody owes it.
    """
    if not one.issued:
        return DocumentStatus.DRAFT.value
    without_claim = one.cancelled or (one.document_type in STORNO_TYPES and one.gross_e4 > 0)
    return (DocumentStatus.CANCELLED if without_claim else DocumentStatus.SENT).value
