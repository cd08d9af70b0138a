"""The way straight to the driver, for what other systems ask day and night: statements made once, values as they go.

A session keeps account of every object and builds every statement anew, at several times the price of the statement
itself. Here a statement is compiled once for a database, and its values are turned by the types of its columns.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect, Engine, func, select
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.sql import Executable
from sqlalchemy.types import TypeEngine

from webapp.extensions import db
from webapp.store.session import current, release, turn

Values = Mapping[str, Any]
Turn = Callable[[Any], Any] | None
_prompt: list["Fixed"] = []


class Fixed:
    """A statement with named values; `columns` are what an INSERT fills, `gives` what a row of it returns.

    The rows of one that is `packed` come as one value on SQLite, in no order, by `all` and `at_once`: it lets go of the
    interpreter for each row that it hands out, and a busy web process comes back to it later than the row is found.
    One that is `prompt` is asked while a caller waits: a web process compiles it at its start, not at its first call.
    """

    def __init__(
        self,
        statement: Executable,
        *,
        columns: Sequence[str] = (),
        gives: Sequence[Any] = (),
        prompt: bool = False,
        packed: bool = False,
    ) -> None:
        self._statement = statement
        self._packed = packed
        self._columns = list(columns) or None
        self._gives: list[TypeEngine[Any]] = [column.type for column in gives]
        self._made: dict[str, _Made] = {}
        if prompt:
            _prompt.append(self)

    def on(self, dialect: Dialect) -> "_Made":
        """Return what a database of this kind is asked."""
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = self._make(dialect)
        return made

    def _make(self, dialect: Dialect) -> "_Made":
        packed, statement = self._packed and dialect.name == "sqlite", self._statement
        if packed:
            rows: Any = statement
            statement = select(func.json_group_array(func.json_array(*rows.subquery().c)))
        return _Made(statement, self._columns, self._gives, dialect, packed=packed)


def prepare(dialect: Dialect) -> None:
    """Compile the statements that are prompt, so that nobody who comes first waits for it."""
    for statement in _prompt:
        statement.on(dialect)


class _Made:
    """The text of a statement, its values in their order, and what turns them for the driver and back."""

    def __init__(
        self, statement: Any, columns: list[str] | None, gives: list[Any], dialect: Dialect, *, packed: bool
    ) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        if getattr(compiled, "insert_prefetch", None):
            raise ValueError(f"no value is named for {[column.name for column in compiled.insert_prefetch]}")
        if missing := [bind.key for bind in compiled.post_compile_params if bind.value is None]:
            raise ValueError(f"no values are named for {missing}: without them there is nothing to compare with")
        whole = compiled.construct_expanded_state(compiled.params)  # IN (...) has a place for each of its values
        names = list(whole.positiontup or ())
        self.text = whole.statement if compiled.positional else _numbered(whole.statement, names)
        self._fixed = {name: value for name, value in whole.parameters.items() if value is not None}
        turners = dict(whole.processors)
        for name in compiled.binds.keys() & set(names):
            turners[name] = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        self._names: list[tuple[str, Turn]] = [(name, turners.get(name)) for name in names]
        turns = [kind.dialect_impl(dialect).result_processor(dialect, None) for kind in gives]
        self._packed = packed
        self._turns = [(place, turn) for place, turn in enumerate(turns) if turn]

    def values(self, given: Values) -> Any:
        """Return the values of one row as the driver takes them."""
        fixed = self._fixed
        said = ((turn, given[name] if name in given else fixed[name]) for name, turn in self._names)
        return [turn(value) if turn else value for turn, value in said]

    def row(self, found: Any) -> tuple[Any, ...] | None:
        """Return a row of the driver's as the types of its columns have it."""
        if found is None or not self._turns:
            return found  # type: ignore[no-any-return]
        values = list(found)
        for place, turned in self._turns:
            values[place] = turned(values[place])
        return tuple(values)

    def rows(self, found: list[Any]) -> list[tuple[Any, ...]]:
        """Return rows of the driver's as `row` does each."""
        rows: list[Any] = msgspec.json.decode(found[0][0]) if self._packed else found
        if not self._turns or not rows:
            return rows
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))  # a column at a time: a third of the time
        for place, turned in self._turns:
            columns[place] = map(turned, columns[place])
        return list(zip(*columns, strict=True))


Asked = tuple[Fixed, Values]
"""A statement with its values."""


