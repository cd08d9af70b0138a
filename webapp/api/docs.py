"""The documentation: the OpenAPI document, and a page of our own that is made of it and needs no other host."""

import json
from typing import Any

from flask import Blueprint, Response, render_template

from webapp.api.access import anybody
from webapp.api.answers import answer, base_url
from webapp.api.document import document
from webapp.api.examples import examples

blueprint = Blueprint("api_docs", __name__, url_prefix="/api")
_KINDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}


@blueprint.get("/openapi.json")
@anybody
def openapi() -> Response:
    """Return the document as JSON."""
    return answer(document(base_url()))


@blueprint.get("/docs", strict_slashes=False)
@anybody
def docs() -> str:
    """Show the document, and what to copy to bring the first invoice in."""
    whole = document(base_url())
    return render_template(
        "api/docs.html",
        wide=True,
        document=whole,
        base_url=base_url(),
        examples={one.name: one for one in examples(base_url())},
        operations=[
            (method.upper(), path, one) for path, methods in whole["paths"].items() for method, one in methods.items()
        ],
        fields=lambda schema: _fields(schema, whole["components"]["schemas"]),
        pretty=lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    )


def _fields(schema: dict[str, Any], known: dict[str, Any], before: str = "") -> list[dict[str, Any]]:
    """Return the fields of a body, the required ones first, those of its parts by whole names: `items[].quantity`."""
    model = _resolved(schema, known)
    rows: list[dict[str, Any]] = []
    needed = set(model.get("required", ()))
    for name, part in sorted(model.get("properties", {}).items(), key=lambda field: field[0] not in needed):
        plain = _plain(part, known)
        inner = _resolved(plain.get("items", plain), known)
        many = plain.get("type") == "array"
        row = {
            "name": f"{before}{name}{'[]' if many else ''}",
            "kind": "object" if "properties" in inner and not many else _kind(plain),
            "required": name in needed,
            "text": _description(part, known),
            "limit": plain.get("maxLength") or plain.get("maxItems"),
            "choices": inner.get("enum", ()),
        }
        rows.append(row)
        if "properties" in inner:
            rows += _fields(inner, known, f"{row['name']}.")
    return rows


def _plain(part: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return what a field is besides null: the first of its kinds."""
    kinds = [kind for kind in part.get("anyOf", [part]) if kind.get("type") != "null"]
    found = _resolved(kinds[0], known)
    return _plain(found, known) if "anyOf" in found else found


def _description(part: dict[str, Any], known: dict[str, Any]) -> str:
    """Return what is said of a field, at the field itself or inside of its kinds."""
    found = _resolved(part, known)
    inner = (_description(kind, known) for kind in found.get("anyOf", ()))
    return found.get("description") or next((text for text in inner if text), "")


def _resolved(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = known[name] if name else schema
    return found


def _kind(schema: dict[str, Any]) -> str:
    if schema.get("format") == "date":
        return "date, YYYY-MM-DD"
    kind: str = schema.get("type", "object")
    return _KINDS.get(kind, kind)
