"""`python -m tests.chaos crashes|faults|recovery|all`: prints the figures; exits with 1 when one is not in order."""

import argparse
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.crashes import crash_matrix
from tests.chaos.faults import fault_matrix
from tests.chaos.judging import Result
from tests.chaos.recovery import is_in_time, recovery_times
from tests.chaos.table import explain, render, total
from tests.support.databases import Databases

_print_lock = threading.Lock()


def main(words: list[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    chosen = _read(words)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="koppel-chaos-") as folder:
        databases = Databases(chosen.database, Path(folder))
        databases.drop(databases.fresh())  # migrated once, before several ask for one
        try:
            found = _play(databases, chosen)
        finally:
            databases.stop()
    rows = [row for name, results in found.items() for row in (*results, total(f"ALL OF: {name}", results))]
    print()
    print(render(rows))
    dirty = [result for results in found.values() for result in results if not result.is_clean]
    late = [result for result in found.get("recovery", []) if not is_in_time(result)]
    for result in dirty:
        print(explain(result))
    for result in late:
        print(f"  {result.name}: too late (moving within 120 s, final within 300 s)")
    verdict = "NOT IN ORDER" if dirty or late else "all in order"
    print(f"\n{verdict} · {chosen.database} · seed {chosen.seed} · {time.monotonic() - began:.0f} s")
    return 1 if dirty or late else 0


def _read(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("what", choices=("crashes", "faults", "recovery", "all"))
    parser.add_argument("--sends", type=int, default=1000, help="invoices in each of the three modes (1,000)")
    parser.add_argument("--rounds", type=int, default=1, help="how often each fault is played (1)")
    parser.add_argument("--seed", type=int, default=1, help="chooses kills, faults and modes")
    parser.add_argument("--only", default="", help="only the experiments with this in their name")
    parser.add_argument("--houses", type=int, default=3, help="experiments side by side (3)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return parser.parse_args(words)


def _play(databases: Databases, chosen: argparse.Namespace) -> dict[str, list[Result]]:
    """Play what was asked for; the recovery times are measured beside the rest, for they are mostly waiting."""
    found: dict[str, list[Result]] = {}
    with ThreadPoolExecutor(1) as pool:
        measured = pool.submit(recovery_times, databases) if chosen.what in ("recovery", "all") else None
        if chosen.what in ("crashes", "all"):
            found["crash matrix"] = crash_matrix(
                databases, sends=chosen.sends, seed=chosen.seed, tell=_tell, only=chosen.only
            )
        if chosen.what in ("faults", "all"):
            found["fault matrix"] = fault_matrix(
                databases, seed=chosen.seed, rounds=chosen.rounds, tell=_tell, only=chosen.only, houses=chosen.houses
            )
        if measured is not None:
            found["recovery"] = measured.result()
    return found


def _tell(result: Result) -> None:
    """Say how one experiment ended, as soon as it has."""
    with _print_lock:
        print(
            "ok " if result.is_clean else "BAD",
            result.name,
            f"({result.kills} kills, {result.final:.0f} s)",
            flush=True,
        )
        if not result.is_clean:
            print(explain(result), flush=True)


if __name__ == "__main__":
    sys.exit(main())
