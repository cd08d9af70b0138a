"""Writes most invoices at one go: what is there decides on a template, made once, and the values are put into it.

It writes what nobody could doubt: values of the types it knows, without a sign that XML would read. For all else it
says so, and the mapping writes element by element; both give the same bytes.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import attrgetter, itemgetter
from types import NoneType
from typing import Any, NamedTuple

from webapp.domain.documents import CLEAR, Unsaid

_MOST = 2000
"""Templates that are kept: there are as many as combinations of fields that people fill in."""


class Slot(NamedTuple):
    """One place in a group: the attribute, where it goes ("Parent/Element") and between which tags.

    Also how a value is written, and what stands there without one.
    """

    field: str
    path: str
    write: Callable[[Any], str] | None
    start: str
    end: str
    empty: str = ""
    missing: str = ""


class Template(NamedTuple):
    """The text around the values that are there, where those go, which to pick, and which of them are no texts.

    `pieces` is the same text with an empty piece for each value.
    """

    text: str
    pieces: tuple[str, ...]
    paths: tuple[str, ...]
    pick: Callable[[Any], Any]
    written: tuple[tuple[int, Callable[[Any], str]], ...]


class Writing(bytes):
    """The bytes of an invoice that was written at one go, with what they are made of: templates, and the texts in each.

    They are those of the head, of the contact, and of each line, of which there is one at least.
    """

    templates: Sequence[Template]
    texts: Sequence[tuple[str, ...]]


class Group:
    """Slots that follow each other, between the texts that stand before and after them.

    Their values are of one object, and of a second one that belongs to it (`inner`, with its prefix in the
    slots' names): a line and its product are written by one template. Only where it `clears` is there an
    empty element for CLEAR.
    """

    def __init__(
        self, slots: Sequence[Slot], *, before: str = "", after: str = "", inner: str = "", clears: bool = False
    ) -> None:
        own = [slot for slot in slots if not (inner and slot.field.startswith(f"{inner}."))]
        theirs = [slot for slot in slots if slot not in own]
        places = {slot.field: place for place, slot in enumerate([*own, *theirs])}
        self._slots = tuple((places[slot.field], slot) for slot in slots)
        self._before, self._after = before, after
        self._inner = inner
        self._own = attrgetter(*(slot.field for slot in own))
        self._theirs = attrgetter(*(slot.field.removeprefix(f"{inner}.") for slot in theirs)) if theirs else None
        self._clears = clears
        self._templates: dict[tuple[Any, ...], Template] = {}

    def fill(self, source: Any, parts: list[str], templates: list[Template], texts: list[tuple[str, ...]]) -> None:
        """Add the text of an object's slots to `parts`, and what it is made of to `templates` and `texts`.

        Raises TypeError, ValueError and the like for values it does not write, and an empty text is one.
        """
        values = self._own(source)
        if self._theirs is not None:
            values += self._theirs(getattr(source, self._inner))
        shape = (
            tuple([value if value is CLEAR else value.__class__ for value in values])
            if self._clears
            else tuple(map(type, values))
        )
        template = self._templates.get(shape) or self._template(shape)
        row = list(template.pick(values))
        for place, write in template.written:
            row[place] = write(row[place])
        if "" in row:
            raise ValueError("an empty text is left out")
        written = tuple(row)
        templates.append(template)
        texts.append(written)
        begin = len(parts)
        parts += template.pieces
        parts[begin + 1 :: 2] = written

    def _template(self, shape: tuple[Any, ...]) -> Template:
        parts = [self._before]
        places: list[int] = []
        paths: list[str] = []
        written: list[tuple[int, Callable[[Any], str]]] = []
        for place, slot in self._slots:
            kind = shape[place]
            if kind is NoneType or (kind is Unsaid and self._clears):
                parts.append(slot.missing)
            elif kind is CLEAR:
                parts.append(slot.empty)
            elif kind is Unsaid:
                raise TypeError(f"{slot.field} cannot be cleared")
            elif slot.write is None and kind is not str:
                raise TypeError(f"{slot.field} is not a text")
            else:
                if slot.write is not None:
                    written.append((len(places), slot.write))
                places.append(place)
                paths.append(slot.path)
                parts.append(f"{slot.start}%s{slot.end}")
        text = "".join([*parts, self._after])
        template = Template(text, _pieces(text), tuple(paths), _picker(places), tuple(written))
        if len(self._templates) < _MOST:
            self._templates[shape] = template
        return template


def _pieces(text: str) -> tuple[str, ...]:
    first, *others = text.split("%s")
    return (first, *chain.from_iterable(("", one) for one in others))


def _picker(places: Sequence[int]) -> Callable[[Any], Any]:
    """Return what picks the values at these places as a row; of one value or none `itemgetter` makes no row."""
    return itemgetter(*places) if len(places) > 1 else lambda values: [values[place] for place in places]
