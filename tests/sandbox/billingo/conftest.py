"""A sandbox Billingo on a free port, with fresh books for every test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.billingo.client import Billingo
from webapp.sandbox.billingo import create_app
from webapp.sandbox.server import Running, start


@pytest.fixture(scope="session")
def billingo_server() -> Iterator[Running]:
    with start(create_app()) as running:
        yield running


@pytest.fixture
def billingo(billingo_server: Running) -> Iterator[Billingo]:
    client = Billingo(billingo_server.url)
    client.control("reset")
    yield client
    client.http.close()
