"""The OpenAPI 3.1 document: made of the routes, of what they declare, and of the models that judge their bodies."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, current_app
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from webapp.api.access import PREFIX, Access
from webapp.api.describing import Description
from webapp.api.examples import BODIES

VERSION = "1"
KEPT = "koppel-api-document"
REF = "#/components/schemas/{model}"
TITLE = "Koppel API"
ABOUT = """Other systems bring invoices into Koppel, correct those that were returned, and follow what becomes of them.
They also read what was fetched from Billingo, and have it fetched.

Every answer carries `X-Request-ID`: name it when you ask us about a call. Bodies are JSON in UTF-8, at most 1 MB.
Amounts are numbers with at most ten figures before the point and four after it, and are never made floats here.
"""
_SECURITY = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY", "description": "A key made under Settings."},
    "Bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "From /api/auth/login/."},
    "Session": {"type": "apiKey", "in": "cookie", "name": "koppel", "description": "The login of the pages."},
}
_WORDS = {
    200: "Done", 201: "Created", 202: "Accepted", 400: "The body cannot be used", 401: "No good key or token",
    403: "Not allowed", 404: "Not there", 409: "In conflict with what is there", 413: "The body is larger than 1 MB",
    429: "Too many calls; see Retry-After", 503: "Not available now",
}  # fmt: skip
_REQUEST_ID = {"X-Request-ID": {"description": "Names this call in our log.", "schema": {"type": "string"}}}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PARAMETER = re.compile(r"<(?:(\w+)(?:\([^>]*\))?:)?(\w+)>")


def document(base_url: str) -> dict[str, Any]:
    """Return the document; `base_url` is where this server is reached."""
    kept = current_app.extensions
    if KEPT not in kept:
        kept[KEPT] = _made(current_app)
    made: dict[str, Any] = kept[KEPT]
    return made | {"servers": [{"url": base_url}]}


def _made(app: Flask) -> dict[str, Any]:
    operations = list(described(app))
    models = {model for _, _, view in operations for model in _models(view.description)}
    ordered = sorted(models, key=lambda pair: (pair[0].__name__, pair[1]))
    refs, definitions = models_json_schema(ordered, ref_template=REF)  # type: ignore[arg-type]
    paths: dict[str, Any] = {}
    for rule, method, view in operations:
        path = _PARAMETER.sub(r"{\2}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(rule, view, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": ABOUT},
        "paths": paths,
        "components": {"schemas": _untitled(definitions.get("$defs", {})), "securitySchemes": _SECURITY},
    }


def described(app: Flask) -> Iterator[tuple[Rule, str, Any]]:
    """Return every operation of the API that describes itself, in the order of the addresses."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    for rule in sorted(rules, key=lambda one: one.rule):
        view = app.view_functions[rule.endpoint]
        if hasattr(view, "description"):
            for method in sorted((rule.methods or set()) & set(_METHODS)):
                yield rule, method, view


def _models(described: Description) -> Iterator[tuple[type[BaseModel], str]]:
    if described.body is not None:
        yield described.body, "validation"
    for model in described.answers.values():
        if not isinstance(model, str):
            yield model, "serialization"


def _operation(rule: Rule, view: Any, refs: Any) -> dict[str, Any]:
    described: Description = view.description
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": described.summary,
        "description": _text(view.__doc__),
        "tags": [rule.rule.removeprefix(PREFIX).split("/")[0]],
        "security": _security(view.access),
        "responses": {str(status): _answer(status, model, refs) for status, model in sorted(described.answers.items())},
    }
    parameters = [_in_path(kind, name) for kind, name in _PARAMETER.findall(rule.rule)]
    parameters += [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in described.headers.items()
    ]
    if described.query is not None:
        parameters += _in_query(described.query)
    if parameters:
        operation["parameters"] = parameters
    if described.body is not None:
        content: dict[str, Any] = {"schema": refs[described.body, "validation"]}
        if described.body.__name__ in BODIES:
            content["example"] = BODIES[described.body.__name__]
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _in_path(kind: str, name: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0} if kind == "int" else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the parameters of an address; each may be left out, and says nothing by null."""
    found = []
    for name, part in _untitled(model.model_json_schema()).get("properties", {}).items():
        kinds = [kind for kind in part.get("anyOf", [part]) if kind.get("type") != "null"]
        schema = {key: value for key, value in kinds[0].items() if key not in ("description", "default")}
        text = part.get("description") or kinds[0].get("description", "")
        found.append({"name": name, "in": "query", "required": False, "description": text, "schema": schema})
    return found


def _security(access: Access | None) -> list[dict[str, list[str]]]:
    if access is None:
        return []
    ways = (("ApiKey", access.scope is not None), ("Bearer", True), ("Session", access.session))
    return [{name: []} for name, open_ in ways if open_]


def _answer(status: int, model: type[BaseModel] | str, refs: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"type": "string"}}
    if not isinstance(model, str):
        content = {"schema": refs[model, "serialization"]}
    return {
        "description": _WORDS.get(status, str(status)),
        "headers": _REQUEST_ID | (_RETRY if status == 429 else {}),
        "content": {model if isinstance(model, str) else "application/json": content},
    }


def _text(docstring: str | None) -> str:
    return "\n".join(line.strip() for line in (docstring or "").strip().splitlines())


def _untitled(schema: Any) -> Any:
    """Leave out the titles that repeat the names of fields."""
    if isinstance(schema, dict):
        return {
            key: _untitled(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))
        }
    return [_untitled(one) for one in schema] if isinstance(schema, list) else schema
