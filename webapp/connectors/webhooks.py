"""Post an event to the address that an administrator typed: never to this network, never further than allowed."""

import socket
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from webapp.connectors.http import Http
from webapp.connectors.ports import Unavailable
from webapp.connectors.transport import pinned_address
from webapp.domain.failures import Failure
from webapp.domain.webhooks import LOOPBACK, BadAddress, fit_address, is_public

TIMEOUT = 15.0
MOST_ANSWER = 64 * 1024


def post(url: str, body: bytes, *, headers: Mapping[str, str], hosts: Collection[str], loopback: bool) -> int:
    """Post `body` and return the status of the answer, whose text nobody reads; redirects are not followed.

    The address is judged anew at every call, and so is what its name stands for: the connection goes to the address
    that was judged, whatever the name says a moment later. Raises BadAddress, or `private` in it, when it may not be
    called, else as `Http.request` does for a read: a webhook may arrive twice.
    """
    address = fit_address(url, hosts=hosts, loopback=loopback)
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    place = host if loopback and host in LOOPBACK else resolve(host, parts.port or 443)
    http = Http([address], timeout=TIMEOUT)
    token = pinned_address.set("" if place == host else place)
    try:
        return http.request("POST", address, body=body, headers=headers, limit=MOST_ANSWER).status
    finally:
        pinned_address.reset(token)
        http.close()


def resolve(host: str, port: int) -> str:
    """Return an address of a name, all of whose addresses are public; raises BadAddress(`private`) or Unavailable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unavailable(Failure.NETWORK, "nothing was sent: the name is unknown") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(is_public, addresses)):
        raise BadAddress("private")
    return addresses[0]
