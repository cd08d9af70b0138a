"""A sandbox Billingo on a free port, with fresh books for every test."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.billingo.client import Billingo
from webapp.sandbox.billingo import create_app
from webapp.sandbox.server import Running, start

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def billingo_server() -> Iterator[Running]:
    """Its clock starts on a morning in November, whenever the tests run, so that numbers have the same year."""
    started = time.monotonic()
    with start(create_app(clock=lambda: MORNING + timedelta(seconds=time.monotonic() - started))) as running:
        yield running


@pytest.fixture
def billingo(billingo_server: Running) -> Iterator[Billingo]:
    client = Billingo(billingo_server.url)
    client.control("reset")
    yield client
    client.http.close()
