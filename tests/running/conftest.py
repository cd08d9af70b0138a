"""One `koppel up` with sandbox and demo data for all tests that only look, and short ones for those that end it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running.house import Up


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Everything, with the demo."""
    up = Up(tmp_path_factory.mktemp("running"))
    try:
        yield up.get_ready()
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
