"""What a document says, as the rows that it is here: values as they are stored, in the order of the columns named."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

import msgspec

from webapp.domain.documents import PaymentMethod
from webapp.domain.invoices import DocumentStatus, PaymentStatus, payment_status
from webapp.domain.money import amount_of
from webapp.domain.remote_columns import RemoteColumns, at_most, once
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
_UNSPECIFIED = PaymentMethod.UNSPECIFIED.value
_TOGETHER = 100


def invoice_rows(found: Sequence[RemoteInvoice]) -> Iterator[Row]:
    """Yield what documents say of their invoices, of which nothing is settled.

    What an archive's records leave out is empty.
    """
    for said, filed in _hundreds(found):
        yield from _invoice_rows(said, filed=filed)


def _invoice_rows(said: RemoteColumns, *, filed: bool) -> Iterable[Row]:
    gross, count = said.gross_e4, len(said.gross_e4)
    claims = [one > 0 for one in gross]
    return zip(
        said.number,
        said.currency,
        once(_status, [*zip(said.document_type, said.cancelled, claims, strict=True)]),
        at_most([one.name for one in said.contact], 200),
        said.comment,
        map(_day_text, said.issue_date),
        [None] * count if filed else _iso(said.due_date),
        [_UNSPECIFIED] * count if filed else at_most(said.payment_method, 60),
        map(_subject, said.facts) if filed else [""] * count,
        said.net_e4,
        said.vat_e4,
        gross,
        gross,
        [_OPEN if one else _PAID for one in gross],
        strict=True,
    )


def settled(gross: int, paid: int, credited: int, given_up: int) -> dict[str, Any]:
    """Return what an invoice says that so much of it is settled, by the columns' names."""
    state = payment_status(
        amount_of(gross), amount_of(paid), credited=amount_of(credited), written_off=amount_of(given_up)
    )
    return {"outstanding_amount": gross - paid - credited - given_up, "payment": state.value}


def document_rows(
    found: Sequence[RemoteInvoice], digests: Iterable[int], marks: Iterable[int | None], own: Iterable[bool]
) -> Iterator[Row]:
    """Yield what is kept beside the invoices of documents; `own` are those whose invoice is one of ours.

    There are as many `digests`, `marks` and `own` as documents.
    """
    more = zip(digests, marks, own, strict=True)
    for said, filed in _hundreds(found):
        yield from _document_rows(said, [*islice(more, len(said.number))], filed=filed)


def _document_rows(said: RemoteColumns, more: Sequence[tuple[int, int | None, bool]], *, filed: bool) -> Iterable[Row]:
    digests, marks, own = zip(*more, strict=True)
    return zip(
        digests,
        marks,
        at_most(said.document_type, 60),
        at_most(said.correction_type, 60),
        said.cancelled,
        at_most(said.payment_status, 60),
        at_most(said.payment_method, 60),
        _iso(said.fulfillment_date),
        _iso(said.paid_date),
        said.conversion_e6,
        _differences(said, filed=filed),
        _told_by_archive(said) if filed else _told(said),
        at_most([one.tax_number for one in said.contact], 60),
        map(_details, said.document_type, own) if filed else [""] * len(own),
        strict=True,
    )


def _hundreds(found: Sequence[RemoteInvoice]) -> Iterator[tuple[RemoteColumns, bool]]:
    """Yield documents as columns, and whether they come from an archive; together are so many as stay at hand."""
    for at in range(0, len(found), _TOGETHER):
        some = found[at : at + _TOGETHER]
        said = RemoteColumns.of(some)
        filed = FILED_TYPES.intersection(said.document_type)
        if filed and not FILED_TYPES.issuperset(said.document_type):
            yield from ((RemoteColumns.of([one]), one.filed) for one in some)
        else:
            yield said, bool(filed)


def line_rows(documents: Iterable[tuple[int, Sequence[RemoteLine]]]) -> Iterator[Row]:
    """Yield the lines of invoices."""
    for invoice_id, lines in documents:
        for position, line in enumerate(lines, start=1):
            row = (invoice_id, position, *_parts_of(line))
            yield (
                row if line.rate_e4 is not None and len(line.vat) < 100 and len(line.product_id) < 40 else _fitted(row)
            )


_BESIDE_LINE = ("product_id", "unit", "vat", "entitlement")
_gross_of = itemgetter(RemoteLine._fields.index("gross_e4"))
_beside_of = itemgetter(*map(RemoteLine._fields.index, _BESIDE_LINE))
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


_day_text = lru_cache(maxsize=5000)(date.isoformat)


def _iso(days: Sequence[date | None]) -> list[str | None]:
    return [None if one is None else _day_text(one) for one in days]


def _subject(facts: Mapping[str, Any]) -> str:
    return str(facts.get("subject", ""))[:200]


def _differences(said: RemoteColumns, *, filed: bool) -> list[int]:
    """Return how far the totals stand from the sums of the lines; a remote may round the one and not the other.

    An archive tells no lines.
    """
    return [
        gross - sum(map(_gross_of, lines)) if lines or not filed else 0
        for gross, lines in zip(said.gross_e4, said.lines, strict=True)
    ]


def _details(kind: str, own: bool) -> str:
    """The details of what was recognised in the books are wanted, unless it is known from here."""
    return "wanted" if kind in BOOKED_TYPES and not own else ""


def _told(said: RemoteColumns) -> list[str]:
    """Return what stands beside documents: the remote's words, the other party as told, and more of the lines."""
    shared = set(map(type, said.facts)) == {Shared}
    return [
        f'{facts}"related":{related},"partner":{partner},"lines":[{lines}]}}'
        for facts, related, partner, lines in zip(
            once(_shared, said.facts) if shared else map(_opened, said.facts),
            map(_related, said.related) if any(said.related) else ["[]"] * len(said.related),
            map(_partner, said.contact),
            [",".join(map(_more_of, map(_beside_of, one))) for one in said.lines],
            strict=True,
        )
    ]


def _told_by_archive(said: RemoteColumns) -> list[str]:
    return [
        as_text({**facts, "partner": {"remote_id": contact.remote_id, "name": contact.name}})
        for facts, contact in zip(said.facts, said.contact, strict=True)
    ]


def _opened(facts: Mapping[str, Any]) -> str:
    """Return facts as the beginning of an object, to be gone on with."""
    said = as_text({name: value for name, value in facts.items() if name not in _BESIDE})
    return "{" if said == "{}" else said[:-1] + ","


_shared = lru_cache(maxsize=500)(_opened)


def _related(pairs: Sequence[tuple[str, str]]) -> str:
    return as_text(pairs) if pairs else "[]"


@lru_cache(maxsize=5000)
def _more_of(beside: tuple[str, str, str, str | None]) -> str:
    """Return what stands beside a line: few differ."""
    return as_text(dict(zip(_BESIDE_LINE, beside, strict=True)))


@lru_cache(maxsize=5000)
def _partner(contact: RemoteContact) -> str:
    return as_text(contact._asdict())


def _status(told: tuple[str, bool, bool]) -> str:
    """Return the status of a document by its type, whether it was cancelled, and whether it claims an amount.

    A document that was not issued makes no claim; one that was cancelled (storno) makes none any more. Nor does a
    storno whose amounts are not negative: it takes back, and nobody owes it.
    """
    kind, cancelled, claims = told
    if kind not in ISSUED_TYPES:
        return DocumentStatus.DRAFT.value
    without_claim = cancelled or (claims and kind in STORNO_TYPES)
    return (DocumentStatus.CANCELLED if without_claim else DocumentStatus.SENT).value
