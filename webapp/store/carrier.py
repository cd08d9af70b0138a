"""Redis, which carries the queue and the live progress: one client a process. It is never the record."""

import os
from functools import lru_cache
from threading import Lock
from typing import Any

import redis
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry


@lru_cache(maxsize=4)
def _client(url: str) -> "redis.Redis":
    # No retries of its own: a page must not wait for a Redis that is away.
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))


def client() -> "redis.Redis | None":
    """Return the Redis client of this process, None when no address is set."""
    url = current_app.extensions["koppel"].redis_url
    return _client(url) if url else None


class Caller:
    """Calls words out over a line of its own that Redis never answers, so that nobody waits for an answer."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._turn = Lock()
        self._line: Any = None

    def call(self, channel: str, word: str) -> None:
        """Publish a word; raises redis.RedisError when Redis is away."""
        with self._turn:
            if self._line is not None and not _is_open(self._line):
                self._hang_up()
            line = self._line or self._dial()
            try:
                line.send_command("PUBLISH", channel, word, check_health=False)
            except redis.RedisError:
                self._hang_up()
                raise

    def _dial(self) -> Any:
        line: Any = self._client.connection_pool.make_connection()
        line.connect()
        line.send_command("CLIENT", "REPLY", "OFF")
        self._line = line
        return line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.disconnect()
        self._line = None


def _is_open(line: Any) -> bool:
    """Whether the other side is still there: nothing ever comes from it but its end."""
    try:
        return not line.can_read(timeout=0)
    except redis.RedisError:
        return False


@lru_cache(maxsize=4)
def _caller(url: str, _process: int) -> Caller:
    return Caller(_client(url))


def call(channel: str, word: str) -> None:
    """Publish a word to whoever listens, if an address of Redis is set; raises redis.RedisError when it is away."""
    url = current_app.extensions["koppel"].redis_url
    if url:
        _caller(url, os.getpid()).call(channel, word)
