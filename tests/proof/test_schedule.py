"""The proof of the schedule in small; `python -m tests.proof.schedule` walks the whole year."""

import pytest

from tests.proof.schedule import prove
from tests.proof.stage import staged


def test_three_schedulers_at_once_start_every_slot_once(request: pytest.FixtureRequest) -> None:
    with staged(request.config.getoption("--database")) as stage:
        figures, good = prove(stage, days=6, schedulers=3)
    assert good, figures
    assert figures["slots"] == 6 * 7
