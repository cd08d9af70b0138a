"""Judges JSON by the schemas of an OpenAPI 3.0 document, as far as Billingo's uses them; names each fault's place."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_FILE = Path("shared/reference/billingo/openapi-3.0.14.yml")
_KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def published() -> Path | None:
    """The published OpenAPI document where it lies beside this repository, or beside the folder that holds it."""
    here = Path(__file__).resolve()
    return next((parent / _FILE for parent in here.parents if (parent / _FILE).is_file()), None)


class Contract:
    """One OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self.document = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    def faults(self, path: str, status: int, body: Any) -> list[str]:
        """What of a GET's answer does not fit what is declared for that path and status."""
        answers = self.document["paths"][path]["get"]["responses"]
        assert str(status) in answers, f"{status} is not declared for {path}"
        declared = self._meant(answers[str(status)])
        return list(self._faults(declared["content"]["application/json"]["schema"], body, ""))

    def _meant(self, node: Any) -> Any:
        while "$ref" in node:
            found = self.document
            for name in node["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            node = found
        return node

    def _faults(self, schema: Any, value: Any, place: str) -> Iterator[str]:
        schema = self._meant(schema)
        if value is None:
            if not schema.get("nullable"):
                yield f"{place} is null"
            return
        kind = schema["type"]
        if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield f"{place} is no {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{place} is {value}"
        if schema.get("format") == "date" and not _DAY.fullmatch(value):
            yield f"{place} is no date"
        if kind == "array":
            for one in value:
                yield from self._faults(schema["items"], one, f"{place}[]")
        if kind == "object":
            yield from self._within(schema, value, place)

    def _within(self, schema: Any, value: dict[str, Any], place: str) -> Iterator[str]:
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{place}.{name} is missing"
        for name, one in schema.get("properties", {}).items():
            if name in value:
                yield from self._faults(one, value[name], f"{place}.{name}")
