"""Many apps in one process: what all of them share is made once, and those beside a test's own are closed after use.

A test's own app is the one of an earlier test, with the settings and the database of this one, and with its connection
to PostgreSQL where that database is the same.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask, appcontext_tearing_down
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from werkzeug.routing import Map, Rule, RuleFactory

from tests.support.databases import spare
from webapp.extensions import db
from webapp.gates import limiter
from webapp.settings import Settings
from webapp.store.engines import bind_engine

KEPT = 3
"""The most connections to PostgreSQL that stay between two tests."""


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


class Templates(BytecodeCache):
    """Compiled templates, kept from one app to the next."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out what was compiled of the same words."""
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._known[bucket.key, bucket.checksum] = bucket.code


@dataclass
class _Made:
    """An app, what it was made for, and how it was before a test had it."""

    app: Flask
    settings: Settings
    url: str
    config: dict[str, Any]
    extensions: dict[str, Any]
    limits: dict[str, Any]
    size: tuple[int, ...]


class Apps:
    """Apps that tests can have again: to make one takes as long as a small test."""

    def __init__(self, make: Callable[[Settings], Flask]) -> None:
        self._make = make
        self._free: list[_Made] = []
        self._engine: Engine | None = None
        self._url = ""

    @contextmanager
    def lend(self, settings: Settings) -> Iterator[Flask]:
        """Give an app with these settings, on their database, as if it were new; one that a test changed goes."""
        made = self._find(settings)
        self._share(made)
        yield made.app
        if made.size == _size(made.app):
            self._free.append(made)

    def close(self) -> None:
        """Close what rests: no test comes any more."""
        if self._engine is not None:
            self._engine.dispose()

    def _share(self, made: _Made) -> None:
        """Let all apps on one database of PostgreSQL have the same connections."""
        with made.app.app_context():
            if db.engine.dialect.name == "sqlite":
                return
            if self._engine is None or self._url != made.url:
                self.close()
                self._engine, self._url = db.engine, made.url
            db.engines[None] = self._engine

    def _find(self, settings: Settings) -> _Made:
        plain = replace(settings, koppel_data=Path(), database_url=settings.database_url.partition(":")[0])
        for made in self._free:
            if made.settings == plain:
                self._free.remove(made)
                _renew(made, settings)
                return made
        app = self._make(settings)
        return _Made(
            app, plain, settings.database_url, {**app.config}, {**app.extensions}, {**vars(limiter)}, _size(app)
        )


def _renew(made: _Made, settings: Settings) -> None:
    app = made.app
    for now, then in ((app.config, made.config), (app.extensions, made.extensions), (vars(limiter), made.limits)):
        now.clear()
        now.update(then)
    limiter.reset()
    app.extensions["koppel"] = settings
    if made.url == settings.database_url:
        return
    made.url = app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    with app.app_context():
        db.engines[None] = create_engine(settings.database_url, **app.config["SQLALCHEMY_ENGINE_OPTIONS"])
    bind_engine(app)
    share_statements(app)


def _size(app: Flask) -> tuple[int, ...]:
    """Return how much there is of what a test could add to an app."""
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    named = sum(len(functions) for one in hooks for functions in one.values())
    kinds = (app.view_functions, app.teardown_appcontext_funcs, app.error_handler_spec, app.blueprints)
    return named, *map(len, kinds), len(app.jinja_env.globals), len(app.jinja_env.filters), len(app.jinja_env.tests)


def rest() -> None:
    """Close the connections of the app at hand, but leave some to PostgreSQL open: new ones know no table."""
    db.session.remove()
    engine: Any = db.engine
    if engine.dialect.name == "sqlite" or engine.pool.checkedout() or engine.pool.checkedin() > KEPT:
        engine.dispose()
        return
    with ExitStack() as stack:
        try:
            for connection in [stack.enter_context(engine.connect()) for _ in range(engine.pool.checkedin())]:
                connection.exec_driver_sql("SELECT 1")
                spare(connection.connection.dbapi_connection.info.backend_pid)
        except DBAPIError:  # the test ended one
            engine.dispose()


@contextmanager
def closing_others(app: Flask) -> Iterator[None]:
    """While this lasts, every app but `app` closes its connections when its context ends."""

    def close(sender: Any, **_: Any) -> None:
        if sender is not app and "sqlalchemy" in sender.extensions:
            db.session.remove()
            db.engine.dispose()

    with appcontext_tearing_down.connected_to(close):
        yield
