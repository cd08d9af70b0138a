"""The list of invoices, its search and the dashboard over many: the product beside the same pages with fixed rows, and
beside a page of mapped objects with COUNT and OFFSET; a search beside LIKE '%x%'.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from tests.bench import ledger, list_pages, list_search
from tests.bench.figures import Figure, Options, Series
from tests.bench.stage import Stage, stage
from tests.support.records import make_connection
from webapp.extensions import clock, db
from webapp.services import indexing, tallying
from webapp.store.connections import Connection
from webapp.store.session import current, release

PAGE = {"sqlite": 1.4, "postgresql": 2.0}
OFFSET = {"sqlite": 80, "postgresql": 100}
SEARCH = {"sqlite": 25, "postgresql": 40}


def measure(options: Options) -> list[Figure]:
    """Return the figures for 10,000 and 100,000 invoices, or for the sizes asked for."""
    return [figure for count in options.growing(10_000, 100_000, quick=1_000) for figure in _of(options, count)]


def _of(options: Options, count: int) -> list[Figure]:
    size = f"{count // 1000:,}k"
    with filled(options, count) as place, list_pages.servers(place, peers=options.peers) as web:
        series = Series()
        for number in range(options.rounds):
            cases = list_pages.draw(place, options.seed * 100 + number)
            list_pages.pages(place, web, series, cases, size=size)
            list_pages.served(place, web, series, cases, size=size)
            chance = random.Random(number)
            list_search.searches(place, series, chance, size=size, tell=options.tell, peer=options.peers)
            options.tell(f"  round {number + 1} of {options.rounds}")
    return _figures(series, options.database, count, size)


@contextmanager
def filled(options: Options, count: int) -> Iterator[Stage]:
    """Prepare a database with so many invoices, indexed and settled; with a folder to keep it in it is found again."""
    with stage(options.database, keep=options.keep, name=f"lists_{count}") as place:
        with place.app.app_context():
            known = current().scalar(select(Connection.id))
            release()
            here = ledger.Place(place.organisation_id, known or make_connection(place.organisation_id))
            new = ledger.fill(here, count, seed=options.seed, until=clock.now().date())
            while taken := indexing.take_up(enough=1):
                new += taken
            if new + tallying.fold():  # as the scheduler does
                ledger.settle()
            db.session.remove()
        options.tell(f"  {count:,} invoices are there")
        yield place


def _figures(series: Series, kind: str, count: int, size: str) -> list[Figure]:
    large = count >= 10**6
    facts: dict[str, dict[str, Any]] = {
        "page p95 / fixed rows": {"bound": PAGE[kind], "most": True, "row": 14},
        "deep / first page": {"bound": 1.2, "most": True, "row": 14},
        "COUNT and OFFSET / page": {"bound": OFFSET[kind] if large else None, "row": 14},
        "LIKE / search, p50": {"bound": 70 if large else None, "row": 15},
        "search p95": {"unit": "ms", "bound": SEARCH[kind], "most": True, "row": 15},
        "search p95 of the processor": {"unit": "ms", "row": 15},
        "pages a second / of fixed rows": {"bound": 0.85, "row": 18},
        "the same while somebody writes": {"row": 18},
        "pages a second / of objects": {"bound": 40 if large else None, "row": 18},
        "dashboard / fixed figures": {"bound": 3, "most": True},
        "dashboard": {"unit": "ms"},
        "list page p50": {"unit": "ms"},
        "pages a second": {"unit": "/s"},
    }
    return [
        series.figure(f"{size} {name}", **fact) for name, fact in facts.items() if f"{size} {name}" in series.values
    ]
