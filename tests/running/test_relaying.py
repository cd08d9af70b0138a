"""The outbox reaches the queue: in order, once where it can be, and never lost."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import func, select, text

from tests.running.valkey import Valkey
from webapp.extensions import clock, db
from webapp.services import outbox
from webapp.services.relaying import CLAIM, QUEUE, relay_once
from webapp.store.outbox import OutboxEntry
from webapp.store.session import transaction

Write = Callable[..., None]


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def connection(valkey: Valkey) -> Iterator["redis.Redis"]:
    client = valkey.client()
    client.flushall()
    yield client
    client.close()


def write(*ids: int, delay: float = 0) -> None:
    for identity in ids:
        with transaction():
            outbox.enqueue(outbox.SEND, identity, delay=delay)


def waiting() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(OutboxEntry))


def queued(connection: "redis.Redis") -> list[tuple[str, tuple[int, ...]]]:
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    jobs: list[Job] = queue.jobs
    return [(job.func_name, tuple(job.args)) for job in jobs]


def test_what_is_due_is_handed_over_in_order_and_gone(app: Flask, connection: "redis.Redis") -> None:
    write(3, 1, 2)

    assert relay_once(connection) == 3
    assert queued(connection) == [("jobs.sending.send", (3,)), ("jobs.sending.send", (1,)), ("jobs.sending.send", (2,))]
    assert waiting() == 0
    assert relay_once(connection) == 0


def test_what_is_not_due_yet_waits(app: Flask, connection: "redis.Redis", frozen_clock: object) -> None:
    write(7, delay=60)

    assert relay_once(connection) == 0
    clock.advance(timedelta(seconds=61))
    assert relay_once(connection) == 1


def test_only_so_many_at_a_time(app: Flask, connection: "redis.Redis") -> None:
    write(*range(5))

    assert [relay_once(connection, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [args for _, args in queued(connection)] == [(0,), (1,), (2,), (3,), (4,)]


def test_only_so_many_at_a_time_whatever_plan_the_database_makes(app: Flask, connection: "redis.Redis") -> None:
    """In a nested loop PostgreSQL runs a limited subquery that locks once a row, and takes more than asked for."""
    write(*range(5))
    if db.engine.dialect.name == "postgresql":
        for other in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            db.session.execute(text(f"SET enable_{other} = off"))
        db.session.commit()

    assert relay_once(connection, limit=2) == 2
    assert waiting() == 3


def test_a_redis_that_is_away_loses_nothing(app: Flask, connection: "redis.Redis", tmp_path: Path) -> None:
    write(1, 2)
    away = redis.Redis(unix_socket_path=str(tmp_path / "nobody.sock"))

    with pytest.raises(redis.ConnectionError):
        relay_once(away)

    assert waiting() == 2
    assert relay_once(connection) == 2


def test_a_relay_that_died_after_its_claim_loses_nothing(
    app: Flask, connection: "redis.Redis", frozen_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(1)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Queue, "enqueue_many", dies)
    with pytest.raises(KeyboardInterrupt):
        relay_once(connection)
    monkeypatch.undo()

    assert relay_once(connection) == 0  # somebody may still be at it
    clock.advance(CLAIM + timedelta(seconds=1))
    assert relay_once(connection) == 1
    assert queued(connection) == [("jobs.sending.send", (1,))]


def test_entries_of_the_same_number_are_told_apart(app: Flask, connection: "redis.Redis") -> None:
    """SQLite numbers a new row like one that was deleted; its job must not take the other's place."""
    write(1)
    relay_once(connection)
    write(2)
    relay_once(connection)

    assert [args for _, args in queued(connection)] == [(1,), (2,)]


def test_the_queue_keeps_what_it_has_when_valkey_is_killed(
    app: Flask, valkey: Valkey, connection: "redis.Redis"
) -> None:
    write(1, 2, 3)
    relay_once(connection)
    valkey.kill()
    valkey.start()

    assert [args for _, args in queued(connection)] == [(1,), (2,), (3,)]
