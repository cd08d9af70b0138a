"""Imports that arrive at the same moment: written together, each for itself; calls counted in portions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.sql.compiler import SQLCompiler

from tests.api.conftest import IMPORT, Api, sample
from webapp.api.counting import KEPT, count
from webapp.assembly import warm
from webapp.gates import limiter
from webapp.services.payloads import payload
from webapp.services.soon import Soon
from webapp.store import straight
from webapp.store.invoices import Invoice
from webapp.store.session import current, release, turn
from webapp.store.stream import StreamEvent


def _at_once(app: Flask, api: Api, bodies: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Send bodies at the same moment, while it is nobody's turn to write."""
    release()
    begin = threading.Barrier(len(bodies) + 1)

    def send(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        begin.wait()
        answer = app.test_client().post(IMPORT, json=body, headers=api.headers)
        return answer.status_code, answer.get_json()

    with ThreadPoolExecutor(len(bodies)) as pool:
        with turn(True):
            sent = [pool.submit(send, body) for body in bodies]
            begin.wait()
            threading.Event().wait(0.3)
        return [one.result() for one in sent]


def test_one_that_is_there_already_spoils_none_of_those_it_came_with(app: Flask, api: Api) -> None:
    api.post(IMPORT, sample(invoice_no="first"))  # makes customer, salesman and stream
    numbers = ["A", "B", "A", "C", "first", "D", "D"]
    answers = _at_once(app, api, [sample(invoice_no=number) for number in numbers])
    created = sorted(body["data"]["invoice_no"] for status, body in answers if status == 201)
    assert created == ["A", "B", "C", "D"]
    assert [status for status, _ in answers].count(409) == 3
    stored = {row.number: row for row in current().scalars(select(Invoice))}
    assert sorted(stored) == ["A", "B", "C", "D", "first"]
    assert all(body["data"]["id"] == stored[body["data"]["invoice_no"]].id for _, body in answers)


def test_what_is_written_together_is_told_once_each_in_gapless_order_as_it_is_stored(app: Flask, api: Api) -> None:
    api.post(IMPORT, sample(invoice_no="first"))
    answers = _at_once(app, api, [sample(invoice_no=f"N-{number}") for number in range(6)])
    assert [status for status, _ in answers] == [201] * 6
    events = list(current().scalars(select(StreamEvent).order_by(StreamEvent.position)))
    assert [event.position for event in events] == list(range(1, 8))
    for event in events:
        invoice = current().get_one(Invoice, event.invoice_id)
        assert event.payload == payload(invoice)
        assert len(invoice.lines) == 2


def test_calls_taken_in_portions_never_let_more_pass_than_a_minute_allows(app: Flask) -> None:
    app.config["RATELIMIT_ENABLED"] = True  # the fixture of the app puts it back
    app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    limiter.init_app(app)
    passed = 0
    for turn_ in range(500):
        if turn_ % 37 == 0:
            app.extensions.pop(KEPT, None)  # another process, that has nothing taken ahead
        passed += count("key 1", 400) is None
    assert 350 <= passed <= 400
    wait = count("key 1", 400)
    assert wait is not None
    assert 1 <= wait <= 60
    assert count("key 2", 400) is None


def test_what_may_wait_is_done_once_for_many() -> None:
    done: list[str] = []
    ready, go = threading.Event(), threading.Event()
    soon = Soon("test", pause=0.001)

    def hold() -> None:
        ready.set()
        go.wait(10)

    soon.add(hold, name="first")
    assert ready.wait(10)
    for _ in range(20):
        soon.add(lambda: done.append("told"), name="same")
    ended = threading.Event()
    soon.add(ended.set, name="last")
    go.set()
    assert ended.wait(10)
    assert done == ["told"]


def test_what_a_web_process_made_at_its_start_no_import_waits_for(
    app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for statement in straight._prompt:
        monkeypatch.setattr(statement, "_made", {})
    warm(app)
    monkeypatch.setattr(SQLCompiler, "__init__", None)
    assert api.post(IMPORT, sample())[0] == 201  # with a contact, a salesman and a stream that there were not yet
    assert api.post(IMPORT, sample(invoice_no="LATER-1"))[0] == 201
