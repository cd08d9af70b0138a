"""E-mails to customers: their states, which addresses can be written to, and when what failed is tried again."""

import re
from datetime import timedelta
from enum import StrEnum

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
MOST_ADDRESS = 254
TRIES = 5


class MailState(StrEnum):
    """Where an e-mail stands; `unknown`: it left, and nobody said whether it was taken."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class MailKind(StrEnum):
    """What an e-mail brings."""

    INVOICE = "invoice"
    REMINDER = "reminder"


OPEN = frozenset({MailState.QUEUED, MailState.SENDING, MailState.UNKNOWN})
"""While an e-mail is in one of these, the same thing is not sent a second time."""


def is_address(text: str) -> bool:
    """Whether a text is one e-mail address that a server takes, in plain ASCII."""
    return len(text) <= MOST_ADDRESS and _ADDRESS.fullmatch(text) is not None and ".." not in text


def next_try(attempts: int) -> timedelta | None:
    """Return how long to wait after so many attempts that reached nobody; None when it is given up."""
    return timedelta(minutes=5) * 3 ** (attempts - 1) if attempts < TRIES else None
