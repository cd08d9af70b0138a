"""Runs migrations inside of the application's context, on its own engine."""

from alembic import context
from flask import current_app
from sqlalchemy import inspect, text

from webapp.extensions import Base
from webapp.store import (
    log_pieces,
    search_pieces,
    tables,  # noqa: F401  (makes them known)
    tallies,
    tally_triggers,
    types,
)


def render_item(kind, item, _context):
    """Write our own column types by their names; what is not ours Alembic writes itself."""
    names = {id(types.Key): "types.Key", id(types.Json): "types.Json"}
    if kind == "type" and id(item) in names:
        return names[id(item)]
    if kind == "type" and isinstance(item, types.Exact):
        return f"types.Exact({item.scale})"
    return False


def _keep_figures(connection, *, anew):
    """Have the database keep the figures; where tables were changed, count them anew."""
    if inspect(connection).has_table(tallies.INVOICES.name):
        tally_triggers.install(connection)
        for table in tallies.there(connection) if anew else ():
            connection.execute(text(tallies.mending(table, connection.dialect.name)))
    if inspect(connection).has_table(search_pieces.WAITING.name):
        search_pieces.install(connection)
    if inspect(connection).has_table(log_pieces.LOG_WAITING.name):
        log_pieces.install(connection)
    if anew:  # an index that was never looked at seems better than one that was
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA analysis_limit=1000"))
        connection.execute(text("ANALYZE"))


def run() -> None:
    """Migrate over one connection; SQLite changes tables by copying them."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A table that is copied is dropped under its old name: with foreign keys on, that would delete what
            # refers to it. Asked of the driver itself, since inside of a transaction it is without effect.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=engine.dialect.name == "sqlite",
            compare_type=True,
            render_item=render_item,
            user_module_prefix="types.",
        )
        before = context.get_context().get_current_revision()
        with context.begin_transaction():
            context.run_migrations()
            _keep_figures(connection, anew=context.get_context().get_current_revision() != before)
        connection.commit()
        if engine.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            broken = driver.execute("PRAGMA foreign_key_check").fetchall()
            driver.execute("PRAGMA foreign_keys=ON")
            if broken:
                raise RuntimeError(f"a migration left rows that refer to nothing: {broken[:5]}")


run()
