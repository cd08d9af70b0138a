"""Words called out over Redis: each is heard once and in order, also after Redis was away."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask

from tests.running.valkey import Valkey
from webapp.store.carrier import call


@pytest.fixture
def valkey(app: Flask, tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey that the app knows."""
    with Valkey(tmp_path / "valkey") as server:
        app.extensions["koppel"] = app.extensions["koppel"].model_copy(update={"redis_url": server.url})
        yield server


def listen(valkey: Valkey) -> Any:
    """Return somebody who listens already."""
    client: Any = valkey.client()
    ear = client.pubsub(ignore_subscribe_messages=True)
    ear.subscribe("news")
    ear.get_message(timeout=5)
    return ear


def heard(ear: Any) -> str:
    message = ear.get_message(timeout=5)
    return str(message["data"], "ascii") if message else ""


def test_what_many_threads_call_is_all_heard(app: Flask, valkey: Valkey) -> None:
    ear = listen(valkey)

    def tell(first: int) -> None:
        with app.app_context():
            for number in range(first, first + 50):
                call("news", str(number))

    threads = [threading.Thread(target=tell, args=(place * 50,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(int(heard(ear)) for _ in range(200)) == list(range(200))


def test_the_first_word_after_redis_was_away_is_heard(valkey: Valkey) -> None:
    call("news", "before")
    valkey.kill()
    with pytest.raises(redis.RedisError):
        call("news", "lost")
    valkey.start()
    ear = listen(valkey)
    call("news", "back")
    assert heard(ear) == "back"


def test_a_line_that_was_cut_unseen_is_dialled_again(valkey: Valkey) -> None:
    call("news", "before")
    valkey.kill()
    valkey.start()
    ear = listen(valkey)
    call("news", "back")
    assert heard(ear) == "back"


def test_without_an_address_of_redis_nothing_is_called(app: Flask) -> None:
    app.extensions["koppel"] = app.extensions["koppel"].model_copy(update={"redis_url": ""})
    call("news", "nobody")
