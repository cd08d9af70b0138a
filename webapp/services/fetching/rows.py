"""What a document says, as the rows that it is here: values as they are stored, in the order of the columns named."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from webapp.domain.documents import PaymentMethod
from webapp.domain.invoices import DocumentStatus, PaymentStatus, payment_status
from webapp.domain.money import amount_of
from webapp.domain.remote_invoices import (
    BOOKED_TYPES,
    FILED_TYPES,
    ISSUED_TYPES,
    STORNO_TYPES,
    RemoteContact,
    RemoteInvoice,
    RemoteLine,
    Shared,
)

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
_BESIDE = frozenset({"related", "partner", "lines"})
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
    subject, kind = "", one.document_type
    if kind in FILED_TYPES:
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
        _status(kind, cancelled=one.cancelled, claims=gross > 0),
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
    kind, fulfilled, paid = one.document_type, one.fulfillment_date, one.paid_date
    return (
        digest,
        mark,
        kind[:60],
        one.correction_type[:60],
        one.cancelled,
        one.payment_status[:60],
        one.payment_method[:60],
        fulfilled and fulfilled.isoformat(),
        paid and paid.isoformat(),
        one.conversion_e6,
        one.difference_e4,
        _told(one),
        one.contact.tax_number[:60],
        # The details of what was recognised there are wanted, unless it is known from here.
        "wanted" if kind in BOOKED_TYPES and not own else "",
    )


def line_rows(documents: Iterable[tuple[int, Sequence[RemoteLine]]]) -> Iterator[Row]:
    """Yield the lines of invoices."""
    for invoice_id, lines in documents:
        for position, line in enumerate(lines, start=1):
            row = (invoice_id, position, *_parts_of(line))
            yield (
                row if line.rate_e4 is not None and len(line.vat) < 100 and len(line.product_id) < 40 else _fitted(row)
            )


_parts_of = itemgetter(
    *(RemoteLine._fields.index(name) for name in ("name", "remarks", "product_id", "quantity_e6", "unit_price_e6")),
    *(RemoteLine._fields.index(name) for name in ("rate_e4", "vat", "net_e4", "vat_e4", "gross_e4")),
)


def _fitted(row: Row) -> Row:
    """Return a line with a rate, and with words that fit into their columns."""
    return (*row[:4], row[4][:40], *row[5:7], row[7] or 0, row[8][:100], *row[9:])


def as_text(value: Any) -> str:
    """Return a value as the text of a JSON column."""
    return _ENCODER.encode(value).decode()


def _told(one: RemoteInvoice) -> str:
    """Return what stands beside a document: the remote's words, the other party as told, and more of the lines."""
    if one.document_type in FILED_TYPES:
        return as_text({**one.facts, "partner": {"remote_id": one.contact.remote_id, "name": one.contact.name}})
    related = as_text(one.related) if one.related else "[]"
    lines = ",".join([_more_of(line.product_id, line.unit, line.vat, line.entitlement) for line in one.lines])
    beside = f'"related":{related},"partner":{_partner(one.contact)},"lines":[{lines}]}}'
    facts = one.facts
    return (_shared(facts) if type(facts) is Shared else _opened(facts)) + beside


def _opened(facts: Mapping[str, Any]) -> str:
    """Return facts as the beginning of an object, to be gone on with."""
    said = as_text({name: value for name, value in facts.items() if name not in _BESIDE})
    return "{" if said == "{}" else said[:-1] + ","


_shared = lru_cache(maxsize=500)(_opened)


@lru_cache(maxsize=5000)
def _more_of(product_id: str, unit: str, vat: str, entitlement: str | None) -> str:
    """Return what stands beside a line: few differ."""
    return as_text({"product_id": product_id, "unit": unit, "vat": vat, "entitlement": entitlement})


@lru_cache(maxsize=5000)
def _partner(contact: RemoteContact) -> str:
    return as_text(contact._asdict())


@lru_cache(maxsize=500)
def _status(kind: str, *, cancelled: bool, claims: bool) -> str:
    """A document that was not issued makes no claim; one that was cancelled (storno) makes none any more.

    Nor does a storno whose amounts are not negative: it takes back, and nobody owes it.
    """
    if kind not in ISSUED_TYPES:
        return DocumentStatus.DRAFT.value
    without_claim = cancelled or (claims and kind in STORNO_TYPES)
    return (DocumentStatus.CANCELLED if without_claim else DocumentStatus.SENT).value
