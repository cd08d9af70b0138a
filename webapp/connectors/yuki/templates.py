"""Writes most invoices at one go: what is there decides on a template, made once, and the values are put into it.

It writes what nobody could doubt: values of the types it knows, without a sign that XML would read. For all else it
says so, and the mapping writes element by element; both give the same bytes.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from webapp.domain.documents import CLEAR, KEEP, Unsaid

_MOST = 2000
"""Templates that are kept: there are as many as combinations of fields that people fill in."""


class Slot(NamedTuple):
    """One place in a group: the attribute, its tags, how a value is written, and what stands there without one."""

    field: str
    write: Callable[[Any], str] | None
    start: str
    end: str
    empty: str = ""
    missing: str = ""


class Template(NamedTuple):
    """The text around the values that are there, which of them to pick, and which of those are no texts."""

    text: str
    pick: Callable[[Any], Any]
    written: tuple[tuple[int, Callable[[Any], str]], ...]


class Group:
    """Slots that follow each other in one object, between the texts that stand before and after them."""

    def __init__(self, slots: Sequence[Slot], *, before: str = "", after: str = "") -> None:
        self._slots = tuple(slots)
        self._before, self._after = before, after
        self._values = attrgetter(*(slot.field for slot in slots))
        self._templates: dict[tuple[Any, ...], Template] = {}

    def fill(self, source: object, parts: list[str], said: list[str]) -> None:
        """Add the text of an object's slots to `parts`, and the values in it to `said`.

        Raises TypeError, ValueError and the like for values it does not write.
        """
        values = self._values(source)
        shape = tuple(
            [
                (value if value.__class__ is Unsaid else value.__class__)
                if value
                else (None if value is None or value == "" else value.__class__)
                for value in values
            ]
        )
        template = self._templates.get(shape) or self._template(shape)
        row = list(template.pick(values))
        for place, write in template.written:
            row[place] = write(row[place])
        said += row
        parts.append(template.text % tuple(row))

    def _template(self, shape: tuple[Any, ...]) -> Template:
        parts = [self._before]
        places: list[int] = []
        written: list[tuple[int, Callable[[Any], str]]] = []
        for place, (slot, kind) in enumerate(zip(self._slots, shape, strict=True)):
            if kind is None or kind is KEEP:
                parts.append(slot.missing)
            elif kind is CLEAR:
                parts.append(slot.empty)
            elif slot.write is None and kind is not str:
                raise TypeError(f"{slot.field} is not a text")
            else:
                if slot.write is not None:
                    written.append((len(places), slot.write))
                places.append(place)
                parts.append(f"{slot.start}%s{slot.end}")
        text = "".join([*parts, self._after])
        template = Template(text, _picker(places), tuple(written))
        if len(self._templates) < _MOST:
            self._templates[shape] = template
        return template


def _picker(places: Sequence[int]) -> Callable[[Any], Any]:
    """Return what picks the values at these places as a row; of one value or none `itemgetter` makes no row."""
    return itemgetter(*places) if len(places) > 1 else lambda values: [values[place] for place in places]
