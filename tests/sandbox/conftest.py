"""A sandbox Yuki on a free port, with fresh books for every test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.client import Yuki
from webapp.sandbox.server import Running, start
from webapp.sandbox.yuki import create_app


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    with start(create_app()) as running:
        yield running


@pytest.fixture
def yuki(server: Running) -> Iterator[Yuki]:
    client = Yuki(server.url)
    client.control("reset")
    yield client
    client.http.close()


@pytest.fixture
def session(yuki: Yuki) -> str:
    return yuki.login()
