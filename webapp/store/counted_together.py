"""On SQLite: rows that are written together are counted, and noted for the search, at once and not one by one.

While a row of no organisation stands among the figures, the triggers leave new rows to whoever put it there. It is
there inside of one transaction only, in which nobody else writes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table

from webapp.store.search_pieces import WAITING
from webapp.store.tallies import (
    ALL_DAYS,
    ASIDE,
    BY_DAY,
    BY_MONTH,
    EVER,
    INVOICES,
    NEVER,
    OWED,
    counted,
    counting,
    groups,
    summed,
    sums_of,
)

OF = counting(INVOICES).of
"""The table whose rows may be counted together."""


@contextmanager
def counted_together(driver: Any, table: Table, ids: Sequence[int]) -> Iterator[None]:
    """Let new rows with these ids be counted and noted at the end of the block, inside of a write transaction.

    Also when it fails half way: what it has written by then is counted, as it would have been row by row. Where a row
    stands between these ids already, the table has no figures, or the triggers know nothing of this, everything goes
    its usual way. Raises RuntimeError outside of a transaction.
    """
    if table.name != OF:
        yield
        return
    if not driver.in_transaction:
        raise RuntimeError("rows are counted together inside of a transaction")
    between = (min(ids), max(ids))
    if driver.execute(_BETWEEN, between).fetchone() or not driver.execute(_KNOWN).fetchone():
        yield
        return
    driver.execute(_MARK)
    try:
        yield
    finally:
        if driver.in_transaction:  # SQLite has not undone all of it by itself
            driver.execute(UNMARK)
            for statement in _AT_THE_END:
                driver.execute(statement, between)


_FINE = {INVOICES.name: BY_MONTH, OWED.name: BY_DAY}
"""The grain that is counted from the rows; the others are made of what that gives, which is a tenth as much."""

_COARSE = {
    INVOICES.name: [{"month": f"'{EVER}'"}],
    OWED.name: [
        {"grain": f"'{BY_MONTH}'", "due": f"CASE due WHEN '{NEVER}' THEN due ELSE substr(due, 1, 7) || '-01' END"},
        {"grain": f"'{ALL_DAYS}'", "due": f"'{EVER}'"},
    ],
}


def _adding(figures: Table, rows: str) -> str:
    names, sums = ", ".join(groups(figures)), ", ".join(sums_of(figures))
    fine = summed(figures, [counted(figures, "sqlite", "fresh", rows=rows, of_grains=[_FINE[figures.name]])])
    parts = ["SELECT * FROM fine"]
    for special in _COARSE[figures.name]:
        chosen = ", ".join(f"{special.get(name, name)} AS {name}" for name in groups(figures))
        parts.append(f"SELECT {chosen}, {sums} FROM fine")  # noqa: S608 - names of our own
    more = ", ".join(f"{name} = {name} + excluded.{name}" for name in sums_of(figures))
    return (
        f"WITH fine AS MATERIALIZED ({fine})"
        f" INSERT INTO {figures.name} ({names}, {sums}) {summed(figures, parts)}"
        f" ON CONFLICT ({names}) DO UPDATE SET {more}"
    )


def _mark() -> str:
    values = ", ".join(["0", "''", f"'{EVER}'", *["''"] * (len(groups(INVOICES)) - 4), "0"])
    sums = ", ".join("0" for _ in sums_of(INVOICES))
    names = ", ".join((*groups(INVOICES), *sums_of(INVOICES)))
    return f"INSERT INTO {INVOICES.name} ({names}) VALUES ({values}, {sums})"  # noqa: S608 - names of our own


_ROWS = f"FROM {OF} WHERE id BETWEEN ?1 AND ?2"
_BETWEEN = f"SELECT 1 {_ROWS} LIMIT 1"
_KNOWN = (
    f"SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{OF}'"  # noqa: S608 - names of our own
    f" AND instr(sql, 'NOT {ASIDE}') LIMIT 1"
)
_MARK = _mark()
UNMARK = f"DELETE FROM {INVOICES.name} WHERE organisation_id = 0"  # noqa: S608 - names of our own
"""Takes away the row of no organisation, which no committed transaction has left."""

_AT_THE_END = (
    f"INSERT INTO {WAITING.name} SELECT organisation_id, id {_ROWS}",
    *(_adding(figures, f"(SELECT * {_ROWS}) AS fresh") for figures in (INVOICES, OWED)),
)
