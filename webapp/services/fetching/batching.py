"""Pages put together to be written at once: those that came while the ones before were written, and no longer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from webapp.connectors.ports import ConnectorError
from webapp.connectors.sources import InvoicePage
from webapp.domain.fetching import Reading, after_page

MOST_ROWS = 5000
"""Documents and lines that are written in one transaction: more would gain nothing, and keep others waiting."""

MOST_PASSED = 12
"""Pages that were passed over as a whole: their bytes are in hand until they are written."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Pages as one, with the place where the reading stands before and after them."""

    reading: Reading
    page: InvoicePage
    after: Reading
    pages: tuple[InvoicePage, ...] = ()

    def by_documents(self) -> "Iterator[Batch]":
        """Yield the same pages once more, none of them passed over as a whole."""
        return batches((one.again() if one.again else one for one in self.pages), self.reading)


def batches(pages: Iterable[InvoicePage | None], reading: Reading) -> Iterator[Batch]:
    """Yield what is to be written, until the part of the reading ends or its list moved, or no more pages come.

    `pages` as InvoiceSource.pages has them. What came before an error is yielded before it is raised.
    """
    held: list[InvoicePage] = []
    begun, at, rows = reading, reading, 0
    there: set[str] = set()
    trouble: ConnectorError | None = None
    source = iter(pages)
    while True:
        try:
            page = next(source)
        except StopIteration:
            break
        except ConnectorError as error:
            trouble = error
            break
        ids = {one.remote_id for one in page.invoices} if page is not None else set()
        if held and (page is None or rows >= MOST_ROWS or _stands_alone(page, held, there, ids)):
            yield Batch(begun, _merged(held), at, tuple(held))
            held, begun, there, rows = [], at, set(), 0
        if page is None:
            continue
        held.append(page)
        there |= ids | page.same.keys()
        rows += sum([len(one.lines) for one in page.invoices]) + len(ids) + len(page.same) + page.passed
        expected = at.page + 1
        at = after_page(at, last=page.last, total=page.total, blind=_is_blind(page), ids=page.ids, tail=page.tail)
        if page.total is None or at.part != begun.part or at.page != expected:
            break
    if held:
        yield Batch(begun, _merged(held), at, tuple(held))
    if trouble is not None:
        raise trouble


def _stands_alone(page: InvoicePage, held: Sequence[InvoicePage], there: set[str], ids: set[str]) -> bool:
    """Whether a page is not to be written with those before it, whose documents are `there`.

    A document that stands on two pages is written once before it is compared with what was written. And what was
    passed over as a whole tells no documents.
    """
    if page.passed and held[-1].passed:
        return len(held) >= MOST_PASSED
    return bool(page.passed or held[-1].passed) or not there.isdisjoint(ids | page.same.keys())


def _is_blind(page: InvoicePage) -> bool:
    """Whether a record of a page could not even be told from others."""
    return any(not one.remote_id for one in page.bad)


def _merged(pages: Sequence[InvoicePage]) -> InvoicePage:
    last = pages[-1]
    if len(pages) == 1:
        return last
    return InvoicePage(
        last.number,
        last.last,
        last.total,
        tuple([one for page in pages for one in page.invoices]),
        tuple([one for page in pages for one in page.bad]),
        tuple([one for page in pages for one in page.ids]),
        last.placed,
        {key: mark for page in pages for key, mark in page.marks.items()},
        {key: known for page in pages for key, known in page.same.items()},
        sum(page.same_lines for page in pages),
        last.tail,
        tuple([one for page in pages for one in page.sheets]),
        sum(page.passed for page in pages),
    )
