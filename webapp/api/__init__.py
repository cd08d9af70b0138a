"""The REST API and the event stream: keys and tokens instead of cookies, JSON instead of pages."""

from importlib import import_module

from flask import Blueprint, Flask

from webapp.gates import csrf

PARTS = ("auth", "sales", "stream", "billingo", "docs")


def blueprints() -> list[Blueprint]:
    """Return the blueprint of every part."""
    return [import_module(f"webapp.api.{part}").blueprint for part in PARTS]


def bind_api(app: Flask) -> None:
    """Register the API; its callers bring a key or a token with every call, so it needs no CSRF token."""
    from webapp.api.access import bind_access
    from webapp.api.billingo import bind_shapes

    for blueprint in blueprints():
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    bind_access(app)
    bind_shapes(app)
