"""Redis, which carries the queue and the live progress: one client a process. It is never the record."""

from functools import lru_cache
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    import redis


@lru_cache(maxsize=4)
def _client(url: str) -> "redis.Redis":
    # Imported here: a process without an address needs none of it.
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # No retries of its own: a page must not wait for a Redis that is away.
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))


def client() -> "redis.Redis | None":
    """Return the Redis client of this process, None when no address is set."""
    url = current_app.extensions["koppel"].redis_url
    return _client(url) if url else None


def answers() -> bool | None:
    """Return whether Redis answers, None when no address is set."""
    connection = client()
    if connection is None:
        return None
    from redis import RedisError  # imported here: as above

    try:
        return bool(connection.ping())
    except RedisError:
        return False
