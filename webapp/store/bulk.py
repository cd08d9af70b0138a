"""Write many new rows of one table at once, straight to the driver: executemany on SQLite, COPY on PostgreSQL."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import chain, islice
from queue import SimpleQueue
from typing import Any, cast

from sqlalchemy import Boolean, Connection, Integer, Table
from sqlalchemy.exc import DBAPIError

from webapp.store.counted_together import counted_together
from webapp.store.session import current
from webapp.store.types import Exact, empty, table_of

Row = tuple[Any, ...]
TOGETHER = 100
"""Rows of one statement on SQLite."""

PIECE = 500
"""Rows that are sent to PostgreSQL together."""

_BESIDE = "koppel_beside"
"""Where a session keeps what takes its rows to PostgreSQL meanwhile."""

SHORT = 0.0002
"""Seconds after which a thread that computes lets another go on: who has a few bytes to send does not wait for long."""


class Bulk:
    """New rows of a mapped class: `columns` differ from row to row, `same` are alike for all that are written at once.

    Every other column has its default, or nothing. Values come as they are stored, for nothing is turned here: amounts
    as whole numbers, days as their ISO text, JSON as text; only those of `same` are what the class has.
    """

    def __init__(self, kind: type[Any], columns: Sequence[str], *, same: Sequence[str] = ()) -> None:
        self._table = table_of(kind)
        named = {*columns, *same, "id"}
        defaults = {name: value for name, value in empty(self._table).items() if name not in named}
        self._rest = {name: value for name, value in defaults.items() if value is not None}
        self._columns, self._same = tuple(columns), tuple(same)
        missing = {
            column.name
            for column in self._table.c
            if not column.nullable and column.server_default is None and column.name not in named | set(self._rest)
        }
        if missing:
            raise ValueError(f"no value is named for {sorted(missing)}")
        self._insert = _insert(self._table, (*columns, *same), self._rest)
        self._insert_together = _insert(self._table, (*columns, *same), self._rest, rows=TOGETHER)
        self._texts = [_text_of(self._table.c[name].type) for name in columns]

    def write(self, rows: Iterable[Row], **same: Any) -> None:
        """Write these rows inside of a transaction; what the session holds back is written first.

        Raises the error of SQLAlchemy that fits, as every other statement does.
        """
        session = current()
        beside: _Beside | None = session.info.get(_BESIDE)
        if beside is None:
            session.flush()
        connection = session.connection()
        tail = tuple([stored(self._table, name, same[name]) for name in self._same])
        if connection.dialect.name != "postgresql":
            self._insert_many(connection, [row + tail for row in rows] if tail else list(rows))
            return
        pieces = self._as_texts(rows, tail)
        first = next(pieces, None)
        if first is not None:
            names = ", ".join((*self._columns, *self._same, *self._rest))
            text = f"COPY {self._table.name} ({names}) FROM STDIN"
            (beside.send if beside is not None else _send)(connection, text, chain((first,), pieces))

    def _insert_many(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write rows a hundred to a statement, and the last ones by themselves.

        A table with triggers has SQLite copy every page that a statement changes, to be able to undo that one: for
        each row alone that takes three times as long as the rows, with their triggers.
        """
        whole = len(rows) - len(rows) % TOGETHER
        with _errors_of(connection, self._insert) as cursor, self._counted(connection, rows if whole else ()):
            for at in range(0, whole, TOGETHER):
                cursor.execute(self._insert_together, list(chain.from_iterable(rows[at : at + TOGETHER])))
            cursor.executemany(self._insert, rows[whole:])

    def _counted(self, connection: Connection, rows: Sequence[Row]) -> AbstractContextManager[None]:
        """Return what has many rows with ids counted all at once."""
        if not rows or "id" not in self._columns:
            return nullcontext()
        place = self._columns.index("id")
        return counted_together(connection.connection.driver_connection, self._table, [row[place] for row in rows])

    def _as_texts(self, rows: Iterable[Row], tail: Row) -> Iterator[str]:
        """Yield what COPY takes, column by column: most of a row is the same text in every row."""
        rest = [stored(self._table, name, value) for name, value in self._rest.items()]
        end = "".join("\t" + _word(value) for value in (*tail, *rest)) + "\n"
        source = iter(rows)
        while piece := list(islice(source, PIECE)):
            # A list knows its length: of one that is guessed Python would keep a tuple of another size, up to 2,000.
            columns = [turn(column) for turn, column in zip(self._texts, zip(*piece, strict=True), strict=True)]
            yield end.join(map("\t".join, zip(*columns, strict=True))) + end


