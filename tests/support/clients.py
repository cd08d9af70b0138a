"""Test clients whose requests know nothing of each other, as those of separate browsers."""

from contextvars import Context
from typing import Any

from flask import Flask
from flask.testing import FlaskClient


class SeparateClient(FlaskClient):
    """Makes each request in a context of its own.

    A test that stands inside of an app context would otherwise lend it to every request, and with it the user
    and the language of the request before.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Make a request that starts from nothing but this client's cookies."""
        return Context().run(super().open, *args, **kwargs)


def separate(app: Flask) -> None:
    """Let all clients of an app be separate ones."""
    app.test_client_class = SeparateClient
