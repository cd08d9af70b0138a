"""Billingo for other systems: settings, fetching, invoices and logs, in the words and shapes they were printed in."""

from flask import Flask

from webapp.api.billingo import invoices, logs, settings
from webapp.api.billingo.blueprint import PREFIXES, blueprint
from webapp.api.billingo.shapes import said
from webapp.extensions import ERROR_SHAPES

__all__ = ["bind_shapes", "blueprint", "invoices", "logs", "settings"]


def bind_shapes(app: Flask) -> None:
    """Say errors at these addresses as they were printed: `detail`, and a code."""
    app.extensions.setdefault(ERROR_SHAPES, {}).update(dict.fromkeys(PREFIXES, said))
