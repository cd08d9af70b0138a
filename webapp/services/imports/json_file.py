"""JSON: a list of invoices, or an object with that list under `invoices`; read strictly."""

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any

from webapp.domain.documents import CLEARABLE
from webapp.domain.drafts import Fault
from webapp.services.contacts import FIELDS
from webapp.services.imports.csv_file import decode
from webapp.services.imports.raw import HEAD, LINE, MOST_INVOICES, PERSON, Found, Part, Raw, Unreadable

MOST_DEPTH = 8


class _Refused(ValueError):
    """Something that JSON's grammar, or its usual readers, let pass."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(code)
        self.code = code
        self.value = value


def read_json(content: bytes) -> Found:
    """Read a JSON file; raises Unreadable."""
    return from_document(parse(content))


def parse(content: bytes) -> Any:
    """Parse JSON: no NaN, no key twice in an object, not too deep, numbers as exact decimals; raises Unreadable."""
    text = decode(content)
    try:
        document = json.loads(
            text, parse_float=_fraction, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_object
        )
    except _Refused as refused:
        raise Unreadable(refused.code, value=refused.value) from None
    except json.JSONDecodeError as error:
        raise Unreadable("json", line=error.lineno, column=str(error.colno), detail=error.msg) from None
    except RecursionError:
        raise Unreadable("too_deep", most=MOST_DEPTH) from None
    if _deeper(document, MOST_DEPTH):
        raise Unreadable("too_deep", most=MOST_DEPTH)
    return document


def from_document(document: Any) -> Found:
    """Turn a parsed document into invoices; raises Unreadable for another shape."""
    invoices = document.get("invoices") if isinstance(document, dict) else document
    if not isinstance(invoices, list):
        raise Unreadable("json_shape")
    if not invoices:
        raise Unreadable("no_rows")
    if len(invoices) > MOST_INVOICES:
        raise Unreadable("too_many_rows", most=MOST_INVOICES)
    found, unknown = Found(), Counter[str]()
    for index, entry in enumerate(invoices, start=1):
        raw = _invoice(entry, {"invoice": index}, found.faults, unknown)
        if raw is not None:
            found.invoices.append(raw)
    found.notes += [Fault("ignored_column", "", {"name": name[:60]}) for name in list(unknown)[:20]]
    return found


def _invoice(entry: Any, place: dict[str, Any], faults: list[Fault], unknown: Counter[str]) -> Raw | None:
    if not isinstance(entry, dict):
        faults.append(Fault("not_an_object", "", {}, place))
        return None
    contact, lines, person = entry.get("contact"), entry.get("lines"), entry.get("contact_person")
    if isinstance(contact, str):
        contact = {"name": contact}
    if contact is not None and not isinstance(contact, dict):
        faults.append(Fault("wrong_type", "contact", {"wanted": "object"}, place))
        contact = {}
    if lines is not None and not isinstance(lines, list):
        faults.append(Fault("wrong_type", "lines", {"wanted": "list"}, place))
        lines = []
    if person is not None and not isinstance(person, dict):
        faults.append(Fault("wrong_type", "contact_person", {"wanted": "object"}, place))
        person = {}
    head = _part(entry, HEAD, place, unknown, but=("contact", "contact_person", "lines"))
    raw = Raw(head, _part(contact or {}, FIELDS, place, unknown, emptied=CLEARABLE))
    raw.person = _part(person or {}, PERSON, place, unknown)
    for number, line in enumerate(lines or [], start=1):
        here = place | {"item": number}
        if isinstance(line, dict):
            raw.lines.append(_part(line, LINE, here, unknown))
        else:
            faults.append(Fault("not_an_object", "lines", {}, here))
    return raw


def _part(
    values: dict[str, Any],
    names: tuple[str, ...],
    place: dict[str, Any],
    unknown: Counter[str],
    but: tuple[str, ...] = (),
    emptied: tuple[str, ...] = (),
) -> Part:
    unknown.update(name for name in values if name not in names and name not in but)
    kept = {name: _fit(values[name]) for name in names if values.get(name) not in (None, "")}
    kept |= {name: "" for name in emptied if values.get(name) == ""}
    return Part(kept, place, typed=True)


def _fit(value: Any) -> Any:
    """Half of a pair of signs (an escape that stands alone) becomes one that is refused where texts are judged."""
    return re.sub("[\ud800-\udfff]", "\ufffe", value) if isinstance(value, str) else value


def _whole(text: str) -> Decimal:
    if len(text) > 40:
        raise _Refused("number_too_long", text[:20])
    return Decimal(text)


def _fraction(text: str) -> Decimal:
    try:
        return _whole(text)
    except InvalidOperation:  # an exponent beyond all measure
        raise _Refused("number_too_long", text[:20]) from None


def _constant(name: str) -> Any:
    raise _Refused("not_finite_json", name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _Refused("key_twice", key[:60])
        made[key] = value
    return made


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    return any(_deeper(one, levels - 1) for one in (value.values() if isinstance(value, dict) else value))
