"""Koppel fetching a book three times, in a process of its own: new, unchanged, one in a hundred changed; as JSON."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.bench.book import Book
from tests.bench.fetching import check, connect, fetch, timed
from tests.bench.peers.memory import Memory
from tests.bench.stage import stage
from webapp.connectors.billingo import paging
from webapp.connectors.sources import Asked, InvoicePage, Known, Shelf
from webapp.domain.remote_invoices import RemotePayment
from webapp.services.fetching import working
from webapp.services.gateways import OpenSource


@dataclass(frozen=True, slots=True)
class Bytes:
    """A source that answers with a book's bytes, read as Billingo's are."""

    book: Book

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        """Return one page."""
        return paging.read_page(self.book.page(number), number, known)

    def pages(
        self, asked: Asked, number: int, *, known: Known | None = None, shelf: Shelf | None = None
    ) -> Iterator[InvoicePage]:
        """Yield the pages from one on, which are all there."""
        for one in range(number, len(self.book.places) + 1):
            yield self.page(asked, one, known=known)

    def payments(self, remote_id: str) -> tuple[RemotePayment, ...]:
        """Return nothing: nothing is paid in part."""
        raise AssertionError(remote_id)


@contextmanager
def from_bytes(book: Book) -> Iterator[None]:
    """Let fetching read a book in place of the remote."""
    opened: Any = OpenSource(Bytes(book), None)  # type: ignore[arg-type]
    with patch.object(working, "open_source", lambda *_args, **_facts: opened):
        yield


def main(kind: str, pages: str, moved: str) -> dict[str, float]:
    """Return the seconds of the three fetches, and the kilobytes that they took above what stood before."""
    book, other = Book.open(Path(pages)), Book.open(Path(moved))
    count = book.count
    with stage(kind) as place:
        connection = connect(place)
        memory = Memory()
        with memory, from_bytes(book):
            first = timed(lambda: fetch(place, connection))
            check(place, count, 2 * count)
            again = timed(lambda: fetch(place, connection, full=True))
            check(place, count, 2 * count, written=0)
        with memory, from_bytes(other):
            changed = timed(lambda: fetch(place, connection, full=True))
            check(place, count, 2 * count, written=count // 100)
    return {"first": first, "again": again, "changed": changed, **memory.taken()}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
