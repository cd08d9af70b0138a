"""Rows of a long list as such lists are mostly written: flat, one after the other, found by their bytes.

A row that is written as one before it, with other texts, is read by one pattern, at a third of what elements cost. From
the first row on that is not flat, or is written in a way of its own, the list is read as elements.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from lxml import etree

from webapp.connectors.yuki import wire

_DECLARED = re.compile(
    rb"<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?(?: standalone=[\"']\w+[\"'])?\s*\?>", re.IGNORECASE
)
_FIELD = re.compile(r'<(\w+)((?: \w+="[^"<>&:]*")?)\s*(/>|>[^<>]*</\1>)', re.ASCII)
_TEXT = r"([^<>\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*)"
_ID = r'([^"<>&:\s]*)'
_HEAD = rf'\s*<Item ID="{_ID}">'
_SIGN = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_TYPE_ID = " "
_END, _LAST = b"</Item>", "</Item>"
_CHUNK = 1 << 18
MOST_SHAPES = 30
"""Ways of writing a row that are learnt; a list with more of them is read as elements."""


Row = tuple[str, ...]
"""The ID of a row and that of its type, then the texts that were asked for, "" for one that it does not have."""


class _Shape(NamedTuple):
    """How a row is written: its pattern, and what picks the row from the pattern's groups and an empty text."""

    pattern: re.Pattern[str]
    pick: Callable[[Row], Row]


def row_of(item: etree._Element, fields: Sequence[str]) -> Row:
    """Return a row that was read as an element."""
    kind = next(item.iterchildren("{*}Type"), None)
    said = wire.texts(item)
    type_id = "" if kind is None else (kind.get("ID") or "").strip()
    return ((item.get("ID") or "").strip(), type_id, *(said.get(field, "") for field in fields))


def read_rows(body: bytes, operation: str, fields: Sequence[str]) -> Iterator[Row]:
    """Check that the answer has the list `operation` (or is an error) now, and return its `<Item>`s one by one.

    Of each the texts of these fields, of several with one name the first. Memory does not grow with the list; errors
    as wire.stream_rows has them.
    """
    first, last = body.find(b"<Item"), body.rfind(_END) + len(_END)
    name = operation.encode()
    opened = re.compile(rb"<%b(?:\s[^<>]*[^<>/])?>\s*\Z" % name)
    closed = re.compile(rb"\s*</%b\s*>" % name)
    framed = 0 <= first < last and opened.search(body[max(0, first - 500) : first]) and closed.match(body, last)
    declared = _DECLARED.match(body)
    if not framed or b"<!" in body or b"\r" in body or body.count(b"<?") != (1 if declared else 0):
        return _elements(body, operation, fields)
    # The answer around its rows is read as any other: what is wrong with it is said as ever.
    for _ in wire.stream_rows(body[:first] + body[last:], operation, operation, "Item"):
        raise wire.Unreadable("a row stands outside of its list")
    return _rows(body, operation, fields, first, last)


def _elements(body: bytes, operation: str, fields: Sequence[str]) -> Iterator[Row]:
    return (row_of(item, fields) for item in wire.stream_rows(body, operation, operation, "Item"))


def _rows(body: bytes, operation: str, fields: Sequence[str], first: int, last: int) -> Iterator[Row]:
    shapes: list[_Shape] = []
    number = 0
    for text in _chunks(body, first, last):
        at, has_signs = 0, "&" in text
        while at < len(text):
            found = shapes[0].pattern.match(text, at) if shapes else None
            if found is None:
                found = _other(shapes, text, at, fields)
            if found is not None:
                groups = found.groups()
                if has_signs and text.find("&", at, found.end()) >= 0:
                    groups = _without_signs(groups)  # of what nobody asked for too: one that is none spoils the list
                row = shapes[0].pick((*groups, "")) if groups else ()
            if found is None or not row:
                yield from islice(_elements(body, operation, fields), number, None)
                return
            yield tuple(map(str.strip, row))
            at, number = found.end(), number + 1


def _chunks(body: bytes, first: int, last: int) -> Iterator[str]:
    """Yield the rows as text, many at a time; what is no UTF-8 as a text that is no row."""
    at = first
    while at < last:
        end = body.rfind(_END, at, at + _CHUNK)
        end = (end if end >= 0 else body.find(_END, at)) + len(_END)
        try:
            yield body[at:end].decode()
        except UnicodeDecodeError:
            yield "?"
        at = end


def _other(shapes: list[_Shape], text: str, at: int, fields: Sequence[str]) -> re.Match[str] | None:
    """Find the shape of a row among those that are known, or learn it; it then stands first."""
    for place, shape in enumerate(shapes):
        found = shape.pattern.match(text, at)
        if found is not None:
            shapes.insert(0, shapes.pop(place))
            return found
    learnt = _learn(text[at : text.find(_LAST, at)], fields) if len(shapes) < MOST_SHAPES else None
    if learnt is None:
        return None
    shapes.insert(0, learnt)
    return learnt.pattern.match(text, at)


def _learn(row: str, fields: Sequence[str]) -> _Shape | None:
    """Return how a row is written; whether it is so, the pattern itself says when it is put to it."""
    parts, groups = [_HEAD], [""]  # of each group the name of its text; the ID has none
    for field, facts, rest in _FIELD.findall(row):
        opened = r"\s*<" + field
        if field == "Type" and facts.startswith(' ID="'):
            groups.append(_TYPE_ID)
            opened += f' ID="{_ID}"'
        else:
            opened += re.escape(facts)
        parts.append(f"{opened}\\s*/>()" if rest == "/>" else f"{opened}>{_TEXT}</{field}>")
        groups.append(field)
    if len(set(groups)) < len(groups):
        return None
    # What a row does not have is the empty text that is put behind its groups.
    places = [groups.index(name) if name in groups else len(groups) for name in (_TYPE_ID, *fields)]
    return _Shape(re.compile("".join(parts) + r"\s*" + _LAST + r"\s*"), itemgetter(0, *places))


def _without_signs(row: Row) -> Row:
    """Return texts with the signs that `&` stands for; none of them where one is no text of XML."""
    try:
        return tuple(_plain(text) if "&" in text else text for text in row)
    except (KeyError, ValueError, OverflowError):
        return ()


@lru_cache(maxsize=2000)
def _plain(text: str) -> str:
    plain, number = _SIGN.subn(_sign, text)
    if number != text.count("&"):
        raise ValueError("an ampersand that stands for itself")
    return plain


def _sign(found: re.Match[str]) -> str:
    if found[3]:
        return _SIGNS[found[3]]
    sign = chr(int(found[1]) if found[1] else int(found[2], 16))
    if wire.NOT_XML_CHARACTERS.match(sign):
        raise ValueError("no character of XML")
    return sign
