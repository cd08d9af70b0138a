"""A page of documents opened: its records as bytes, and what it says of its list."""

import re
from typing import Any, NamedTuple, TypeVar

import msgspec

_MOST = 2**31
_SHORTER = 400
"""Bytes by which a record may be shorter than all before it and still be found at the first look."""

_LOOK = 2000
"""Bytes that are looked at first: to search all the rest of a page costs more before it begins."""

_FIRST = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"data"[ \t\n\r]*:[ \t\n\r]*\[[ \t\n\r]*(?=\{[ \t\n\r]*"id"[ \t\n\r]*:)')
_BETWEEN = re.compile(rb'\}[ \t\n\r]*,[ \t\n\r]*(\{[ \t\n\r]*"id"[ \t\n\r]*:)')


class Page(msgspec.Struct):
    """What a page says of its list."""

    current_page: int
    last_page: int
    total: int


class Opened(Page):
    """A page and the bytes of its documents."""

    data: list[msgspec.Raw]


class _Rest(Page):
    """A page whose documents were taken out; `records` are what is left in their place, `data` is a second word."""

    records: list[msgspec.Raw]
    data: Any = msgspec.UNSET


class Cut(NamedTuple):
    """A page cut apart: where each record begins and ends, and what the page says beside them."""

    places: list[tuple[int, int]]
    page: Page


P = TypeVar("P", bound=Page)
_OPEN, _REST = msgspec.json.Decoder(Opened), msgspec.json.Decoder(_Rest)


def open_page(body: bytes) -> Opened:
    """Return a page with the bytes of its records; raises msgspec's own error, or ValueError, when it is none."""
    return _checked(_OPEN.decode(body))


def _checked(page: P) -> P:
    if not 0 <= page.last_page < _MOST or not 0 <= page.total < _MOST:
        raise ValueError
    return page


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
    rest = _checked(_REST.decode(b'{"records":[' + body[end:]))
    # More between the last record and the end of the list, or a second list, which would be the one that counts.
    return None if rest.records or rest.data is not msgspec.UNSET else Cut(places, rest)


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
