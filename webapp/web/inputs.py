"""What may come in with a request: no text and no number that a database cannot hold."""

from collections.abc import Iterator

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter

LARGEST = 2**63 - 1
MOST_API_BODY = 1_000_000
"""Bytes; pages take more, for their files."""


class IdentityConverter(IntegerConverter):
    """A number in an address; one that no row can have is no such page."""

    regex = r"\d{1,18}"


def identity(text: str) -> int:
    """Read an id, as the `type` of a field; raises ValueError for what is none, or what no row can have."""
    number = int(text)
    if not 0 <= number <= LARGEST:
        raise ValueError(text)
    return number


def chosen(name: str) -> int | None:
    """Return the id in a field of the form, None where it is left out; what is no id is no such page.

    Never None for something unreadable: where nothing is chosen, a view takes everything.
    """
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return identity(text)
    except ValueError:
        abort(404)


def searched(name: str) -> str:
    """Return what was typed into a search box, in one line."""
    return " ".join(request.args.get(name, "").replace("\0", "").split())[:100]


def bind_inputs(app: Flask) -> None:
    """Bind the numbers in addresses, and refuse a NUL in any field before a view sees it. Before the blueprints."""
    app.url_map.converters["int"] = IdentityConverter
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    if request.path.startswith("/api/"):  # before anything reads the body
        request.max_content_length = MOST_API_BODY
    if any("\0" in text for text in _texts()):
        abort(400)


def _texts() -> Iterator[str]:
    yield request.path
    # A body that is no form is not looked at for one: the API's are read by its own parser.
    forms = () if request.mimetype == "application/json" else (request.form,)
    for fields in (request.args, *forms):
        for name, values in fields.lists():
            yield name
            yield from values
