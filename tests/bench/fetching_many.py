"""Many documents from bytes to rows: new, unchanged, and one in a hundred changed; beside a peer and the limits.

The peer is Django's `update_or_create` for each row; the limits are the driver alone, with the same rows of the same
tables written by hand, and the bytes hashed by BLAKE2b, the quickest that Python brings along. Each is a process of its
own over the same pages, in turn.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.book import Book
from tests.bench.figures import Figure, Options, Series, WrongResult

PEER_ROWS = 500
"""Documents that the row-by-row peer writes; its speed does not grow with more of them."""

FULL = 100_000
"""From this size on a round takes minutes: one is enough."""

GOALS = {
    "sqlite": {"row": 3, "django": 40.0, "raw": 0.90, "again": 150.0},
    "postgresql": {"row": 4, "django": 85.0, "raw": 0.95, "again": 350.0},
}
FEW = {
    "first / few": "first / update_or_create of an invoice and its lines in two small tables",
    "unchanged / few": "unchanged / update_or_create of an invoice and its lines in two small tables",
}
"""Beside the peer with fewer tables than the product writes: what no goal asks for."""

SMALLER = 1.1
"""At most this is the peak of a million documents, beside that of a hundred thousand."""


def measure(options: Options) -> list[Figure]:
    """Return the figures for each number of documents, and for their memory."""
    found: list[Figure] = []
    peaks: dict[int, float] = {}
    for count in options.growing(10_000, FULL, quick=500):
        figures, peak = _of(options, count)
        found += figures
        peaks[count] = peak
    return found + growth(peaks)


def growth(peaks: Mapping[int, float]) -> list[Figure]:
    """Return how much more the largest reading takes than the smallest, where both are large."""
    most, least = max(peaks), min(peaks)
    if not most > least >= FULL:
        return []
    share = peaks[most] / peaks[least]
    return [Figure(f"memory of {most:,} / of {least:,}", (share,), bound=SMALLER, most=True, row=7)]


def _of(options: Options, count: int) -> tuple[list[Figure], float]:
    series = Series()
    with TemporaryDirectory() as folder:
        pages, moved = Path(folder) / "pages", Path(folder) / "moved"
        book = Book.write(pages, count)
        Book.write(moved, count, every=100)
        for number in range(1 if count >= FULL else options.rounds):
            ways = [_product, _raw]
            if options.peers and find_spec("django"):
                # Of one round, which takes minutes, a peer that takes seconds would tell a moment of the machine.
                ways = [_django, _product, _django, _raw, _django] if count >= FULL else [*ways, _django]
            values: dict[str, list[Any]] = {}
            for way in ways if number % 2 else ways[::-1]:
                for name, value in way(options.database, pages, moved, count).items():
                    values.setdefault(name, []).append(value)
            took: dict[str, Any] = {name: median(found) for name, found in values.items()}
            took["hashing"] = _hashing(book)
            _add(series, took, count)
            options.tell(f"  {count:,}, round {number + 1}: " + ", ".join(f"{k} {v:,.2f}" for k, v in took.items()))
    return _figures(series, options.database, count), max(series.values["memory"])


def _add(series: Series, took: dict[str, Any], count: int) -> None:
    first, again, changed = took["first"], took["again"], took["changed"]
    if "django" in took:
        series.add("first / Django", count / first / took["django"])
        series.add("unchanged / Django", count / again / took["django again"])
        series.add("1 % changed / Django", count / changed / took["django again"])
        series.add("first / few", count / first / took["few"])
        series.add("unchanged / few", count / again / took["few again"])
    series.add("first / raw", took["raw"] / first)
    series.add("unchanged / hashing", took["hashing"] / again)
    series.add("1 % changed / raw", took["raw changed"] / changed)
    for name, seconds in (("first", first), ("unchanged", again), ("1 % changed", changed)):
        series.add(name, count / seconds)
    series.add("memory", took["kilobytes"] / 1024)
    series.add("mapped", took["mapped"] / 1024)


def _figures(series: Series, database: str, count: int) -> list[Figure]:
    goal = GOALS[database]
    row = int(goal["row"])
    size = f"{count // 1000}k" if count >= 1000 else str(count)
    bounds: dict[str, tuple[str, float, int]] = {
        "first / Django": ("first / Django's update_or_create for each row of the same tables", goal["django"], row),
        "first / raw": ("first / the same rows by the driver alone", goal["raw"], row),
        "unchanged / Django": ("unchanged / Django's update_or_create", goal["again"], 5),
        "unchanged / hashing": ("unchanged / hashing the pages by BLAKE2b", 0.25, 5),
        "1 % changed / Django": ("1 % changed / Django's update_or_create", 350.0, 6),
        "1 % changed / raw": ("1 % changed / a hash looked up by the driver alone", 0.6, 6),
    }
    found = [
        series.figure(name, bound=bound, row=place)
        for name, (_, bound, place) in bounds.items()
        if name in series.values
    ]
    named = [Figure(f"{size} {bounds[one.name][0]}", one.rounds, bound=one.bound, row=one.row) for one in found]
    for name, words in FEW.items():
        if name in series.values:
            named.append(Figure(f"{size} {words}", tuple(series.values[name])))
    named += [
        Figure(f"{size} {name}", tuple(series.values[name]), unit="/s")
        for name in ("first", "unchanged", "1 % changed")
    ]
    named.append(
        Figure(f"{size} memory above the start", tuple(series.values["memory"]), unit="MB", bound=100, most=True, row=7)
    )
    named.append(Figure(f"{size} pages of the database mapped", tuple(series.values["mapped"]), unit="MB"))
    return named


def _product(database: str, pages: Path, moved: Path, count: int) -> dict[str, Any]:
    return run_peer("fetched", database, pages, moved)


def _raw(database: str, pages: Path, moved: Path, count: int) -> dict[str, Any]:
    took = run_peer("raw_rows", database, pages, moved)
    return {"raw": took["first"], "raw changed": took["changed"]}


def _django(database: str, pages: Path, moved: Path, count: int) -> dict[str, Any]:
    took = run_peer("by_row", database, pages, min(count, PEER_ROWS))
    return {
        "django": took["first"],
        "django again": took["again"],
        "few": took["few"],
        "few again": took["few again"],
    }


def _hashing(book: Book) -> float:
    bodies = list(book.pages(10_000))
    began = time.perf_counter()
    for body in bodies:
        blake2b(body, digest_size=8).digest()
    return (time.perf_counter() - began) * len(book.places) / len(bodies)


def run_peer(peer: str, *words: object) -> dict[str, Any]:
    """Return what a peer says, which is a process of its own."""
    command = [sys.executable, "-m", f"tests.bench.peers.{peer}", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongResult(f"{peer}: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
