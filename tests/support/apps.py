"""Many apps in one process: what all of them share is made once, and those beside a test's own are closed after use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, appcontext_tearing_down
from werkzeug.routing import Rule

from webapp.extensions import db


@contextmanager
def compiling_rules_once() -> Iterator[None]:
    """While this lasts, a rule that every app has is compiled for the first one alone: it was half of making an app."""
    made: dict[tuple[object, ...], Any] = {}
    plain = Rule._compile_builder

    def compile_builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = (append_unknown, tuple(rule._trace), repr(rule.defaults), tuple(sorted(rule.arguments)))
        if key not in made:
            made[key] = plain(rule, append_unknown)
        return made[key]

    Rule._compile_builder = compile_builder
    try:
        yield
    finally:
        Rule._compile_builder = plain


_statements: dict[str, tuple[Any, Any]] = {}


def share_statements(app: Flask) -> None:
    """Let this app use the statements that the apps before it compiled: that was a third of the time of all tests."""
    with app.app_context():
        engine: Any = db.engine
        if engine.dialect.name not in _statements:
            engine.connect().close()  # with it a dialect learns which database it speaks to
            engine.dispose()
        dialect, compiled = _statements.setdefault(engine.dialect.name, (engine.dialect, engine._compiled_cache))
        compiled.capacity = 5000  # those of the whole product
        engine.dialect = engine.pool._dialect = dialect
        engine._compiled_cache = compiled


@contextmanager
def closing_others(app: Flask) -> Iterator[None]:
    """While this lasts, every app but `app` closes its connections when its context ends."""

    def close(sender: Any, **_: Any) -> None:
        if sender is not app and "sqlalchemy" in sender.extensions:
            db.session.remove()
            db.engine.dispose()

    with appcontext_tearing_down.connected_to(close):
        yield
