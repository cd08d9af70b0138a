"""The RQ worker: one queue, JSON, a database of its own in each job, and no job that outlives its worker."""

import os
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import redis
from flask import Flask
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.orm import configure_mappers

from webapp.extensions import db
from webapp.journal import Log
from webapp.services.relaying import QUEUE
from webapp.supervisor.parent import die_with

log = Log()

WORKER_TTL = 30
MAINTENANCE = 10
MONITORING = 5
"""Seconds; with these a dead worker is noticed in about a minute. Its work is recovered by the database's leases."""


class KoppelWorker(Worker):
    """A worker whose jobs run inside of the app, and die when it does."""

    max_connection_wait_time = 5.0

    def __init__(self, app: Flask, **options: Any) -> None:
        self._app = app
        super().__init__(**options)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Prepare the forked child: bound to its worker, with no database connection of the parent's."""
        die_with(self.pid or os.getppid())
        with self._app.app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Run a job inside of an app context of its own."""
        with self._app.app_context():
            return bool(super().perform_job(job, queue))

    def maintain_heartbeats(self, job: Job) -> None:
        """Tell Redis that the job goes on; a Redis that is away for a moment is no reason to drop the job."""
        try:
            super().maintain_heartbeats(job)
        except redis.ConnectionError as error:
            log.warning("heartbeat_not_told", job=job.id, error=type(error).__name__)


def load_jobs() -> None:
    """Import every job before the first one comes: what the parent has, its forked children need not load anew."""
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"jobs.{module.name}")
    configure_mappers()


def main(app: Flask, *, burst: bool = False) -> None:
    """Work until SIGTERM: the job that runs is finished first, a second SIGTERM drops it."""
    load_jobs()
    settings = app.extensions["koppel"]
    connection = redis.Redis.from_url(settings.redis_url, socket_connect_timeout=5)
    worker = KoppelWorker(
        app,
        queues=[Queue(QUEUE, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE,
        job_monitoring_interval=MONITORING,
    )
    worker.work(burst=burst, logging_level="WARNING")
