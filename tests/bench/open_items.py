"""Reads 100,000 open items of Yuki, beside zeep's typed objects and bare expat, each in a process of its own.

All of them, and only what changed since the last time: 1 of 100. What was kept of the last time is no part of the
measure: a payment run has it from the database already, where it reads it while the books are asked.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.peers.open_items import WAYS, write

MANY = 100_000
PAID = 100
"""Each so many items, one has changed since the last time."""


def measure(options: Options) -> list[Figure]:
    """Return how the product's time and memory stand to those of both peers; all read the same items."""
    count = options.growing(MANY, quick=2_000)[0]
    series = Series()
    with tempfile.TemporaryDirectory() as folder:
        path, last = Path(folder) / "items.xml", Path(folder) / "last.xml"
        write(last, count)
        write(path, count, paid=PAID)
        for number in range(options.rounds):
            ways = list(WAYS) if number % 2 else list(WAYS)[::-1]
            took = {way: _read(way, path, last) for way in ways}
            ours, theirs, bare, again = took["product"], took["zeep"], took["bare"], took["again"]
            same = ours["digest"] == theirs["digest"] == again["digest"] and ours["days"] == theirs["days"]
            if {one["count"] for one in took.values()} != {count} or not same:
                raise WrongResult("they did not read the same items")
            if again["anew"] != -(-count // PAID):
                raise WrongResult(f"{again['anew']} items were read anew")
            series.add("zeep's typed objects / product", theirs["seconds"] / ours["seconds"])
            series.add("memory of zeep's / of the product", theirs["kilobytes"] / max(ours["kilobytes"], 1024))
            series.add("product / bare expat", ours["seconds"] / bare["seconds"])
            series.add("zeep's typed objects / what changed", theirs["seconds"] / again["seconds"])
            series.add("what changed / bare expat", again["seconds"] / bare["seconds"])
            series.add("open items read by the product", count / ours["seconds"])
            series.add("memory of the product", ours["kilobytes"] / 1024)
            options.tell(
                f"  round {number + 1}: " + ", ".join(f"{way} {one['seconds']:.2f} s" for way, one in took.items())
            )
    return [
        series.figure("zeep's typed objects / product", bound=8.0, row=8),
        series.figure(
            "memory of zeep's / of the product",
            bound=9.0 if count >= MANY else None,  # of a few, neither keeps enough to be seen
            row=8,
            note="over what the process took before; 1 MB at least",
        ),
        series.figure(
            "product / bare expat", bound=5.0, most=True, row=8, note="expat tells each element, nothing is kept"
        ),
        series.figure("zeep's typed objects / what changed", bound=30.0, row=9, note="1 of 100 since the last time"),
        series.figure("what changed / bare expat", bound=1.3, most=True, row=9),
        series.figure("open items read by the product", unit="/s"),
        series.figure("memory of the product", unit="MB"),
    ]


def _read(way: str, path: Path, last: Path) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.bench.peers.open_items", way, str(path), str(last)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": "0"})
    found: dict[str, Any] = json.loads(done.stdout)
    return found
