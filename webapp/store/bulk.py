"""Write many new rows of one table at once, straight to the driver: executemany on SQLite, COPY on PostgreSQL."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from typing import Any, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from webapp.store.session import current
from webapp.store.types import Exact, empty, table_of

Row = tuple[Any, ...]
Turn = Callable[[Any], Any]


class Bulk:
    """New rows of a mapped class: `columns` differ from row to row, `same` are alike for all that are written at once.

    Every other column has its default, or nothing. Values are what the class has; they are turned here.
    """

    def __init__(self, kind: type[Any], columns: Sequence[str], *, same: Sequence[str] = ()) -> None:
        self._table = table_of(kind)
        named = {*columns, *same, "id"}
        self._rest = {
            name: value for name, value in empty(self._table).items() if name not in named and value is not None
        }
        self._columns, self._same = tuple(columns), tuple(same)
        self._names = (*columns, *same, *self._rest)
        missing = {
            column.name
            for column in self._table.c
            if not column.nullable and column.server_default is None and column.name not in {*self._names, "id"}
        }
        if missing:
            raise ValueError(f"no value is named for {sorted(missing)}")

    def write(self, rows: Sequence[Row], **same: Any) -> None:
        """Write these rows inside of a transaction; what the session holds back is written first.

        Raises the error of SQLAlchemy that fits, as every other statement does.
        """
        if not rows:
            return
        session = current()
        session.flush()
        connection = session.connection()
        tail = tuple(self._turned(connection.dialect, name, same[name]) for name in self._same)
        tail += tuple(self._turned(connection.dialect, name, value) for name, value in self._rest.items())
        turned = list(map(_join, self._rows(connection.dialect, rows), repeat(tail)))
        self._send(connection, turned)

    def _send(self, connection: Connection, rows: list[Row]) -> None:
        names = ", ".join(self._names)
        driver: Any = connection.connection.driver_connection
        copy = connection.dialect.name == "postgresql"
        places = ", ".join("?" * len(self._names))
        text = (
            f"COPY {self._table.name} ({names}) FROM STDIN"
            if copy
            else f"INSERT INTO {self._table.name} ({names}) VALUES ({places})"  # noqa: S608 - names of our own columns
        )
        base = cast(type[Exception], connection.dialect.loaded_dbapi.Error)
        try:
            cursor = driver.cursor()
            try:
                if not copy:
                    cursor.executemany(text, rows)
                    return
                with cursor.copy(text) as sink:
                    for row in rows:
                        sink.write_row(row)
            finally:
                cursor.close()
        except base as problem:
            raise cast(Exception, DBAPIError.instance(text, None, problem, base)) from problem

    def _rows(self, dialect: Dialect, rows: Sequence[Row]) -> Sequence[Row]:
        """Turn column by column: most columns are nothing to turn."""
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, name in enumerate(self._columns):
            turn = self._turn(dialect, name)
            if turn is not None:
                columns[place] = list(map(turn, columns[place]))
        return list(zip(*columns, strict=True))

    def _turn(self, dialect: Dialect, name: str) -> Turn | None:
        kind: Any = self._table.c[name].type
        if isinstance(kind, Exact):
            return partial(kind.process_bind_param, dialect=dialect)  # an integer for the driver: nothing more to turn
        return cast("Turn | None", kind.dialect_impl(dialect).bind_processor(dialect))

    def _turned(self, dialect: Dialect, name: str, value: Any) -> Any:
        turn = self._turn(dialect, name)
        return turn(value) if turn is not None else value


def _join(row: Row, tail: Row) -> Row:
    return row + tail
