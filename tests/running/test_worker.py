"""The worker and the relay as processes of their own: an entry of the outbox becomes work that is done."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from flask import Flask
from sqlalchemy import select

from tests.running.house import KOPPEL, ROOT, environment, eventually
from tests.running.valkey import Valkey
from tests.support.records import make_connection
from webapp.extensions import db
from webapp.services import payments
from webapp.services.actors import person
from webapp.store.organisations import Organisation
from webapp.store.runs import Run
from webapp.store.session import release

pytestmark = pytest.mark.timeout(240)
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "valkey") as server:
        yield server


@pytest.fixture
def start(app: Flask, valkey: Valkey, tmp_path: Path) -> Iterator[Start]:
    """Start a koppel process on the database and the keys of the test."""
    settings = app.extensions["koppel"]
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str, **more: str) -> "subprocess.Popen[str]":
        values = environment(
            tmp_path,
            DATABASE_URL=settings.database_url,
            REDIS_URL=valkey.url,
            SECRET_KEY=settings.secret_key.get_secret_value(),
            ENCRYPTION_KEYS=settings.encryption_keys.get_secret_value(),
            **more,
        )
        with (tmp_path / f"{words[0]}.txt").open("w") as output:
            process = subprocess.Popen([*KOPPEL, *words], env=values, cwd=ROOT, text=True, stdout=output, stderr=output)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.terminate()
    for process in started:
        process.wait(timeout=20)


def status_of(run_id: int) -> str:
    release()
    return str(db.session.scalar(select(Run.status).where(Run.id == run_id)))


def test_an_entry_of_the_outbox_is_done_by_a_worker(app: Flask, organisation: Organisation, start: Start) -> None:
    """Nobody answers at the address of Yuki: the run says so, which only the job can have written."""
    connection = make_connection(organisation.id)
    run_id = payments.ask(person(organisation.id, "Test"), connection)[0]
    start("relay")
    start("worker", YUKI_NL_URL="http://127.0.0.1:1")

    def failure() -> str:
        release()
        return str(db.session.scalar(select(Run.failure).where(Run.id == run_id)))

    eventually(lambda: failure() == "network", "the run knows that nobody answered", 100)


def test_a_job_dies_with_its_worker(app: Flask, organisation: Organisation, start: Start) -> None:
    """Else it would go on beside the worker that takes its work over."""
    import socket

    connection = make_connection(organisation.id)
    payments.ask(person(organisation.id, "Test"), connection)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls and never answers: the job hangs
        start("relay")
        worker = start("worker", YUKI_NL_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
        silent.settimeout(60)
        call, _ = silent.accept()
        horse = psutil.Process(worker.pid).children()[0]

        worker.kill()

        eventually(lambda: not horse.is_running() or horse.status() == psutil.STATUS_ZOMBIE, "the job is gone", 5)
        call.close()


def test_a_worker_ends_at_once_when_it_has_nothing_to_do(app: Flask, start: Start, tmp_path: Path) -> None:
    worker = start("worker", "--burst")

    assert worker.wait(timeout=60) == 0
    assert (tmp_path / "worker.txt").read_text() == ""
