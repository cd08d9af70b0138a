"""Whether anything at all was written to the database since a moment: what was read after it need not be read again."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from webapp.store.straight import Fixed, Line

_STATE = {
    # Another number once any other connection has committed (https://www.sqlite.org/pragma.html#pragma_data_version).
    "sqlite": Fixed(text("PRAGMA data_version")),
    # Which transactions are seen: the same text sees the very same rows. Who asks has none of its own in it.
    "postgresql": Fixed(text("SELECT CAST(pg_current_snapshot() AS text)")),
}


class Standstill:
    """What the database was when this was made; `line` is in no transaction, writes nothing, and is nobody else's."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._state = self._ask()

    def holds(self) -> bool:
        """Whether nobody has committed anything since, also not in another table; a line that broke cannot tell.

        Asked inside of a transaction that has taken its locks, which is on another line, it stays true for what
        these locks keep from others.
        """
        try:
            return self._ask() == self._state
        except DBAPIError:
            return False

    def _ask(self) -> object:
        return self._line.one(_STATE[self._line.kind], {})
