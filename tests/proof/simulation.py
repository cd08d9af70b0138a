"""The simulation: seeded weeks on a virtual clock and a real database, each judged at every commit.

`python -m tests.proof.simulation --seeds 500`; a failing seed is printed and replays exactly with `--seed N`.
"""

import argparse
import gc
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from multiprocessing.util import Finalize

from tests.proof.judge import Tally, Violation
from tests.proof.stage import Stage, staged
from tests.proof.week import Week
from tests.proof.world import World, populated

KINDS = ("lost", "duplicate", "stuck", "untrue")


def play(
    stage: Stage, seed: int, *, prepare: Callable[[World], None] = lambda world: None
) -> tuple[Tally, str, list[str]]:
    """Play one seed; returns what it counted, the violation in words or nothing, and what happened."""
    stage.clear()
    gc.disable()  # it would look at the whole of the libraries each time
    world: World | None = None
    try:
        with populated(stage.app, stage.url, random.Random(seed)) as world:
            prepare(world)
            return Week(world, world.rng).live(), "", world.trace
    except Violation as violation:
        kind, words = violation.args
        tally = Tally(seeds=1)
        name = kind if kind in KINDS else "other"
        setattr(tally, name, 1)
        return tally, f"{kind}: {words}", world.trace if world else []
    finally:
        gc.enable()


def play_all(kind: str, seeds: Iterable[int], *, processes: int) -> tuple[Tally, list[tuple[int, str]]]:
    """Play many seeds; returns the sum and the seeds that failed, with why."""
    total, failed = Tally(), []
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=_set_up, initargs=(kind,)) as pool:
        for seed, tally, words in pool.imap_unordered(_play_one, seeds):
            total.add(tally)
            if words:
                failed.append((seed, words))
                print(f"seed {seed}: {words}", file=sys.stderr, flush=True)
        pool.close()
        pool.join()
    return total, sorted(failed)


_stage: Stage


def _set_up(kind: str) -> None:
    global _stage
    stack = ExitStack()
    _stage = stack.enter_context(staged(kind))
    Finalize(None, stack.close, exitpriority=10)


def _play_one(seed: int) -> tuple[int, Tally, str]:
    tally, words, _ = play(_stage, seed)
    return seed, tally, words


def main() -> None:
    """Play the seeds and print the table; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--first", type=int, default=1, help="the first of the seeds")
    parser.add_argument("--seed", type=int, help="play this one, and tell what happens")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    if options.seed is not None:
        with staged(options.database) as stage:
            total, words, trace = play(stage, options.seed)
        print("\n".join(trace))
        failed = [(options.seed, words)] if words else []
    else:
        seeds = range(options.first, options.first + options.seeds)
        total, failed = play_all(options.database, seeds, processes=options.processes)
    report(total, failed, seconds=time.monotonic() - started, as_json=options.json)
    sys.exit(1 if failed else 0)


def report(total: Tally, failed: list[tuple[int, str]], *, seconds: float, as_json: bool) -> None:
    """Print what was counted."""
    figures = {name: getattr(total, name) for name in total.__dataclass_fields__}
    if as_json:
        print(json.dumps(figures | {"seconds": round(seconds, 1), "failed": failed}))
        return
    for seed, words in failed:
        print(f"seed {seed}: {words}\n  again: python -m tests.proof.simulation --seed {seed}")
    print("  ".join(f"{name} {figures[name]}" for name in figures if name != "other" or figures[name]))
    print(f"{seconds:.0f} s")


if __name__ == "__main__":
    main()
