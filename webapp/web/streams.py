"""Server-sent events of one run: told over Redis, or found by looking at the database where Redis is away."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import redis
from flask import Flask, Response, current_app

from webapp.journal import Log
from webapp.queries import run as run_queries
from webapp.services import accounts, progress
from webapp.store.session import release

LIFETIME = 600.0
"""Seconds after which a stream ends; the browser opens the next one by itself."""

KEEP_ALIVE = 15.0
CHECK = 3.0
"""Seconds after which a stream looks again whether its reader is still logged in."""

POLL = 1.0
CALM = 0.2
"""Seconds to gather what comes in a burst, so that a page asks for its fragment once."""

log = Log()


def run_stream(organisation_id: int, run_id: int, *, token: str) -> Response:
    """Answer with the events of a run, then end: when the run has ended, or the login of `token`."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    release()
    events = run_events(app, organisation_id, run_id, allowed=lambda: accounts.login_lasts(token))
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return Response(events, mimetype="text/event-stream", headers=headers)


def run_events(
    app: Flask,
    organisation_id: int,
    run_id: int,
    *,
    lifetime: float = LIFETIME,
    allowed: Callable[[], bool] = lambda: True,
) -> Iterator[str]:
    """Yield the events of a run, `: keep-alive` while nothing moves; holds no database session while it waits.

    It ends, without another word, as soon as `allowed` is seen to say no: it is asked before each event, and at
    least every CHECK seconds.
    """
    listener = Listener(app, run_id)
    ends_at, last = time.monotonic() + lifetime, ""
    said_at = time.monotonic()
    try:
        yield "retry: 2000\n\n"
        while True:
            with app.app_context():
                state = run_queries.revision(organisation_id, run_id) if allowed() else None
            if state is None:
                return
            revision, ended = state
            if ended:
                yield _event("done", revision)
                return
            if revision != last:
                last, said_at = revision, time.monotonic()
                yield _event("progress", revision)
            elif time.monotonic() - said_at >= KEEP_ALIVE:
                said_at = time.monotonic()
                yield ": keep-alive\n\n"
            if time.monotonic() >= ends_at:
                return
            listener.wait(min(CHECK, max(0.0, ends_at - time.monotonic())))
    finally:
        listener.close()


class Listener:
    """Waits for word of a run; subscribes before the first look, so that nothing falls between the two."""

    def __init__(self, app: Flask, run_id: int) -> None:
        self._pubsub: Any = None
        with app.app_context():
            client: Any = progress.client()
        if client is None:
            return
        try:
            self._pubsub = client.pubsub(ignore_subscribe_messages=True)
            self._pubsub.subscribe(progress.channel(run_id))
        except redis.RedisError as error:
            self._give_up(error)

    def wait(self, seconds: float) -> None:
        """Return when the run is said to have moved, at the latest after `seconds`; without Redis after one."""
        if self._pubsub is None:
            time.sleep(min(POLL, seconds))
            return
        try:
            ends_at = time.monotonic() + seconds
            while (left := ends_at - time.monotonic()) > 0:
                if self._pubsub.get_message(timeout=left) is not None:
                    time.sleep(CALM)
                    while self._pubsub.get_message(timeout=0) is not None:
                        pass
                    return
        except (redis.RedisError, OSError) as error:
            self._give_up(error)

    def close(self) -> None:
        """Give the connection back."""
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            try:
                pubsub.close()
            except (redis.RedisError, OSError):
                log.info("stream_not_closed_cleanly")

    def _give_up(self, error: Exception) -> None:
        log.warning("stream_without_redis", error=type(error).__name__)
        self.close()


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
