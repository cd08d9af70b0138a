"""Values of our own as they stand in a statement, beside columns that an index is limited by.

Where an index is limited to some values of a column (`WHERE status = 'sent'`), SQLite has to know a value to know
whether that index will do. A statement with a parameter there it prepares anew each time that it is run, which takes
longer than to find a page of rows (https://www.sqlite.org/partialindex.html; `exprCompareVariable` in its source).
"""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, String, literal_column

_WORD = re.compile(r"[a-z_]+\Z")

NOTHING: ColumnElement[Any] = literal_column("0")
"""The amount of nothing."""


def word(said: str) -> ColumnElement[str]:
    """Return a word to compare a column with, written out; ValueError for more than small letters and `_`."""
    if not _WORD.match(said):
        raise ValueError(f"{said!r} is no word of ours")
    return literal_column(f"'{said}'", String)


def words(said: Iterable[str]) -> list[ColumnElement[str]]:
    """Return words to look for a column among, as `word` does."""
    return [word(one) for one in said]
