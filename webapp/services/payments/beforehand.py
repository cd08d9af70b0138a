"""What a payment run reads while the books are asked: turned then, and not again where it still stands like that.

What is decided stands on what is true inside of the transaction that writes. Mostly nothing was written since the call
left, and the database says so: then nothing is read a second time. Else it is, and where the same rows come back only
the driver's work is left of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, TypeVar

from flask import Flask, current_app

from webapp.journal import Log
from webapp.store.connections import Connection
from webapp.store.keyed import Keyed
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.standstill import Standstill
from webapp.store.straight import Asked, Fixed, Line, asking, line_of

log = Log()

HEAD_START = 0.01
"""Seconds that a question has to leave: reading would keep it here, and what is answered sooner needs none ahead."""

T = TypeVar("T")
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Books:
    """The connection whose books are looked at, as far as reading and writing need it."""

    id: int
    uid: str
    organisation_id: int
    provider: str

    @classmethod
    def of(cls, connection: Connection) -> "Books":
        """Return what is needed of a connection."""
        return cls(connection.id, connection.uid, connection.organisation_id, connection.provider)


@dataclass(frozen=True, slots=True)
class Work:
    """The run that something is written for, as far as that needs it."""

    id: int
    organisation_id: int
    actor_name: str

    @classmethod
    def of(cls, run: Run) -> "Work":
        """Return what is needed of a run."""
        return cls(run.id, run.organisation_id, run.actor_name)


class Memory:
    """Rows of statements as the driver gave them, and what was made of them."""

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[list[tuple[Any, ...]], Sequence[Any]]] = {}
        self._once: tuple[Any, Any] = (None, None)

    def made(
        self, key: Any, read: Callable[[], Rows], make: Callable[[Rows], Sequence[T]], *, still: bool
    ) -> Sequence[T]:
        """Return what `make` makes of the rows that `read` gives; of the same rows what it made before.

        `still` says that they are the same rows for sure: then they are not read.
        """
        kept = self._kept.get(key)
        if kept is None or not still:
            rows = read()
            if kept is None or kept[0] != rows:
                kept = self._kept[key] = (rows, make(rows))
        return kept[1]

    def last(self, statement: Fixed, given: Mapping[str, Any]) -> Sequence[Any]:
        """Return what was made of a statement's rows when it was last asked; nothing where it was not."""
        kept = self._kept.get((id(statement), *given.values()))
        return kept[1] if kept else ()

    def once(self, given: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Return what `make` makes of what is given, and of nothing else; of the same the last time, what it made."""
        if self._once[0] != given:
            self._once = (given, make())
        return self._once[1]  # type: ignore[no-any-return]


class Reader:
    """A way to the database with the memory of what was read before."""

    def __init__(
        self,
        line: Line,
        memory: Memory | None = None,
        flush: Callable[[], None] | None = None,
    ) -> None:
        self.line = line
        self._memory = memory or Memory()
        self._flush = flush
        self._still = False
        self._fresh: dict[Any, Sequence[Any]] = {}
        self._rest: list[Asked] = []

    @classmethod
    def within(cls, memory: Memory | None = None) -> "Reader":
        """Return the way within the open transaction; what the session holds back is written before each reading."""
        session = current()
        return cls(line_of(session.connection()), memory, session.flush)

    def all(self, statement: Fixed, given: Mapping[str, Any], make: Callable[..., T]) -> Sequence[T]:
        """Return what `make` makes of each row; nothing of it may be changed by who gets it.

        Asked a second time it is what was read the first time, unless something was written in between: see `wrote`.
        """

        def turned(rows: Rows) -> list[T]:
            return [make(*row) for row in self.line.turned(statement, rows)]

        return self._read((id(statement), *given.values()), lambda: self.line.raw(statement, given), turned)

    def keyed(self, statement: Keyed, keys: Set[Any], **more: Any) -> Sequence[tuple[Any, ...]]:
        """Return the rows of these keys, as `all` does."""
        key = (id(statement), frozenset(keys), *more.values())
        return self._read(key, lambda: statement.of(self.line, keys, **more), list)

    def is_there(self, statement: Fixed, given: Mapping[str, Any]) -> bool:
        """Whether a statement gives a row, as `all` does."""
        return bool(self.all(statement, given, lambda *_: True))

    def _read(self, key: Any, read: Callable[[], Rows], make: Callable[[Rows], Sequence[T]]) -> Sequence[T]:
        if key not in self._fresh:
            if self._flush is not None:
                self._flush()
            self._fresh[key] = self._memory.made(key, read, make, still=self._still)
        return self._fresh[key]

    def do_later(self, statement: Fixed, given: Mapping[str, Any]) -> None:
        """Let a statement run with the last ones: it changes nothing that is read until then."""
        self._rest.append((statement, given))

    def finish(self, *asked: Asked) -> None:
        """Run what was left for later, and these."""
        rest, self._rest = [*self._rest, *asked], []
        self.line.at_once(rest)

    def trust(self, *, holds: bool) -> None:
        """Take what is in the memory for what stands, where nobody wrote since (`holds`), until we write ourselves."""
        self._still = holds

    def wrote(self) -> None:
        """Say that something was written: what is asked from now on is read anew."""
        self._still = False
        self._fresh.clear()


Read = Callable[[Reader, Memory], object]


class Ahead:
    """What a thread of its own reads while the books are asked: each statement for itself, in no transaction."""

    def __init__(self, app: Flask, read: Read) -> None:
        self._memory = Memory()
        self._since: Standstill | None = None
        self._answered, self._line = Event(), ExitStack()
        self._thread = Thread(target=_read, args=(app, self, read), daemon=True)
        self._thread.start()

    def end(self) -> Memory:
        """Return what was read, which is nothing where the answer came at once."""
        self._answered.set()
        self._thread.join()
        return self._memory

    def holds(self, state: object) -> bool:
        """Whether nobody has written to the database since, whose STATE the transaction that writes has read."""
        return self._since is not None and self._since.holds(state)

    def close(self) -> None:
        """Give the line back on which it was read."""
        self.end()
        self._line.close()

    def read(self, read: Read) -> None:
        """Read, unless there is an answer already."""
        if self._answered.wait(HEAD_START):
            return
        with asking():  # the connection that is warm from how the run began is left for how it ends
            line = self._line.enter_context(asking())
        self._since = Standstill(line)
        read(Reader(line, self._memory), self._memory)


@contextmanager
def reading_ahead(read: Read) -> Iterator[Ahead]:
    """Read in a thread of its own while the block asks the books, and let its line go after the block.

    What goes wrong there is forgotten here, for it comes again where the same is read to be written.
    """
    ahead = Ahead(current_app._get_current_object(), read)  # type: ignore[attr-defined]
    try:
        yield ahead
    finally:
        ahead.close()


def _read(app: Flask, ahead: Ahead, read: Read) -> None:
    with app.app_context():
        try:
            ahead.read(read)
        except Exception as problem:
            log.warning("reading_ahead_failed", error=type(problem).__name__)
