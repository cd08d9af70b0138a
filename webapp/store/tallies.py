"""How many invoices and payments there are of each kind, and what they come to: kept by the database with every write.

Whoever writes one of them, in whatever way, has written these figures too, in the same transaction: triggers do it. On
SQLite they add to a row for each group; invoices that are written many at a time are counted together there. On
PostgreSQL each statement adds rows of its own, so that no two transactions ever wait for each other here; readers add
up, and `services.tallying` puts the loose rows together now and then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    inspect,
)

from webapp.extensions import Base
from webapp.store.types import AMOUNT

NEVER = "9999-12-31"
"""The due date of what has none: it is never late."""

EVER = "0001-01-01"
"""The month of the figures of all months together: most lists ask for no dates."""

UNSEEN = ("yuki_paid", "yuki_before")
"""Sources of payments of which nobody saw when they came in."""

BY_DAY, BY_MONTH, ALL_DAYS = "d", "m", "a"
"""What is owed is kept by the day and by the month that it is due in, and over all: long times are then few rows."""

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


_RECEIVED_GROUP: list[Column[Any]] = [
    Column("organisation_id", BigInteger, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("currency", String(3), nullable=False),
]


@dataclass(frozen=True, slots=True)
class Counting:
    """What a table counts: rows `of` another one `where` a condition holds, and the `sums` of each.

    `{row}` stands for the row; `read` are the columns of it that are looked at beside those of the group.
    """

    of: str
    sums: Mapping[str, str]
    read: tuple[str, ...]
    where: str = "true"


_AMOUNTS = {"number": "1", "gross": "{row}.gross_total", "outstanding": "{row}.outstanding_amount"}
_READ = ("gross_total", "outstanding_amount")


def _table(name: str, group: list[Column[Any]], first: tuple[str, ...], what: Counting) -> Table:
    names = [column.name for column in group]
    amounts: list[Column[Any]] = [Column(one, AMOUNT, nullable=False) for one in what.sums if one != "number"]
    return Table(
        name,
        Base.metadata,
        *group,
        Column("number", Integer, nullable=False),
        *amounts,
        Column("loose", Boolean, nullable=False, server_default=false()),
        PrimaryKeyConstraint(*names).ddl_if(dialect="sqlite"),
        Index(f"ix_{name}", *first).ddl_if(dialect="postgresql"),
        sqlite_with_rowid=False,
        info={"counting": what},
    )


INVOICES = _table(
    "invoice_tallies", _GROUP, ("organisation_id", "kind", "month"), Counting("invoices", _AMOUNTS, _READ)
)
"""By month of the invoice date (its first day), and over all; the axes, currency, source and department (0: none)."""

OWED = _table(
    "owed_tallies",
    _OWED_GROUP,
    ("organisation_id", "kind", "grain", "due"),
    Counting("invoices", _AMOUNTS, ("status", *_READ), "{row}.status = 'sent' AND {row}.outstanding_amount > 0"),
)
"""What customers owe (sent, and something outstanding), by the day or month that it is due, and over all."""

RECEIVED = _table(
    "received_tallies",
    _RECEIVED_GROUP,
    ("organisation_id", "received_on"),
    Counting(
        "payments",
        {"number": "1", "amount": "{row}.amount - {row}.explained_amount"},
        ("amount", "explained_amount", "source"),
        "{row}.explained_amount <> {row}.amount AND {row}.source NOT IN " + str(UNSEEN),
    ),
)
"""What came in from customers, as far as anybody saw when, by the day: net of reversals, and told once."""

TABLES = (INVOICES, OWED, RECEIVED)

ASIDE = f"EXISTS (SELECT 1 FROM {INVOICES.name} WHERE organisation_id = 0)"  # noqa: S608 - names of our own
"""On SQLite, the condition on which triggers leave new invoices alone: see `counted_together`. Organisations begin with
one.
"""


def counting(table: Table) -> Counting:
    """Return what a table counts."""
    found: Counting = table.info["counting"]
    return found


def sums_of(table: Table) -> tuple[str, ...]:
    """Return the names of the columns that are sums."""
    return tuple(counting(table).sums)


def groups(table: Table) -> list[str]:
    """Return the names of the columns that make a group."""
    return [column.name for column in table.c if column.name not in {*sums_of(table), "loose"}]


def grains(table: Table) -> tuple[str, ...]:
    """Return how a table keeps what it counts more than once; one grain without a name where it does not."""
    return {INVOICES.name: (EVER, BY_MONTH), OWED.name: (BY_DAY, BY_MONTH, ALL_DAYS)}.get(table.name, ("",))


def taken(table: Table) -> str:
    """Return the sums of a select as they are taken away."""
    return ", ".join(f"-{name} AS {name}" for name in sums_of(table))


def values(table: Table, row: str, dialect: str, grain: str) -> list[str]:
    """What a row belongs to, as SQL, in the order of `groups`."""
    sqlite = dialect == "sqlite"
    typed = "" if sqlite else "DATE "
    day = "issue_date" if table is INVOICES else "due_date"
    first = f"substr({row}.{day}, 1, 7) || '-01'" if sqlite else f"date_trunc('month', {row}.{day})::date"
    never = f"{typed}'{NEVER}'"
    by_month = f"CASE {row}.due_date WHEN {never} THEN {never} ELSE {first} END"
    due = {BY_DAY: f"{row}.due_date", ALL_DAYS: f"{typed}'{EVER}'"}.get(grain, by_month)
    special = {
        "month": f"{typed}'{EVER}'" if grain == EVER else first,
        "grain": f"'{grain}'",
        "due": f"coalesce({due}, {never})",
        "department_id": f"coalesce({row}.department_id, 0)",
    }
    return [special.get(name, f"{row}.{name}") for name in groups(table)]


def counted(
    table: Table, dialect: str, source: str = "", *, rows: str = "", of_grains: Sequence[str] | None = None
) -> str:
    """Return SQL that selects what each row that is counted adds to a table: its groups, and its sums.

    `source` is what to count, where it is not all that there is: a table with the same columns; `rows` is how it is
    selected from, where that is not its name. `of_grains` are some of those that the table has.
    """
    what = counting(table)
    source = source or what.of
    own = ", ".join(f"{one.format(row=source)} AS {name}" for name, one in what.sums.items())

    def one(grain: str) -> str:
        named = zip(values(table, source, dialect, grain), groups(table), strict=True)
        chosen = ", ".join(f"{value} AS {name}" for value, name in named)
        return f"SELECT {chosen}, {own} FROM {rows or source} WHERE {what.where.format(row=source)}"  # noqa: S608

    return " UNION ALL ".join(one(grain) for grain in of_grains or grains(table))


def there(connection: Connection) -> tuple[Table, ...]:
    """Return the tables of figures that a database has: one that is half way through the migrations has not all."""
    return tuple(table for table in TABLES if inspect(connection).has_table(table.name))


def summed(table: Table, parts: Iterable[str], *more: str) -> str:
    """Return SQL that adds up what some selects give, and leaves out the groups that come to nothing."""
    names = ", ".join(groups(table))
    sums = ", ".join(f"sum({name}) AS {name}" for name in sums_of(table))
    left = " OR ".join(f"sum({name}) <> 0" for name in sums_of(table))
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
    kept = f"SELECT {names}, {taken(table)} FROM {table.name}"  # noqa: S608 - names of our own
    return summed(table, [counted(table, dialect), kept])


def mending(table: Table, dialect: str) -> str:
    """Return SQL that adds to the kept figures what they are too small by."""
    names = ", ".join(groups(table))
    more = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums_of(table))
    on_conflict = f" ON CONFLICT ({names}) DO UPDATE SET {more}" if dialect == "sqlite" else ""
    return f"INSERT INTO {table.name} ({names}, {', '.join(sums_of(table))}) {deviations(table, dialect)}{on_conflict}"


def folding(table: Table) -> str:
    """Return SQL that puts together the rows of every organisation that has loose ones (PostgreSQL)."""
    every = ", ".join((*groups(table), *sums_of(table)))
    together = summed(table, [f"SELECT {every} FROM gone"])  # noqa: S608 - names of our own
    return (
        f"WITH gone AS (DELETE FROM {table.name} WHERE organisation_id IN"  # noqa: S608 - names of our own
        f" (SELECT organisation_id FROM {table.name} WHERE loose) RETURNING {every})"
        f" INSERT INTO {table.name} ({every}) {together}"
    )
