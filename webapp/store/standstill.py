"""Whether anything at all was written to the database since a moment: what was read after it need not be read again."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from webapp.store.straight import Fixed, Line

STATE = {
    # Another number once any other connection has committed (https://www.sqlite.org/pragma.html#pragma_data_version).
    "sqlite": Fixed(text("PRAGMA data_version")),
    # Which transactions are seen, of all databases of the server: the same text sees the very same rows. One's own is
    # never among them.
    "postgresql": Fixed(text("SELECT CAST(pg_current_snapshot() AS text)")),
}


class Standstill:
    """What the database was when this was made; `line` is in no transaction, writes nothing, and is nobody else's."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._state = self._ask()

    def holds(self, state: object) -> bool:
        """Whether nobody has committed anything since, also not in another table.

        `state` is the row of STATE as a transaction on another line has just read it, which has taken its locks:
        PostgreSQL tells everybody the same, and SQLite each line what it has seen, so that this one is asked again. It
        cannot tell any more once it broke.
        """
        try:
            return self._state == (state if self._line.kind == "postgresql" else self._ask())
        except DBAPIError:
            return False

    def _ask(self) -> object:
        return self._line.one(STATE[self._line.kind], {})
