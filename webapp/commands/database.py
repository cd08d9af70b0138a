"""koppel init: make or bring up to date the tables."""

import click

from webapp.commands.common import answer, fail, json_option, make_app


def upgrade() -> str:
    """Bring the tables up to the newest revision inside of an app context; returns that revision."""
    from alembic.script import ScriptDirectory
    from flask import current_app
    from flask_migrate import upgrade as migrate_up

    migrate_up()
    config = current_app.extensions["migrate"].migrate.get_config()
    return ScriptDirectory.from_config(config).get_current_head() or ""


@click.command()
@json_option
def init(as_json: bool) -> None:
    """Make the database, or bring it up to date."""
    from sqlalchemy.exc import OperationalError

    with make_app().app_context():
        try:
            head = upgrade()
        except OperationalError as error:
            fail(f"The database cannot be reached: {str(error.orig).splitlines()[0]}.")
    answer({"revision": head}, f"The database is up to date ({head}).", as_json=as_json)
