"""Write imports that arrive at the same moment in one transaction: a leader commits for those who came after him.

For SQLite, where one writes at a time and the others would queue all the same. PostgreSQL does this by itself.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from webapp.extensions import db
from webapp.services import announcing, history
from webapp.services.receiving.ready import Ready, insert_all
from webapp.store.straight import Line, writing

MOST = 50
"""Imports of one transaction."""
PATIENCE = 120.0
"""Seconds after which a follower stops to wait for a leader who must have died."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """An import in the line of those that wait: `invoice_id` or `error` is what became of it.

    `done` is set by then, or when its thread is to lead (`leads`).
    """

    ready: Ready
    invoice_id: int | None = None
    error: BaseException | None = None
    leads: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class _Queue:
    """Those of one organisation that wait to be written; one of them leads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_led = False

    def join(self, one: _Waiting) -> bool:
        """Stand in line; returns whether one has to lead."""
        with self._lock:
            self._waiting.append(one)
            lead, self._is_led = not self._is_led, True
        return lead

    def take(self) -> list[_Waiting]:
        """Return those who are to be written now."""
        with self._lock:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return taken

    def hand_over(self) -> None:
        """Let the first of those who came meanwhile lead."""
        with self._lock:
            self._is_led = bool(self._waiting)
            heir = self._waiting[0] if self._waiting else None
        if heir is not None:
            heir.leads = True
            heir.done.set()

    def leave(self, one: _Waiting) -> None:
        """Stand in line no longer."""
        with self._lock:
            if one in self._waiting:
                self._waiting.remove(one)


_queues: WeakKeyDictionary[Engine, dict[int, _Queue]] = WeakKeyDictionary()
_making = threading.Lock()


def store(ready: Ready) -> int:
    """Write an invoice, alone or with others of this process, and return its id once it is committed.

    Raises IntegrityError when another one has its number, or what it stands on is gone. What is wrong with one stops
    no other: those who were to be written together are then written one by one.
    """
    one = _Waiting(ready)
    queue = _queue_of(ready.organisation_id)
    if queue.join(one) or _is_to_lead(one, queue):
        _lead(queue)
    if one.error is not None:
        raise one.error
    if one.invoice_id is None:
        raise RuntimeError("an invoice was neither written nor refused")
    return one.invoice_id


def _queue_of(organisation_id: int) -> _Queue:
    with _making:
        return _queues.setdefault(db.engine, {}).setdefault(organisation_id, _Queue())


def _is_to_lead(one: _Waiting, queue: _Queue) -> bool:
    if not one.done.wait(PATIENCE):
        queue.leave(one)
        raise TimeoutError("nobody wrote the invoice")
    return one.leads


def _lead(queue: _Queue) -> None:
    """Write those who wait, oneself among them; those who come meanwhile have a leader of their own."""
    batch: list[_Waiting] = []
    try:
        _write(queue, batch)
    except Exception as problem:
        for one in batch:
            _write_alone(one, problem if len(batch) == 1 else None)
    finally:
        queue.hand_over()
        for one in batch:
            one.done.set()


def _write(queue: _Queue, batch: list[_Waiting]) -> None:
    with writing() as line:
        batch += queue.take()  # as late as can be: whoever came while the database was busy goes along
        ids = _rows(line, [one.ready for one in batch])
    for one, invoice_id in zip(batch, ids, strict=True):
        one.invoice_id = invoice_id
    announcing.wake_soon(batch[0].ready.organisation_id)


def _write_alone(one: _Waiting, problem: BaseException | None) -> None:
    if problem is None:
        try:
            with writing() as line:
                (one.invoice_id,) = _rows(line, [one.ready])
            announcing.wake_soon(one.ready.organisation_id)
        except Exception as own:
            problem = own
    one.error = problem


def _rows(line: Line, batch: Sequence[Ready]) -> list[int]:
    ids = insert_all(line, [(one.head, one.lines) for one in batch])
    pairs = list(zip(batch, ids, strict=True))
    history.put(line, [one.past | {"invoice_id": invoice_id} for one, invoice_id in pairs])
    said = [(announcing.CREATED, invoice_id, one.told | {"id": invoice_id}) for one, invoice_id in pairs]
    if announcing.put(line, batch[0].organisation_id, said) is None:
        raise RuntimeError("the stream has no head")
    return ids
