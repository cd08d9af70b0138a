"""Which gateway stands for which provider, and which address for which region."""

from collections.abc import Callable, Mapping
from datetime import datetime

from webapp.connectors.http import Http
from webapp.connectors.ports import Access, CallWatch, LedgerGateway, SessionKeeper
from webapp.connectors.yuki.gateway import YukiGateway

LEDGERS: Mapping[str, type[YukiGateway]] = {"yuki": YukiGateway}


def base_url(addresses: Mapping[str, str], region: str) -> str:
    """Return the address of a region from the settings' addresses, as {"nl": …, "be": …}; KeyError if unknown."""
    return addresses[region].rstrip("/")


def open_http(access: Access) -> Http:
    """Return the way out to the access's own address and nowhere else; ValueError if it may not be called."""
    return Http([access.base_url], timeout=access.timeout)


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
