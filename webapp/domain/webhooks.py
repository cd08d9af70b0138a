"""The rules of webhooks: where one may go, how it is signed, when it is tried again and when it is given up."""

import hashlib
import hmac
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

MOST_ADDRESS = 500
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=3)
GIVES_UP = timedelta(days=3)
"""How long after the event a delivery is tried; the first wait doubles up to the longest."""

LOOPBACK = frozenset({"localhost", "127.0.0.1"})
_REACHABLE_V6 = IPv6Network("2000::/3")
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""6to4 and Teredo carry an IPv4 address inside, which may be a private one."""


class WebhookState(StrEnum):
    """Where one delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class BadAddress(Exception):
    """A webhook may not go to this address; `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fit_address(text: str, *, hosts: Collection[str], loopback: bool) -> str:
    """Return the address of a webhook as it is kept.

    `hosts` are the names that the operator allows, `*.example.com` for all names below one; `loopback` lets http to
    this machine through, for the demo. Raises BadAddress: `address`, `https`, `none_allowed`, `host`.
    """
    address = text.strip()
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        raise BadAddress("address") from None
    odd = len(address) > MOST_ADDRESS or not address.isascii() or not address.isprintable() or " " in address
    if odd or not host or port == 0 or parts.username is not None or parts.password is not None or parts.fragment:
        raise BadAddress("address")
    if loopback and host in LOOPBACK and parts.scheme in ("http", "https"):
        return address
    if parts.scheme != "https":
        raise BadAddress("https" if parts.scheme == "http" else "address")
    if not hosts:
        raise BadAddress("none_allowed")
    if not any(_fits(host, allowed.lower()) for allowed in hosts):
        raise BadAddress("host")
    return address


def _fits(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not private, not of this machine, no tunnel to such a one."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        inside = found in _REACHABLE_V6 and not any(found in tunnel for tunnel in _TUNNELS)
        return inside and found.is_global and not found.is_multicast
    return found.is_global and not found.is_multicast


def sign(secret: str, *, timestamp: int, event_id: int, body: bytes) -> str:
    """Return the signature of one delivery: HMAC-SHA256 over `timestamp.id.body`, in hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp}.{event_id}.".encode() + body, hashlib.sha256).hexdigest()


def next_wait(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts, of which there was at least one."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts - 1, 20))


def is_receipt(status: int) -> bool:
    """Whether an answer says that the event was taken."""
    return 200 <= status < 300


def is_about_all(status: int) -> bool:
    """Whether an answer is about the receiver as a whole, so that other events need not be tried just now."""
    return status >= 500 or status in (401, 403, 404, 408, 410, 429) or 300 <= status < 400
