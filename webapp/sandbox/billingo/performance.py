"""Carries out one call: counts it, plays the fault that the script has for it, checks the key and answers."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from flask import Response, current_app, request

from webapp.sandbox.billingo.answers import Answer, Refused, error, write
from webapp.sandbox.billingo.books import Books
from webapp.sandbox.billingo.calls import Entry, Meter
from webapp.sandbox.billingo.changes import move
from webapp.sandbox.billingo.endpoints import Call
from webapp.sandbox.billingo.faults import Step
from webapp.sandbox.billingo.opening import KEYS
from webapp.sandbox.wire import EFFECT

_HTML = (
    b"<!doctype html><html><head><title>ERROR</title></head><body><h1>The request could not be satisfied.</h1></body>"
)
_REFUSALS = {"subscription": 402, "permission": 403}


def perform(books: Books, operation: str, handler: Callable[[Call], Answer], *, key: int = 0) -> Response:
    """The HTTP answer to one call, or, where a fault wants it, the mark that breaks the connection afterwards."""
    with books.lock:
        entry = books.calls.arrive(books.now(), operation, request.query_string.decode("ascii", "replace"))
        step = books.faults.next(operation, _page())
        wait = books.mode.latency_ms / 1000 + (step.seconds if step else 0)
    entry.fault = step.fault if step else ""
    if wait:
        time.sleep(wait)
    with books.lock:
        answer = _run(books, entry, step, lambda call: handler(replace(call, id=key)))
        books.commit()
        books.calls.leave(entry, answer.status, len(answer.records or ()))
    response = Response(answer.data(), answer.status, content_type=answer.content_type)
    response.headers.extend(answer.headers)
    return _break(response, step) if step else response


def _page() -> int:
    text = request.args.get("page", "1")
    return int(text) if text.isdecimal() else 1


def _run(books: Books, entry: Entry, step: Step | None, handler: Callable[[Call], Answer]) -> Answer:
    """The answer in the end, with the headers of the rate limit where the call came so far."""
    key = KEYS.get(request.headers.get("X-API-KEY", ""))
    entry.key = key.title if key else ""
    if step and not step.kind.reached:
        return Answer(step.kind.refuse, _HTML, "text/html; charset=UTF-8")
    meter = _spend(books, key.key) if key else None
    try:
        if meter and meter.exceeded:
            wait = max(1, meter.resets - int(books.now().timestamp()))
            raise Refused(_too_many(books, books.mode.retry_after, wait))
        if step and step.kind.refuse:
            raise Refused(_scripted(books, step))
        if key is None:
            raise Refused(error(401))
        if key.refusal:
            raise Refused(error(_REFUSALS[key.refusal]))
        if step and step.kind.move:
            move(books, key.account, step.kind.move, step.count)
        shop = books.shops[key.account]
        answer = handler(Call(books, shop, request.args.to_dict(), request.path, request.host_url))
        if step and step.kind.spoil:
            _spoil(answer, step.kind.spoil, step.count)
    except Refused as refused:
        answer = refused.answer
    except Exception:
        # A defect of the sandbox itself, not what Billingo would say; shown in the log of calls.
        current_app.logger.exception("The sandbox failed in %s.", entry.operation)
        entry.fault = "defect of the sandbox"
        answer = error(500, "The sandbox itself failed; see its log.")
    answer.headers |= _meter_headers(meter, books.mode.rate_headers)
    return answer


def _spend(books: Books, key: str) -> Meter:
    return books.calls.spend(key, books.now(), limit=books.mode.rate_limit, window=books.mode.rate_window)


def _scripted(books: Books, step: Step) -> Answer:
    if step.kind.refuse == 429:
        return _too_many(books, step.kind.answer, step.retry_after)
    return error(step.kind.refuse)


def _too_many(books: Books, how: str, seconds: int) -> Answer:
    """429, which says when to come back in seconds, as an HTTP date, or not at all."""
    answer = error(429)
    if how == "seconds":
        answer.headers["Retry-After"] = str(seconds)
    elif how == "date":
        # Rounded up: the date has whole seconds, and whoever comes then must not be too early.
        moment = books.now().replace(microsecond=0) + timedelta(seconds=seconds + 1)
        answer.headers["Retry-After"] = format_datetime(moment, usegmt=True)
    return answer


def _meter_headers(meter: Meter | None, how: str) -> dict[str, str]:
    if meter is None or not meter.limit or how == "none":
        return {}
    if how == "observed":
        return {"x-ratelimit-limit": str(meter.limit), "x-ratelimit-remaining": str(meter.remaining)}
    return {
        "X-RateLimit-Limit": str(meter.limit),
        "X-RateLimit-Remaining": str(meter.remaining),
        "X-RateLimit-Reset": str(meter.resets),
    }


def _spoil(answer: Answer, how: str, count: int) -> None:
    """Spoils the first `count` records of the answer, or gives one a second time."""
    if not answer.records:
        return
    if how == "duplicate":
        first = answer.before is not None
        answer.records.insert(0 if first else len(answer.records), answer.before or answer.records[0])
        return
    for place in range(min(count, len(answer.records))):
        record = json.loads(answer.records[place])
        answer.records[place] = _SPOILS[how](record)


def _with(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda record: write(record | changes)


def _without_id(record: dict[str, Any]) -> bytes:
    return write({name: value for name, value in record.items() if name != "id"})


def _huge(record: dict[str, Any]) -> bytes:
    return write(record | {"gross_total": "@"}).replace(b'"@"', b"1e999")


_SPOILS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "bad_date": _with(invoice_date="2026-02-30"),
    "bad_amount": _with(gross_total="tizenkétezer"),
    "huge_amount": _huge,
    "nan_amount": _with(gross_total=float("nan")),
    "noisy_amount": lambda record: write(record | {"gross_total": math.nextafter(record["gross_total"], math.inf)}),
    "unknown_enum": _with(type="holdfeny", payment_status="majdnem", payment_method="kagylo", currency="XQX"),
    "missing_id": _without_id,
    "null_items": _with(items=None),
    "not_an_object": lambda _: write("törölve"),
}


def _break(response: Response, step: Step) -> Response:
    """The answer as the fault wants it on the wire."""
    how, body = step.kind.answer, response.get_data()
    if how in ("reset", "close", "cut"):
        request.environ[EFFECT] = how
    elif how == "half":
        response.set_data(body[: len(body) // 2])
    elif how == "empty":
        response.set_data(b"")
    elif how == "not_json":
        response.set_data(b"Notice: Undefined index: documents in /app/index.php on line 42\n" + body)
    elif how == "a_list":
        response.set_data(b"[]")
    elif how == "wrong_type":
        response.content_type = "text/plain; charset=UTF-8"
    return response
