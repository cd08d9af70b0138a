"""A page of documents out of its bytes: what is known to the byte is passed over, the rest is read."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import msgspec

from webapp.connectors.billingo import fields, mapping, typed, wire
from webapp.connectors.sources import BadRecord, InvoicePage, Known, KnownPages, Sheet
from webapp.domain.remote_invoices import RemoteInvoice

_PAID = b'"paid_date":'
_PAID_DATE = re.compile(rb'"paid_date"\s*:\s*"\d{4}-\d\d-\d\d"')


class _Envelope(msgspec.Struct):
    data: list[msgspec.Raw]
    current_page: int
    last_page: int
    total: int


class _Head(msgspec.Struct, gc=False):
    """What is looked at of a document before it is read."""

    id: int
    items: list[msgspec.Raw]
    payment_status: str | None = None


class _Heads(msgspec.Struct, gc=False):
    data: list[_Head]


def _reader() -> bytes:
    """Return a word for the code that reads documents: once that changes, every document is read anew."""
    sources = [Path(str(module.__file__)).read_bytes() for module in (mapping, fields, typed, wire)]
    return blake2b(b"".join(sources), digest_size=16).digest()


_READER = _reader()
_MARK = sha256(_READER)
"""Processors have instructions for this one: it takes half the time of BLAKE2."""

_OPEN = msgspec.json.Decoder(_Envelope)
_LOOK = msgspec.json.Decoder(_Heads)
_READ = msgspec.json.Decoder(float_hook=Decimal)
"""Amounts with all their figures, as they are written."""

_NOT_SO = (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError)


def read_page(body: bytes, number: int, known: Known | None = None) -> InvoicePage:
    """Return a page of a list from its bytes; raises NotUnderstood when it is none."""
    if not isinstance(known, KnownPages):
        return _read_page(body, number, known)
    mark = _number_of(body)
    again = partial(_read_page, body, number, known, mark)
    return known.page(number, mark, again) or again()


def _read_page(body: bytes, number: int, known: Known | None, mark: int | None = None) -> InvoicePage:
    """Return a page document by document; with the `mark` of its bytes it tells a sheet, where nothing speaks against.

    Where a day in it means nothing it changes with the days, and so do the bytes: such a page is looked at.
    """
    try:
        envelope = _OPEN.decode(body)
        heads = _LOOK.decode(body).data
        if not all(0 <= figure < 2**31 for figure in (envelope.last_page, envelope.total)):
            raise ValueError
    except _NOT_SO:
        return _read_whole(body, number)  # one record that is odd, or all of it: the slow way says what is wrong
    keys = [str(head.id) for head in heads]
    # Of two records of one document the first counts, and the second is read to be seen as such.
    told = [*zip(keys, envelope.data, heads, strict=True)]
    marks = {key: mark_of(bytes(raw), head.payment_status) for key, raw, head in told[::-1]}
    same = known(marks) if known is not None else {}
    left, lines, rest = dict(same), 0, []
    for key, raw, head in told:
        if left.pop(key, None) is None:
            rest.append(raw)
        else:
            lines += len(head.items)
    invoices, bad = _read(rest)
    tail = keys[-1] if keys else ""
    whole = mark is not None and not bad and len(marks) == len(keys) > 0
    every = sum([len(head.items) for head in heads]) if whole else 0
    return InvoicePage(
        number,
        envelope.last_page,
        envelope.total,
        invoices,
        bad,
        marks={one.remote_id: marks[one.remote_id] for one in invoices if one.remote_id not in same},
        same=same,
        same_lines=lines,
        tail=tail,
        sheets=(Sheet(number, mark or 0, envelope.last_page, envelope.total, tail, every, keys),) if whole else (),
    )


def mark_of(record: bytes, status: str | None) -> int:
    """Return a number of 63 bits for the bytes of a document, the same as long as they are.

    `paid_date` is left out where it means nothing: it is then the day on which one asks.
    """
    at = -1 if status in mapping.PAID else record.find(_PAID)
    if at >= 0:
        dated = _PAID_DATE.match(record, at)
        end = dated.end() if dated is not None else at
        # As a rule there is one; a second one may stand in a document that belongs to this one.
        rest = record[end:] if record.find(_PAID, end) < 0 else _PAID_DATE.sub(b"", record[end:])
        record = record[:at] + rest
    return _number_of(record)


def _number_of(body: bytes) -> int:
    found = _MARK.copy()
    found.update(body)
    return int.from_bytes(found.digest()[:8], "big") >> 1


def _read(records: Sequence[msgspec.Raw]) -> tuple[tuple[RemoteInvoice, ...], tuple[BadRecord, ...]]:
    """Return documents, and what of them could not be read; what is not as it mostly is, is read the long way."""
    good: list[RemoteInvoice] = []
    bad: tuple[BadRecord, ...] = ()
    for raw in records:
        try:
            good.append(typed.read(raw))
        except _NOT_SO:
            found, odd = mapping.read_records([_decode(raw)])
            good += found
            bad += odd
    return tuple(good), bad


def _decode(raw: msgspec.Raw) -> Any:
    try:
        return _READ.decode(raw)
    except _NOT_SO:
        return wire.read(bytes(raw))


def _read_whole(body: bytes, number: int) -> InvoicePage:
    found = wire.open_page(wire.read(body))
    invoices, bad = mapping.read_records(found.records)
    return InvoicePage(number, found.last, found.total, invoices, bad)
