"""The index of the search in the logs: which runs hold a piece of three signs in their words, as that of the invoices.

A run's words are who started it, and what the books said of it or of one of its items. The database notes every run of
which they are new or changed (triggers by row: most statements on items change no words).
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from webapp.store.search_pieces import pieces_table, waiting_table

LOG_PIECES = pieces_table("log_pieces")
LOG_WAITING = waiting_table("log_waiting", "run_id")

_SAID = {"runs": ("id", ("actor_name", "remote_text")), "run_items": ("run_id", ("remote_text",))}
"""Where words stand: which column names the run, and which hold the words."""


def install(connection: Connection) -> None:
    """Let the database note which runs have new words; what was there before is replaced."""
    for statement in statements(connection.dialect.name):
        connection.execute(text(statement))


def remove(connection: Connection) -> None:
    """Let the database forget about it, as when the tables go."""
    for statement in _removal(connection.dialect.name):
        connection.execute(text(statement))


def statements(dialect: str) -> Iterator[str]:
    """Yield what makes a database note which runs have new words."""
    yield from _removal(dialect)
    for table, (key, columns) in _SAID.items():
        new = " OR ".join(f"NEW.{name} <> ''" for name in columns)
        note = f"INSERT INTO log_waiting VALUES (NEW.organisation_id, NEW.{key});"  # noqa: S608 - names of ours
        if dialect == "sqlite":
            changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)
            action = f"BEGIN {note} END"
        else:
            changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
            action = f"EXECUTE FUNCTION koppel_log_{table}()"
            body = f"BEGIN {note} RETURN NULL; END"
            yield f"CREATE FUNCTION koppel_log_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
        of = f"UPDATE OF {', '.join(columns)}"
        for event, when, which in (("insert", "INSERT", new), ("update", of, changed)):
            each = f"AFTER {when} ON {table} FOR EACH ROW WHEN ({which})"
            yield f"CREATE TRIGGER log_waiting_{table}_{event} {each} {action}"


def _removal(dialect: str) -> Iterator[str]:
    for table in _SAID:
        on = "" if dialect == "sqlite" else f" ON {table}"
        for event in ("insert", "update"):
            yield f"DROP TRIGGER IF EXISTS log_waiting_{table}_{event}{on}"
        if dialect != "sqlite":
            yield f"DROP FUNCTION IF EXISTS koppel_log_{table}()"
