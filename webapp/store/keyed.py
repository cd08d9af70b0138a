"""Rows found by many keys at once, straight from the driver, with one statement however many keys there are."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import text

from webapp.store.straight import Fixed, Line

_END = "\x1f"
"""Stands between two keys, and in none."""


class Keyed:
    """Rows of a table by one of its columns; they come as the driver has them.

    `columns` are what is told of each; `where` narrows further, and may name more values; `text_keys` for keys that
    are words; `locked` takes the rows for a change, in the order of their ids, as everybody does who takes several.
    """

    def __init__(
        self, table: str, key: str, columns: str, *, where: str = "", text_keys: bool = False, locked: bool = False
    ) -> None:
        kind = "varchar" if text_keys else "bigint"
        also = f" AND {where}" if where else ""
        told = ", ".join(f"one.{name.strip()}" for name in columns.split(","))
        # Key by key along the index: without statistics PostgreSQL walks another one for `= ANY`, at sixty times the
        # price. What is locked is found by its primary key, which it does not mistake.
        asked = f"CAST(string_to_array(CAST(:keys AS text), :end) AS {kind}[])"
        found = f"""
            SELECT {told} FROM unnest({asked}) AS asked (value) CROSS JOIN LATERAL (
                SELECT * FROM {table} AS one WHERE one.{key} = asked.value{also} OFFSET 0
            ) AS one"""  # noqa: S608 - names of our own columns
        if locked:
            found = f"""
            SELECT {told} FROM {table} AS one WHERE one.{key} = ANY({asked}){also}
            ORDER BY one.{key} FOR UPDATE"""  # noqa: S608
        ours = f"""
            SELECT {told} FROM json_each(:keys) AS asked CROSS JOIN {table} AS one
            WHERE one.{key} = asked.value{also}"""  # noqa: S608
        self._asked = {"postgresql": Fixed(text(found)), "sqlite": Fixed(text(ours))}

    def of(self, line: Line, keys: Collection[Any], **more: Any) -> list[tuple[Any, ...]]:
        """Return the rows of these keys, in no order."""
        if not keys:
            return []
        if line.kind == "postgresql":
            # As one text: an array would be put together key by key in Python.
            more |= {"keys": _END.join(map(str, keys)), "end": _END}
        else:
            more["keys"] = json.dumps(list(keys))
        return line.all(self._asked[line.kind], more, planned=False)
