"""Pages that came ahead of their turn: from the transaction that counts their call to the one that writes them.

A worker that dies between the two asks for none of them again.
"""

from collections.abc import Collection
from functools import partial

from sqlalchemy import bindparam, delete, select

from webapp.domain.fetching import Reading
from webapp.services.watching import Watch
from webapp.store.fetching import KeptPage
from webapp.store.session import by_dialect, current, dialect, direct, release, transaction
from webapp.store.straight import Fixed, Line, line_of
from webapp.store.types import table_of

_PAGES = table_of(KeptPage)
_MINE = _PAGES.c.connection_id == bindparam("connection")
_PUT = by_dialect(
    lambda insert: (made := insert(_PAGES)).on_conflict_do_update(
        index_elements=["connection_id", "number"],
        set_={name: made.excluded[name] for name in ("started_at", "part", "body")},
    )
)
_WRITTEN = Fixed(delete(_PAGES).where(_MINE, _PAGES.c.number <= bindparam("last")))
_FORGET = delete(_PAGES).where(_MINE)


class Lying:
    """The shelf of one list of a reading; see connectors.sources.Shelf."""

    def __init__(self, connection_id: int, reading: Reading, watch: Watch | None) -> None:
        self.tail = reading.tail
        self._connection_id, self._reading, self._watch = connection_id, reading, watch
        query = select(_PAGES.c.number).where(
            _PAGES.c.connection_id == connection_id,
            _PAGES.c.started_at == reading.started_at,
            _PAGES.c.part == reading.part,
            _PAGES.c.number >= reading.page,
        )
        self._numbers = set(current().scalars(query))
        release()

    def numbers(self) -> Collection[int]:
        """Return the numbers of the pages that lie here."""
        return sorted(self._numbers)

    def take(self, number: int) -> bytes | None:
        """Return a page that lies here, None where another worker has written it meanwhile."""
        found = current().scalar(
            select(_PAGES.c.body).where(
                _PAGES.c.connection_id == self._connection_id,
                _PAGES.c.number == number,
                _PAGES.c.started_at == self._reading.started_at,
            )
        )
        release()
        return found

    def put(self, number: int, body: bytes) -> None:
        """Let a page lie here together with the exchange that brought it, which is kept next."""
        self._numbers.add(number)
        if self._watch is not None:
            self._watch.beside = partial(self._write, number, body)

    def _write(self, number: int, body: bytes) -> None:
        direct(
            _PUT[dialect()],
            connection_id=self._connection_id,
            number=number,
            started_at=self._reading.started_at,
            part=self._reading.part,
            body=body,
        )

    def clear(self) -> None:
        """Let go of all, in a transaction of its own."""
        if self._numbers:
            with transaction():
                forget_pages(self._connection_id)
            self._numbers.clear()

    def written(self, last: int, line: Line | None = None) -> None:
        """Let go of the pages up to one that was written, inside of its transaction."""
        if any(number <= last for number in self._numbers):
            where = {"connection": self._connection_id, "last": last}
            (line or line_of(current().connection())).do(_WRITTEN, where)
            self._numbers = {number for number in self._numbers if number > last}


def forget_pages(connection_id: int) -> None:
    """Let go of every page of a connection, inside of a transaction: another reading begins."""
    direct(_FORGET, connection=connection_id)
