"""Rows of a long list as such lists are mostly written: flat, one after the other, found by their bytes.

A row that is written as one before it, with other texts, is read by one pattern, at a third of what elements cost. From
the first row on that is not flat, or is written in a way of its own, the list is read as elements.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from lxml import etree

from webapp.connectors.yuki import wire

_DECLARED = re.compile(
    rb"<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?(?: standalone=[\"']\w+[\"'])?\s*\?>", re.IGNORECASE
)
_FIELD = re.compile(r'<(\w+)((?: \w+="[^"<>&:]*")?)\s*(/>|>[^<>]*</\1>)', re.ASCII)
_TEXT = r"([^<>\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*)"
_HEAD = r'\s*<Item ID="([^"<>&:]*)">'
_SIGN = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_END, _LAST = b"</Item>", "</Item>"
_CHUNK = 1 << 18
MOST_SHAPES = 30
"""Ways of writing a row that are learnt; a list with more of them is read as elements."""


class Row(NamedTuple):
    """A row: its ID, the ID of its type, and its texts by their names, of several with one name the first."""

    id: str
    type_id: str
    said: dict[str, str]


class _Shape(NamedTuple):
    """How a row is written: its pattern, the names of its texts, and where among them the ID of its type stands."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    type_at: int | None


def row_of(item: etree._Element) -> Row:
    """Return a row that was read as an element."""
    kind = next(item.iterchildren("{*}Type"), None)
    return Row(item.get("ID") or "", "" if kind is None else (kind.get("ID") or "").strip(), wire.texts(item))


def read_rows(body: bytes, operation: str) -> Iterator[Row]:
    """Check that the answer has the list `operation` (or is an error) now, and return its `<Item>`s one by one.

    Memory does not grow with the list; errors as wire.stream_rows has them.
    """
    first, last = body.find(b"<Item"), body.rfind(_END) + len(_END)
    name = operation.encode()
    opened = re.compile(rb"<%b(?:\s[^<>]*[^<>/])?>\s*\Z" % name)
    closed = re.compile(rb"\s*</%b\s*>" % name)
    framed = 0 <= first < last and opened.search(body[max(0, first - 500) : first]) and closed.match(body, last)
    declared = _DECLARED.match(body)
    if not framed or b"<!" in body or b"\r" in body or body.count(b"<?") != (1 if declared else 0):
        return map(row_of, wire.stream_rows(body, operation, operation, "Item"))
    # The answer around its rows is read as any other: what is wrong with it is said as ever.
    for _ in wire.stream_rows(body[:first] + body[last:], operation, operation, "Item"):
        raise wire.Unreadable("a row stands outside of its list")
    return _rows(body, operation, first, last)


def _rows(body: bytes, operation: str, first: int, last: int) -> Iterator[Row]:
    shapes: list[_Shape] = []
    number = 0
    for text in _chunks(body, first, last):
        at, has_signs = 0, "&" in text
        while at < len(text):
            found = shapes[0].pattern.match(text, at) if shapes else None
            if found is None:
                found = _other(shapes, text, at)
            row = _row(shapes[0], found, has_signs=has_signs) if found is not None else None
            if found is None or row is None:
                yield from map(row_of, islice(wire.stream_rows(body, operation, operation, "Item"), number, None))
                return
            yield row
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


def _other(shapes: list[_Shape], text: str, at: int) -> re.Match[str] | None:
    """Find the shape of a row among those that are known, or learn it; it then stands first."""
    for place, shape in enumerate(shapes):
        found = shape.pattern.match(text, at)
        if found is not None:
            shapes.insert(0, shapes.pop(place))
            return found
    learnt = _learn(text[at : text.find(_LAST, at)]) if len(shapes) < MOST_SHAPES else None
    if learnt is None:
        return None
    shapes.insert(0, learnt)
    return learnt.pattern.match(text, at)


def _learn(row: str) -> _Shape | None:
    """Return how a row is written; whether it is so, the pattern itself says when it is put to it."""
    parts, names, has_type = [_HEAD], [], False
    for field, facts, rest in _FIELD.findall(row):
        is_type = field == "Type" and facts.startswith(' ID="')
        has_type = has_type or is_type
        opened = r"\s*<" + field + (r' ID="([^"<>&:]*)"' if is_type else re.escape(facts))
        parts.append(f"{opened}\\s*/>()" if rest == "/>" else f"{opened}>{_TEXT}</{field}>")
        names.append(field)
    if len(set(names)) < len(names):
        return None
    place = 1 + names.index("Type") if has_type else None
    return _Shape(re.compile("".join(parts) + r"\s*" + _LAST + r"\s*"), tuple(names), place)


def _row(shape: _Shape, found: re.Match[str], *, has_signs: bool) -> Row | None:
    """Return what a row says; None where a text is no text of XML."""
    texts = list(found.groups())
    if has_signs and "&" in found[0]:
        try:
            texts = [_without_signs(one) if "&" in one else one for one in texts]
        except (KeyError, ValueError, OverflowError):
            return None
    kind = texts.pop(shape.type_at).strip() if shape.type_at is not None else ""
    name, *said = texts
    return Row(name, kind, dict(zip(shape.names, map(str.strip, said), strict=True)))


@lru_cache(maxsize=2000)
def _without_signs(text: str) -> str:
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
