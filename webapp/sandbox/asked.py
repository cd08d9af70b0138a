"""What control APIs and pages are asked with: amounts, days, objects; and the error that says what is wrong."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any


class BadRequest(ValueError):
    """What was asked of the control API cannot be done; the message says why in one sentence."""


def object_of(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BadRequest("The body must be an object.")
    return body


def amount_of(said: Any) -> Decimal:
    """An amount from JSON or a form: a number or a string with a dot, at most two decimals."""
    try:
        amount = Decimal(str(said).strip())
    except InvalidOperation:
        raise BadRequest(f"'{said}' is not an amount.") from None
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")) or abs(amount) >= Decimal("1e12"):
        raise BadRequest(f"'{said}' is not an amount in cents.")
    return amount.quantize(Decimal("0.01"))


def day_of(said: Any, default: date) -> date:
    if said in (None, ""):
        return default
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        raise BadRequest(f"'{said}' is not a date.") from None


def whole_number(name: str, value: Any, *, least: int = 0) -> int:
    if type(value) is not int or value < least:
        raise BadRequest(f"'{name}' must be a whole number, {least} or more.")
    return value
