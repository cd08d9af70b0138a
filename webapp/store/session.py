"""Transactions: short, one after the other, and never one open while a remote is called."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from webapp.extensions import db

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
    session.commit()
    session.expire_all()
    session.connection(execution_options={"write": True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


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
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
