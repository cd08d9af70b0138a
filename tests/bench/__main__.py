"""`python -m tests.bench [MEASURE ...]`: prints figures and writes them down; exits with 1 when one is not met."""

import argparse
import sys
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from tests.bench.figures import Figure, Options, WrongResult
from tests.bench.report import markdown, surroundings, write

MEASURES = {
    "start": ("tests.bench.start", False),
    "payment-run": ("tests.bench.payment_run", True),
    "one-number": ("tests.bench.one_number", True),
    "import-speed": ("tests.bench.import_speed", True),
    "idle-streams": ("tests.bench.idle_streams", True),
    "active-streams": ("tests.bench.active_streams", True),
    "cut-streams": ("tests.bench.cut_streams", True),
    "sending": ("tests.bench.sending", True),
    "matching": ("tests.bench.matching", False),
    "documents": ("tests.bench.documents", False),
    "open-items": ("tests.bench.open_items", False),
    "pages-ahead": ("tests.bench.pages_ahead", False),
    "json-rows": ("tests.bench.json_rows", False),
    "books-read": ("tests.bench.books_read", True),
    "lists": ("tests.bench.lists", True),
    "fetching": ("tests.bench.fetching", True),
    "fetching-many": ("tests.bench.fetching_many", True),
    "fetching-memory": ("tests.bench.fetching_memory", True),
    "sync-cost": ("tests.bench.sync_cost", True),
    "exporting": ("tests.bench.exporting", True),
}
"""Each measure is a module with a function `measure(options) -> list[Figure]`; True: it has a database to choose."""
DATABASES = {"sqlite": ("sqlite",), "postgresql": ("postgresql",), "both": ("sqlite", "postgresql")}


def main(words: list[str] | None = None) -> int:
    """Measure what the command line asks for; returns the exit code."""
    chosen = _read(words)
    databases = DATABASES[chosen.database]
    options = Options(chosen.rounds, chosen.seed, databases[0], chosen.quick, tuple(chosen.size), _tell, chosen.keep)
    options = replace(options, peers=not chosen.limits_only)
    facts = surroundings(options) | {"database": chosen.database}
    found: dict[str, list[Figure]] = {}
    wrong = 0
    for name in chosen.measures or MEASURES:
        module, has_database = MEASURES[name]
        for database in databases if has_database else ("",):
            title = f"{name}, {database}" if database else name
            began = time.monotonic()
            try:
                here = replace(options, database=database or options.database)
                found[title] = import_module(module).measure(here)
            except WrongResult as error:
                wrong += 1
                _tell(f"{title}: WRONG RESULT, no figure: {error}")
                continue
            _tell(f"{title}: {time.monotonic() - began:.0f} s")
    print()
    print(markdown(found, facts))
    written = write(chosen.out, found, facts)
    print("written:", *written)
    missed = [figure for figures in found.values() for figure in figures if not figure.reaches(chosen.floor)]
    return 1 if wrong or missed else 0


def _read(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", choices=[[], *MEASURES], help=", ".join(MEASURES))
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn with its peers (5)")
    parser.add_argument("--seed", type=int, default=1, help="chooses the data (1)")
    parser.add_argument("--database", choices=tuple(DATABASES), default="sqlite")
    parser.add_argument("--size", type=int, action="append", default=[], help="how many of what grows; may be repeated")
    parser.add_argument("--floor", type=float, default=1.0, help="the share of a goal that is enough (1)")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--keep", type=Path, help="a folder where filled databases of lists stay for the next time")
    parser.add_argument("--limits-only", action="store_true", help="without the peers that take minutes")
    parser.add_argument("--out", type=Path, default=Path("var/bench"), help="the folder of the reports (var/bench)")
    return parser.parse_args(words)


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
