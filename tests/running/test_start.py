"""A small command starts at once because it loads little: that is held here, and a bench measures the time."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment

from tests.running.house import ROOT, environment
from webapp.store.users import User
from webapp.web.warming import warm_pages

HEAVY = (
    *("alembic", "flask_migrate", "structlog", "pydantic", "prometheus_client", "redis", "rq", "requests", "urllib3"),
    *("lxml", "zeep", "PIL", "fpdf", "fontTools", "openpyxl", "xlsxwriter", "wtforms", "flask_login", "flask_limiter"),
)
SMALL = (
    "organisation add Klein",
    "user add iemand@klein.example --organisation Klein --role staff --password-stdin",
    "key create --organisation Klein --name kassa --scope import",
    "secrets rotate",
    "runs list",
    "invoices list",
    "doctor",
)
_RUN = """
import contextlib, io, json, sys
from webapp.cli import main
ended, loaded = {}, {}
for line in sys.argv[1:]:
    sys.argv = ["koppel", *line.split()]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            main()
    except SystemExit as stop:
        ended[line] = stop.code
    loaded[line] = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps([ended, loaded]))
"""


def loaded_by(data: Path, *lines: str, **more: str) -> dict[str, list[str]]:
    """Run commands one after the other in a process of their own; returns what was loaded after each."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *lines],
        cwd=ROOT,
        env=environment(data, **more),
        input="a password of somebody\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    ended, loaded = json.loads(done.stdout)
    assert not any(ended.values()), (ended, done.stderr)
    return dict(loaded)


@pytest.mark.pure
def test_help_loads_nothing_of_the_product_but_its_words(tmp_path: Path) -> None:
    for line, loaded in loaded_by(tmp_path, "--help", "user add --help", "doctor --help").items():
        assert not {"flask", "sqlalchemy", *HEAVY} & set(loaded), line


def test_small_commands_load_no_pages_and_none_of_the_heavy_libraries(database_url: str, tmp_path: Path) -> None:
    for line, loaded in loaded_by(tmp_path, *SMALL, DATABASE_URL=database_url).items():
        assert not set(HEAVY) & set(loaded), line


def test_a_web_process_has_its_usual_pages_compiled_before_one_is_asked_for(
    app: Flask, log_in: Callable[[User], FlaskClient], viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.jinja_env.cache is not None
    app.jinja_env.cache.clear()
    warm_pages(app)
    monkeypatch.setattr(Environment, "compile", None)
    assert app.test_client().get("/login").status_code == 200
    client = log_in(viewer)
    for path in ("/", "/invoices", "/logs", "/payments"):
        assert client.get(path).status_code == 200, path
