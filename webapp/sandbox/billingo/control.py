"""The control API of this sandbox: reset to a size, the ledger, and all that can happen to a document."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, jsonify, request

from webapp.sandbox.asked import BadRequest, object_of, whole_number
from webapp.sandbox.billingo import changes
from webapp.sandbox.billingo.books import Books
from webapp.sandbox.billingo.ledger import document_json, ledger_json
from webapp.sandbox.billingo.opening import DOCUMENTS, MAIN
from webapp.sandbox.billingo.records import Document
from webapp.sandbox.control import change, make_control

blueprint = make_control()
_MOST = 1_000_000


@blueprint.post("/reset")
def reset() -> Response:
    """Fresh books; {"documents": 282, "items": how many lines they have together, "seed": 1}."""

    def work(books: Books, body: Any) -> Any:
        said = object_of(body)
        unknown = set(said) - {"documents", "items", "seed"}
        if unknown:
            raise BadRequest(f"A reset has no '{sorted(unknown)[0]}'.")
        documents = whole_number("documents", said.get("documents", DOCUMENTS))
        items = said.get("items")
        if documents > _MOST:
            raise BadRequest(f"'documents' must be at most {_MOST}.")
        if items is not None:
            whole_number("items", items, least=documents)
        books.reset(documents, items, whole_number("seed", said.get("seed", 1)))
        return {"reset": True, "documents": len(books.main().documents), "items": books.size.items}

    return change(work)


@blueprint.get("/ledger")
def ledger() -> Response:
    """The books of ?account= (main); ?reference= and ?last= narrow the documents down."""
    books: Books = current_app.extensions["books"]
    account = request.args.get("account", MAIN)
    with books.lock:
        if account not in books.shops:
            raise BadRequest(f"There is no account '{account}'; there are {', '.join(books.shops)}.")
        wanted = request.args.get("reference"), request.args.get("last", type=int)
        return jsonify(ledger_json(books, account, *wanted))


@blueprint.post("/pay")
def pay() -> Response:
    """{"reference" or "id", "amount": all that is open without it, "date"}."""
    return _to_one(lambda books, one, said: changes.pay(books, one, said.get("amount"), day=said.get("date")))


@blueprint.post("/modify")
def modify() -> Response:
    return _to_one(lambda books, one, said: changes.modify(books, one, str(said.get("comment") or "")))


@blueprint.post("/remove")
def remove() -> Response:
    return _to_one(lambda books, one, _: books.remove(one))


@blueprint.post("/cancel")
def cancel() -> Response:
    """The cancellation document (storno) of {"reference" or "id"}."""
    return _to_one(lambda books, one, _: changes.correct(books, one))


@blueprint.post("/insert")
def insert() -> Response:
    """A new document; {"type": "invoice", "account": "main", "lines": a few without it}."""

    def work(books: Books, body: Any) -> Any:
        return document_json(books, changes.insert(books, object_of(body)))

    return change(work)


def _to_one(act: Callable[[Books, Document, dict[str, Any]], Document | None]) -> Response:
    """Does it to the document that the body names, and answers with that, or with the new one that came of it."""

    def work(books: Books, body: Any) -> Any:
        said = object_of(body)
        one = changes.find(books, said)
        return document_json(books, act(books, one, said) or one)

    return change(work)
