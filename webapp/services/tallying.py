"""Look after the kept figures of invoices: put loose rows together, and find and mend what is off."""

from datetime import date

from flask import current_app
from sqlalchemy import Integer, func, select, text

from webapp.extensions import clock
from webapp.journal import Log
from webapp.store import tallies
from webapp.store.counted_together import UNMARK
from webapp.store.session import current, dialect, release, transaction

log = Log()

LOOSE = 500
"""So many rows are put together: a reader adds them up in less than a millisecond."""

AT_NIGHT = 3
"""The hour of the zone in which all of it is counted anew, once."""

_counted_on: set[date] = set()


def look_after() -> None:
    """One round of the scheduler: tidy what is loose, at night mend what is off; many at once do no harm."""
    fold()
    here = clock.now().astimezone(current_app.extensions["koppel"].zone)
    if here.hour == AT_NIGHT and here.date() not in _counted_on:
        _counted_on.add(here.date())
        mended = mend()
        if dialect() == "sqlite":  # PostgreSQL looks at its tables by itself
            with transaction() as session:
                session.execute(text("PRAGMA analysis_limit=1000"))
                session.execute(text("ANALYZE"))
        if mended:
            log.error("tallies_were_off", groups=mended)


def fold() -> int:
    """Put loose rows together where there are many; returns how many there were. SQLite has none."""
    if dialect() == "sqlite":
        return 0
    folded = 0
    for table in tallies.TABLES:
        loose = current().scalar(select(func.count()).select_from(table).where(table.c.loose)) or 0
        release()
        if loose > LOOSE:
            with transaction() as session:
                session.execute(text(tallies.folding(table)))
            folded += loose
    return folded


def off() -> int:
    """Return how many groups of the kept figures are not what counting gives."""
    found = 0
    for table in tallies.TABLES:
        counting = f"SELECT count(*) FROM ({tallies.deviations(table, dialect())}) AS off"  # noqa: S608 - no value in it
        found += current().scalar(text(counting).columns(count=Integer)) or 0
    release()
    return found


def mend() -> int:
    """Correct the kept figures; returns how many groups were off."""
    mended = 0
    if dialect() == "sqlite":
        with transaction() as session:
            session.execute(text(UNMARK))
    for table in tallies.TABLES:
        with transaction() as session:
            mended += session.execute(text(tallies.mending(table, dialect()))).rowcount  # type: ignore[attr-defined]
    return mended
