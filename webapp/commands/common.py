"""What the subcommands share: the app, the answer as text or JSON, errors as one sentence."""

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click

from webapp.loading import loading

if TYPE_CHECKING:
    from flask import Flask

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
started_option = click.option("--json", "as_json", is_flag=True, help="Say in JSON that it has started.")


def make_app(*, every_table: bool = True) -> "Flask":
    """Return the app for a command, which has no pages; a bad setting is one sentence."""
    from webapp import create_core

    with loading():
        from webapp.settings import BadSetting

        try:
            return create_core(every_table=every_table)
        except BadSetting as error:
            fail(str(error))


def with_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside of an application context; a database that cannot be used is one sentence."""
    return _inside(command, every_table=True)


def with_few_tables(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command the same way, with no more tables than it loads itself: for accounts, keys, secrets and lists."""
    return _inside(command, every_table=False)


def _inside(command: Callable[..., Any], *, every_table: bool) -> Callable[..., Any]:
    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        app = make_app() if every_table else make_app(every_table=False)
        from sqlalchemy.exc import OperationalError, ProgrammingError

        from webapp.extensions import db

        with app.app_context():
            try:
                return command(*args, **options)
            except (OperationalError, ProgrammingError) as error:
                fail(f"The database cannot be used: {str(error.orig).splitlines()[0]}. Run `koppel init` first.")
            finally:
                db.session.remove()
                db.engine.dispose()

    return run


def fail(sentence: str, *, code: int = 1) -> NoReturn:
    """Stop with one sentence on stderr."""
    error = click.ClickException(sentence) if code == 1 else click.UsageError(sentence)
    raise error


def answer(data: Any, text: str, *, as_json: bool) -> None:
    """Print the answer, as JSON for scripts or as text for people."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2) if as_json else text)


def tell_started(process: str, *, as_json: bool, **facts: str) -> None:
    """Say on standard output, in one line of JSON, that a process that runs on has started; else it says nothing."""
    if as_json:
        click.echo(json.dumps({"process": process, "pid": os.getpid(), **facts}))
        sys.stdout.flush()
