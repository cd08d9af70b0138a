"""What a setting may be: each function makes a value of what the environment says, or raises ValueError.

The error's words follow the setting's name: `PORT: is not a whole number.` By hand, since pydantic-settings took a
third of the time in which a small command starts.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_YES, _NO = frozenset({"1", "true", "yes", "on", "y", "t"}), frozenset({"0", "false", "no", "off", "n", "f"})
_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class Secret:
    """A text that shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret('**********')" if self._text else "Secret('')"


def secret(value: Any) -> Secret:
    """Return a secret as it is given."""
    return value if isinstance(value, Secret) else Secret(str(value))


def fernet_keys(value: Any) -> Secret:
    """Return Fernet keys, parted by commas or spaces."""
    keys = secret(value)
    for key in keys.get_secret_value().replace(",", " ").split():
        try:
            whole = len(base64.urlsafe_b64decode(key)) == 32
        except (binascii.Error, ValueError):
            whole = False
        if not whole:
            raise ValueError("holds a key that is not a Fernet key")
    return keys


def fresh_fernet_key() -> str:
    """Return a new key as Fernet defines it: 32 random bytes in the URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def whole_number(least: int, most: int) -> Callable[[Any], int]:
    """Return what reads a whole number within these bounds."""

    def read(value: Any) -> int:
        try:
            found = int(value)
        except (TypeError, ValueError):
            raise ValueError("is not a whole number") from None
        if not least <= found <= most:
            raise ValueError(f"is not between {least} and {most}")
        return found

    return read


def number(most: float, *, zero: bool = True) -> Callable[[Any], float]:
    """Return what reads a number of seconds up to `most`; 0 counts only with `zero`."""

    def read(value: Any) -> float:
        try:
            found = float(value)
        except (TypeError, ValueError):
            raise ValueError("is not a number") from None
        if not (0 <= found <= most) or (found == 0 and not zero):
            raise ValueError(f"is not {'between 0' if zero else 'above 0'} and {'' if zero else 'at most '}{most:g}")
        return found

    return read


def flag(value: Any) -> bool:
    """Return whether something is switched on."""
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise ValueError("is neither true nor false")
    return word in _YES


def time_zone(value: Any) -> str:
    """Return the name of a time zone that this machine knows."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a known time zone") from None
    return str(value)


def http_address(value: Any) -> str:
    """Return an http or https address without its trailing slash; an empty one stays."""
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("is not an http or https address")
    return str(value).rstrip("/")


def mail_address(value: Any) -> str:
    """Return the address by which e-mail leaves, as it is given."""
    if value:
        from webapp.connectors.mail import read_route  # imported here: what writes e-mail is rarely wanted

        read_route(value)
    return str(value)


def log_level(value: Any) -> str:
    """Return a level of the log in capitals."""
    word = str(value).upper()
    if word not in _LEVELS:
        raise ValueError("is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return word


def host_names(value: Any) -> str:
    """Return names of hosts, parted by commas or spaces, as they are given."""
    for name in str(value).replace(",", " ").split():
        if not _HOST.fullmatch(name):
            raise ValueError(f"{name} is not the name of a host, such as hooks.example.com or *.example.com")
    return str(value)
