"""Tell open pages that a run moved: a word over Redis, carrying nothing but the run's id.

What the page then shows it reads from the database; without Redis pages poll, and nothing is lost.
"""

import redis

from webapp.journal import Log
from webapp.store.carrier import client

__all__ = ["channel", "client", "publish"]

log = Log()


def channel(run_id: int) -> str:
    """Return the name of a run's channel."""
    return f"koppel:run:{run_id}"


def publish(run_id: int) -> None:
    """Say that a run moved; after the commit of what moved it. Never fails."""
    connection = client()
    if connection is None:
        return
    try:
        connection.publish(channel(run_id), "progress")
    except redis.RedisError as error:
        log.warning("progress_not_published", run_id=run_id, error=type(error).__name__)
