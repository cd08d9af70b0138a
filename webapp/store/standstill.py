"""Whether anything at all was written to the database since a moment: what was read after it need not be read again."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import ref

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.store.session import BEGAN, current, is_writing
from webapp.store.straight import Fixed, Line, line_of

Found = TypeVar("Found")

STATE = {
    # Another number once any other connection has committed (https://www.sqlite.org/pragma.html#pragma_data_version).
    "sqlite": Fixed(text("PRAGMA data_version")),
    # Which transactions are seen, of all databases of the server: the same text sees the very same rows. One's own is
    # never among them.
    "postgresql": Fixed(text("SELECT CAST(pg_current_snapshot() AS text)")),
}

_KEPT, MOST = "koppel_kept", 200
"""Where a connection keeps what was read on it, and how much of it."""

_SEEN = "koppel_seen"
"""Where a session keeps the state of its transaction."""


def unless_written(key: Hashable, read: Callable[[], Found]) -> Found:
    """Return what `read` found under this key on this connection, as long as nobody has written since; else read it.

    For what every page asks anew, and nobody changes what he was given. Who has written in this transaction reads, and
    nothing of that is kept: it may be undone. What is found goes with the state of the transaction's beginning: whoever
    committed meanwhile has changed that.
    """
    session = current()
    connection = session.connection()
    line = line_of(connection)
    if is_writing(session) or line.written != connection.info.get(BEGAN, 0):
        return read()
    kept: dict[Hashable, tuple[object, Any]] = connection.info.setdefault(_KEPT, {})
    state = _seen(session, line)
    known = kept.get(key)
    if known is not None and known[0] == state:
        return known[1]  # type: ignore[no-any-return]
    found = read()
    if len(kept) >= MOST:
        kept.clear()
    kept[key] = state, found
    return found


def _seen(session: Session, line: Line) -> object:
    """Return the state of the database, asked once in a transaction, with the rows that this connection wrote itself.

    SQLite tells a connection only of others; PostgreSQL gives every transaction that writes a number.
    """
    transaction: Any = session.get_transaction()
    known = session.info.get(_SEEN)
    if known is None or known[0]() is not transaction:
        known = session.info[_SEEN] = ref(transaction), line.one(STATE[line.kind], {})
    return known[1], line.written


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
