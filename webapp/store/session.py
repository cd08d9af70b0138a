"""Transactions: short, one after the other, and never one open while a remote is called."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from webapp.extensions import db

LAST, AFTER = "koppel_last", "koppel_after"
"""Where a session keeps what is still to be done in its transaction, and once that is committed."""

Step = TypeVar("Step", bound=Callable[[Session], None])

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
    "PRAGMA cache_size=-65536",
)


def current() -> Session:
    """Return the database session of this request, job or command."""
    return db.session()  # type: ignore[no-any-return]


@contextmanager
def transaction() -> Iterator[Session]:
    """One write transaction: commits at the end, rolls back on an error.

    Whatever was read before is read anew, so that decisions stand on what is true inside of it. On
    SQLite it takes the write lock at once: a read that turns into a write would fail when another
    process wrote in between.
    """
    session = current()
    if session.in_transaction():
        session.commit()
    session.expire_all()
    session.connection(execution_options={"write": True})
    session.info[LAST], session.info[AFTER] = {}, {}
    try:
        yield session
        for step in session.info.pop(LAST, {}).values():
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


def at_the_end(name: str, step: Step) -> Step:
    """Let `step` run as the last thing of the open `transaction()`; returns the one that has the name already, or it.

    For a lock that many writers want: what is taken last is held shortest, and cannot be part of a deadlock.
    Raises RuntimeError outside of a transaction.
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


def release() -> None:
    """End the read transaction, so that none is open while a remote is called."""
    current().commit()


def in_transaction() -> bool:
    """Whether a transaction is open in this session."""
    return current().in_transaction()


def bind_engine(app: Flask) -> None:
    """Prepare the app's engine: SQLite's pragmas and its explicit BEGIN."""
    with app.app_context():
        engine: Engine = db.engine
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    # Straight to the driver: it is the most frequent statement of all.
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if write else "BEGIN")
