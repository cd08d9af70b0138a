"""A page of documents opened: its records as bytes, and what it says of its list."""

import re
from typing import NamedTuple

import msgspec

_MOST = 2**31
_SHORTER = 400
"""Bytes by which a record may be shorter than all before it and still be found at the first look."""

_LOOK = 2000
"""Bytes that are looked at first: to search all the rest of a page costs more before it begins."""

_FIRST = re.compile(rb'\s*\{\s*"data"\s*:\s*\[\s*(?=\{\s*"id"\s*:\s*\d)')
_BETWEEN = re.compile(rb'\}\s*,\s*(\{\s*"id"\s*:\s*)(?=\d)')


class Envelope(msgspec.Struct):
    """What stands around the documents of a page."""

    data: list[msgspec.Raw]
    current_page: int
    last_page: int
    total: int


class Cut(NamedTuple):
    """A page cut apart: where each record begins and ends, and the page without them."""

    places: list[tuple[int, int]]
    envelope: Envelope


_OPEN = msgspec.json.Decoder(Envelope)


def open_page(body: bytes) -> Envelope:
    """Return a page with the bytes of its records; raises msgspec's own error, or ValueError, when it is none."""
    envelope = _OPEN.decode(body)
    if not 0 <= envelope.last_page < _MOST or not 0 <= envelope.total < _MOST:
        raise ValueError
    return envelope


def cut(body: bytes, *, surely: bool = False) -> Cut | None:
    """Return where the records of a page stand, where it is written as nearly all are; None, or an error, if not.

    Found by what stands between two of them, without reading what is in them: only when each turns out to be an
    object by itself is the page cut as it is meant. That is for whoever reads them to see, and costs nothing then,
    where opening a page reads all of it once more. `surely`: no record is taken to be about as long as others.
    """
    first = _FIRST.match(body)
    if first is None:
        return None
    begin, places = first.end(), list[tuple[int, int]]()
    between = _BETWEEN.search(body, begin)
    if between is not None:
        begin = _cut_off(body, begin, between, places, surely=surely)
    end = body.rfind(b"}", begin, body.rfind(b"]")) + 1
    places.append((begin, end))
    rest = body[end:]
    if b'"data"' in rest:
        return None  # it is said twice what the page holds: the last word counts
    return Cut(places, open_page(body[: first.end()] + rest))


def _cut_off(body: bytes, begin: int, first: re.Match[bytes], places: list[tuple[int, int]], *, surely: bool) -> int:
    """Add the places of all records but the last; returns where that begins. `first` is what ends the first record.

    No record is looked for where all before were longer by far; what could be two of them is searched once more.
    """
    find, between, gap = body.find, first[0], first.start(1) - first.start() - 1
    at, least = first.start(), 0 if surely else len(body)
    while at >= 0:
        end = at + 1
        places.append((begin, end))
        least = min(least, max(0, end - begin - _SHORTER))
        begin = end + gap
        here = begin + least
        at = find(between, here, here + _LOOK)
        if at < 0:
            at = find(between, here)
        if at < 0 or at - begin > 2 * least:
            nearer = find(between, begin, here + len(between) - 1)
            at = nearer if nearer >= 0 else at
    return begin
