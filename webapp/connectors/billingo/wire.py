"""Billingo's API v3 on the wire: JSON with exact amounts, the page around a list, and what each status stands for.

Source: the OpenAPI document 3.0.14, https://app.swaggerhub.com/apis/Billingo/Billingo/3.0.14
"""

import json
import re
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from webapp.connectors.http import Response
from webapp.connectors.ports import AccessDenied, ConnectorError, NotUnderstood, Refused, Unavailable
from webapp.domain.failures import Failure

CALLS_PER_MINUTE = 300
"""What one key may call; "documented limit is 300 req/min authenticated" (Billingo's own client)."""

PER_PAGE = 100
"""The most documents that one page may hold."""

KEPT = 64 * 1024
WORDS = 500
_HIDDEN = "***"
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

ACCESS: dict[int, tuple[Failure, str]] = {
    401: (Failure.AUTH, "the key is not accepted"),
    402: (Failure.SUBSCRIPTION, "the subscription does not include this"),
    403: (Failure.RIGHT, "the key may not do this"),
}
"""Statuses that no retry mends: the customer has to act."""


class Missing(Refused):
    """404: the document is not there (or belongs to another account)."""

    def __init__(self, words: str) -> None:
        super().__init__(Failure.REFUSED, "there is no such document", remote_text=words)


class Page(NamedTuple):
    """The records of a page as they came, with the figures of the envelope."""

    records: list[Any]
    number: int
    last: int
    total: int


def read(body: bytes) -> Any:
    """Return the JSON of an answer, its amounts as Decimals; raises NotUnderstood for what is none."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, ArithmeticError):
        # Also for a figure of thousands of digits, and for text that is not UTF-8.
        raise NotUnderstood("the answer is not JSON") from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def write(value: Any) -> str:
    """Return a record as JSON again, to be kept and looked at; amounts with all their figures."""
    return _UNFIT.sub("\ufffd", json.dumps(value, ensure_ascii=False, default=str))


def open_page(answer: Any) -> Page:
    """Return what the envelope of a list says; raises NotUnderstood when it is none.

    The two addresses of the envelope are not used: it is known neither whether they are null at the ends nor
    whether they keep the filters.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise NotUnderstood("the answer is not a page of a list")
    number, last, total = (_figure(answer, name) for name in ("current_page", "last_page", "total"))
    return Page(answer["data"], number, last, total)


def _figure(answer: dict[str, Any], name: str) -> int:
    figure = answer.get(name)
    if type(figure) is not int or not 0 <= figure < 2**31:
        raise NotUnderstood("the page does not say which of how many it is")
    return figure


def check_status(response: Response, *, secret: str) -> None:
    """Raise the error that an answer stands for; only 200 passes. `secret` is taken out of the remote's words."""
    status = response.status
    if status == 200:
        return
    words = remote_words(response.body, secret=secret)
    if status in ACCESS:
        failure, message = ACCESS[status]
        raise AccessDenied(failure, message, remote_text=words)
    if status == 404:
        raise Missing(words)
    if status == 429:
        raise Unavailable(Failure.BUSY, "too many calls", remote_text=words, retry_after=response.retry_after)
    raise _other(response, words)


def _other(response: Response, words: str) -> ConnectorError:
    message = f"HTTP {response.status}"
    if response.status >= 500:
        return Unavailable(Failure.REMOTE, message, remote_text=words, retry_after=response.retry_after)
    if response.status in (400, 422):
        return Refused(Failure.REFUSED, message, remote_text=words)
    return NotUnderstood(message, remote_text=words)


def remote_words(body: bytes, *, secret: str) -> str:
    """Return what the remote says of an error: `error.message` with its trace, a 422's fields, else nothing.

    A 502 or 503 is a web page of a gate in front of Billingo, which helps nobody.
    """
    try:
        answer = read(body)
    except NotUnderstood:
        return ""
    if not isinstance(answer, dict):
        return ""
    error = answer.get("error")
    if isinstance(error, dict):
        trace = error.get("trace_id")
        found = [str(error.get("message") or ""), f"trace_id {trace}" if trace else ""]
    else:
        faults = answer.get("errors")
        rows = [row for row in faults if isinstance(row, dict)] if isinstance(faults, list) else []
        found = [str(answer.get("message") or ""), *(f"{row.get('field')}: {row.get('message')}" for row in rows)]
    return redact("; ".join(filter(None, found)), secret=secret)[:WORDS]


def redact(text: str, *, secret: str) -> str:
    """Return text without the key and without what a database cannot hold."""
    # Most texts have neither, and to see that takes a tenth of what it takes to look for both; beyond ASCII more
    # letters are alike than one knows.
    if secret and not (text.isascii() and secret.lower() not in text.lower()):
        text = re.sub(re.escape(secret), _HIDDEN, text, flags=re.IGNORECASE)
    return (text if text.isprintable() else _UNFIT.sub("\ufffd", text)).strip()


def kept_body(response: Response, *, secret: str) -> str:
    """Return an answer as it may be stored: 64 kB of text without the key; of a PDF only its size."""
    body = response.body
    if body.startswith(b"%PDF"):
        return f"[PDF; {len(body)} bytes]"
    text = redact(body[:KEPT].decode("utf-8", "replace"), secret=secret)
    if len(body) <= KEPT:
        return text
    # The last characters may be the beginning of a key that was cut through.
    return text[: -max(64, len(secret))] + f"… [cut; {len(body)} bytes]"
