"""The event stream of a run: told over Valkey, found by looking where Valkey is away, and always ended."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.conftest import make_settings
from tests.logs.conftest import Books
from tests.running.valkey import Valkey
from tests.support.runs import make_run
from webapp import create_app
from webapp.extensions import db
from webapp.services import accounts, progress
from webapp.store import carrier
from webapp.store.runs import Run
from webapp.store.session import release, transaction
from webapp.store.users import User
from webapp.web import streams
from webapp.web.streams import run_events

LogIn = Callable[[User], FlaskClient]
PATIENCE = 20.0


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test's own, on a socket alone: a port may be another test's at the same moment."""
    with Valkey(tmp_path / "valkey") as server:
        yield server


@pytest.fixture
def carried(valkey: Valkey, database_url: str, tmp_path: Path, books: Books) -> Iterator[Flask]:
    """The app on the same database, with that Valkey."""
    made = create_app(make_settings(database_url, tmp_path, redis_url=valkey.url))
    yield made
    with made.app_context():
        connection = progress.client()
        if connection is not None:
            connection.close()
        db.engine.dispose()
    carrier._client.cache_clear()


def _moving(books: Books) -> int:
    outcomes = [(books.invoices[0], "succeeded", ""), (books.invoices[1], "pending", "")]
    run_id = make_run(books.organisation_id, books.connection_id, outcomes)
    release()
    return run_id


def _change(app: Flask, run_id: int, *, tell: bool, **values: object) -> None:
    with app.app_context():
        with transaction() as session:
            session.execute(update(Run).where(Run.id == run_id).values(**values))
        if tell:
            progress.publish(run_id)


def _until(events: Iterator[str], start: str) -> str:
    ends_at = time.monotonic() + PATIENCE
    for event in events:
        if event.startswith(start):
            return event
        assert time.monotonic() < ends_at, f"no {start}"
    raise AssertionError(f"the stream ended without {start}")


def test_a_run_that_has_ended_says_so_at_once_and_the_stream_ends(books: Books, viewer: User, log_in: LogIn) -> None:
    run_id = make_run(books.organisation_id, books.connection_id, [(books.invoices[0], "succeeded", "")])
    answer = log_in(viewer).get(f"/logs/{run_id}/stream")
    assert answer.mimetype == "text/event-stream"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert answer.text.endswith("\n\n")
    assert "event: done" in answer.text


def test_word_over_valkey_moves_the_page_at_once(carried: Flask, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "POLL", 3600.0)  # so that only Valkey can have brought it
    run_id = _moving(books)
    events = run_events(carried, books.organisation_id, run_id)
    first = _until(events, "event: progress")

    timer = threading.Timer(0.3, _change, [carried, run_id], {"tell": True, "succeeded": 2})
    timer.start()
    asked_at = time.monotonic()
    second = _until(events, "event: progress")
    timer.join()

    assert second != first
    assert time.monotonic() - asked_at < 5
    _change(carried, run_id, tell=True, status="completed")
    assert "done" in _until(events, "event: done")
    assert list(events) == []


def test_without_valkey_the_database_is_looked_at(app: Flask, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "POLL", 0.05)
    run_id = _moving(books)
    events = run_events(app, books.organisation_id, run_id)
    first = _until(events, "event: progress")
    _change(app, run_id, tell=False, succeeded=2)
    assert _until(events, "event: progress") != first
    _change(app, run_id, tell=False, status="completed")
    _until(events, "event: done")


def test_when_valkey_dies_the_stream_goes_on_by_looking(
    carried: Flask, valkey: Valkey, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "POLL", 0.05)
    run_id = _moving(books)
    events = run_events(carried, books.organisation_id, run_id)
    _until(events, "event: progress")
    valkey.kill()
    _change(carried, run_id, tell=False, status="completed")
    _until(events, "event: done")


def test_a_quiet_stream_is_kept_alive_and_ends_after_its_lifetime(
    app: Flask, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "POLL", 0.05)
    monkeypatch.setattr(streams, "KEEP_ALIVE", 0.1)
    events = list(run_events(app, books.organisation_id, _moving(books), lifetime=0.6))
    assert ": keep-alive\n\n" in events
    assert not any(event.startswith("event: done") for event in events)


def test_a_stream_that_nobody_reads_any_more_gives_its_connection_back(carried: Flask, books: Books) -> None:
    run_id = _moving(books)
    events = run_events(carried, books.organisation_id, run_id)
    _until(events, "event: progress")
    with carried.app_context():
        connection = progress.client()
        assert connection is not None
        assert connection.pubsub_numsub(progress.channel(run_id))[0][1] == 1
        events.close()  # type: ignore[attr-defined]
        ends_at = time.monotonic() + PATIENCE
        while connection.pubsub_numsub(progress.channel(run_id))[0][1] and time.monotonic() < ends_at:
            pass
        assert connection.pubsub_numsub(progress.channel(run_id))[0][1] == 0


def test_while_it_waits_a_stream_holds_no_database_connection(
    app: Flask, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "POLL", 0.05)
    run_id = _moving(books)
    release()
    db.session.remove()
    events = run_events(app, books.organisation_id, run_id)
    _until(events, "event: progress")
    assert db.engine.pool.checkedout() == 0
    events.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", ["logout", "revoked", "inactive"])
def test_a_stream_ends_soon_after_its_reader_may_not_look_any_more(
    app: Flask, books: Books, log_in: LogIn, viewer: User, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(streams, "POLL", 0.05)
    monkeypatch.setattr(streams, "CHECK", 0.1)
    run_id, user_id = _moving(books), viewer.id
    client = log_in(viewer)
    answer = client.get(f"/logs/{run_id}/stream", buffered=False)
    events = (piece.decode() if isinstance(piece, bytes) else piece for piece in answer.response)
    _until(events, "event: progress")

    if end == "logout":
        client.post("/logout")
    else:
        with app.app_context(), transaction() as session:
            if end == "revoked":
                accounts.end_logins(user_id)
            else:
                session.get_one(User, user_id).active = False
    ends_at = time.monotonic() + PATIENCE
    rest = [event for event in events if time.monotonic() < ends_at or pytest.fail("it went on")]
    answer.close()

    assert not any(event.startswith("event:") for event in rest)
