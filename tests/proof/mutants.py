"""The checker is checked: each safeguard is taken out in turn, and the proof must fail.

`python -m tests.proof.mutants` prints what caught each; 1 when one survived.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sqlalchemy import select, text

from tests.proof.judge import Violation
from tests.proof.scenarios import SCENARIOS
from tests.proof.simulation import play
from tests.proof.stage import Stage, staged
from tests.proof.world import World, populated
from webapp.extensions import db
from webapp.services import outbox
from webapp.services.sending import claiming, preparing, recording, resolving, settling, sweeping, working
from webapp.services.sending.claiming import Claim
from webapp.store.deliveries import Delivery
from webapp.store.session import transaction

SEEDS = range(1, 9)
Change = Callable[[ExitStack, World], None]


def no_look_up(stack: ExitStack, world: World) -> None:
    """What is unknown is sent again at once."""

    def look_up(_opened: Any, claims: Sequence[Claim]) -> set[int]:
        with transaction():
            for claim in claims:
                resolving._absent(claim)
        return {claim.id for claim in claims}

    stack.enter_context(patch.object(resolving, "look_up", look_up))


def no_lease(stack: ExitStack, world: World) -> None:
    """Nobody takes over what a dead worker held."""
    stack.enter_context(patch.object(sweeping, "_expired_leases", lambda: 0))


def no_fence(stack: ExitStack, world: World) -> None:
    """Whoever had a delivery once may write it."""

    def still_ours(claims: Sequence[Claim]) -> list[tuple[int, int]]:
        newest = select(Delivery.id, Delivery.fence).where(Delivery.id.in_([claim.id for claim in claims]))
        return [(row.id, row.fence) for row in db.session.execute(newest)]

    for module in (claiming, recording, preparing):
        stack.enter_context(patch.object(module, "still_ours", still_ours))


def no_settle(stack: ExitStack, world: World) -> None:
    """What is unknown is looked up at once."""
    settings = world.app.extensions["koppel"]
    changed = replace(settings, yuki_settle=0.0)
    stack.enter_context(patch.dict(world.app.extensions, {"koppel": changed}))


def no_outbox(stack: ExitStack, world: World) -> None:
    """Jobs are handed to the queue without a row: what it does not take is lost."""

    def enqueue(job: str, *ids: int, delay: float = 0) -> None:
        if world.now >= world.redis_away_until:
            world.later.append((world.now + delay, job, ids[0]))

    stack.enter_context(patch.object(outbox, "enqueue", enqueue))


def no_unique_index(stack: ExitStack, world: World) -> None:
    """The database lets an invoice have two live deliveries."""
    with world.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_deliveries_live"))


def no_fixed_bytes(stack: ExitStack, world: World) -> None:
    """Every try builds its bytes anew, and nothing is compared with a hash."""
    stack.enter_context(patch.object(preparing, "_stored", lambda claims: {}))


def no_last_check(stack: ExitStack, world: World) -> None:
    """A worker that stood still does not ask whether its claims are still its own before it calls."""
    stack.enter_context(patch.object(working, "check_held", lambda claims: None))


def no_steady_clock(stack: ExitStack, world: World) -> None:
    """The wait before a look-up goes by a clock that can be set."""
    stack.enter_context(patch.object(settling, "hold_back", lambda connection_id: None))


def no_clock_repair(stack: ExitStack, world: World) -> None:
    """What waits for a moment of a clock that was set back waits for it."""
    stack.enter_context(patch.object(sweeping, "_clock_set_back", lambda: 0))


SEVEN: tuple[Change, ...] = (
    no_look_up,
    no_lease,
    no_fence,
    no_settle,
    no_outbox,
    no_unique_index,
    no_fixed_bytes,
)
MORE: tuple[Change, ...] = (no_last_check, no_steady_clock, no_clock_repair)


@contextmanager
def changed(change: Change | None) -> Iterator[Callable[[World], None]]:
    """Return what makes the change in a world; all is as it was afterwards."""
    with ExitStack() as stack:
        yield lambda world: change(stack, world) if change else None


def tell(stage: Stage, name: str, change: Change | None = None) -> str:
    """Play one scenario; returns the violation in words, or nothing."""
    stage.clear()
    try:
        with changed(change) as apply, populated(stage.app, stage.url, random.Random(1)) as world:
            apply(world)
            SCENARIOS[name](world)
            world.judge.check_rest()
    except Violation as violation:
        return ": ".join(violation.args)
    return ""


def catch(stage: Stage, change: Change, seeds: Sequence[int] = SEEDS) -> list[str]:
    """Return what caught a change: the first seed of the simulation, and the scenarios."""
    caught = []
    for name in SCENARIOS:
        words = tell(stage, name, change)
        if words:
            caught.append(f"{name} ({words})")
            break
    for seed in seeds:
        with changed(change) as apply:
            _, words, _ = play(stage, seed, prepare=apply)
        if words:
            caught.append(f"seed {seed} ({words})")
            break
    return caught


def main() -> None:
    """Try all, print what caught each, and end with 1 when one survived or the proof fails without any change."""
    started = time.monotonic()
    survived = 0
    with staged("sqlite") as stage:
        for name in SCENARIOS:
            words = tell(stage, name)
            if words:
                print(f"unchanged: {name} fails: {words}")
                survived += 1
        for title, changes in (("of the seven", SEVEN), ("beside them", MORE)):
            count = 0
            for change in changes:
                caught = catch(stage, change)
                count += bool(caught)
                print(f"{change.__name__:16} {'caught by ' + '; '.join(caught) if caught else 'SURVIVED'}", flush=True)
            print(f"{count} of {len(changes)} caught, {title}")
            survived += len(changes) - count
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
