"""Bodies from outside: read without trust, then judged by the model that the document shows.

Stock parsers fail on deep nesting, take NaN, doubled names and lone surrogates, and make floats of amounts.
"""

import json
import re
from decimal import Decimal
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from webapp.api.answers import Invalid

DEEPEST = 20
LONGEST_WHOLE = 15
BODY = "body"
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WORDS = {
    "missing": "This field is required.",
    "string_type": "This must be a text.",
    "string_unicode": "This text holds characters that are none.",
    "bool_type": "This must be true or false.",
    "int_type": "This must be a whole number.",
    "list_type": "This must be a list.",
    "tuple_type": "This must be a list.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "dict_type": "This must be an object.",
    "string_too_short": "This field may not be empty.",
    "string_too_long": "This text is too long: at most {max_length} characters.",
    "too_short": "There must be at least {min_length} of these.",
    "tuple_too_short": "There must be at least {min_length} of these.",
    "too_long": "There may be at most {max_length} of these.",
    "none_required": "This must be null.",
    "literal_error": "This must be one of {expected}.",
}
Model = TypeVar("Model", bound=BaseModel)


class Unreadable(ValueError):
    """A text that is not the JSON we take; the message says why."""


def read(model: type[Model]) -> Model:
    """Return the body of this request as the model; raises Invalid with what is wrong per field."""
    kind = request.mimetype
    if kind != "application/json" and not kind.endswith("+json"):
        raise Invalid({BODY: ["Send JSON, with the header Content-Type: application/json."]})
    try:
        value = parse(request.get_data(), request.mimetype_params.get("charset", "utf-8"))
    except Unreadable as problem:
        raise Invalid({BODY: [str(problem)]}) from None
    if not isinstance(value, dict):
        raise Invalid({BODY: ["The body must be a JSON object."]})
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        raise Invalid(words_of(problem)) from None


def parse(body: bytes, charset: str = "utf-8") -> Any:
    """Read JSON strictly: UTF-8, at most 20 deep, no doubled name, no NaN, numbers as int or Decimal."""
    if charset.lower() not in ("utf-8", "utf8"):
        raise Unreadable("The body must be encoded in UTF-8.")
    if not body.strip():
        raise Unreadable("The body is empty.")
    if _depth(body) > DEEPEST:
        raise Unreadable(f"The body is nested deeper than {DEEPEST} levels.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Unreadable(f"The body must be encoded in UTF-8; byte {problem.start} is not.") from None
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_int=_whole,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
    except json.JSONDecodeError as problem:
        raise Unreadable(
            f"The body is not valid JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}."
        ) from None
    except (ArithmeticError, RecursionError):
        raise Unreadable("The body holds a number that cannot be read.") from None


def words_of(problem: ValidationError) -> dict[str, list[str]]:
    """Return what a model found wrong, as sentences by field: `items.0.quantity`."""
    errors: dict[str, list[str]] = {}
    for one in problem.errors(include_url=False, include_input=False):
        words = _WORDS.get(one["type"])
        sentence = words.format(**one.get("ctx", {})) if words else one["msg"].removeprefix("Value error, ")
        errors.setdefault(".".join(map(str, one["loc"])) or BODY, []).append(sentence)
    return errors


def _depth(body: bytes) -> int:
    """Return how deep brackets are nested outside of texts, without recursion."""
    depth = deepest = 0
    for sign in _STRINGS.sub(b"", body):
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    return deepest


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= LONGEST_WHOLE else Decimal(text)


def _no_number(text: str) -> Any:
    raise Unreadable(f"The body is not valid JSON: {text} is not a number.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Unreadable(f"The body names {_printable(name)} twice in one object.")
        found[name] = value
    return found


def _printable(name: str) -> str:
    return name[:40].encode("ascii", "backslashreplace").decode()
