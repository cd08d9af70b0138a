"""What is told of each record of a page before it is read; what was told once is not worked out a second time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from webapp.connectors import marks
from webapp.connectors.billingo import fields, mapping, memory, opening, shapes, typed, wire
from webapp.connectors.marks import digest_of, number_of, number_of_both, word_of
from webapp.domain import money, remote_columns, remote_invoices
from webapp.domain.remote_columns import RemoteColumns

Record = tuple[str, int, int, bytes]
"""The id of a document, the mark of what counts of its bytes, how many lines it has, and a digest of all its bytes."""

_PAID = b'"paid_date":'
_DAY_LONG = 14
"""Bytes that a day takes with two blanks before it; nobody writes more, and who did would be read anew each day."""

_DAY = re.compile(rb'\s{0,2}"\d{4}-\d\d-\d\d"')
_PAID_DATE = re.compile(rb'"paid_date":\s{0,2}"\d{4}-\d\d-\d\d"')


class Before(NamedTuple):
    """What was told of a page: its records by the digests of their bytes; the mark and our id of each document."""

    records: Mapping[bytes, Record]
    documents: Mapping[str, tuple[int, int]]


NOTHING = Before({}, {})


class _Head(msgspec.Struct, gc=False):
    """What is looked at of a document before it is read."""

    id: int
    items: list[msgspec.Raw]
    payment_status: str | None = None
    related_documents: Any = None


class _Heads(msgspec.Struct, gc=False):
    data: list[_Head]


class _Notes(msgspec.Struct, array_like=True, gc=False):
    reader: bytes
    records: list[Record]


_READERS = (fields, mapping, marks, memory, money, opening, remote_columns, remote_invoices, shapes, typed, wire)
_READER = word_of(
    [*(Path(str(module.__file__)) for module in _READERS), Path(__file__), Path(__file__).with_name("paging.py")]
)
_CODE = int.from_bytes(_READER[:8], "big")
_LOOK = msgspec.json.Decoder(_Heads)
_WRITE, _READ = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Notes)


def tell(raws: Sequence[msgspec.Raw], before: Before, *, kept: bool) -> list[Record]:
    """Return what is to be told of each record, with a digest where it is `kept`.

    Raises msgspec's own error where one of them is no document.
    """
    digests = _digests(raws, kept=kept)
    found = [before.records.get(one) for one in digests]
    rest = [raw for raw, one in zip(raws, found, strict=True) if one is None]
    heads = iter(_LOOK.decode(b'{"data":[' + b",".join(rest) + b"]}").data if rest else ())
    return [one or _record(raw, next(heads), digest) for raw, one, digest in zip(raws, found, digests, strict=True)]


def tell_read(body: bytes, places: Sequence[tuple[int, int]], read: RemoteColumns, *, kept: bool) -> list[Record]:
    """Return the same of records that were read first, because nothing is known of any: where each stands in a page."""
    view = memoryview(body)
    marks = _marks(body, places, read.payment_status, read.related)
    digests = _digests([view[begin:end] for begin, end in places] if kept else places, kept=kept)
    return [*zip(read.remote_id, marks, map(len, read.lines), digests, strict=True)]


def _digests(records: Sequence[Any], *, kept: bool) -> list[bytes]:
    return [*map(digest_of, records)] if kept else [b""] * len(records)


def _record(raw: msgspec.Raw, head: _Head, digest: bytes) -> Record:
    mark = mark_of(bytes(raw), typed.often(head.payment_status), paired=bool(head.related_documents))
    return str(head.id), mark, len(head.items), digest


def mark_of_page(body: bytes) -> int:
    """Return the number of all the bytes of a page."""
    return number_of(body, _CODE)


def mark_of(record: bytes, status: str, *, paired: bool) -> int:
    """Return a number of 63 bits for the bytes of a document, the same as long as they are.

    `paid_date` is left out where it means nothing: it is then the day on which one asks. As a rule there is one. A
    document to which another belongs is `paired`: the other's may stand in it too, and all are left out.
    """
    return _marks(record, [(0, len(record))], [status], [paired])[0]


def _marks(
    body: bytes, places: Iterable[tuple[int, int]], statuses: Iterable[str], paired: Iterable[object]
) -> list[int]:
    """Return the marks of records by their places in a body, of which nothing is copied."""
    view, find, marks = memoryview(body), body.find, []
    for (begin, end), status, pair in zip(places, statuses, paired, strict=True):
        if pair and status not in mapping.PAID:
            marks.append(_mark_without(body, view, begin, end))
            continue
        at = -1 if status in mapping.PAID else find(_PAID, begin, end)
        day = at + len(_PAID)
        after = _end_of_day(body[day : day + _DAY_LONG]) if at >= 0 else 0
        if after:
            marks.append(number_of_both(view[begin:day], view[day + after : end], _CODE))
        else:
            marks.append(number_of(view[begin:end], _CODE))
    return marks


def _mark_without(body: bytes, view: memoryview, begin: int, end: int) -> int:
    """Return the same of a record with several such days."""
    mark = _CODE
    for found in _PAID_DATE.finditer(body, begin, end):
        mark, begin = number_of(view[begin : found.start() + len(_PAID)], mark), found.end()
    return number_of(view[begin:end], mark)


@lru_cache(maxsize=2000)
def _end_of_day(text: bytes) -> int:
    """Return where a day ends with which a text begins; 0 where it begins with none."""
    found = _DAY.match(text)
    return found.end() if found is not None else 0


def write_notes(records: Sequence[Record]) -> bytes:
    """Return what was told of the records of a page as it is kept."""
    return _WRITE.encode((_READER, records))


def read_notes(notes: bytes, documents: Sequence[int]) -> Before:
    """Return what was told of a page; nothing where other code than this told it. `documents` are our ids of them."""
    kept = _READ.decode(notes)
    if kept.reader != _READER:
        return NOTHING
    by_id = {one[0]: (one[1], document) for one, document in zip(kept.records, documents, strict=True)}
    return Before({one[3]: one for one in kept.records}, by_id)
