"""Stages for proofs: an app on a database that is emptied for each world, SQLite or PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import text

from tests.support.databases import Databases
from webapp import create_app
from webapp.extensions import Base, db
from webapp.gates import limiter
from webapp.settings import load_settings


@dataclass
class Stage:
    """An app, and the way to empty its database."""

    app: Flask
    url: str
    template: Path | None
    databases: Databases

    def clear(self) -> None:
        """Make the database as it was when it was new."""
        with self.app.app_context():
            if self.template is None:
                if not self.databases.clear(self.url, alone=False):
                    self._mend()
                return
            db.engine.dispose()
            path = Path(self.url.removeprefix("sqlite:///"))
            for suffix in ("-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self.template, path)

    def _mend(self) -> None:
        """Make an index anew that a mutant dropped, once the rows are gone that it let in."""
        with db.engine.begin() as connection:
            connection.execute(text("TRUNCATE deliveries CASCADE"))
            for index in Base.metadata.tables["deliveries"].indexes:
                index.create(connection, checkfirst=True)
        assert self.databases.clear(self.url, alone=False)


@contextmanager
def staged(kind: str, *, databases: Databases | None = None, **settings: Any) -> Iterator[Stage]:
    """Make a stage on a database of its own, of `databases` where they are there; everything is gone afterwards."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    shared = Path("/dev/shm")
    place = shared if shared.is_dir() and os.access(shared, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="koppel-proof-", dir=place))
    own = Databases(kind, folder) if databases is None else None
    source = own or databases
    assert source is not None
    url = ""
    try:
        url = source.fresh()
        template, here = None, url
        if kind == "sqlite":
            template = folder / "new.db"
            shutil.copyfile(url.removeprefix("sqlite:///"), template)
            here = f"sqlite:///{shutil.copyfile(template, folder / 'stage.db')}"
        values: dict[str, Any] = {
            "secret_key": "a secret for the proofs",
            "encryption_keys": Fernet.generate_key().decode(),
        }
        app = create_app(load_settings({}, database_url=here, koppel_data=folder, **(values | settings)))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        limiter.enabled = False
        yield Stage(app, app.extensions["koppel"].database_url, template, source)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    finally:
        limiter.enabled = True
        if own is not None:
            own.stop()
        elif url:
            source.drop(url)
        shutil.rmtree(folder, ignore_errors=True)
