"""The crash matrix: workers are killed at each of the seven steps, in each of the three modes of the books."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.chaos.house import House
from tests.chaos.judging import Result, judge, measure
from tests.chaos.office import Office
from tests.chaos.tempo import HURRIED
from tests.chaos.watching import Watcher
from tests.support.databases import Databases
from webapp.services.sending.steps import STEPS

MODES: dict[str, dict[str, str]] = {
    "refuses duplicates": {"duplicates": "refuse"},
    "books duplicates": {"duplicates": "book"},
    "drafts": {"duplicates": "book"},
}
LATENCY_MS = 40
FEW = 30
"""Invoices that may go in as few calls as there are kills, however busy the machine is."""

LOSSES = ("reset_after", "booked_then_500", "html_503", "timeout_after")
"""Answers that leave something to look up, for the step after a look-up."""

Tell = Callable[[Result], None]


def crash_matrix(databases: Databases, *, sends: int, seed: int, tell: Tell, only: str = "") -> list[Result]:
    """Send `sends` invoices in each mode, spread over the seven steps; the three modes run side by side."""
    share = max(20, -(-sends // len(STEPS)))
    with ThreadPoolExecutor(len(MODES)) as pool:
        jobs = [pool.submit(_one_mode, databases, mode, share, seed, tell, only) for mode in MODES]
        return [result for job in jobs for result in job.result()]


def _one_mode(databases: Databases, mode: str, share: int, seed: int, tell: Tell, only: str) -> list[Result]:
    steps = [step for step in STEPS if only in f"{mode} · {step}"]
    results: list[Result] = []
    if not steps:
        return results
    with House(databases, HURRIED) as house:
        office = Office.open(house)
        for step in steps:
            results.append(crash_cell(office, mode, step, count=share, seed=seed))
            tell(results[-1])
    return results


def crash_cell(office: Office, mode: str, step: str, *, count: int, seed: int) -> Result:
    """Send so many invoices while workers are killed at one step, and judge."""
    random_ = random.Random(f"{seed} {mode} {step}")
    draft = mode == "drafts"
    house = office.house
    house.books.begin(latency_ms=LATENCY_MS, **MODES[mode])
    office.begin(f"{mode[:1].upper()}{STEPS.index(step)}", count, draft=draft)
    known = len(house.events())
    house.plan(*_traps(random_, step, count=count, draft=draft))
    if step == "after_look_up" and not draft:
        house.books.play(*_losses(random_, count))
    result = Result(f"{mode} · {step}")
    with Watcher(house.url, [one.id for one in office.invoices]) as watcher:
        office.ask_for_all(random_)
        office.wait_until_final()
        settled = time.time()
    judge(result, office, watcher)
    measure(result, office, watcher, since=known)
    disturbed = [one["at"] for one in house.events()[known:] if one["event"] == "killed"]
    result.final = max(0.0, settled - max(disturbed, default=settled))
    if not disturbed and not (draft and step == "after_look_up"):  # a draft is never looked up
        result.note("stuck", "nobody was killed: this proves nothing")
    return result


def _traps(random_: random.Random, step: str, *, count: int, draft: bool) -> list[dict[str, object]]:
    """Choose when to kill: about once for every sixth call, never more than twelve times."""
    calls = count if draft else count // 6 + count // 60 + count * 2 // 3 // 60 + 2
    often = min(12, max(3, calls // 6))
    if step == "after_look_up" or count < FEW:  # there are few calls: each of the first has its kill
        often = calls = 3
    at = sorted(random_.sample(range(1, max(calls, often) + 1), often))
    kinds = [random_.choice(("kill", "kill", "kill_horse", "kill_parent")) for _ in at]
    # A kill at `request_out` falls before the request, while it is under way, or just after the answer.
    delays = [random_.choice((0, 0, LATENCY_MS // 2, LATENCY_MS * 2)) if step == "request_out" else 0 for _ in at]
    return [
        {"step": step, "at": [one], "what": kind, "delay_ms": delay}
        for one, kind, delay in zip(at, kinds, delays, strict=True)
    ]


def _losses(random_: random.Random, count: int) -> list[dict[str, object]]:
    return [
        {
            "operation": "ProcessSalesInvoices",
            "fault": random_.choice(LOSSES),
            "times": 1,
            "after": after,
            "delay_ms": 50,
        }
        for after in sorted(random_.sample(range(max(4, count // 6)), 4))
    ]
