"""One `koppel up` with sandbox and demo data for all tests that only look, and short ones for those that end it."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running.house import Up, assert_nothing_left


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Everything, with the demo; a SIGTERM ends all of it."""
    up = Up(tmp_path_factory.mktemp("running"))
    try:
        yield up.get_ready()
        family = up.family()
        assert up.stop(signal.SIGTERM) == 0
        assert_nothing_left(family, up.ports)
    finally:
        up.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    """Start a `koppel up` without the sandbox; it is stopped at the end whatever the test did."""
    started: list[Up] = []

    def begin(*options: str, data: Path | None = None, **more: object) -> Up:
        up = Up(data or tmp_path / "data", "--no-sandbox", "--workers", "1", *options, **more)  # type: ignore[arg-type]
        started.append(up)
        return up

    yield begin
    for up in started:
        up.stop()
