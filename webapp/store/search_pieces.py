"""The index of the search: which invoices hold a piece of three signs, which day they have, and which still have to be
looked at.

The database notes every invoice of which they are new or changed (triggers, one narrow row; on SQLite those that are
written together are noted together, see `counted_together`). `services.indexing` takes
them up many at a time. What is said of an invoice is never taken back: who searches looks at the texts themselves.
"""

from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, String, Table, text

from webapp.extensions import Base
from webapp.store.tallies import ASIDE

TEXTS = ("contact_name", "subject")
"""What is searched for any part of it."""

HEADS = ("number", "payment_reference")
"""What is searched for its beginning."""

_KNOWN = (*TEXTS, *HEADS, "issue_date")
"""What the index knows of an invoice; where one of them changes, it is taken up anew."""


def pieces_table(name: str) -> Table:
    """Return the table of an index of pieces.

    It holds the ids of the rows of a segment that hold a piece; the empty piece says how many rows a segment has.
    """
    return Table(
        name,
        Base.metadata,
        Column("organisation_id", BigInteger, primary_key=True, autoincrement=False),
        Column("piece", String(3), primary_key=True),
        Column("segment", Integer, primary_key=True, autoincrement=False),
        Column("number", Integer, nullable=False),
        Column("ids", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def waiting_table(name: str, key: str) -> Table:
    """Return the table of the rows whose texts an index of pieces does not know yet, some more than once."""
    return Table(
        name,
        Base.metadata,
        Column("organisation_id", BigInteger, nullable=False),
        Column(key, BigInteger, nullable=False),
        Index(f"ix_{name}", "organisation_id", key),
    )


PIECES = pieces_table("search_pieces")
DAYS = Table(
    "search_days",
    Base.metadata,
    Column("organisation_id", BigInteger, primary_key=True, autoincrement=False),
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("first_day", Integer, nullable=False),
    Column("last_day", Integer, nullable=False),
    Column("days", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The invoices of a segment in the order of their dates, and between which days (ordinals) that is."""

WAITING = waiting_table("search_waiting", "invoice_id")


def install(connection: Connection) -> None:
    """Let the database note which texts are new; what was there before is replaced."""
    for statement in statements(connection.dialect.name):
        connection.execute(text(statement))


def remove(connection: Connection) -> None:
    """Let the database forget about it, as when the tables go."""
    for statement in _removal(connection.dialect.name):
        connection.execute(text(statement))


def statements(dialect: str) -> Iterator[str]:
    """Yield what makes a database note which texts are new."""
    yield from _removal(dialect)
    yield from (_on_sqlite() if dialect == "sqlite" else _on_postgresql())


def _removal(dialect: str) -> Iterator[str]:
    on = "" if dialect == "sqlite" else " ON invoices"
    for event in ("insert", "update"):
        yield f"DROP TRIGGER IF EXISTS search_waiting_{event}{on}"
    if dialect != "sqlite":
        yield "DROP FUNCTION IF EXISTS koppel_search()"


def _on_sqlite() -> Iterator[str]:
    note = "BEGIN INSERT INTO search_waiting VALUES (NEW.organisation_id, NEW.id); END"
    yield f"CREATE TRIGGER search_waiting_insert AFTER INSERT ON invoices WHEN NOT {ASIDE} {note}"
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _KNOWN)
    yield f"CREATE TRIGGER search_waiting_update AFTER UPDATE OF {', '.join(_KNOWN)} ON invoices WHEN {changed} {note}"


def _on_postgresql() -> Iterator[str]:
    note = "INSERT INTO search_waiting SELECT fresh.organisation_id, fresh.id FROM fresh"
    changed = " OR ".join(f"stale.{name} <> fresh.{name}" for name in _KNOWN)
    body = (
        f"BEGIN IF TG_OP = 'INSERT' THEN {note};"
        f" ELSE {note} JOIN stale ON stale.id = fresh.id WHERE {changed}; END IF; RETURN NULL; END"
    )
    yield f"CREATE FUNCTION koppel_search() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
    for event, seen in (("insert", "NEW TABLE AS fresh"), ("update", "OLD TABLE AS stale NEW TABLE AS fresh")):
        yield (
            f"CREATE TRIGGER search_waiting_{event} AFTER {event.upper()} ON invoices REFERENCING {seen}"
            " FOR EACH STATEMENT EXECUTE FUNCTION koppel_search()"
        )
