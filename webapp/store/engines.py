"""What a connection to the database is prepared with, and how its transactions begin and end."""

import time
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session

from webapp.extensions import db
from webapp.store.session import BEGAN, PATIENCE, will_write

IDLE, USED = 1.0, "koppel_used"
"""Seconds after which a connection that lay in the pool is asked whether it still stands, and where that is kept."""

HELPERS = 20_000
"""What PostgreSQL reckons for the start of processes that help with a query, in its own units; it would take 1,000."""

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={PATIENCE * 1000}",
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=20000",  # the usual 1000 pages are a checkpoint for every hundred small transactions
    "PRAGMA mmap_size=268435456",
)


def bind_engine(app: Flask) -> None:
    """Prepare the app's engine: SQLite's pragmas and its explicit BEGIN; a look at connections that lay idle.

    PostgreSQL is told what its helpers cost, and lets only a session write that is in a `transaction()`.
    """
    with app.app_context():
        engine: Engine = db.engine
    if engine.dialect.name != "sqlite":
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _look_after_idleness)
        event.listen(db.session, "after_begin", _begin_postgresql)
        return
    event.listen(engine, "connect", _prepare_sqlite)
    # Not by a listener: with one for any step of a connection, every statement asks for those of all others.
    engine.dialect.do_begin = _begin_sqlite  # type: ignore[assignment]


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Two processes that help take milliseconds to begin, and PostgreSQL would have them for what takes one.
    connection.autocommit = True
    connection.execute(f"SET parallel_setup_cost = {HELPERS}")
    connection.autocommit = False


def _begin_postgresql(_session: Session, transaction: Any, connection: Any) -> None:
    # What was not begun to write cannot: whoever forgets `transaction()` learns it from the server, at his first try.
    if connection.dialect.name == "postgresql" and not transaction.nested:
        connection.connection.driver_connection.read_only = not will_write()


def _note_use(connection: Any, record: Any) -> None:
    if connection is not None and not connection.closed:
        connection.read_only = None
    record.info[USED] = time.monotonic()


def _look_after_idleness(connection: Any, record: Any, _held: Any) -> None:
    # A server that was started anew has forgotten the connection; to ask before every use would cost a round trip.
    used = record.info.get(USED)
    if used is None or time.monotonic() - used < IDLE:
        return
    try:
        connection.autocommit = True  # one round trip: no transaction is begun that has to be ended again
        connection.execute("")
        connection.autocommit = False
    except Exception as problem:
        raise InvalidatePoolError from problem


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # Straight to the driver: it is the most frequent statement of all.
    connection.cursor().execute("BEGIN IMMEDIATE" if will_write() else "BEGIN")
    connection.info[BEGAN] = connection.total_changes
