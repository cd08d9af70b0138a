"""What a list is made of, for whoever chooses its columns or takes it along as a file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Select, func, select, tuple_

from webapp.papers.sheets import Head
from webapp.store.session import current, release

FIRST, CHUNK = 500, 2000
"""Rows that are read at a time; the first time fewer, so that something arrives at once."""

Args = Mapping[str, str]
Chunks = Iterator[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list, on the screen, in a file, or both.

    `value` gives what stands in a file, of a row of the list's query; None: it is for the screen alone. `usual`: it is
    there where nobody chose. `beside`: it goes into a file when one of these is chosen, and is no choice of its own.
    """

    code: str
    label: Any
    value: Callable[[Any], Any] | None
    kind: str = "text"
    usual: bool = True
    fixed: bool = False
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its columns, the arguments of its address, and its rows in chunks, in the list's own order.

    `count` says how many rows there are, as far as `most`.
    """

    name: str
    title: Any
    endpoint: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    chunks: Callable[[int, Args], Chunks]
    count: Callable[[int, Args, int], int]

    @property
    def choices(self) -> tuple[Column, ...]:
        """The columns that a person can choose."""
        return tuple(column for column in self.columns if not column.beside)

    def chosen(self, text: str | None) -> tuple[str, ...]:
        """Return the codes of the columns that a text with commas names; the usual ones where it names none."""
        named = set((text or "").split(","))
        found = tuple(one.code for one in self.choices if one.fixed or one.code in named)
        if any(one.code in named for one in self.choices):
            return found
        return tuple(one.code for one in self.choices if one.usual or one.fixed)

    def kept(self, args: Args) -> dict[str, Any]:
        """Return the arguments that say what the list shows; whatever else stands in the address is left out."""
        return {name: args[name][:500] for name in self.names if args.get(name)}

    def sheet(self, organisation_id: int, args: Args) -> tuple[list[Head], Iterable[Sequence[Any]]]:
        """Return heads and rows of a file, with the columns that `columns` among the arguments names."""
        shown = set(self.chosen(args.get("columns")))
        columns = [one for one in self.columns if (shown & set(one.beside) if one.beside else one.code in shown)]
        found = [(Head(str(one.label), one.kind), one.value) for one in columns if one.value is not None]
        return [head for head, _ in found], self._rows(organisation_id, args, [value for _, value in found])

    def _rows(
        self, organisation_id: int, args: Args, values: Sequence[Callable[[Any], Any]]
    ) -> Iterator[Sequence[Any]]:
        for chunk in self.chunks(organisation_id, args):
            release()  # no transaction stays open while somebody's line takes what was read
            for row in chunk:
                yield [value(row) for value in values]


def keyset(query: Select[Any], *order: Any, falling: bool = False) -> Chunks:
    """Yield the rows of a query in chunks, each from where the one before ended; `order` are its first columns."""
    mark = tuple_(*order)
    ways = [one.desc() if falling else one.asc() for one in order]
    last, size = None, FIRST
    while True:
        part = query if last is None else query.where(mark < tuple_(*last) if falling else mark > tuple_(*last))
        rows = current().execute(part.order_by(*ways).limit(size)).all()
        yield rows
        if len(rows) < size:
            return
        last, size = tuple(rows[-1][: len(order)]), CHUNK


def bounded(query: Select[Any], most: int) -> int:
    """Return how many rows a query has, as far as `most`."""
    return current().scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


def local(moment: Any) -> Any:
    """Return a moment by the clock of the screens, without its zone, which no spreadsheet knows; None for none."""
    return moment.astimezone(current_app.extensions["koppel"].zone).replace(tzinfo=None) if moment is not None else None
