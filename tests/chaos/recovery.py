"""How long recovery takes with the settings that the product has by default, when everything dies and Yuki is away."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.chaos.house import House, wait_until
from tests.chaos.judging import Result, judge, measure
from tests.chaos.office import Office
from tests.chaos.tempo import DEFAULT
from tests.chaos.watching import Watcher
from tests.support.databases import Databases
from webapp.services.sending.steps import STEPS

MOVING_WITHIN = 120.0
FINAL_WITHIN = 300.0
"""Seconds: what was killed moves again, and all is final after the last fault."""

AWAY = 75.0
"""Seconds for which Yuki does not answer: longer than a lease, long enough to open the breaker."""


def recovery_times(databases: Databases) -> list[Result]:
    """Measure both, side by side."""
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(worker_killed, databases), pool.submit(faults_stop, databases)]
        return [job.result() for job in jobs]


def worker_killed(databases: Databases) -> Result:
    """Seven runs, and the first worker to reach each of the seven steps is killed there."""
    result = Result("default settings · killed once at each step")
    with House(databases, DEFAULT) as house:
        office = Office.open(house)
        house.books.begin(latency_ms=50, duplicates="book")
        office.begin("K", 70, draft=False, bad=False)
        house.plan(*[{"step": step, "at": [1], "what": "kill", "delay_ms": 0} for step in STEPS])
        with Watcher(house.url, [one.id for one in office.invoices], pause=0.5) as watcher:
            for start in range(0, 70, 10):
                office.ask([one.id for one in office.invoices[start : start + 10]])
            office.wait_until_final()
            settled = time.time()
        judge(result, office, watcher)
        measure(result, office, watcher)
        killed = [one["at"] for one in house.events() if one["event"] == "killed"]
        result.final = settled - max(killed, default=settled)
        if result.kills < len(STEPS):
            result.note("stuck", f"only {result.kills} of {len(STEPS)} steps were reached")
    return result


def faults_stop(databases: Databases) -> Result:
    """Answers are lost, then Yuki is away, workers are killed and Redis is emptied; then all is well again."""
    result = Result("default settings · Yuki away, workers killed, Redis flushed")
    with House(databases, DEFAULT) as house:
        office = Office.open(house)
        house.books.begin(latency_ms=50, duplicates="book")
        office.begin("A", 120, draft=False, bad=False)
        lost = {"operation": "ProcessSalesInvoices", "fault": "reset_after", "times": 2}
        away = {"operation": "*", "fault": "html_503", "times": 1_000_000, "after": 8}
        house.books.play(lost, away)
        with Watcher(house.url, [one.id for one in office.invoices], pause=0.5) as watcher:
            for start in range(0, 120, 20):
                office.ask([one.id for one in office.invoices[start : start + 20]])
            began = time.monotonic()
            wait_until(lambda: house.books.calls() > 12, AWAY / 2)
            house.kill("worker")
            house.flush_valkey()
            time.sleep(max(0.0, AWAY - (time.monotonic() - began)))
            house.kill("worker")
            house.books.play()
            stopped = time.time()
            office.wait_until_final()
            result.final = time.time() - stopped
        judge(result, office, watcher)
        measure(result, office, watcher)
    return result


def is_in_time(result: Result) -> bool:
    """Whether a measurement keeps the bounds."""
    return result.moving <= MOVING_WITHIN and result.final <= FINAL_WITHIN
