"""Many at once, in small; `python -m tests.proof.concurrency` does it with the full numbers."""

import pytest

from tests.proof.concurrency import prove


def test_many_at_once_have_one_effect(request: pytest.FixtureRequest) -> None:
    for name, figures, good in prove(request.config.getoption("--database"), clicks=12, count=60, times=80):
        assert good, (name, figures)
