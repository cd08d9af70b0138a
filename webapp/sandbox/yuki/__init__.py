"""A Yuki for the demo and the tests: SOAP services over books of its own, built from public descriptions alone."""

from pathlib import Path

from webapp.sandbox.server import run
from webapp.sandbox.yuki.app import create_app

__all__ = ["create_app", "serve"]


def serve(port: int, state_path: Path | str | None = None) -> None:
    """Serves it on 127.0.0.1 until SIGTERM or Ctrl-C; with a path the books are kept in that SQLite file."""
    run([("Yuki's sandbox", create_app(state_path), port)])
