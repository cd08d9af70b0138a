"""The ledger proved on the real services and databases: its invariants, its order, many hands on one invoice.

`python -m tests.proof.ledger --operations 100000` prints the figures; 1 when one is wrong.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.ledger_model import LedgerMachine
from tests.proof.ledger_order import shuffled
from tests.proof.ledger_together import together
from tests.proof.stage import Stage, staged
from tests.support.databases import Databases
from webapp.extensions import clock
from webapp.services import gateways

STEPS = 50
START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
Figures = tuple[str, dict[str, Any], bool]


def machine(stage: Stage, operations: int, *, number: int = 1) -> Figures:
    """Play so many operations on the services; any that the model does not expect raises."""
    LedgerMachine.operations = LedgerMachine.accepted = 0
    rounds = 0

    class Counted(LedgerMachine):
        """The machine, each call of this function with its own counters."""

    Counted.operations = Counted.accepted = 0
    with stage.app.app_context(), patch.object(gateways, "make_gateway", lambda *_, **__: Counted.gateway):
        clock.freeze(START)
        while Counted.operations < operations:
            missing = operations - Counted.operations
            limits = settings(
                max_examples=max(missing // STEPS, 1),
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
                verbosity=Verbosity.quiet,
            )
            seed(number * 1000 + rounds)(Counted)
            run_state_machine_as_test(Counted, settings=limits)
            rounds += 1
        clock.reset()
    return "invariants", {"operations": Counted.operations, "accepted": Counted.accepted, "wrong": 0}, True


def machines(kind: str, operations: int, *, workers: int) -> Figures:
    """Play so many operations in several processes, each with a database and a beginning of its own."""
    shares = [operations // workers + (number < operations % workers) for number in range(workers)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        played = [pool.submit(_alone, kind, share, number) for number, share in enumerate(shares, 1)]
        figures = [one.result()[1] for one in played]
    return "invariants", {name: sum(one[name] for one in figures) for name in figures[0]}, True


def _alone(kind: str, operations: int, number: int) -> Figures:
    with staged(kind) as stage:
        return machine(stage, operations, number=number)


def prove(
    kind: str,
    *,
    operations: int,
    shuffles: int,
    hands: int,
    tries: int,
    workers: int = 1,
    databases: Databases | None = None,
) -> Iterator[Figures]:
    """Yield the figures of each proof on one kind of database; with several workers the machine's last.

    Each world has an organisation of its own, so they share a database; `databases` are some that are there already.
    """
    with staged(kind, databases=databases) as stage:
        yield together(stage, hands=hands, tries=tries)
        yield shuffled(stage, shuffles)
        if workers == 1:
            yield machine(stage, operations)
    if workers > 1:
        yield machines(kind, operations, workers=workers)


def main() -> int:
    """Run the proofs, print their figures, and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.proof.ledger", description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000, help="of the state machine (100,000)")
    parser.add_argument("--shuffles", type=int, default=1000, help="of one set of facts (1,000)")
    parser.add_argument("--hands", type=int, default=16, help="processes on one invoice (16)")
    parser.add_argument("--tries", type=int, default=40, help="of each process (40)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of the machine (cores)")
    chosen = parser.parse_args()
    bad = 0
    for kind in chosen.database or ("sqlite", "postgresql"):
        began = time.monotonic()
        sizes = {name: getattr(chosen, name) for name in ("operations", "shuffles", "hands", "tries", "workers")}
        for name, figures, good in prove(kind, **sizes):
            told = ", ".join(f"{value:,} {what}" for what, value in figures.items())
            print(f"{kind:<11} {name:<14} {told}; {time.monotonic() - began:.0f} s", flush=True)
            bad += not good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
