"""The kinds of fields that bodies have: each takes what JSON writes, says what is wrong, and stands in the document."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from webapp.domain.drafts import unfit_sign

LONGEST_NUMBER = 40
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,4})?")


class Body(BaseModel):
    """A body from outside: types as they are written; names that nobody knows are left alone."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        unfit = unfit_sign(value)
        if unfit:
            raise ValueError(f"This text holds the character U+{ord(unfit):04X}, which no document can carry.")
        return value.strip()
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if isinstance(value, date):
        return value
    raise ValueError("Date has wrong format. Use this format: YYYY-MM-DD.")


def _number(value: Any) -> Any:
    """Return a Decimal that is safe to compute with; a text must look like one of ours."""
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and _NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("A valid number is required.")
    number = Decimal(value)
    # Before anything computes with it: 1e999999999 is a short text and an endless number.
    if not number.is_finite() or number.adjusted() >= 10:
        raise ValueError("This number is too large.")
    exponent = number.as_tuple().exponent
    if len(number.as_tuple().digits) > LONGEST_NUMBER or (isinstance(exponent, int) and exponent < -LONGEST_NUMBER):
        raise ValueError("This number has too many figures.")
    return number


_PLAIN_NUMBER = {
    "anyOf": [
        {"type": "number", "exclusiveMaximum": 10**10, "exclusiveMinimum": -(10**10)},
        {"type": "string", "pattern": "^-?[0-9]{1,10}([.][0-9]{1,4})?$"},
    ]
}

Text = Annotated[str, BeforeValidator(_fit)]
"""A text without space around it and without signs that no document can carry."""

Day = Annotated[
    date, BeforeValidator(_day, json_schema_input_type=str), WithJsonSchema({"type": "string", "format": "date"})
]
"""A date written as YYYY-MM-DD."""

Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema(_PLAIN_NUMBER)]
"""A number with at most ten figures before the point and four after it, read as it is written."""