class Line:
    """A connection of the driver's, in whatever transaction it is."""

    def __init__(self, driver: Any, dialect: Dialect) -> None:
        self._driver = driver
        self._dialect = dialect
        self.kind = dialect.name
        driven: Any = dialect.loaded_dbapi
        self._wrong = driven.Error
        # Of psycopg's cursors the one that takes a statement as the server does, and reads it for nothing first.
        on_server = dialect.name == "postgresql"
        self._new_cursor = partial(driven.RawCursor, driver) if on_server else driver.cursor
        self._new_stream = partial(driven.RawServerCursor, driver, "koppel_rows") if on_server else driver.cursor

    @property
    def written(self) -> int:
        """How many rows were written on this connection since it was opened; PostgreSQL does not count them."""
        return int(self._driver.total_changes) if self.kind == "sqlite" else 0

    def one(self, statement: Fixed, given: Values) -> tuple[Any, ...] | None:
        """Return the first row that a statement gives, None for none; raises IntegrityError."""
        made = statement.on(self._dialect)
        with self._cursor(made) as cursor:
            cursor.execute(made.text, made.values(given))
            return made.row(cursor.fetchone())

    def only(self, statement: Fixed, given: Values) -> tuple[Any, ...]:
        """Return the row that a statement gives; raises NoResultFound where it gives none."""
        row = self.one(statement, given)
        if row is None:
            raise NoResultFound
        return row

    def all(self, statement: Fixed, given: Values, *, planned: bool = True) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives; `planned` False where its plan must not outlive a growing table.

        PostgreSQL keeps the plan of a statement that comes again and again: made for an empty table, it reads a full
        one from end to end for each key.
        """
        made = statement.on(self._dialect)
        anew = {"prepare": False} if not planned and self.kind == "postgresql" else {}
        with self._cursor(made) as cursor:
            cursor.execute(made.text, made.values(given), **anew)
            return made.rows(cursor.fetchall())

    def raw(self, statement: Fixed, given: Values) -> list[tuple[Any, ...]]:
        """Return the rows that a statement gives as the driver has them, to be compared with others of their kind."""
        made = statement.on(self._dialect)
        with self._cursor(made) as cursor:
            cursor.execute(made.text, made.values(given))
            return cursor.fetchall()  # type: ignore[no-any-return]

    def at_once(self, asked: Sequence[Asked]) -> list[list[tuple[Any, ...]]]:
        """Run several statements, one after the other, and return the rows of each; over the wire they go together."""
        made = [(statement.on(self._dialect), given) for statement, given in asked]
        cursors: list[Any] = []
        try:
            with self._driver.pipeline() if self.kind == "postgresql" else nullcontext():
                for one, given in made:
                    cursors.append(self._new_cursor())
                    cursors[-1].execute(one.text, one.values(given))
            told = zip(made, cursors, strict=True)
            return [one.rows(cursor.fetchall()) if cursor.description else [] for (one, _), cursor in told]
        except self._wrong as problem:
            raise DBAPIError.instance("; ".join(one.text for one, _ in made), None, problem, self._wrong) from problem
        finally:
            for cursor in cursors:
                cursor.close()

    def each(self, statement: Fixed, given: Values, *, most: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows that a statement gives, so many at a time, as the driver has them: more than fit in memory.

        On PostgreSQL inside of a transaction only.
        """
        made = statement.on(self._dialect)
        with self._cursor(made, self._new_stream) as cursor:
            cursor.execute(made.text, made.values(given))
            while rows := cursor.fetchmany(most):
                yield rows

    def turned(self, statement: Fixed, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Return rows that `raw` gave as the types of their columns have them."""
        made = statement.on(self._dialect)
        return (row for row in map(made.row, rows) if row is not None)

    def do(self, statement: Fixed, given: Values) -> None:
        """Run a statement that gives no rows; raises IntegrityError."""
        self.many(statement, [given])

    def many(self, statement: Fixed, given: Sequence[Values]) -> None:
        """Run a statement for each of these rows; raises IntegrityError."""
        if not given:
            return
        made = statement.on(self._dialect)
        with self._cursor(made) as cursor:
            if len(given) == 1:
                cursor.execute(made.text, made.values(given[0]))
            else:
                cursor.executemany(made.text, [made.values(row) for row in given])

    @contextmanager
    def _cursor(self, made: _Made, new: Callable[[], Any] | None = None) -> Iterator[Any]:
        cursor = (new or self._new_cursor)()
        try:
            yield cursor
        except self._wrong as problem:
            # As every other way to the database has it: who waits for a database that is away knows only these.
            raise DBAPIError.instance(made.text, None, problem, self._wrong) from problem
        finally:
            cursor.close()


def _numbered(text: str, names: list[str]) -> str:
    """Return a statement with $1, $2 … for its named values, and put their names into `names` in that order."""

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", number, text).replace("%%", "%")


def line_of(connection: Connection) -> Line:
    """Return the way straight to the driver within the transaction of a connection."""
    return Line(connection.connection.driver_connection, connection.dialect)


def here() -> Line:
    """Return the way straight to the driver within the session's transaction; what that holds back is written first."""
    session = current()
    session.flush()
    return line_of(session.connection())


@contextmanager
def asking() -> Iterator[Line]:
    """Read, each statement for itself: no transaction is begun for one that has to be ended again."""
    engine: Engine = db.engine
    held = engine.raw_connection()
    driver: Any = held.driver_connection
    alone = engine.dialect.name == "postgresql"
    try:
        if alone:
            driver.autocommit = True
        yield Line(driver, engine.dialect)
    finally:
        if alone and not driver.closed:
            driver.autocommit = False
        held.close()


@contextmanager
def writing() -> Iterator[Line]:
    """One write transaction past the session: commits at the end, rolls back on an error.

    What the session of this thread has read is let go before, so that it is not held while others are waited for.
    """
    engine: Engine = db.engine
    if db.session.registry.has():
        release()
        current().expire_all()
    sqlite = engine.dialect.name == "sqlite"
    with turn(sqlite):
        held = engine.raw_connection()
        driver: Any = held.driver_connection
        try:
            if sqlite:
                driver.execute("BEGIN IMMEDIATE")
            yield Line(driver, engine.dialect)
            driver.commit()
        except BaseException:
            held.rollback()
            raise
        finally:
            held.close()
