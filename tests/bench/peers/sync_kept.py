"""Koppel fetching a book once in a process of its own, with what is kept for lists and search or without; as JSON."""

import gc
import json
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from tests.bench.book import Book
from tests.bench.fetching import check, connect, fetch
from tests.bench.figures import WrongResult
from tests.bench.peers.fetched import from_bytes
from tests.bench.stage import Stage, stage
from webapp.extensions import db
from webapp.services import indexing, tallying
from webapp.store import log_pieces, search_pieces, tally_triggers
from webapp.store.session import current


def main(kind: str, pages: str, way: str) -> dict[str, float]:
    """Return the seconds of the fetch, and those in which the index of the search takes it up.

    On SQLite they are seconds of the processor, all of which this process spends; PostgreSQL has processes of its own.
    """
    clock = time.process_time if kind == "sqlite" else time.perf_counter
    book = Book.open(Path(pages))
    with stage(kind) as place:
        connection = connect(place)
        if way == "without":
            _forget(place)
        began = clock()
        with from_bytes(book):
            fetch(place, connection)
        fetched = clock()
        check(place, book.count, 2 * book.count)
        gc.collect()  # the index is taken up by the scheduler's process, which has nothing left of any fetch
        again = clock()
        if way == "with":
            _take_up(place)
        taken = clock()
        _check(place, way)
    return {"fetched": fetched - began, "taken up": taken - again}


def _forget(place: Stage) -> None:
    with place.app.app_context(), db.engine.begin() as opened:
        for kept in (tally_triggers, search_pieces, log_pieces):
            kept.remove(opened)


def _take_up(place: Stage) -> None:
    with place.app.app_context():
        while indexing.take_up(enough=1):
            pass
        db.session.remove()


def _check(place: Stage, way: str) -> None:
    with place.app.app_context():
        left = current().scalar(select(func.count()).select_from(search_pieces.WAITING))
        off = tallying.off()
        if left or bool(off) is (way == "with"):
            raise WrongResult(f"{way}: {left} invoices wait, {off} figures are off")
        db.session.remove()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
