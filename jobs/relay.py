"""The relay: looks into the outbox again and again, and hands what is due to the queue."""

import signal
import threading

import redis
from flask import Flask
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import db
from webapp.journal import Log
from webapp.services.relaying import relay_once

log = Log()

SHORTEST = 0.3
LONGEST = 1.0
AWAY = 5.0
"""Seconds between two looks: when there was work, when there was none for a while, when a server is away."""
LIMIT = 100


def main(app: Flask) -> None:
    """Relay until SIGTERM or SIGINT; a database or a Redis that is away is waited for."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    connection = redis.Redis.from_url(
        app.extensions["koppel"].redis_url,
        socket_timeout=5,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),  # the loop is the retry
    )
    relay = Relay(app, connection)
    while not stop.is_set():
        stop.wait(relay.turn())


class Relay:
    """The loop's memory: how long to wait, and whether it was said that a server is away."""

    def __init__(self, app: Flask, connection: "redis.Redis") -> None:
        self._app = app
        self._connection = connection
        self._pause = SHORTEST
        self._away = ""

    def turn(self) -> float:
        """Relay once; returns the seconds until the next look."""
        try:
            with self._app.app_context():
                handed = relay_once(self._connection, limit=LIMIT)
        except (redis.RedisError, SQLAlchemyError) as error:
            return self._wait_for(type(error).__name__)
        if self._away:
            log.info("relay_goes_on")
            self._away = ""
        if handed == LIMIT:
            return 0.0
        self._pause = SHORTEST if handed else min(LONGEST, self._pause * 1.5)
        return self._pause

    def _wait_for(self, what: str) -> float:
        with self._app.app_context():
            db.session.rollback()
        if self._away != what:  # said once, not at every look
            log.warning("relay_waits", error=what)
            self._away, self._pause = what, SHORTEST
        self._pause = min(AWAY, self._pause * 2)
        return self._pause
