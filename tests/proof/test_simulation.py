"""The proofs in small; the nightly sizes are played by `python -m tests.proof.…`."""

from collections.abc import Iterator

import pytest

from tests.proof import mutants, thirty_days
from tests.proof.mutants import MORE, SEVEN, catch, tell
from tests.proof.scenarios import SCENARIOS
from tests.proof.simulation import play
from tests.proof.stage import Stage, staged
from tests.support.databases import Databases

ON_SQLITE = 0.98
"""The share of the weeks that SQLite plays, where one takes half as long; PostgreSQL plays the others."""
TURNS = 4
"""Groups of weeks that may be played beside each other, each on a stage of its own."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "week" in metafunc.fixturenames:
        weeks: int = metafunc.config.getoption("--weeks")
        chosen = metafunc.config.getoption("--database")
        most = round(weeks * ON_SQLITE)
        shares = {"sqlite": range(1, most + 1), "postgresql": range(most + 1, weeks + 1)}
        metafunc.parametrize(
            ("database_kind", "week"),
            [
                pytest.param(
                    kind, seed, id=f"{kind}-{seed}", marks=pytest.mark.xdist_group(f"weeks {seed % TURNS} {kind}")
                )
                for kind, seeds in shares.items()
                for seed in seeds
                if chosen in {kind, "both"}
            ],
            indirect=["database_kind"],
            scope="session",
        )


@pytest.fixture(scope="module")
def stage(database_kind: str, databases: Databases) -> Iterator[Stage]:
    with staged(database_kind, databases=databases) as made:
        yield made


def test_a_week_of_mishaps_loses_nothing_doubles_nothing_and_says_nothing_untrue(stage: Stage, week: int) -> None:
    tally, words, trace = play(stage, week)

    assert not words, "\n".join([*trace[-40:], words])
    assert tally.sends


@pytest.mark.once
def test_a_seed_replays_exactly(stage: Stage) -> None:
    first, _, told = play(stage, 7)
    second, _, told_again = play(stage, 7)

    assert (first, told) == (second, told_again)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_directed_scenario_ends_well(stage: Stage, name: str) -> None:
    assert tell(stage, name) == ""


@pytest.mark.once  # it is the judge that is judged; over PostgreSQL it asks the same in every week and scenario
@pytest.mark.parametrize("change", [*SEVEN, *MORE], ids=lambda change: change.__name__)
def test_a_safeguard_that_is_taken_out_is_missed(stage: Stage, change: mutants.Change) -> None:
    assert catch(stage, change, seeds=())


@pytest.mark.once
def test_a_few_days_stay_within_the_calls_of_the_day(stage: Stage) -> None:
    month = thirty_days.play(stage, days=5, sends=60)

    assert max(calls for day, calls in month.calls.items() if day not in month.odd) < thirty_days.MOST
    assert month.losses == (0, 0, 0)
