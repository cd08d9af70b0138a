"""Carries out one call: counts it, plays the fault that the script has for it, runs the operation and answers."""

import time
from collections.abc import Callable

from flask import Response, current_app, request
from lxml import etree

from webapp.sandbox.wire import EFFECT
from webapp.sandbox.yuki.access import Call, daily_limit, enter, invalid_session, no_right, spend
from webapp.sandbox.yuki.books import Books
from webapp.sandbox.yuki.calls import Entry
from webapp.sandbox.yuki.faults import Step
from webapp.sandbox.yuki.operations import handler_of
from webapp.sandbox.yuki.soap import Answer, Fault, Request, write_answer, write_fault, write_plain

_PAGE = b"<!doctype html><html><head><title>Even geduld</title></head><body><h1>Service unavailable</h1></body></html>"


def perform(books: Books, wanted: Request, *, content_type: str, plain: bool) -> Response:
    """The HTTP answer to one call, or, where a fault wants it, the mark that breaks the connection afterwards."""
    with books.lock:
        entry = books.calls.arrive(books.now(), wanted.operation.service, wanted.operation.name, wanted.invoices)
        step = books.faults.next(wanted.operation.name)
        latency = books.mode.latency_ms / 1000
    entry.fault = step.fault if step else ""
    time.sleep(latency)
    if step and step.kind.wait == "before":
        time.sleep(step.seconds)
    outcome = _run(books, wanted, entry, step)
    if step and step.kind.wait == "after":
        time.sleep(step.seconds)
    if isinstance(outcome, Fault):
        body = outcome.text.encode() if plain else write_fault(outcome, wanted.version)
        response = Response(body, 500, content_type="text/plain; charset=utf-8" if plain else content_type)
    else:
        body = (
            write_plain(wanted.operation, outcome) if plain else write_answer(wanted.operation, outcome, wanted.version)
        )
        response = Response(body, content_type=content_type)
    return _break(response, step) if step else response


def _run(books: Books, wanted: Request, entry: Entry, step: Step | None) -> Answer | Fault:
    """Runs the operation under the lock, unless the fault keeps it from running."""
    call = Call(books, wanted.operation, wanted.values, wanted.document, request.host_url)
    with books.lock:
        try:
            if step is None or step.kind.books:
                if wanted.operation.has_session:
                    enter(call)
                answer = handler_of(wanted.operation)(call)
                entry.outcome = "answered"
                return answer
            return _refuse(call, step, entry)
        except Fault as fault:
            entry.outcome = f"fault: {fault.said}"
            return fault
        except Exception as error:
            # A defect of the sandbox itself; told apart from what Yuki would say, and shown in the log of calls.
            current_app.logger.exception("The sandbox failed in %s.", wanted.operation.name)
            entry.outcome = f"defect: {error!r}"
            return Fault("The sandbox itself failed; see its log.")
        finally:
            entry.domain = call.notes.get("domain", "")
            books.commit()


def _refuse(call: Call, step: Step, entry: Entry) -> Answer | Fault:
    """A call that is not carried out: the fault Yuki would answer, or nothing when it never came so far."""
    session_id = call.text("sessionId") or call.text("sessionID")
    session = call.books.sessions.get(session_id.lower())
    if step.kind.counted and session is not None:
        spend(call, session.domain_id)
    if step.kind.answer == "session_expired":
        call.books.drop_session(session_id.lower())
        raise invalid_session()
    if step.kind.answer == "quota":
        raise daily_limit(call.books.mode.daily_limit)
    if step.kind.answer == "no_right":
        raise no_right(call.operation.service)
    if step.kind.answer == "unavailable":
        raise Fault("Timeout expired.")
    entry.outcome = "not carried out"
    return None


def _break(response: Response, step: Step) -> Response:
    """The answer as the fault wants it on the wire."""
    kind = step.kind.answer
    if kind in ("reset", "close", "cut"):
        request.environ[EFFECT] = kind
        return response
    change = _CHANGES.get(kind)
    return change(response) if change else response


def _html(status: int) -> Callable[[Response], Response]:
    return lambda _: Response(_PAGE, status, content_type="text/html; charset=utf-8")


def _half(response: Response) -> Response:
    body = response.get_data()
    response.set_data(body[: len(body) // 2])
    return response


def _doctype(response: Response) -> Response:
    head, mark, rest = response.get_data().partition(b"?>")
    response.set_data(head + mark + b'<!DOCTYPE answer [<!ENTITY yuki "yuki">]>' + rest)
    return response


def _without_references(response: Response) -> Response:
    """The same answer, valid, in which no invoice says which one it is."""
    root = etree.fromstring(response.get_data())
    for element in root.iter("{*}Reference"):
        element.text = None
    response.set_data(etree.tostring(root, xml_declaration=True, encoding="utf-8"))
    return response


_CHANGES: dict[str, Callable[[Response], Response]] = {
    "plain_500": lambda _: Response("Internal Server Error\n", 500, mimetype="text/plain"),
    "html_200": _html(200),
    "html_503": _html(503),
    "half": _half,
    "doctype": _doctype,
    "no_reference": _without_references,
}
