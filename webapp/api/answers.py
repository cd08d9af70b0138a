"""The shape of every answer of the API: success, a message, and data or errors per field."""

import json
from decimal import Decimal
from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

SIGN_IN = {"WWW-Authenticate": 'Bearer realm="Koppel API"'}


class Refusal(HTTPException):
    """A call that is refused, with the status and what is said; `headers` go along.

    `reason` is a word for those who say it otherwise: `role`, `feature`, `credentials`, `invalid`, `limit`.
    """

    def __init__(
        self, status: int, message: str, *, headers: dict[str, str] | None = None, reason: str = "", **more: Any
    ) -> None:
        super().__init__(message)
        self.code = status
        self.reason = reason
        self.message = message
        self.headers = headers or {}
        self.errors: dict[str, list[str]] = more.get("errors", {})
        body = {"success": False, "message": message} | more
        self.response = answer(body, status, headers=(SIGN_IN if status == 401 else {}) | (headers or {}))


class Invalid(Refusal):
    """A body that cannot be used; `errors` says of each field (`items.0.quantity`) what is wrong."""

    def __init__(self, errors: dict[str, list[str]], message: str = "Validation failed") -> None:
        super().__init__(400, message, errors=errors, reason="invalid")


def answer(body: Any, status: int = 200, *, headers: dict[str, str] | None = None) -> Response:
    """Return a body as JSON; an amount becomes a number as the seed prints it, 920.0."""
    # Without spaces: scripts of others look for "access":" in what the login answers.
    text = json.dumps(body, ensure_ascii=False, default=_plain, allow_nan=False, separators=(",", ":"))
    return current_app.response_class(text + "\n", status, headers, mimetype="application/json")


def base_url() -> str:
    """Return where this server is reached, without a slash at the end."""
    configured: str = current_app.extensions["koppel"].base_url
    return configured or request.host_url.rstrip("/")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        # Amounts here have at most 12 + 2 figures, prices 10 + 4: every one of them is the shortest way to write
        # some float, and comes out digit by digit as it is.
        return float(value)
    raise TypeError(type(value).__name__)
