"""`python -m tests.bench [MEASURE ...]`: prints figures and writes them down; exits with 1 when one is not met."""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.bench.figures import Figure, Options, WrongResult
from tests.bench.report import markdown, surroundings, write

MEASURES = {
    "payment-run": "tests.bench.payment_run",
    "one-number": "tests.bench.one_number",
    "import-speed": "tests.bench.import_speed",
    "idle-streams": "tests.bench.idle_streams",
    "cut-streams": "tests.bench.cut_streams",
    "matching": "tests.bench.matching",
    "documents": "tests.bench.documents",
    "open-items": "tests.bench.open_items",
    "fetching": "tests.bench.fetching",
    "fetching-many": "tests.bench.fetching_many",
}
"""Each measure is a module with a function `measure(options) -> list[Figure]`."""


def main(words: list[str] | None = None) -> int:
    """Measure what the command line asks for; returns the exit code."""
    chosen = _read(words)
    options = Options(rounds=chosen.rounds, seed=chosen.seed, database=chosen.database, quick=chosen.quick, tell=_tell)
    facts = surroundings(options)
    found: dict[str, list[Figure]] = {}
    wrong = 0
    for name in chosen.measures or MEASURES:
        began = time.monotonic()
        try:
            found[name] = import_module(MEASURES[name]).measure(options)
        except WrongResult as error:
            wrong += 1
            _tell(f"{name}: WRONG RESULT, no figure: {error}")
            continue
        _tell(f"{name}: {time.monotonic() - began:.0f} s")
    print()
    print(markdown(found, facts))
    written = write(chosen.out, found, facts)
    print("written:", *written)
    missed = [figure for figures in found.values() for figure in figures if not figure.is_met]
    return 1 if wrong or missed else 0


def _read(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", choices=[[], *MEASURES], help=", ".join(MEASURES))
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn with its peers (5)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the data (1)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--out", type=Path, default=Path("var/bench"), help="the folder of the reports (var/bench)")
    return parser.parse_args(words)


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
