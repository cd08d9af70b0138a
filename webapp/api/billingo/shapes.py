"""How values and errors of Billingo's part look: times in two ways, amounts as text, errors as `detail` and code."""

from datetime import UTC, date, datetime
from decimal import Decimal

from flask import Response, current_app
from werkzeug.exceptions import HTTPException

from webapp.api.answers import SIGN_IN, Refusal, answer

NO_PERMISSION = "You do not have permission to perform this action."
NO_FEATURE = "BILLINGO_SYNC feature is not enabled for your company"
NOT_GIVEN = "Authentication credentials were not provided."
_CODES = {
    400: "invalid", 401: "not_authenticated", 403: "permission_denied", 404: "not_found", 405: "method_not_allowed",
    413: "too_large", 429: "throttled", 500: "error",
}  # fmt: skip
_WORDS = {404: "Not found.", 405: "This address does not take this method.", 413: "The body is larger than 1 MB."}


def said(error: HTTPException) -> Response:
    """Return an error as it was printed; permission and feature carry the sentence alone."""
    status = error.code or 500
    reason = error.reason if isinstance(error, Refusal) else ""
    headers = dict(error.headers) if isinstance(error, Refusal) else {}
    if status == 401:
        headers |= SIGN_IN
    if reason in ("role", "feature"):
        return answer({"detail": NO_PERMISSION if reason == "role" else NO_FEATURE}, status, headers=headers)
    if reason == "no_credentials":
        return answer({"detail": NOT_GIVEN, "code": "not_authenticated"}, status, headers=headers)
    code = "token_not_valid" if reason == "credentials" else _CODES.get(status, "error")
    return answer({"detail": _sentence(error, status), "code": code}, status, headers=headers)


def _sentence(error: HTTPException, status: int) -> str:
    if isinstance(error, Refusal):
        wrong = "; ".join(f"{name}: {' '.join(words)}" for name, words in error.errors.items())
        return wrong or error.message
    return _WORDS.get(status, error.description or error.name)


def iso(moment: datetime | None) -> str | None:
    """Return a moment with its offset in the zone of the screens, to the second."""
    if moment is None:
        return None
    return moment.astimezone(current_app.extensions["koppel"].zone).replace(microsecond=0).isoformat()


def formatted(moment: datetime | None) -> str | None:
    """Return a moment in UTC as people read it: 2025-10-27 04:40:24."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else None


def day(value: date | None) -> str | None:
    """Return a day as YYYY-MM-DD."""
    return value.isoformat() if value else None


def decimals(value: Decimal, places: int = 2) -> str:
    """Return an amount with so many decimals, or more where it has more: nothing is rounded away."""
    exponent = value.normalize().as_tuple().exponent
    return f"{value:.{max(places, -exponent if isinstance(exponent, int) else 0)}f}"


def money(value: Decimal, currency: str) -> str:
    """Return an amount as it is read: 19,476,607.00 HUF."""
    whole, _, rest = decimals(value).partition(".")
    return f"{int(whole):,}.{rest} {currency}" if int(whole) else f"{whole}.{rest} {currency}"


def duration(seconds: int) -> str:
    """Return a span as it is read: 3s, 1m 5s, 2h 0m."""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return f"{rest}s"
    return f"{minutes}m {rest}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60}m"


def whole(text: str) -> int | None:
    """Return an id of the remote as the number it is there, None where there is none."""
    return int(text) if text.isascii() and text.isdigit() else None