@contextmanager
def side_by_side() -> Iterator[None]:
    """Let PostgreSQL take rows while the next ones are put together, in the order in which they are written here.

    Within, the session is used for nothing else: its connection is busy. At the end all rows are there, or the error
    of the first that were refused is raised; where the block itself fails, nothing is left under way. SQLite writes
    where it is called, and has nobody to wait for.
    """
    session = current()
    if session.get_bind().dialect.name != "postgresql":
        yield
        return
    session.flush()
    beside, usual = _Beside(), sys.getswitchinterval()
    session.info[_BESIDE] = beside
    sys.setswitchinterval(min(usual, SHORT))
    try:
        yield
        beside.thread.shutdown(wait=True)
    except BaseException:
        # Also of a job whose time is over: what were sent after this would be sent into another transaction.
        beside.thread.shutdown(wait=True, cancel_futures=True)
        raise
    finally:
        sys.setswitchinterval(usual)
        del session.info[_BESIDE]
    beside.check()


class _Beside:
    """A thread that sends rows, one table after the other."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "koppel-copy")
        self._sent: list[Future[None]] = []

    def send(self, connection: Connection, text: str, pieces: Iterable[str]) -> None:
        """Let a COPY begin with the first piece, while the next ones are put together here.

        Whoever puts them together must not ask the database: it waits for them.
        """
        ready: SimpleQueue[str | None] = SimpleQueue()
        try:
            self._sent.append(self.thread.submit(_send, connection, text, iter(ready.get, None)))
            for piece in pieces:
                ready.put(piece)
        finally:
            ready.put(None)

    def check(self) -> None:
        for one in self._sent:
            one.result()


def _send(connection: Connection, text: str, pieces: Iterable[str]) -> None:
    with _errors_of(connection, text) as cursor, cursor.copy(text) as sink:
        for piece in pieces:
            sink.write(piece)


class _errors_of:  # noqa: N801 - used as a function
    """A cursor of the driver's; its errors become those of SQLAlchemy."""

    def __init__(self, connection: Connection, text: str) -> None:
        self._base = cast(type[Exception], connection.dialect.loaded_dbapi.Error)
        self._text = text
        self._cursor: Any = cast(Any, connection.connection.driver_connection).cursor()

    def __enter__(self) -> Any:
        return self._cursor

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        self._cursor.close()
        if isinstance(problem, self._base):
            raise cast(Exception, DBAPIError.instance(self._text, None, problem, self._base)) from problem


def stored(table: Table, name: str, value: Any) -> Any:
    """Return the value of a column as it is stored: a whole number, a text, or nothing."""
    kind: Any = table.c[name].type
    if isinstance(kind, Exact):
        return None if value is None else kind.process_bind_param(Decimal(value), cast(Any, None))
    if isinstance(value, datetime):
        return kind.process_bind_param(value, None).isoformat(" ", "microseconds")
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, date) else value


def _insert(table: Table, names: Sequence[str], rest: dict[str, Any], *, rows: int = 1) -> str:
    """Return the INSERT of SQLite: what never differs stands in it, and is bound for no row."""
    columns = ", ".join((*names, *rest))
    fixed = [_literal(stored(table, name, value)) for name, value in rest.items()]
    places = ", ".join([*("?" * len(names)), *fixed])
    return f"INSERT INTO {table.name} ({columns}) VALUES {', '.join([f'({places})'] * rows)}"  # noqa: S608 - our own names


def _literal(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(int(value))
    return "'" + str(value).replace("'", "''") + "'"


def _text_of(kind: Any) -> Callable[[Row], Iterable[str]]:
    """Return what turns a column into its texts."""
    if isinstance(kind, Exact | Integer):
        return _figures
    return partial(map, _flag) if isinstance(kind, Boolean) else _words


def _figures(column: Row) -> Iterable[str]:
    return map(_figure if None in column else str, column)


def _words(column: Row) -> Iterable[str]:
    # Looked at as one: in most columns there is nothing that would have to be said in another way.
    try:
        together = "".join(column)
    except TypeError:
        return map(_word, column)
    return column if "\\" not in together and together.isprintable() else map(_word, column)


def _figure(value: int | None) -> str:
    return "\\N" if value is None else str(value)


def _flag(value: bool | None) -> str:
    return "\\N" if value is None else "t" if value else "f"


def _word(value: Any) -> str:
    """Return a value as COPY reads it: a line has one row, a tab ends a field, a backslash says what follows."""
    if type(value) is not str:
        return _flag(value) if type(value) is bool else _figure(value)
    if "\\" not in value and value.isprintable():
        return value
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
