"""A page of documents out of its bytes: what is known to the byte is passed over, the rest is read."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from webapp.connectors.billingo import mapping, opening, records, shapes, typed, wire
from webapp.connectors.sources import BadRecord, InvoicePage, Known, KnownPages, Sheet
from webapp.domain.remote_invoices import RemoteInvoice

_READ = msgspec.json.Decoder(float_hook=Decimal)
"""Amounts with all their figures, as they are written."""

_NOT_SO = (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError)


def read_page(body: bytes, number: int, known: Known | None = None) -> InvoicePage:
    """Return a page of a list from its bytes; raises NotUnderstood when it is none."""
    if not isinstance(known, KnownPages):
        return (_read_new(body, number) if known is None else None) or _read_page(body, number, known)
    mark = records.mark_of_page(body)
    again = partial(_read_page, body, number, known, mark)
    return (_read_new(body, number, mark) if known.nothing else known.page(number, mark, again)) or again()


def _read_new(body: bytes, number: int, mark: int | None = None) -> InvoicePage | None:
    """Return a page of which nothing can be known, all of it read at once; None where anything of it is odd."""
    try:
        cut = _cut(body)
        if cut is None:
            return None
        found, documents = cut
        columns = typed.read_columns(documents)
    except _NOT_SO:
        return None
    told = records.tell_read(body, found.places, columns, kept=mark is not None)
    # Of two records of one document the first counts.
    marks = {one[0]: one[1] for one in told[::-1]}
    whole = mark is not None and len(marks) == len(told)
    return InvoicePage(
        number,
        found.page.last_page,
        found.page.total,
        tuple(columns.invoices()),
        marks=marks,
        tail=told[-1][0],
        sheets=(_sheet(number, mark or 0, found.page, told),) if whole else (),
    )


def _cut(body: bytes) -> tuple[opening.Cut, list[shapes.Document]] | None:
    """Return a page cut apart, and its documents; None where it cannot be cut, or one of them is odd."""
    view, decode = memoryview(body), shapes.DOCUMENT.decode
    for surely in (False, True):
        found = opening.cut(body, surely=surely)
        if found is None:
            break
        try:
            return found, [decode(view[begin:end]) for begin, end in found.places]
        except msgspec.ValidationError:
            break
        except msgspec.DecodeError:
            continue  # what was taken for a record is none: records are of very different lengths, or it has some in it
    return None


def _read_page(body: bytes, number: int, known: Known | None, mark: int | None = None) -> InvoicePage:
    """Return a page document by document; with the `mark` of its bytes it tells a sheet, where nothing speaks against.

    Where a day in it means nothing it changes with the days, and so do the bytes: such a page is looked at.
    """
    kept = known.notes(number) if isinstance(known, KnownPages) else None
    before = records.read_notes(*kept) if kept is not None else records.NOTHING
    try:
        page = opening.open_page(body)
        told = records.tell(page.data, before, kept=mark is not None)
    except _NOT_SO:
        return _read_whole(body, number)  # one record that is odd, or all of it: the slow way says what is wrong
    # Of two records of one document the first counts, and the second is read to be seen as such.
    marks = {one[0]: one[1] for one in told[::-1]}
    same = _same(marks, before.documents, known) if known is not None else {}
    left, lines, rest = dict(same), 0, []
    for one, raw in zip(told, page.data, strict=True):
        if left.pop(one[0], None) is None:
            rest.append(raw)
        else:
            lines += one[2]
    invoices, bad = _read(rest)
    tail = told[-1][0] if told else ""
    whole = mark is not None and not bad and len(marks) == len(told) > 0
    return InvoicePage(
        number,
        page.last_page,
        page.total,
        invoices,
        bad,
        marks={one.remote_id: marks[one.remote_id] for one in invoices if one.remote_id not in same},
        same=same,
        same_lines=lines,
        tail=tail,
        sheets=(_sheet(number, mark or 0, page, told),) if whole else (),
    )


def _same(marks: Mapping[str, int], before: Mapping[str, tuple[int, int]], known: Known) -> dict[str, int]:
    """Return which documents need not be read, with our ids: those that stood on this page are not asked for again."""
    same, others = {}, {}
    for key, mark in marks.items():
        kept = before.get(key)
        if kept is None:
            others[key] = mark
        elif kept[0] == mark:
            same[key] = kept[1]
    return {**same, **known(others)} if others else same


def _sheet(number: int, mark: int, page: opening.Page, told: Sequence[records.Record]) -> Sheet:
    keys = [one[0] for one in told]
    lines = sum([one[2] for one in told])
    return Sheet(number, mark, page.last_page, page.total, keys[-1], lines, keys, records.write_notes(told))


def _read(found: Sequence[msgspec.Raw]) -> tuple[tuple[RemoteInvoice, ...], tuple[BadRecord, ...]]:
    """Return documents, and what of them could not be read; what is not as it mostly is, is read the long way.

    It is looked for by halves: among many there is one, as a rule.
    """
    try:
        return tuple(typed.read([*map(shapes.DOCUMENT.decode, found)])), ()
    except _NOT_SO:
        if len(found) == 1:
            return mapping.read_records([_decode(found[0])])
    half = len(found) // 2
    (good, bad), (more, worse) = _read(found[:half]), _read(found[half:])
    return (*good, *more), (*bad, *worse)


def _decode(raw: msgspec.Raw) -> Any:
    try:
        return _READ.decode(raw)
    except _NOT_SO:
        return wire.read(bytes(raw))


def _read_whole(body: bytes, number: int) -> InvoicePage:
    found = wire.open_page(wire.read(body))
    invoices, bad = mapping.read_records(found.records)
    return InvoicePage(number, found.last, found.total, invoices, bad)
