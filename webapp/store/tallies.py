"""How many invoices there are of each kind and state, and what they come to: kept by the database with every write.

Whoever writes an invoice, in whatever way, has written these figures too, in the same transaction: triggers do it. On
SQLite they add to a row for each group. On PostgreSQL each statement adds rows of its own, so that no two transactions
ever wait for each other here; readers add up, and `services.tallying` puts the loose rows together now and then.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    false,
    text,
)

from webapp.extensions import Base
from webapp.store.types import AMOUNT

NEVER = "9999-12-31"
"""The due date of what has none: it is never late."""

EVER = "0001-01-01"
"""The month of the figures of all months together: most lists ask for no dates."""

BY_DAY, BY_MONTH = "d", "m"
"""What is owed is kept twice, by the day and by the month that it is due in: long times are then few rows."""

_GROUP: list[Column[Any]] = [
    Column("organisation_id", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("month", Date, nullable=False),
    Column("status", String(20), nullable=False),
    Column("delivery", String(20), nullable=False),
    Column("payment", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("source", String(20), nullable=False),
    Column("department_id", BigInteger, nullable=False),
]
_OWED_GROUP: list[Column[Any]] = [
    Column("organisation_id", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("grain", String(1), nullable=False),
    Column("due", Date, nullable=False),
    Column("delivery", String(20), nullable=False),
    Column("payment", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("source", String(20), nullable=False),
    Column("department_id", BigInteger, nullable=False),
]


def _table(name: str, group: list[Column[Any]], first: tuple[str, ...]) -> Table:
    names = [column.name for column in group]
    return Table(
        name,
        Base.metadata,
        *group,
        Column("number", Integer, nullable=False),
        Column("gross", AMOUNT, nullable=False),
        Column("outstanding", AMOUNT, nullable=False),
        Column("loose", Boolean, nullable=False, server_default=false()),
        PrimaryKeyConstraint(*names).ddl_if(dialect="sqlite"),
        Index(f"ix_{name}", *first).ddl_if(dialect="postgresql"),
        sqlite_with_rowid=False,
    )


INVOICES = _table("invoice_tallies", _GROUP, ("organisation_id", "kind", "month"))
"""By month of the invoice date (its first day), and over all; the axes, currency, source and department (0: none)."""

OWED = _table("owed_tallies", _OWED_GROUP, ("organisation_id", "kind", "grain", "due"))
"""What customers owe (sent, and something outstanding), by the day or month that it is due."""

TABLES = (INVOICES, OWED)
_SUMS = ("number", "gross", "outstanding")
_TAKEN = ", ".join(f"-{name} AS {name}" for name in _SUMS)


def groups(table: Table) -> list[str]:
    """Return the names of the columns that make a group."""
    return [column.name for column in table.c if column.name not in {*_SUMS, "loose"}]


def _is_owed(row: str) -> str:
    return f"{row}.status = 'sent' AND {row}.outstanding_amount > 0"


def _grains(table: Table) -> tuple[str, str]:
    return (EVER, BY_MONTH) if table is INVOICES else (BY_DAY, BY_MONTH)


def _values(table: Table, row: str, dialect: str, grain: str) -> list[str]:
    """What a row of invoices belongs to, as SQL, in the order of `groups`."""
    sqlite = dialect == "sqlite"
    typed = "" if sqlite else "DATE "
    day = "issue_date" if table is INVOICES else "due_date"
    first = f"substr({row}.{day}, 1, 7) || '-01'" if sqlite else f"date_trunc('month', {row}.{day})::date"
    due = f"{row}.due_date" if grain == BY_DAY else first
    special = {
        "month": f"{typed}'{EVER}'" if grain == EVER else first,
        "grain": f"'{grain}'",
        "due": f"coalesce({due}, {typed}'{NEVER}')",
        "department_id": f"coalesce({row}.department_id, 0)",
    }
    return [special.get(name, f"{row}.{name}") for name in groups(table)]


def counted(table: Table, dialect: str, source: str = "invoices") -> str:
    """Return SQL that selects what each row of invoices adds to a table: its groups, and number 1 with its amounts.

    `source` is a table with the columns of invoices.
    """
    own = f"1 AS number, {source}.gross_total AS gross, {source}.outstanding_amount AS outstanding"

    def one(grain: str, where: str) -> str:
        named = zip(_values(table, source, dialect, grain), groups(table), strict=True)
        return f"SELECT {', '.join(f'{value} AS {name}' for value, name in named)}, {own} FROM {source}{where}"  # noqa: S608

    where = "" if table is INVOICES else f" WHERE {_is_owed(source)}"
    return " UNION ALL ".join(one(grain, where) for grain in _grains(table))


def install(connection: Connection) -> None:
    """Let the database keep the figures, as this program wants them kept; what was there before is replaced.

    Migrations end with it: SQLite loses a table's triggers whenever a migration copies the table.
    """
    for statement in statements(connection.dialect.name):
        connection.execute(text(statement))


def remove(connection: Connection) -> None:
    """Let the database forget about the figures, as when the tables go."""
    for statement in _removal(connection.dialect.name):
        connection.execute(text(statement))


def statements(dialect: str) -> Iterator[str]:
    """Yield what makes a database keep the figures."""
    yield from _removal(dialect)
    yield from (_on_sqlite() if dialect == "sqlite" else _on_postgresql())


_EVENTS = {"insert": ("", "fresh"), "update": ("stale", "fresh"), "delete": ("stale", "")}


def _removal(dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        for table in TABLES:
            for name in _EVENTS:
                yield f"DROP TRIGGER IF EXISTS {table.name}_{name}"
        return
    for name in _EVENTS:
        yield f"DROP TRIGGER IF EXISTS koppel_tally_{name} ON invoices"
    yield "DROP FUNCTION IF EXISTS koppel_tally()"


def _on_sqlite() -> Iterator[str]:
    for table in TABLES:
        steps = {"OLD": [*_steps(table, "OLD", -1)], "NEW": [*_steps(table, "NEW", 1)]}
        yield from (
            f"CREATE TRIGGER {table.name}_insert AFTER INSERT ON invoices{_when(table, 'NEW')}"
            f" BEGIN {' '.join(steps['NEW'])} END",
            f"CREATE TRIGGER {table.name}_delete AFTER DELETE ON invoices{_when(table, 'OLD')}"
            f" BEGIN {' '.join(steps['OLD'])} END",
            f"CREATE TRIGGER {table.name}_update AFTER UPDATE ON invoices WHEN {_changed(table)}"
            f" BEGIN {' '.join(steps['OLD'] + steps['NEW'])} END",
        )


def _when(table: Table, row: str) -> str:
    return f" WHEN {_is_owed(row)}" if table is OWED else ""


def _changed(table: Table) -> str:
    """The condition that an update is about what is counted: most are not."""
    names = {"month": "issue_date", "due": "due_date", "grain": "status"}
    columns = dict.fromkeys([*(names.get(name, name) for name in groups(table)), "gross_total", "outstanding_amount"])
    different = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)
    owed = f" AND (({_is_owed('OLD')}) OR ({_is_owed('NEW')}))" if table is OWED else ""
    return f"({different}){owed}"


def _steps(table: Table, row: str, sign: int) -> Iterator[str]:
    """What a trigger of SQLite does about one side of a change."""
    names = groups(table)
    sums = f"{sign}, {sign} * {row}.gross_total, {sign} * {row}.outstanding_amount"
    more = ", ".join(f"{name} = {name} + excluded.{name}" for name in _SUMS)
    for grain in _grains(table):
        where = _is_owed(row) if table is OWED else "true"
        yield (
            f"INSERT INTO {table.name} ({', '.join((*names, *_SUMS))})"
            f" SELECT {', '.join(_values(table, row, 'sqlite', grain))}, {sums} WHERE {where}"
            f" ON CONFLICT ({', '.join(names)}) DO UPDATE SET {more};"
        )


def _on_postgresql() -> Iterator[str]:
    branches = []
    for event, sources in _EVENTS.items():
        adding = " ".join(f"{_add(table, sources)};" for table in TABLES)
        branches.append(f"IF TG_OP = '{event.upper()}' THEN {adding} END IF;")
    body = f"BEGIN {' '.join(branches)} RETURN NULL; END"
    yield f"CREATE FUNCTION koppel_tally() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
    for event, (stale, fresh) in _EVENTS.items():
        seen = " ".join(filter(None, (stale and f"OLD TABLE AS {stale}", fresh and f"NEW TABLE AS {fresh}")))
        yield (
            f"CREATE TRIGGER koppel_tally_{event} AFTER {event.upper()} ON invoices REFERENCING {seen}"
            " FOR EACH STATEMENT EXECUTE FUNCTION koppel_tally()"
        )


def _add(table: Table, sources: Iterable[str]) -> str:
    """What a trigger of PostgreSQL adds for one statement: the groups whose sums it changed."""
    stale, fresh = sources
    parts = [counted(table, "postgresql", fresh)] if fresh else []
    if stale:
        names = ", ".join(groups(table))
        parts.append(
            f"SELECT {names}, {_TAKEN} FROM ({counted(table, 'postgresql', stale)}) AS gone"  # noqa: S608
        )
    return f"INSERT INTO {table.name} ({', '.join((*groups(table), *_SUMS))}, loose) {summed(table, parts, 'true')}"


def summed(table: Table, parts: Iterable[str], *more: str) -> str:
    """Return SQL that adds up what some selects give, and leaves out the groups that come to nothing."""
    names = ", ".join(groups(table))
    sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
    left = " OR ".join(f"sum({name}) <> 0" for name in _SUMS)
    tail = "".join(f", {one}" for one in more)
    return (
        f"SELECT {names}, {sums}{tail} FROM ({' UNION ALL '.join(parts)}) AS every"  # noqa: S608 - names of our own
        f" GROUP BY {names} HAVING {left}"
    )


def deviations(table: Table, dialect: str) -> str:
    """Return SQL that selects by how much the kept figures are too small: nothing where all is well.

    One statement sees one state of the database, so that it is right while others write.
    """
    names = ", ".join(groups(table))
    kept = f"SELECT {names}, {_TAKEN} FROM {table.name}"  # noqa: S608 - names of our own
    return summed(table, [counted(table, dialect), kept])


def mending(table: Table, dialect: str) -> str:
    """Return SQL that adds to the kept figures what they are too small by."""
    names = ", ".join(groups(table))
    more = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in _SUMS)
    on_conflict = f" ON CONFLICT ({names}) DO UPDATE SET {more}" if dialect == "sqlite" else ""
    return f"INSERT INTO {table.name} ({names}, {', '.join(_SUMS)}) {deviations(table, dialect)}{on_conflict}"


def folding(table: Table) -> str:
    """Return SQL that puts together the rows of every organisation that has loose ones (PostgreSQL)."""
    every = ", ".join((*groups(table), *_SUMS))
    together = summed(table, [f"SELECT {every} FROM gone"])  # noqa: S608 - names of our own
    return (
        f"WITH gone AS (DELETE FROM {table.name} WHERE organisation_id IN"  # noqa: S608 - names of our own
        f" (SELECT organisation_id FROM {table.name} WHERE loose) RETURNING {every})"
        f" INSERT INTO {table.name} ({every}) {together}"
    )
