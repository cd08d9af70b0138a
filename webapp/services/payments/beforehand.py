"""What a payment run reads while the books are asked: turned then, and not again where it still stands like that.

What is decided stands on what is read inside of the transaction that writes. Mostly nothing has changed since the call
left, so that the same rows come back; then only the driver's work is left of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, TypeVar

from flask import Flask, current_app

from webapp.journal import Log
from webapp.store.connections import Connection
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.straight import Fixed, Line, asking, line_of

log = Log()

HEAD_START = 0.01
"""Seconds that a question has to leave: reading would keep it here, and what is answered sooner needs none ahead."""

T = TypeVar("T")


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
        self,
        line: Line,
        statement: Fixed,
        given: Mapping[str, Any],
        make: Callable[..., T],
    ) -> Sequence[T]:
        """Return what `make` makes of the values of each row; of the same rows what it made before."""
        rows = line.raw(statement, given)
        key = (id(statement), *given.values())
        kept = self._kept.get(key)
        if kept is None or kept[0] != rows:
            kept = self._kept[key] = (rows, [make(*row) for row in line.turned(statement, rows)])
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

    def __init__(self, line: Line, memory: Memory | None = None, flush: Callable[[], None] | None = None) -> None:
        self.line = line
        self._memory = memory or Memory()
        self._flush = flush
        self._fresh: dict[Any, Sequence[Any]] = {}

    @classmethod
    def within(cls, memory: Memory | None = None) -> "Reader":
        """Return the way within the open transaction; what the session holds back is written before each reading."""
        session = current()
        return cls(line_of(session.connection()), memory, session.flush)

    def all(self, statement: Fixed, given: Mapping[str, Any], make: Callable[..., T]) -> Sequence[T]:
        """Return what `make` makes of each row; nothing of it may be changed by who gets it.

        Asked a second time it is what was read the first time, unless something was written in between: see `wrote`.
        """
        key = (id(statement), *given.values())
        if key not in self._fresh:
            if self._flush is not None:
                self._flush()
            self._fresh[key] = self._memory.made(self.line, statement, given, make)
        return self._fresh[key]

    def wrote(self) -> None:
        """Say that something was written: what is asked from now on is read anew."""
        self._fresh.clear()


Read = Callable[[Reader, Memory], object]


@contextmanager
def reading_ahead(read: Read) -> Iterator[Memory]:
    """Read in a thread of its own while the block asks the books; what it found is in the memory after the block.

    Each statement stands for itself: no transaction is open meanwhile. What goes wrong there is forgotten here, for it
    comes again where the same is read to be written.
    """
    memory, answered = Memory(), Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    reading = Thread(target=_read, args=(app, memory, read, answered), daemon=True)
    reading.start()
    try:
        yield memory
    finally:
        answered.set()
        reading.join()


def _read(app: Flask, memory: Memory, read: Read, answered: Event) -> None:
    if answered.wait(HEAD_START):
        return
    with app.app_context():
        try:
            with asking() as line:
                read(Reader(line, memory), memory)
        except Exception as problem:
            log.warning("reading_ahead_failed", error=type(problem).__name__)
