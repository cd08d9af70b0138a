"""The fault matrix: Yuki, Redis, the database, the clock and people misbehave, while workers are killed by seed."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.chaos.crashes import MODES, Tell
from tests.chaos.disturbances import Disturbance, disturbances
from tests.chaos.house import House
from tests.chaos.judging import Result, judge, measure
from tests.chaos.office import Office
from tests.chaos.tempo import IMPATIENT
from tests.chaos.watching import Watcher
from tests.support.databases import Databases
from webapp.services.sending.steps import STEPS

COUNT = 40
LATENCY_MS = 20


@dataclass(frozen=True)
class Cell:
    """One experiment: a disturbance in one mode of the books, with the kills that the seed chooses."""

    disturbance: Disturbance
    mode: str
    seed: str

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return f"{self.disturbance.name} · {self.mode}"


def fault_matrix(
    databases: Databases, *, seed: int, rounds: int, tell: Tell, only: str = "", count: int = COUNT, houses: int = 3
) -> list[Result]:
    """Play every disturbance `rounds` times, each in a mode that the seed chooses, some houses side by side."""
    cells = choose_cells(seed=seed, rounds=rounds, only=only)

    def run(cell: Cell) -> Result:
        try:
            result = fault_cell(databases, cell, count=count)
        except Exception as error:  # one experiment that breaks must not hide the others
            result = Result(cell.name)
            result.note("stuck", f"the experiment itself broke: {error!r}")
        tell(result)
        return result

    with ThreadPoolExecutor(houses) as pool:
        return list(pool.map(run, cells))


def choose_cells(*, seed: int, rounds: int, only: str = "") -> list[Cell]:
    """Choose the experiments of a seed; the same seed chooses the same ones."""
    cells = []
    for number in range(rounds):
        for disturbance in disturbances():
            random_ = random.Random(f"{seed} {number} {disturbance.name}")
            mode = random_.choice([mode for mode in MODES if disturbance.drafts or mode != "drafts"])
            if only in f"{disturbance.name} · {mode}":
                cells.append(Cell(disturbance, mode, f"{seed} {number}"))
    return cells


def fault_cell(databases: Databases, cell: Cell, *, count: int) -> Result:
    """Play one disturbance in a house of its own."""
    with House(databases, IMPATIENT) as house:
        result = play(Office.open(house), cell, count=count)
        if not result.is_clean:
            result.notes.append(house.output())
    return result


def play(office: Office, cell: Cell, *, count: int) -> Result:
    """Send so many invoices under a disturbance, let it end, wait until all is final, and judge."""
    random_ = random.Random(f"{cell.seed} {cell.name}")
    result, house = Result(cell.name), office.house
    house.books.begin(latency_ms=LATENCY_MS, **MODES[cell.mode])
    office.begin("F", count, draft=cell.mode == "drafts")
    known = len(house.events())
    house.plan(*_kills(random_), *cell.disturbance.traps(random_))
    with Watcher(house.url, [one.id for one in office.invoices]) as watcher:
        cell.disturbance.before(office, random_)
        office.ask_for_all(random_)
        try:
            cell.disturbance.during(office, random_)
        except AssertionError as error:
            result.note("stuck", str(error))
        stopped = time.time()
        office.wait_until_final()
        result.final = time.time() - stopped
    judge(result, office, watcher)
    return measure(result, office, watcher, since=known)


def _kills(random_: random.Random) -> list[dict[str, object]]:
    """Two kills at steps that the seed chooses, early enough to fall into the disturbance."""
    return [
        {"step": random_.choice(STEPS), "at": [random_.randint(1, 6)], "what": "kill", "delay_ms": 0} for _ in range(2)
    ]
