"""Which gateway stands for which provider, and which address for which region."""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import local

from webapp.connectors.billingo.gateway import BillingoGateway
from webapp.connectors.filing import DocumentArchive
from webapp.connectors.http import Http
from webapp.connectors.ports import Access, CallWatch, Finding, LedgerGateway, SessionKeeper
from webapp.connectors.sources import InvoiceSource
from webapp.connectors.yuki.gateway import YukiGateway
from webapp.connectors.yuki.mapping import build_invoice, contact_of
from webapp.connectors.yuki.rules import find_faults
from webapp.connectors.yuki.source import YukiSource
from webapp.domain.documents import SalesDocument

LEDGERS: Mapping[str, type[YukiGateway]] = {"yuki": YukiGateway}
SOURCES: Mapping[str, type[BillingoGateway]] = {"billingo": BillingoGateway}
WRITERS = {"yuki": (build_invoice, find_faults)}
READERS = {"yuki": contact_of}


def write_document(provider: str, document: SalesDocument) -> tuple[bytes, tuple[Finding, ...]]:
    """Return a document as the provider's bytes, and what its schema and rules find wrong with them; no call is made.

    Raises KeyError for a provider that is not a set of books, Refused for what its format cannot carry.
    """
    build, find = WRITERS[provider]
    payload = build(document)
    return payload, find(payload)


def read_contact(provider: str, payload: bytes) -> dict[str, str]:
    """Return what a document of ours said of its contact, by our words; "" where it cleared a field."""
    return READERS[provider](payload)


def base_url(addresses: Mapping[str, str], region: str) -> str:
    """Return the address of a region from the settings' addresses, as {"nl": …, "be": …}; KeyError if unknown."""
    return addresses[region].rstrip("/")


class _Ways(local):
    """The ways out of this thread, by address and time."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, float], Http] = {}


_ways = _Ways()


def open_http(access: Access) -> Http:
    """Return the way out to the access's own address and nowhere else; ValueError if it may not be called.

    One thread has one for all connections to an address, for one after the other: they need not each connect anew.
    """
    wanted = access.base_url, access.timeout
    if wanted not in _ways.open:
        _ways.open[wanted] = Http([access.base_url], timeout=access.timeout)
    return _ways.open[wanted]


def make_gateway(
    provider: str,
    access: Access,
    *,
    watch: CallWatch,
    sessions: SessionKeeper,
    clock: Callable[[], datetime],
    http: Http | None = None,
) -> LedgerGateway:
    """Return the gateway to a set of books; `http` is made for the access when none is given.

    Raises KeyError for a provider that is not a set of books, ValueError for an address that may not be called.
    """
    return LEDGERS[provider](access, http=http or open_http(access), watch=watch, sessions=sessions, clock=clock)


def make_source(
    provider: str,
    access: Access,
    *,
    watch: CallWatch,
    sessions: SessionKeeper,
    clock: Callable[[], datetime],
    http: Http | None = None,
    placed: str = "",
) -> InvoiceSource:
    """Return the gateway to a source of invoices; errors as make_gateway. `placed` as BooksSource has it."""
    if provider == "yuki":
        source = YukiSource(access, http=http or open_http(access), watch=watch, sessions=sessions, clock=clock)
        source.placed = placed
        return source
    return SOURCES[provider](access, http=http or open_http(access), watch=watch, clock=clock)


def make_archive(
    provider: str, access: Access, *, watch: CallWatch, sessions: SessionKeeper, clock: Callable[[], datetime]
) -> DocumentArchive:
    """Return the archive of a set of books; errors as make_gateway."""
    return LEDGERS[provider](access, http=open_http(access), watch=watch, sessions=sessions, clock=clock)
