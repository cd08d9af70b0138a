"""What the kept figures of lists and the index of the search cost a first sync: with both, and without either."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.book import Book
from tests.bench.figures import Figure, Options, Series, WrongResult

KEPT = 0.80
WAYS = ("with", "without")
TRIES = 4


def measure(options: Options) -> list[Figure]:
    """Return the share of its speed that a sync keeps, for each number of documents."""
    return [figure for count in options.growing(10_000, quick=500) for figure in _of(options, count)]


def _of(options: Options, count: int) -> list[Figure]:
    size, series = f"{count // 1000}k" if count >= 1000 else str(count), Series()
    with TemporaryDirectory() as folder:
        pages = Path(folder) / "pages"
        Book.write(pages, count)
        for number in range(options.rounds):
            runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
            for way in (WAYS if number % 2 else WAYS[::-1]) * TRIES:
                runs[way].append(_run(options.database, pages, way))
            # The quickest of several: what else the machine does only ever adds, and at times more than is measured.
            bare = min(one["fetched"] for one in runs["without"])
            best = min(runs["with"], key=lambda one: one["fetched"] + one["taken up"])
            kept, index = best["fetched"], best["taken up"]
            series.add(f"{size} speed with figures and index / without", bare / (kept + index))
            series.add(f"{size} speed until the sync ends / without", bare / kept)
            series.add(f"{size} the index takes up", count / index)
            options.tell(f"  round {number + 1}: without {bare:.2f} s, with {kept:.2f} s and {index:.2f} s")
    return [
        series.figure(f"{size} speed with figures and index / without", bound=KEPT, row=16),
        series.figure(f"{size} speed until the sync ends / without", row=16),
        series.figure(f"{size} the index takes up", unit="/s"),
    ]


def _run(*words: object) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.peers.sync_kept", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongResult(done.stderr[-500:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
