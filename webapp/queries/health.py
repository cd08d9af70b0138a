"""Which parts are there: database, tables, and what carries the queue."""

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp.store import carrier, revisions
from webapp.store.session import current, release


def parts() -> dict[str, str]:
    """Return for database, migrations and redis `ok`, or what is the matter with it."""
    return {"database": _database(), "migrations": _migrations(), "redis": _redis()}


def _database() -> str:
    try:
        current().execute(select(1))
        release()
    except SQLAlchemyError:
        current().rollback()
        return "not reachable"
    return "ok"


def _migrations() -> str:
    try:
        revision = revisions.of_the_tables()
        release()
    except SQLAlchemyError:
        current().rollback()
        return "not reachable"
    if revision == revisions.newest():
        return "ok"
    return "not up to date: run `koppel init`" if revision else "no tables: run `koppel init`"


def _redis() -> str:
    there = carrier.answers()
    if there is None:
        return "no REDIS_URL is set"
    return "ok" if there else "not reachable"
