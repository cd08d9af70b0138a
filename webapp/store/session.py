"""Transactions: short, one after the other, and never one open while a remote is called."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock, local
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from webapp.extensions import db

LAST, AFTER = "koppel_last", "koppel_after"
"""Where a session keeps what is still to be done in its transaction, and once that is committed."""

Step = TypeVar("Step", bound=Callable[[Session], None])

BEGAN = "koppel_began"
"""Where a connection to SQLite keeps how many rows had been written on it when its transaction began."""

PATIENCE = 30
"""Seconds to wait for one's turn to write on SQLite; then it says that the database is locked."""


def current() -> Session:
    """Return the database session of this request, job or command."""
    return db.session()  # type: ignore[no-any-return]


def ask(statement: Executable, **values: Any) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement of columns that was made once, with the values of its parameters: what every page asks anew.

    To build it each time, and to let the session look for mapped objects in it, takes eight times as long as this.
    """
    return current().connection().execute(statement, values)


@contextmanager
def transaction() -> Iterator[Session]:
    """One write transaction: commits at the end, rolls back on an error.

    Whatever was read before is read anew, so that decisions stand on what is true inside of it. On
    SQLite it takes the write lock at once: a read that turns into a write would fail when another
    process wrote in between. On PostgreSQL a session can write nothing outside of one.
    """
    session = current()
    if session.in_transaction():
        session.commit()
    session.expire_all()
    with turn(session.get_bind().dialect.name == "sqlite"):
        with _to_write():
            session.connection()
        session.info[LAST], session.info[AFTER] = {}, {}
        try:
            yield session
            for _, step in sorted(session.info.pop(LAST, {}).items()):
                step(session)
            session.commit()
        except BaseException:
            session.rollback()
            session.info.pop(AFTER, None)
            raise
        finally:
            session.info.pop(LAST, None)
    for told in session.info.pop(AFTER, {}).values():
        told()


def is_writing(session: Session) -> bool:
    """Whether a `transaction()` is open in a session, up to its commit."""
    return AFTER in session.info


@contextmanager
def within() -> Iterator[Session]:
    """The open `transaction()` where there is one, else one of its own: for a verb that may be a part of a larger one.

    What it raises undoes all of the larger one, unless that takes the error; so it has to refuse before it writes.
    """
    session = current()
    if LAST in session.info:
        yield session
    else:
        with transaction() as session:
            yield session


_beginning = local()


def will_write() -> bool:
    """Whether the transaction that this thread begins will write."""
    return getattr(_beginning, "writes", False)


@contextmanager
def _to_write() -> Iterator[None]:
    _beginning.writes = True
    try:
        yield
    finally:
        _beginning.writes = False


class _Turns:
    """Whose turn it is to write, among the threads of this process; a child process begins with its own."""

    def __init__(self) -> None:
        self.lock = RLock()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = RLock()


_turns = _Turns()


@contextmanager
def turn(wanted: bool) -> Iterator[None]:
    """Wait for one's turn to write, which is `wanted` where the database is SQLite.

    Who finds SQLite busy asks again after a pause, and each pause is longer than the one before. Of the threads of a
    process only one asks, so the others follow it at once. Nobody waits here for ever: SQLite has the last word.
    """
    if not wanted:
        yield
        return
    lock = _turns.lock
    taken = lock.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if taken:
            lock.release()


def at_the_end(name: str, step: Step) -> Step:
    """Let `step` run as the last thing of the open `transaction()`; returns the one that has the name already, or it.

    For a lock that many writers want: what is taken last is held shortest, and cannot be part of a deadlock. Steps run
    in the order of their names, so that who takes several such locks takes them like everybody else. Raises
    RuntimeError outside of a transaction.
    """
    return _open_steps(LAST).setdefault(name, step)  # type: ignore[no-any-return]


def once_committed(name: str, step: Callable[[], None]) -> None:
    """Let `step` run after the commit of the open `transaction()`, never if it fails; one step for each name."""
    _open_steps(AFTER)[name] = step


def _open_steps(kind: str) -> dict[str, Any]:
    steps: dict[str, Any] | None = current().info.get(kind)
    if steps is None:
        raise RuntimeError("this needs an open transaction()")
    return steps


def reserve(kind: type[Any], number: int) -> list[int]:
    """Return ids for so many new rows of a mapped class, inside of a transaction: they can all be added at once.

    Without them every row has to be written alone to learn its id.
    """
    if not number:
        return []
    session, table = current(), kind.__table__
    if session.get_bind().dialect.name == "postgresql":
        # The sequence is looked for once, and the ids come as one value: row by row that takes ten times as long.
        ids = text(
            "WITH here AS MATERIALIZED (SELECT CAST(pg_get_serial_sequence(:table, 'id') AS regclass) AS ids)"
            " SELECT array_agg(nextval(here.ids)) FROM here, generate_series(1, :number)"
        )
        return list(session.scalar(ids, {"table": table.name, "number": number}) or ())
    first = session.scalar(select(func.max(table.c.id))) or 0  # nobody else writes meanwhile
    return list(range(first + 1, first + 1 + number))


def direct(
    statement: Executable, rows: Sequence[Mapping[str, Any]] = (), /, **values: Any
) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement about tables that was made once, straight on the session's connection: a fifth of the cost.

    `values` are its parameters, and columns to set; `rows` many of them. What the session holds back is written
    first; what it has loaded does not learn of a change, see `forget`.
    """
    session = current()
    session.flush()
    return session.connection().execute(statement, rows or values)


def forget(kind: type[Any], identity: int) -> None:
    """Let the session read a row anew that was changed by `direct`, where it has loaded it."""
    loaded = _loaded(kind, identity)
    if loaded is not None:
        current().expire(loaded)


def learn(kind: type[Any], identity: int, **values: Any) -> None:
    """Let the session know what `direct` wrote to a row, where it has loaded it."""
    loaded = _loaded(kind, identity)
    for name, value in values.items() if loaded is not None else ():
        set_committed_value(loaded, name, value)


def _loaded(kind: type[Any], identity: int) -> Any:
    return current().identity_map.get(identity_key(kind, identity))


def by_dialect(make: Callable[[Any], Executable]) -> dict[str, Executable]:
    """Return a statement for each database, made with its own `insert`: that one knows ON CONFLICT."""
    return {"postgresql": make(postgresql.insert), "sqlite": make(sqlite.insert)}


def dialect() -> str:
    """Return the name of the database at hand: postgresql or sqlite."""
    return current().get_bind().dialect.name


def release() -> None:
    """End the read transaction, so that none is open while a remote is called."""
    current().commit()


def in_transaction() -> bool:
    """Whether a transaction is open in this session."""
    return current().in_transaction()
