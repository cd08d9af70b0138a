"""Koppel: sales invoices into the books, their payments back, and every step to be seen."""

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import extensions
from webapp.resources import PACKAGE, resource
from webapp.settings import Settings, load_settings

MAX_UPLOAD = 10 * 1024 * 1024 + 64 * 1024
"""Bytes of one request: the largest file, and the form around it."""


def create_app(settings: Settings | None = None) -> Flask:
    """Put the application together: the only place where that is done."""
    settings = settings or load_settings()
    app = Flask(__name__, template_folder=str(resource("templates")), static_folder=str(resource("static")))
    app.extensions["koppel"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        SQLALCHEMY_SESSION_OPTIONS={"expire_on_commit": False, "autoflush": True},
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
        BABEL_DEFAULT_LOCALE="nl",
        BABEL_TRANSLATION_DIRECTORIES=str(PACKAGE / "translations"),
        RATELIMIT_STORAGE_URI=_limits_url(settings.redis_url),
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(settings.redis_url),
        RATELIMIT_SWALLOW_ERRORS=True,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _bind_extensions(app)
    _bind_web(app)
    return app


def _limits_url(url: str) -> str:
    """Return where logins are counted; the library that counts has a word of its own for a unix socket."""
    return f"redis+{url}" if url.startswith("unix://") else url or "memory://"


def _engine_options(url: str) -> dict[str, Any]:
    # The connection that was used last comes first: what it has in its caches is still warm.
    if url.startswith("sqlite"):
        return {"pool_use_lifo": True, "connect_args": {"timeout": 30}}
    return {"pool_use_lifo": True, "pool_size": 10, "max_overflow": 20, "pool_recycle": 1800}


def _bind_extensions(app: Flask) -> None:
    from webapp import store  # noqa: F401  (makes the tables known)
    from webapp.store.session import bind_engine
    from webapp.web.context import select_locale

    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(resource("migrations")), render_as_batch=True)
    extensions.csrf.init_app(app)
    extensions.limiter.init_app(app)
    extensions.babel.init_app(app, locale_selector=select_locale)
    extensions.htmx.init_app(app)
    bind_engine(app)


def _bind_web(app: Flask) -> None:
    from webapp.api import bind_api
    from webapp.web import blueprints
    from webapp.web.compression import bind_compression
    from webapp.web.context import bind_context
    from webapp.web.errors import bind_errors
    from webapp.web.filters import bind_filters
    from webapp.web.headers import bind_headers
    from webapp.web.inputs import bind_inputs
    from webapp.web.logins import bind_logins
    from webapp.web.policy import bind_policies
    from webapp.web.uploads import bind_uploads
    from webapp.web.wording import bind_wording

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
