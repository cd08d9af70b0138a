"""Keeps records in a SQLite file, so that a sandbox that is started again still has its books."""

import json
import sqlite3
import types
import typing
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

Record = TypeVar("Record")
_UPSERT = "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"


class Shelf:
    """One table of JSON bodies by kind and id; without a path nothing is kept. The caller holds the lock."""

    def __init__(self, path: Path | None) -> None:
        self._database: sqlite3.Connection | None = None
        self.reading = False
        """While the books are read back, putting records in their place need not write them again."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
            )
            self._database.commit()

    def put(self, kind: str, key: str, record: Any) -> None:
        if self._database is not None and not self.reading:
            body = json.dumps(
                asdict(record) if is_dataclass(record) and not isinstance(record, type) else record, default=str
            )
            self._database.execute(_UPSERT, (kind, key, body))

    def remove(self, kind: str, key: str) -> None:
        if self._database is not None:
            self._database.execute("DELETE FROM record WHERE kind = ? AND id = ?", (kind, key))

    def all(self, kind: str) -> list[tuple[str, Any]]:
        if self._database is None:
            return []
        rows = self._database.execute("SELECT id, body FROM record WHERE kind = ? ORDER BY rowid", (kind,))
        return [(key, json.loads(body)) for key, body in rows]

    def clear(self) -> None:
        if self._database is not None:
            self._database.execute("DELETE FROM record")

    def commit(self) -> None:
        if self._database is not None:
            self._database.commit()

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def revive(cls: type[Record], body: dict[str, Any]) -> Record:
    """The dataclass again from its JSON body, by the types its fields are declared with."""
    hints = typing.get_type_hints(cls)
    return cls(**{f.name: _value(hints[f.name], body[f.name]) for f in fields(typing.cast(Any, cls)) if f.name in body})


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _value(next(one for one in arguments if one is not type(None)), value)
    if origin is list:
        return [_value(arguments[0], one) for one in value]
    if origin is dict:
        return {key: _value(arguments[1], one) for key, one in value.items()}
    if hint is Decimal:
        return Decimal(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    if is_dataclass(hint):
        return revive(typing.cast(type[Any], hint), value)
    return value
