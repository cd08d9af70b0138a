"""Looks at the database all the time, as somebody in front of the screen does, and remembers what it showed when."""

import threading
import time
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.store.invoices import Invoice
from webapp.store.runs import Run, RunItem

ENDED = ("completed", "partial", "failed", "cancelled")
SAID_NO = ("rejected", "conflict", "not_sent", "cancelled", "failed", "skipped")
"""Words by which the screen says that something is not in the books."""


@dataclass(frozen=True)
class Shown:
    """What the screen said of an invoice, for certain from `first` (after the first look that saw it) to `last`.

    `last` is before the last look; both in seconds since 1970.
    """

    words: tuple[str, ...]
    first: float
    last: float


class Watcher:
    """A thread with eyes of its own on the database; a context manager."""

    def __init__(self, url: str, invoice_ids: list[int], *, pause: float = 0.15) -> None:
        self._engine = create_engine(url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._ids = set(invoice_ids)
        self._pause = pause
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.shown: dict[int, list[Shown]] = defaultdict(list)
        self.ended: dict[int, list[tuple[float, str]]] = defaultdict(list)

    def __enter__(self) -> "Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._look()
        self._engine.dispose()

    def _watch(self) -> None:
        while not self._ending.wait(self._pause):
            try:
                self._look()
            except SQLAlchemyError:  # the database may be away for a moment: that is what we are here for
                self._engine.dispose()

    def _look(self) -> None:
        before = time.time()
        with self._engine.connect() as connection:
            self._freeze(connection)
            deliveries = connection.execute(select(Invoice.id, Invoice.delivery)).all()
            items = connection.execute(
                select(RunItem.invoice_id, RunItem.outcome, RunItem.failure).order_by(RunItem.id)
            ).all()
            runs = connection.execute(select(Run.id, Run.status)).all()
        after = time.time()
        # Skipped says that there was nothing to do, unless it was given back.
        newest = {
            invoice_id: outcome
            for invoice_id, outcome, failure in items
            if invoice_id in self._ids and (outcome != "skipped" or failure == "cancelled")
        }
        for invoice_id, delivery in deliveries:
            if invoice_id in self._ids:
                self._note(invoice_id, (delivery, newest.get(invoice_id, "")), before, after)
        for run_id, status in runs:
            told = self.ended[run_id]
            if not told or told[-1][1] != status:
                told.append((before, status))

    def _freeze(self, connection: Connection) -> None:
        """See everything as it is at one moment: a page that tells two things tells them of the same moment."""
        if self._is_sqlite:
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def _note(self, invoice_id: int, words: tuple[str, ...], before: float, after: float) -> None:
        told = self.shown[invoice_id]
        if told and told[-1].words == words:
            told[-1] = Shown(words, told[-1].first, before)
        else:
            told.append(Shown(words, after, before))

    def untrue_moments(self, invoice_id: int, booked_at: float | None) -> list[Shown]:
        """Return what was shown of an invoice that was not so: no, while it was booked; yes, while it was not."""
        wrong = []
        asked = False
        for shown in self.shown[invoice_id]:
            asked = asked or shown.words[0] not in ("not_sent", "cancelled")
            no = asked and any(word in SAID_NO for word in shown.words)
            yes = shown.words[0] == "sent" or shown.words[1] == "succeeded"
            booked = booked_at is not None and shown.last > booked_at
            not_yet = booked_at is None or shown.first < booked_at
            if (no and booked) or (yes and not_yet):
                wrong.append(shown)
        return wrong
