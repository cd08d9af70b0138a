"""Numbers as a person of this language types them: without thousands marks, so that they can be read back."""

from decimal import Decimal

import flask_babel
from babel.numbers import format_decimal


def language() -> str:
    """Return the language of this request."""
    return str(getattr(flask_babel.get_locale(), "language", "en"))


def plain_number(value: Decimal, pattern: str = "0.######") -> str:
    """Write a number: 1234,5 in Dutch."""
    return str(format_decimal(value, format=pattern, locale=language(), group_separator=False))


def plain_price(value: Decimal) -> str:
    """Write a price, never with less than its cents: 1234,50 in Dutch."""
    return plain_number(value, "0.00####")
