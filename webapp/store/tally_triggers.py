"""What makes a database keep its figures: triggers on the tables that are counted, made anew after each migration."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, Table, text

from webapp.store.tallies import (
    ASIDE,
    RECEIVED,
    TABLES,
    counted,
    counting,
    grains,
    groups,
    summed,
    sums_of,
    taken,
    there,
    values,
)


def install(connection: Connection) -> None:
    """Let the database keep the figures, as this program wants them kept; what was there before is replaced.

    Migrations end with it: SQLite loses a table's triggers whenever a migration copies the table.
    """
    for statement in statements(connection.dialect.name, there(connection)):
        connection.execute(text(statement))


def remove(connection: Connection) -> None:
    """Let the database forget about the figures, as when the tables go."""
    for statement in _removal(connection.dialect.name):
        connection.execute(text(statement))


def statements(dialect: str, tables: Sequence[Table] = TABLES) -> Iterator[str]:
    """Yield what makes a database keep the figures of these tables, and no others."""
    yield from _removal(dialect)
    yield from (_on_sqlite(tables) if dialect == "sqlite" else _on_postgresql(tables))


_SOURCES = ("invoices", "payments")
_EVENTS = {"insert": ("", "fresh"), "update": ("stale", "fresh"), "delete": ("stale", "")}


def _removal(dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        for table in TABLES:
            for name in _EVENTS:
                yield f"DROP TRIGGER IF EXISTS {table.name}_{name}"
        return
    for source in _SOURCES:
        for name in _EVENTS:
            yield f"DROP TRIGGER IF EXISTS koppel_tally_{name} ON {source}"
    for function in ("koppel_tally", "koppel_tally_payments", "koppel_tally_payment"):
        yield f"DROP FUNCTION IF EXISTS {function}()"


def _on_sqlite(tables: Sequence[Table]) -> Iterator[str]:
    for table in tables:
        what = counting(table)
        steps = {"OLD": [*_steps(table, "OLD", -1)], "NEW": [*_steps(table, "NEW", 1)]}
        old, new = what.where.format(row="OLD"), what.where.format(row="NEW")
        changed = f"({_changed(table)}) AND (({old}) OR ({new}))"
        yield from (
            _trigger(table, "insert", f"({new}) AND NOT {ASIDE}" if what.of == "invoices" else new, steps["NEW"]),
            _trigger(table, "delete", old, steps["OLD"]),
            _trigger(table, "update", changed, steps["OLD"] + steps["NEW"]),
        )


def _trigger(table: Table, event: str, when: str, steps: Sequence[str]) -> str:
    """One trigger of SQLite."""
    on = f"AFTER {event.upper()} ON {counting(table).of}"
    said = f" WHEN {when}" if when != "true" else ""
    return f"CREATE TRIGGER {table.name}_{event} {on}{said} BEGIN {' '.join(steps)} END"


def _changed(table: Table, differs: str = "IS NOT") -> str:
    """The condition that an update is about what is counted: most are not."""
    names = {"month": "issue_date", "due": "due_date", "grain": "status"}
    columns = dict.fromkeys([*(names.get(name, name) for name in groups(table)), *counting(table).read])
    return " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in columns)


def _steps(table: Table, row: str, sign: int) -> Iterator[str]:
    """What a trigger of SQLite does about one side of a change."""
    names, what = groups(table), counting(table)
    sums = ", ".join(f"{sign} * ({one.format(row=row)})" for one in what.sums.values())
    more = ", ".join(f"{name} = {name} + excluded.{name}" for name in what.sums)
    for grain in grains(table):
        yield (
            f"INSERT INTO {table.name} ({', '.join((*names, *what.sums))})"
            f" SELECT {', '.join(values(table, row, 'sqlite', grain))}, {sums} WHERE {what.where.format(row=row)}"
            f" ON CONFLICT ({', '.join(names)}) DO UPDATE SET {more};"
        )


def _on_postgresql(tables: Sequence[Table]) -> Iterator[str]:
    of_invoices = [table for table in tables if counting(table).of == "invoices"]
    yield from _by_statement("koppel_tally", of_invoices, _EVENTS)
    if RECEIVED in tables:
        # Most changes of a payment are of what is left of it: those are not looked at.
        yield from _by_statement("koppel_tally_payments", [RECEIVED], ("insert", "delete"))
        rows = {"stale": "(SELECT OLD.*) AS stale", "fresh": "(SELECT NEW.*) AS fresh"}
        body = f"BEGIN {_add(RECEIVED, _EVENTS['update'], rows)}; RETURN NULL; END"
        yield f"CREATE FUNCTION koppel_tally_payment() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
        yield (
            "CREATE TRIGGER koppel_tally_update AFTER UPDATE ON payments FOR EACH ROW"
            f" WHEN ({_changed(RECEIVED, 'IS DISTINCT FROM')}) EXECUTE FUNCTION koppel_tally_payment()"
        )


def _by_statement(function: str, tables: Sequence[Table], events: Iterable[str]) -> Iterator[str]:
    branches = []
    for event in events:
        adding = " ".join(f"{_add(table, _EVENTS[event])};" for table in tables)
        branches.append(f"IF TG_OP = '{event.upper()}' THEN {adding} END IF;")
    body = f"BEGIN {' '.join(branches)} RETURN NULL; END"
    yield f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
    for event in events:
        stale, fresh = _EVENTS[event]
        seen = " ".join(filter(None, (stale and f"OLD TABLE AS {stale}", fresh and f"NEW TABLE AS {fresh}")))
        yield (
            f"CREATE TRIGGER koppel_tally_{event} AFTER {event.upper()} ON {counting(tables[0]).of} REFERENCING {seen}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )


def _add(table: Table, sources: Iterable[str], rows: Mapping[str, str] | None = None) -> str:
    """What a trigger of PostgreSQL adds for one statement or row: the groups whose sums it changed.

    `rows` says how the sources are selected from, where that is not their name.
    """
    stale, fresh = sources
    ways = rows or {}
    parts = [counted(table, "postgresql", fresh, rows=ways.get(fresh, ""))] if fresh else []
    if stale:
        names, gone = ", ".join(groups(table)), counted(table, "postgresql", stale, rows=ways.get(stale, ""))
        parts.append(f"SELECT {names}, {taken(table)} FROM ({gone}) AS gone")  # noqa: S608 - names of our own
    return (
        f"INSERT INTO {table.name} ({', '.join((*groups(table), *sums_of(table)))}, loose)"
        f" {summed(table, parts, 'true')}"
    )
