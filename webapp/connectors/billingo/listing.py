"""A list of documents read page by page: several calls under way at a time, and nothing asked for that lies here."""

from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import closing
from functools import partial

from webapp.connectors.billingo import paging
from webapp.connectors.billingo.client import BillingoClient
from webapp.connectors.ports import NotUnderstood
from webapp.connectors.sources import InvoicePage, Known, Shelf

Query = Callable[[int], Mapping[str, str | int]]


class NoShelf:
    """Keeps nothing: who dies reads all that was under way again."""

    tail = ""

    def numbers(self) -> Collection[int]:
        """Return nothing."""
        return ()

    def take(self, number: int) -> bytes | None:
        """Return nothing."""
        del number
        return None

    def put(self, number: int, body: bytes) -> None:
        """Keep nothing."""

    def clear(self) -> None:
        """Let go of nothing."""


def list_pages(
    client: BillingoClient, query: Query, number: int, *, known: Known | None, shelf: Shelf
) -> Generator[InvoicePage | None]:
    """Yield the pages of a list from one on, as InvoiceSource.pages has them; `query` asks for a page by its number."""
    lying = set(shelf.numbers())
    if lying and known is not None:
        known = partial(_by_documents, known)  # what lies here has to be looked at: was the list pushed down?
    page = _lying(shelf, number, known) if number in lying else None
    if page is None:
        page = paging.read_page(client.documents(query(number)), number, known)
        if _was_pushed(page, shelf.tail, lying):
            shelf.clear()
            lying = set()
    yield page
    numbers = range(page.number + 1, page.last + 1)
    ahead = ((one, query(one)) for one in numbers if one not in lying)
    with closing(client.documents_ahead(ahead, put=shelf.put)) as bodies:
        for one in numbers:
            tail = page.tail
            here = _lying(shelf, one, known) if one in lying else None
            body = client.documents(query(one)) if one in lying and here is None else None
            while here is None and body is None:
                body = next(bodies)
                if body is None:
                    yield None
            page = here or paging.read_page(body or b"", one, known)
            yield page
            if here is None and _was_pushed(page, tail, lying):
                break
    if page.number < page.last:
        shelf.clear()
        shelf.tail = page.tail
        yield from list_pages(client, query, page.number + 1, known=known, shelf=shelf)


def _by_documents(known: Known, marks: Mapping[str, int]) -> Mapping[str, int]:
    return known(marks)


def _lying(shelf: Shelf, number: int, known: Known | None) -> InvoicePage | None:
    """Return a page that lies here; None where it is gone, or makes no sense: that may have been the remote's mood."""
    body = shelf.take(number)
    try:
        return None if body is None else paging.read_page(body, number, known)
    except NotUnderstood:
        return None


def _was_pushed(page: InvoicePage, tail: str, lying: Collection[int]) -> bool:
    """Whether the list was pushed down since those pages came that lie after this newer one.

    It then begins with what the page before it ended with, and what it ended with before would be on neither.
    """
    after = any(one > page.number for one in lying)
    return after and (tail in page.same or any(one.remote_id == tail for one in page.invoices))
