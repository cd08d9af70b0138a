"""The labelled payments, in the size that fits a test run."""

import pytest

from tests.proof.matching.__main__ import LEAST, judge

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("seed", [1, 20_261_102])
def test_nothing_is_matched_wrongly_and_what_is_clear_goes_by_itself(seed: int) -> None:
    figures = judge(seed, 2000).figures()
    assert figures["wrong automatic"] == 0
    assert figures["of these automatic"] >= LEAST
    assert figures["first proposal right"] >= 0.97
