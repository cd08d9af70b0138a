"""Many documents of Yuki read for the first time, from the sandbox over HTTP to rows, and once more with nothing new.

Nobody else reads books like this, so there is no peer: all of it has to come in, each once, and the second reading has
to write nothing and to cost one call a list. The sandbox is a process of its own, and most of the seconds are its.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.bench.books import PATIENCE, books, control
from tests.bench.figures import Figure, Options, Series, WrongResult
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION

PAID = 90
"""Percent of the documents that are paid: the others are open items."""

MINUTES = 60
"""How far apart the documents came: 50,000 of each kind within six years."""

PER_PAGE = 1000
LISTS = ("ModifiedDocumentsInFolder", "OutstandingDebtorItems", "OutstandingCreditorItems")
FOLDERS = 2


def measure(options: Options) -> list[Figure]:
    """Return the seconds, the memory and the calls, once for each number of documents."""
    found: list[Figure] = []
    for count in options.growing(10_000, quick=300):
        series = Series()
        with _stocked(count) as (url, documents, opened):
            took = _run(options.database, url)
        _check(took, documents, opened)
        first, again = took["first run"]["calls"], took["second run"]["calls"]
        size = f"{count // 1000}k" if count >= 1000 else str(count)
        series.add(f"{size} first reading", count / took["first"])
        series.add(f"{size} second reading", took["again"])
        series.add(f"{size} memory above the start", took["kilobytes"] / 1024)
        series.add(f"{size} calls of the second reading for its lists", sum(again[name] for name in LISTS))
        options.tell(f"  {count:,}: {took['first']:.0f} s with {first}, then {took['again']:.1f} s with {again}")
        found += [
            series.figure(
                f"{size} first reading", unit="/s", note=f"{PER_PAGE} documents a call, {opened:,} open items"
            ),
            series.figure(f"{size} second reading", unit="s", note="0 documents written"),
            series.figure(f"{size} memory above the start", unit="MB"),
            series.figure(
                f"{size} calls of the second reading for its lists", unit="", bound=float(2 * FOLDERS), most=True
            ),
        ]
    return found


def _check(took: dict[str, Any], count: int, opened: int) -> None:
    first, second = took["first run"], took["second run"]
    rows = (took["invoices"], took["remote_documents"], took["set_aside"], took["open"])
    if rows != (count, count, 0, opened) or first["created"] != count or first["status"] != "completed":
        raise WrongResult(f"{rows} rows of {count:,} and {opened:,} open: {first}")
    if second["status"] != "completed" or second["created"] or second["updated"]:
        raise WrongResult(f"the second reading wrote: {second}")


@contextmanager
def _stocked(count: int) -> Iterator[tuple[str, int, int]]:
    """Serve books with as many documents and a few of their own; yields their address, how many, and how many open."""
    with books() as url:
        half = count // FOLDERS
        control(url, "stock", {"purchases": half, "sales": count - half, "paid": PAID, "minutes": MINUTES})
        with requests.Session() as http:
            http.trust_env = False
            ledger = http.get(f"{url}/_sandbox/ledger", timeout=PATIENCE).json()
        mine = {one["id"] for one in ledger["documents"] if one["administration_id"] == NL_ADMINISTRATION}
        opened = [one for one in ledger["bookings"] if one["document"] in mine and float(one["open"]) != 0]
        yield url, len(mine), len(opened)


def _run(database: str, url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.peers.read_books", database, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongResult(done.stderr[-800:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
