"""The scheduler: ticks every few seconds, starts what is due and recovers what got stuck."""

import signal
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import db
from webapp.journal import Log
from webapp.services import (
    examining,
    exporting,
    indexing,
    mails,
    pruning,
    scheduling,
    tallying,
    vat_codes,
    webhooks,
)
from webapp.services.sending import sweeping

log = Log()
PAUSE = 5
"""Seconds between two ticks."""


def main(app: Flask) -> None:
    """Tick until SIGTERM or SIGINT; a database that is away is waited for."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    while not stop.is_set():
        with app.app_context():
            tick()
        stop.wait(PAUSE)


def tick() -> None:
    """One round: due slots, expired leases, forgotten work."""
    steps = (scheduling.tick, vat_codes.refresh, sweeping.sweep, examining.sweep, webhooks.sweep, webhooks.prune)
    later = (mails.sweep, tallying.look_after, indexing.take_up, exporting.sweep, pruning.prune)
    for step in (*steps, *later):
        try:
            step()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.error("tick_failed", step=step.__name__, error=type(error).__name__)
