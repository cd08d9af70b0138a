"""Apps that a test makes beside its own, as a command line does: their database connections are closed after use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, appcontext_tearing_down

from webapp.extensions import db


@contextmanager
def closing_others(app: Flask) -> Iterator[None]:
    """While this lasts, every app but `app` closes its connections when its context ends."""

    def close(sender: Any, **_: Any) -> None:
        if sender is not app and "sqlalchemy" in sender.extensions:
            db.session.remove()
            db.engine.dispose()

    with appcontext_tearing_down.connected_to(close):
        yield
