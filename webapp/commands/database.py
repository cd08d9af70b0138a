"""koppel init: make or bring up to date the tables."""

from typing import TYPE_CHECKING

import click

from webapp.commands.common import answer, fail, json_option, make_app

if TYPE_CHECKING:
    from flask import Flask


def bind_migrations(app: "Flask") -> "Flask":
    """Let Alembic work on this app's database; also for `flask --app webapp.commands.database:migrating db`."""
    # Imported here: of all commands this one alone needs Alembic.
    from flask_migrate import Migrate

    from webapp.extensions import db
    from webapp.resources import resource

    Migrate().init_app(app, db, directory=str(resource("migrations")), render_as_batch=True)
    return app


def migrating() -> "Flask":
    """Return an app whose database can be migrated; a bad setting is one sentence."""
    return bind_migrations(make_app())


def upgrade() -> str:
    """Bring the tables up to the newest revision inside of an app context; returns that revision."""
    from flask_migrate import upgrade as migrate_up

    from webapp.store.revisions import newest

    migrate_up()
    return newest()


@click.command()
@json_option
def init(as_json: bool) -> None:
    """Make the database, or bring it up to date."""
    from sqlalchemy.exc import OperationalError

    from webapp.extensions import db

    with migrating().app_context():
        try:
            head = upgrade()
        except OperationalError as error:
            fail(f"The database cannot be reached: {str(error.orig).splitlines()[0]}.")
        finally:
            db.engine.dispose()  # closed, SQLite's file is whole by itself: whoever copies it has every table
    answer({"revision": head}, f"The database is up to date ({head}).", as_json=as_json)
