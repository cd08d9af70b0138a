"""The bench's own words: a figure is met or it is not, and the report says under what load it was measured."""

import json
from pathlib import Path

import pytest

from tests.bench.figures import Figure, Options, Series
from tests.bench.report import markdown, number, surroundings, write


@pytest.mark.parametrize(
    ("rounds", "bound", "most", "met"),
    [
        ((0.5, 0.9, 0.7), 0.7, False, True),
        ((0.5, 0.69, 0.9), 0.7, False, False),
        ((1.0, 1.2, 9.0), 1.2, True, True),
        ((1.3,), 1.2, True, False),
        ((7.0,), None, False, True),
    ],
)
def test_the_median_decides(rounds: tuple[float, ...], bound: float | None, most: bool, met: bool) -> None:
    assert Figure("x", rounds, bound=bound, most=most).is_met is met


def test_a_figure_that_is_not_met_is_printed_as_it_is(tmp_path: Path) -> None:
    series = Series()
    for value in (0.2, 0.1, 0.3):
        series.add("speed kept", value)
    facts = surroundings(Options(rounds=3, seed=7))
    found = {"idle": [series.figure("speed kept", bound=0.8, note="with two cores")]}
    text, data = write(tmp_path, found, facts)
    assert "|  | idle | speed kept | 0.2 × | 0.2 0.1 0.3 | ≥ 0.8 × | **NOT MET** |" in text.read_text(encoding="utf-8")
    assert "load before" in markdown(found, facts)
    kept = json.loads(data.read_text(encoding="utf-8"))
    assert (kept["facts"]["seed"], kept["figures"]["idle"][0]["is_met"]) == (7, False)


def test_figures_stand_in_the_order_of_the_goals_and_those_without_one_come_last() -> None:
    found = {
        "late": [Figure("speed", (1.0,), row=14), Figure("pages a second", (9.0,), unit="/s")],
        "early": [Figure("calls", (1.0,), row=2)],
    }
    table = markdown(found, surroundings(Options()))
    assert table.index("| 2 | early") < table.index("| 14 | late | speed") < table.index("|  | late | pages a second")


@pytest.mark.parametrize(
    ("value", "bound", "most", "reached"),
    [(8.0, 10.0, False, True), (7.9, 10.0, False, False), (5.0, 4.0, True, True), (5.1, 4.0, True, False)],
)
def test_a_share_of_a_goal_allows_less_of_what_is_wanted_and_more_of_what_is_not(
    value: float, bound: float, most: bool, reached: bool
) -> None:
    assert Figure("x", (value,), bound=bound, most=most).reaches(0.8) is reached


def test_what_grows_is_measured_in_the_sizes_that_one_asks_for() -> None:
    assert Options().growing(10, 100, quick=5) == (10, 100)
    assert Options(sizes=(1000,)).growing(10, 100, quick=5) == (1000,)
    assert Options(sizes=(1000,), quick=True).growing(10, 100, quick=5) == (5,)


def test_numbers_keep_three_figures() -> None:
    assert [number(value) for value in (0.12345, 12.345, 1234.5, 3.0)] == ["0.123", "12.3", "1,234", "3"]
