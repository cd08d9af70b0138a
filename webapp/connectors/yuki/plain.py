"""Rows of a long list as such lists are mostly written: flat, one after the other, found by their bytes.

A row that is written as one before it, with other texts, is read by one pattern, at a third of what elements cost. From
the first row on that is not flat, or is written in a way of its own, the list is read as elements. A row whose bytes
were read in an earlier list is not read again: they are known by their mark.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from lxml import etree

from webapp.connectors import marks
from webapp.connectors.marks import number_of, word_of
from webapp.connectors.yuki import wire

T = TypeVar("T")
U = TypeVar("U")

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
_END = b"</Item>"
_CHUNK = 1 << 18
_READERS = [*map(Path(__file__).with_name, ("plain.py", "answers.py", "wire.py")), Path(marks.__file__)]
_CODE = int.from_bytes(word_of(_READERS)[:8])
_USUAL = 4096
"""Bytes around the rows that are remembered to be well."""

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


class Rows:
    """The rows of a list, in their order; memory does not grow with it."""

    def __init__(self, body: bytes, operation: str, fields: Sequence[str], within: range | None) -> None:
        self._body = body
        self._operation = operation
        self._fields = fields
        self._within = within

    def __iter__(self) -> Iterator[Row]:
        return self.since({}, lambda row, _: row)

    def since(self, known: Mapping[int, T], make: Callable[[Row, int | None], U]) -> Iterator[T | U]:
        """Yield for each row what is known by its mark, else what is made of it and its mark; errors as read_rows.

        Only a row has a mark whose bytes one pattern matched from the first to the last. Such bytes are the same row in
        every list: they hold no prefix, no entity but those that XML has, and open nothing that they do not close. So
        the list is well-formed when what is around its rows is (read as XML before), and each row that has no known
        mark is matched now. From the first one on that is not, nothing is known any more: all is read as XML.
        """
        shapes: list[_Shape] = []
        number = 0
        for rows in _cut(self._body, self._within or range(0)):
            numbers = [number_of(row, _CODE) for row in rows]
            for mark, row in zip(numbers, rows, strict=True):
                number += 1
                one = known.get(mark)
                if one is not None:
                    yield one
                    continue
                read = _read(shapes, row, self._fields)
                if read is None:
                    yield from (make(row, None) for row in islice(self._elements(), number - 1, None))
                    return
                yield make(read, mark)
        if self._within is None:
            yield from (make(row, None) for row in self._elements())

    def _elements(self) -> Iterator[Row]:
        operation = self._operation
        return (row_of(item, self._fields) for item in wire.stream_rows(self._body, operation, operation, "Item"))


def read_rows(body: bytes, operation: str, fields: Sequence[str]) -> Rows:
    """Check that the answer has the list `operation` (or is an error) now, and return its `<Item>`s.

    Of each the texts of these fields, of several with one name the first. Errors as wire.stream_rows has them.
    """
    within = _frame(body, operation)
    if within is None:
        wire.stream_rows(body, operation, operation, "Item")
    else:
        around = body[: within.start] + body[within.stop :]
        check = _check_around if len(around) <= _USUAL else _check_around.__wrapped__
        check(around, operation)
    return Rows(body, operation, fields, within)


@lru_cache(maxsize=8)
def _check_around(around: bytes, operation: str) -> None:
    """Read an answer around its rows as any other: what is wrong with it is said as ever, what is well only once."""
    for _ in wire.stream_rows(around, operation, operation, "Item"):
        raise wire.Unreadable("a row stands outside of its list")


def _frame(body: bytes, operation: str) -> range | None:
    """Return where the rows stand, None for an answer that is written in another way."""
    first, last = body.find(b"<Item"), body.rfind(_END) + len(_END)
    name = operation.encode()
    opened = re.compile(rb"<%b(?:\s[^<>]*[^<>/])?>\s*\Z" % name)
    closed = re.compile(rb"\s*</%b\s*>" % name)
    if not (0 <= first < last and opened.search(body[max(0, first - 500) : first]) and closed.match(body, last)):
        return None
    if len(re.findall(rb"[<:/]%b[\s/>]" % name, body[:first])) > 1:
        return None  # they stand in a second list
    around, declared = body[:first] + body[last:], _DECLARED.match(body)
    if b"<!" in around or around.count(b"<?") != (1 if declared else 0):
        return None
    return range(first, last)


def _cut(body: bytes, within: range) -> Iterator[list[bytes]]:
    """Yield the rows without their last tag, many at a time."""
    at = within.start
    while at < within.stop:
        end = body.rfind(_END, at, at + _CHUNK)
        end = end if end >= 0 else body.find(_END, at)
        yield body[at:end].split(_END)
        at = end + len(_END)


def _read(shapes: list[_Shape], row: bytes, fields: Sequence[str]) -> Row | None:
    """Return a row that is flat; None for one that is not, or cannot be read like that."""
    try:
        text = row.decode()
    except UnicodeDecodeError:
        return None
    found = shapes[0].pattern.fullmatch(text) if shapes else None
    found = found or _other(shapes, text, fields)
    if found is None or "\r" in text:
        return None
    groups = found.groups()
    if "&" in text:
        groups = _without_signs(groups)  # of what nobody asked for too: one that is none spoils the list
    return tuple(map(str.strip, shapes[0].pick((*groups, "")))) if groups else None


def _other(shapes: list[_Shape], text: str, fields: Sequence[str]) -> re.Match[str] | None:
    """Find the shape of a row among those that are known, or learn it; it then stands first."""
    for place, shape in enumerate(shapes):
        found = shape.pattern.fullmatch(text)
        if found is not None:
            shapes.insert(0, shapes.pop(place))
            return found
    learnt = _learn(text, fields) if len(shapes) < MOST_SHAPES else None
    if learnt is None:
        return None
    shapes.insert(0, learnt)
    return learnt.pattern.fullmatch(text)


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
    return _Shape(re.compile("".join(parts) + r"\s*"), itemgetter(0, *places))


def _without_signs(row: Row) -> Row:
    """Return texts with the signs that `&` stands for; none of them where one is no text of XML."""
    try:
        return tuple([_plain(text) if "&" in text else text for text in row])
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
