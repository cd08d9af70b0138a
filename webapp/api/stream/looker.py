"""The one thread of a process that reads the stream's table: woken by a word over Redis, or looking by itself."""

import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import redis
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.api.stream import wire
from webapp.journal import Log
from webapp.queries import passes as pass_queries
from webapp.queries import stream
from webapp.services import announcing
from webapp.services.progress import client
from webapp.store.session import release

if TYPE_CHECKING:
    from webapp.api.stream.readers import Reader
    from webapp.api.stream.switchboard import Switchboard

ALONE = 0.3
SURE = 5.0
"""Seconds between two looks without Redis, and with it: a word can be lost while a connection is made anew."""

CHECKED = 5.0
"""Seconds between two checks of what opened the streams."""

GATHER = 0.02
"""Seconds between two looks at least: the first word of a burst is followed at once, the rest of it together."""

AWAY = 2.0
AT_ONCE = 50
"""Events read in one go."""

log = Log()


class Looker:
    """Follows the organisations that have readers in this process; everything about them happens in its thread."""

    def __init__(self, app: Flask, board: "Switchboard") -> None:
        self._app = app
        self._board = board
        self._wishes: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._known: dict[int, int] = {}
        self._checked_at = self._looked_at = 0.0
        self._stopped = threading.Event()
        self._told = False
        self._threads = [
            threading.Thread(target=self._run, name="stream-looker", daemon=True),
            threading.Thread(target=self._listen, name="stream-listener", daemon=True),
        ]

    def start(self) -> None:
        """Begin to look."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; returns when nothing is read any more."""
        self._stopped.set()
        self._wishes.put(None)
        for thread in self._threads:
            thread.join(10)

    def follow(self, organisation_id: int, position: int) -> None:
        """Look for what comes after a position of this organisation from now on."""
        self._wishes.put(lambda: self._known.update({organisation_id: position}))

    def forget(self, organisation_id: int) -> None:
        """Look no more: nobody reads it here."""
        self._wishes.put(lambda: self._forget(organisation_id))

    def fetch(self, reader: "Reader", organisation_id: int, position: int) -> None:
        """Read what comes after a position for one reader."""
        self._wishes.put(lambda: self._fetch(reader, organisation_id, position))

    def _forget(self, organisation_id: int) -> None:
        self._known.pop(organisation_id, None)

    def _run(self) -> None:
        while not self._stopped.is_set():
            wishes = self._wait()
            try:
                with self._app.app_context():
                    for wish in wishes:
                        wish()
                    self._look()
                    self._check()
            except SQLAlchemyError as error:
                log.error("stream_cannot_read", error=type(error).__name__)
                for wish in wishes:  # a reader that asked would wait for ever
                    self._wishes.put(wish)
                self._stopped.wait(AWAY)

    def _wait(self) -> list[Callable[[], None]]:
        """Return what was asked for; nothing when it is time to look."""
        pause = (SURE if self._told else ALONE) if self._known else None
        try:
            first = self._wishes.get(timeout=pause)
        except queue.Empty:
            return []
        time.sleep(max(0.0, self._looked_at + GATHER - time.monotonic()))
        self._looked_at = time.monotonic()
        wishes = [first]
        while not self._wishes.empty():
            wishes.append(self._wishes.get())
        return [wish for wish in wishes if wish is not None]

    def _look(self) -> None:
        if not self._known:
            return
        heads = stream.heads(list(self._known))
        release()
        for organisation_id, head in heads.items():
            while self._known[organisation_id] < head:
                events = self._read(organisation_id, self._known[organisation_id])
                self._known[organisation_id] = events[-1][0] if events else head
                self._board.advance(organisation_id, events)

    def _fetch(self, reader: "Reader", organisation_id: int, position: int) -> None:
        head = stream.heads([organisation_id]).get(organisation_id, 0)
        self._board.supply(reader, self._read(organisation_id, position), head)

    def _read(self, organisation_id: int, position: int) -> list[tuple[int, bytes]]:
        events = [(told.position, wire.event(told)) for told in stream.after(organisation_id, position, limit=AT_ONCE)]
        release()
        return events

    def _check(self) -> None:
        if time.monotonic() - self._checked_at < CHECKED:
            return
        self._checked_at = time.monotonic()
        held = set(self._board.passes)
        ended = held - pass_queries.good(held) if held else set()
        release()
        if ended:
            self._board.end(ended)

    def _listen(self) -> None:
        """Wait for words over Redis; while it is away, the table is looked at more often."""
        while not self._stopped.is_set():
            try:
                self._hear()
            except (redis.RedisError, OSError) as error:
                if self._told:
                    log.warning("stream_without_redis", error=type(error).__name__)
            self._told = False
            self._stopped.wait(AWAY)

    def _hear(self) -> None:
        with self._app.app_context():
            connection: Any = client()
        if connection is None:
            return
        pubsub = connection.pubsub(ignore_subscribe_messages=True)
        try:
            pubsub.subscribe(announcing.CHANNEL)
            self._told = True
            self._wishes.put(None)
            while not self._stopped.is_set():
                message = pubsub.get_message(timeout=1.0)
                if message and int(message["data"]) in self._known:
                    self._wishes.put(None)
        finally:
            pubsub.close()
