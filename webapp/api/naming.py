"""Their names for our fields, and back: bodies become facts, and faults become errors at the field they sent."""

from typing import Any

from flask_babel import force_locale
from pydantic import BaseModel

from webapp.api.answers import Invalid
from webapp.api.models import ImportBody, UpdateBody
from webapp.queries.faults import say
from webapp.services.invoices import InvoiceFaults
from webapp.services.payloads import CONTACT, HEAD, LINE
from webapp.services.receiving import InvoiceFacts

_PARTS = {"customer", "items", "replace_items", "resolution_notes"}
_OURS = {"items": LINE, "customer": CONTACT}
_THEIRS = {
    "contact": ("customer", {ours: theirs for theirs, ours in CONTACT.items()}),
    "lines": ("items", {ours: theirs for theirs, ours in LINE.items()}),
}
_HEAD = {ours: theirs for theirs, ours in HEAD.items()} | {"department_id": "department"}


def facts_of(body: ImportBody | UpdateBody) -> InvoiceFacts:
    """Return what a body says, by our names; of an import null is the same as left out."""
    keep_null = isinstance(body, UpdateBody)
    head = _said(body, HEAD, keep_null=keep_null)
    return InvoiceFacts(
        head={name: value for name, value in head.items() if name not in _PARTS},
        contact=_said(body.customer, CONTACT, keep_null=keep_null) if body.customer else None,
        items=tuple(_said(item, LINE, keep_null=keep_null) for item in body.items) if body.items is not None else None,
    )


def _said(part: BaseModel, names: dict[str, str], *, keep_null: bool) -> dict[str, Any]:
    values = {name: getattr(part, name) for name in part.model_fields_set if name not in _PARTS}
    return {names.get(name, name): value for name, value in values.items() if keep_null or value is not None}


def invalid(problem: InvoiceFaults) -> Invalid:
    """Return the refusal for what the rules of invoices found, in English and by the names that were sent."""
    errors: dict[str, list[str]] = {}
    with force_locale("en"):
        for fault in problem.faults:
            sentence = "This field is required." if fault.code == "required" else str(say(fault))
            errors.setdefault(their_name(fault.field), []).append(sentence)
    return Invalid(errors)


def their_name(field: str) -> str:
    """Return their name of a field of ours: `lines.0.description` is `items.0.name`."""
    first, _, rest = field.partition(".")
    if first not in _THEIRS:
        return _HEAD.get(field, field)
    theirs, names = _THEIRS[first]
    place, _, leaf = rest.rpartition(".")
    return ".".join(filter(None, (theirs, place, names.get(leaf, leaf))))
