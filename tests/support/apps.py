"""Many apps in one process: what all of them share is made once, and those beside a test's own are closed after use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, appcontext_tearing_down
from werkzeug.routing import Map, Rule, RuleFactory

from webapp.extensions import db


class SharedMap(Map):
    """The routes of an app; those of another app that has the very same ones are not parsed and sorted again."""

    _known: dict[Any, Map] = {}

    def __init__(self, **options: Any) -> None:
        self._given: list[Rule] = []
        super().__init__(**options)

    def add(self, rulefactory: RuleFactory) -> None:
        self._given.extend(rulefactory.get_rules(self))
        self._remap = True

    def update(self) -> None:
        if self._remap:
            key = (tuple(self.converters.items()), tuple(map(_of, self._given)))
            made = self._known.get(key) or self._known.setdefault(key, self._make())
            self._matcher, self._rules_by_endpoint = made._matcher, made._rules_by_endpoint
            self._remap = False

    def _make(self) -> Map:
        made = Map(host_matching=self.host_matching, converters=self.converters)
        for rule in self._given:
            copy: Any = rule.empty()
            copy.provide_automatic_options = getattr(rule, "provide_automatic_options", None)
            made.add(copy)
        made.update()
        return made


def _of(rule: Rule) -> tuple[object, ...]:
    what = (rule.rule, rule.endpoint, frozenset(rule.methods or ()), repr(rule.defaults))
    more = (rule.subdomain, rule.host, rule.build_only, rule.strict_slashes, rule.redirect_to, rule.alias)
    return *what, *more, getattr(rule, "provide_automatic_options", None)


@contextmanager
def sharing_routes() -> Iterator[None]:
    """While this lasts apps share their routes: to bind them was two thirds of making an app."""
    plain, Flask.url_map_class = Flask.url_map_class, SharedMap
    try:
        yield
    finally:
        Flask.url_map_class = plain


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
