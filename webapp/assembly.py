"""The application, put together: the core that every process needs, and the pages and the API on top of it."""

from typing import Any

from flask import Flask

from webapp.extensions import babel, db
from webapp.resources import PACKAGE, resource
from webapp.settings import Settings, load_settings
from webapp.store.engines import bind_engine

MAX_UPLOAD = 10 * 1024 * 1024 + 64 * 1024
"""Bytes of one request: the largest file, and the form around it."""


def make_core(settings: Settings | None = None, *, every_table: bool = True) -> Flask:
    """Return what commands and jobs need: settings, tables and languages, and no page.

    Without `every_table` only those are known that somebody loads: enough for what writes no row that refers to others.
    Raises BadSetting, one sentence, where a setting cannot be used.
    """
    settings = settings or load_settings()
    if every_table:
        from webapp.store import tables  # noqa: F401  (imported here: they are a quarter of a small command's start)
    app = Flask("webapp", template_folder=str(resource("templates")), static_folder=str(resource("static")))
    app.extensions["koppel"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        SQLALCHEMY_SESSION_OPTIONS={"expire_on_commit": False, "autoflush": True},
        BABEL_DEFAULT_LOCALE="nl",
        BABEL_TRANSLATION_DIRECTORIES=str(PACKAGE / "translations"),
    )
    db.init_app(app)
    babel.init_app(app)
    bind_engine(app)
    return app


def make_whole(settings: Settings | None = None) -> Flask:
    """Return the whole application, as a web server serves it; errors as `make_core`."""
    app = make_core(settings)
    whole: Settings = app.extensions["koppel"]
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
        RATELIMIT_STORAGE_URI=_limits_url(whole.redis_url),
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(whole.redis_url),
        RATELIMIT_SWALLOW_ERRORS=True,
    )
    from webapp.web.writing import bind_writing

    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    bind_writing(app.jinja_env)
    _bind_web(app, hops=whole.trusted_proxies)
    return app


def warm(app: Flask) -> None:
    """Make what the first requests of a web process would make, and wait for; nothing is asked of the database."""
    from webapp.services import judging
    from webapp.store import straight
    from webapp.web.warming import warm_pages

    with app.app_context():
        straight.prepare(db.engine.dialect)
    judging.currencies()
    judging.territories()
    warm_pages(app)


def _limits_url(url: str) -> str:
    """Return where logins are counted; the library that counts has a word of its own for a unix socket."""
    return f"redis+{url}" if url.startswith("unix://") else url or "memory://"


def _engine_options(url: str) -> dict[str, Any]:
    # The connection that was used last comes first: what it has in its caches is still warm.
    if url.startswith("sqlite"):
        return {"pool_use_lifo": True, "connect_args": {"timeout": 30}}
    return {"pool_use_lifo": True, "pool_size": 10, "max_overflow": 20, "pool_recycle": 1800}


def _bind_web(app: Flask, *, hops: int) -> None:
    # Imported here: the pages are two thirds of what a start takes, and a command has none.
    from werkzeug.middleware.proxy_fix import ProxyFix

    from webapp import gates
    from webapp.api import bind_api
    from webapp.web import blueprints
    from webapp.web.compression import bind_compression
    from webapp.web.context import bind_context, select_locale
    from webapp.web.errors import bind_errors
    from webapp.web.filters import bind_filters
    from webapp.web.headers import bind_headers
    from webapp.web.inputs import bind_inputs
    from webapp.web.logins import bind_logins
    from webapp.web.policy import bind_policies
    from webapp.web.uploads import bind_uploads
    from webapp.web.wording import bind_wording

    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    gates.csrf.init_app(app)
    gates.limiter.init_app(app)
    gates.htmx.init_app(app)
    app.extensions["babel"].locale_selector = select_locale
    bind_headers(app)
    bind_compression(app)
    bind_inputs(app)
    bind_logins(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    bind_api(app)
    bind_wording(app)
    bind_filters(app)
    bind_context(app)
    bind_errors(app)
    bind_uploads(app)
    bind_policies(app)
