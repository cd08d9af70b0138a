"""`python -m tests.bench.floor`: what CI measures of the goals; exits with 1 where one falls below 80 % of its goal.

Only what is steady: ratios of seconds of the processor within one process or between processes that run alone, at
sizes of a second or two, medians of several rounds. What misses is measured once more before it counts.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from time import process_time
from unittest.mock import patch

from flask.testing import FlaskClient

from tests.bench import documents, lists, matching, open_items
from tests.bench.figures import Figure, Options, Series, WrongResult
from webapp.extensions import db
from webapp.queries import dashboard, invoices
from webapp.queries.invoice_filters import Filters

FLOOR = 0.8
PAGES = ("/invoices", "/invoices?sort=-total", "/invoices?payment=overdue", "/invoices?status=draft")


def pages(options: Options) -> list[Figure]:
    """Return what list and dashboard take of the processor beside the same pages with fixed rows and figures."""
    series = Series()
    with lists.filled(options, options.sizes[0]) as place:
        client = place.app.test_client()
        client.set_cookie("koppel", place.cookie.partition("=")[2])
        with place.app.test_request_context():
            rows = invoices.table(place.organisation_id, Filters())
            figures = dashboard.show(place.organisation_id, currency="EUR")
            db.session.remove()
        for _ in range(options.rounds):
            ours, fixed = _both(client, PAGES, partial(patch.object, invoices, "table", lambda *_a, **_m: rows))
            series.add("list page / fixed rows, of the processor", ours / fixed)
            ours, fixed = _both(client, ("/",), partial(patch.object, dashboard, "show", lambda *_a, **_m: figures))
            series.add("dashboard / fixed figures, of the processor", ours / fixed)
    return [
        series.figure("list page / fixed rows, of the processor", bound=1.4, most=True, row=14),
        series.figure("dashboard / fixed figures, of the processor", bound=3, most=True, row=14),
    ]


def _both(client: FlaskClient, addresses: Sequence[str], held: Callable[[], object]) -> tuple[float, float]:
    ours = sum(_least(client, address) for address in addresses)
    with held():  # type: ignore[attr-defined]
        return ours, sum(_least(client, address) for address in addresses)


def _least(client: FlaskClient, address: str) -> float:
    """Return the seconds of the processor that a page takes at least; whatever disturbs it only adds to them."""
    least = 60.0
    for _ in range(6):
        began = process_time()
        answer = client.get(address)
        least = min(least, process_time() - began)
        if answer.status_code != 200:
            raise WrongResult(f"{address} answered {answer.status_code}")
    return least


CHOSEN: dict[str, tuple[Callable[[Options], list[Figure]], Options]] = {
    "documents": (documents.measure, Options(rounds=3)),
    "open items": (open_items.measure, Options(rounds=3, sizes=(6_000,))),
    "matching": (matching.measure, Options(rounds=1, quick=True)),
    "pages": (pages, Options(rounds=2, sizes=(3_000,))),
}
"""Each measure with what is asked of it."""

LARGE = ("LIKE per invoice / product", "memory of zeep's / of the product")
"""What grows with the size: its goal is one of 100,000, and says nothing of a few."""


def main() -> int:
    """Measure all; returns the exit code."""
    wrong = 0
    for name, (measure, options) in CHOSEN.items():
        for turn in ("", ", once more"):
            judged = [figure for figure in measure(options) if figure.bound is not None and figure.name not in LARGE]
            missed = [figure for figure in judged if not figure.reaches(FLOOR)]
            for figure in judged:
                sign, word = "≤" if figure.most else "≥", "BELOW THE FLOOR" if figure in missed else "holds"
                print(
                    f"{name}{turn}: {figure.name}: {figure.value:.3g} {figure.unit} ({sign} {figure.bound:g}): {word}"
                )
            if not missed:
                break
        else:
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
