"""What a remote promises whose invoices can be read: pages of documents, what was paid on them, and their details."""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol, runtime_checkable

from webapp.connectors.ports import CheckReport, OpenItem
from webapp.domain.remote_invoices import RemoteInvoice, RemoteLine, RemotePayment


@dataclass(frozen=True, slots=True)
class Asked:
    """Which documents are asked for; all of them without any of these.

    `modified_since`: changed at or after this moment. `issued_since`, `paid_since`: by these days of the document.
    `payment_status`: in the remote's own word. `box`: in which of its places, where it has several.
    """

    modified_since: datetime | None = None
    issued_since: date | None = None
    paid_since: date | None = None
    payment_status: str = ""
    box: str = ""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read: the others of its page can. `remote_id` and `number` as far as it tells them.

    `field` is the first thing wrong with it, in the remote's words, `reason` a code: `missing`, `not_a_date`,
    `not_an_amount`, `too_large`, `too_precise`, `not_text`, `too_long`, `not_a_list`, `not_an_object`, `not_an_id`,
    `not_a_currency`, `unknown_type`. `payload` is the record as JSON or XML.
    """

    remote_id: str
    number: str
    field: str
    reason: str
    payload: str


class Sheet(NamedTuple):
    """A page by its bytes: `mark` changes with them, `ids` are the remote's ids of its documents, `lines` theirs.

    `notes` is what its source wants to be told the next time: see KnownPages.
    """

    number: int
    mark: int
    last: int
    total: int
    tail: str
    lines: int
    ids: Sequence[str] = ()
    notes: bytes = b""


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """One page of documents; pages count from 1, `total` is how many documents all pages have together.

    Pages shift while one reads: the same document may stand on two of them. A remote that does not tell how many
    there are (`total` None) counts records in place of pages: `last` is then where the next page begins, on the last
    record of this one, and is `number` where the list ends; `ids` are then all its records, also passed over ones.
    `placed` as BooksSource has it.

    `marks` tell of each document that was read whether its bytes change, where each has its own. `same` are the
    documents that were passed over because theirs did not, as Known answered, and `same_lines` their lines together.
    `tail` is the id of the last record, where the page has a total: a list that was pushed down shows it once more.

    `sheets` are the pages that it is made of, where their bytes say all there is to them: every record was read, and
    none twice. A page that was passed over as a whole tells how many documents it has, `passed`, and nothing of them;
    `again` reads it document by document.
    """

    number: int
    last: int
    total: int | None
    invoices: tuple[RemoteInvoice, ...]
    bad: tuple[BadRecord, ...] = ()
    ids: tuple[str, ...] = ()
    placed: str = ""
    marks: Mapping[str, int] = field(default_factory=dict)
    same: Mapping[str, int] = field(default_factory=dict)
    same_lines: int = 0
    tail: str = ""
    sheets: tuple[Sheet, ...] = ()
    passed: int = 0
    again: "Callable[[], InvoicePage] | None" = None


def is_last(page: InvoicePage) -> bool:
    """Whether no page of its list comes after this one."""
    return page.last <= page.number


Known = Callable[[Mapping[str, int]], Mapping[str, int]]
"""Is asked with the marks of a page's documents by their ids; answers which need not be read, each with our own id."""


class KnownPages:
    """A Known that is asked of whole pages first; `nothing` where it knows no document, and need not be asked."""

    nothing = False

    def __call__(self, marks: Mapping[str, int]) -> Mapping[str, int]:
        """Answer as Known."""
        raise NotImplementedError

    def page(self, number: int, mark: int, again: Callable[[], InvoicePage]) -> InvoicePage | None:
        """Return a page of which every document is here as these bytes tell it; None where it has to be looked at."""
        raise NotImplementedError

    def notes(self, number: int) -> tuple[bytes, Sequence[int]] | None:
        """Return what the source noted of a page, and our ids of its documents in their order.

        None where they are not known, or one of them is not here any more as the page told it then.
        """
        raise NotImplementedError


class Shelf(Protocol):
    """Where pages lie as they came, that were asked for ahead and are not written yet: who died goes on with them.

    `tail` is the last record of the page before the first one that is read. A list may have been pushed down before
    that one was read: what lies here is then older than what it is to follow.
    """

    tail: str

    def numbers(self) -> Collection[int]:
        """Return the numbers of the pages that lie here."""

    def take(self, number: int) -> bytes | None:
        """Return a page that lies here; it stays until it is written."""

    def put(self, number: int, body: bytes) -> None:
        """Let a page lie here from the moment on at which its call is reported, which comes next."""

    def clear(self) -> None:
        """Let go of all: what lies here does not follow what was read."""


class InvoiceSource(Protocol):
    """A remote whose invoices can be read; every method raises ConnectorError."""

    def check(self) -> CheckReport:
        """Test key and rights, as far as they can be seen; never raises for what the remote says."""

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        """Return one page, newest documents first; a page beyond the last is empty. Without `known` all is read."""

    def pages(
        self, asked: Asked, number: int, *, known: Known | None = None, shelf: Shelf | None = None
    ) -> Generator[InvoicePage | None]:
        """Yield the pages from one on, in their order; a remote with many of them is asked for several at a time.

        None stands where the next one is still on its way: a good moment to write those that have come. A page that
        lies on the `shelf` is not asked for, and what is asked for ahead of its turn lies there once it came.
        """

    def payments(self, remote_id: str) -> tuple[RemotePayment, ...]:
        """Return what was paid on one document, in the remote's order."""

    def document(self, remote_id: str) -> InvoicePage:
        """Return one document as a page of one; of none, when the remote has no such document."""

    def pdf(self, remote_id: str) -> bytes | None:
        """Return the document as PDF; None when it is not there yet."""


@dataclass(frozen=True, slots=True)
class Details:
    """What the document behind a record tells beyond it; None and "" for what it leaves out.

    `customer_vat_number` is whom a purchase invoice is for, which says to which administration it belongs.
    """

    due_date: date | None
    currency: str
    net_total: Decimal | None
    vat_total: Decimal | None
    gross_total: Decimal | None
    payment_method: str
    payment_reference: str
    customer_vat_number: str
    lines: tuple[RemoteLine, ...]


@runtime_checkable
class BooksSource(InvoiceSource, Protocol):
    """A set of books as a source: it tells what is open, which says what its documents do not.

    `placed` marks the remote session that is known to stand where this connection's documents lie.
    """

    placed: str

    def open_items(self) -> Iterable[OpenItem]:
        """Return all open debtor items of the administration, in one call."""

    def creditor_items(self) -> Iterable[OpenItem]:
        """Return all open creditor items of the administration, in one call."""

    def details(self, remote_id: str) -> Details | None:
        """Return what the document itself tells, in one call; None where it has nothing that can be read."""
