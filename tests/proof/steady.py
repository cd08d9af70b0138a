"""Every process of a running Koppel, watched while it reads 100,000 documents again and again: does its memory grow?

`python -m tests.proof.steady --minutes 60 --documents 100000` prints the figures; 1 when one grows. Billingo's sandbox
gives the documents, the reader keeps to Billingo's pace of 300 calls a minute, and a page is opened every three
seconds. A process grows when the median of its last fifth is over 1.1 times, and over 8 MB more than, that of its
second fifth.
"""

import argparse
import http.cookiejar
import json
import re
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from pathlib import Path
from statistics import median

import psutil

from tests.running.house import Up, koppel

PAUSE = 15.0
"""Seconds between two looks at the processes."""

PARTS = ("gunicorn", "worker", "relay", "schedule")
MEGABYTE = 1024 * 1024
GROWN, MORE = 1.1, 8.0
PEOPLE = ("admin@demo.example", "koppel-demo-admin")
PAGES = ("/", "/invoices", "/logs", "/payments", "/invoices?q=voorbeeld")


class Visitor:
    """Somebody who is logged in and opens one page after the other."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/login"))
        if token is None:
            raise AssertionError("the page of the login has no form")
        words = {"csrf_token": token[1], "email": PEOPLE[0], "password": PEOPLE[1]}
        self._open(f"{address}/login", urllib.parse.urlencode(words).encode(), timeout=30).close()

    def get(self, path: str) -> str:
        """Return a page's text; raises for one that is not there."""
        with self._open(self._address + path, timeout=60) as answer:
            return str(answer.read().decode())


def prove(*, minutes: float, documents: int) -> tuple[dict[str, list[float]], int]:
    """Run it so long; returns for each kind of process the megabytes it had at each look, and the documents read."""
    ends_at = time.monotonic() + 60 * minutes
    seen: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="koppel-proof-") as folder:
        up = Up(Path(folder)).get_ready()
        try:
            _ask(up.ports[2], "/_sandbox/reset", {"documents": documents, "items": 2 * documents})
            reading = _Reading(Path(folder), ends_at)
            visitor = Visitor(f"http://127.0.0.1:{up.ports[0]}")
            while time.monotonic() < ends_at:
                for page in PAGES:
                    visitor.get(page)
                    time.sleep(PAUSE / len(PAGES))
                _look(up, seen)
            return dict(seen), reading.stop()
        finally:
            up.stop()


class _Reading(threading.Thread):
    """Reads everything, again and again."""

    def __init__(self, data: Path, ends_at: float) -> None:
        super().__init__(daemon=True)
        self._data, self._ends_at = data, ends_at
        connections = json.loads(koppel(data, "connection", "list", "--json").stdout)
        self._connection = next(str(one["id"]) for one in connections if one["provider"] == "billingo")
        self.start()

    def run(self) -> None:
        """Ask for a reading, and for the next one when it has ended."""
        while time.monotonic() < self._ends_at:
            koppel(self._data, "fetch", "--connection", self._connection, "--full", "--wait", "30")

    def stop(self) -> int:
        """Return how many documents its runs have read so far."""
        self.join(120)
        runs = json.loads(koppel(self._data, "runs", "list", "--limit", "1000", "--json").stdout)
        return sum(run["offered"] for run in runs if run["category"] == "fetch_invoices")


def _ask(port: int, path: str, body: dict[str, object]) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=120):
        pass


def _look(up: Up, seen: dict[str, list[float]]) -> None:
    had: dict[str, list[float]] = defaultdict(list)
    for process in up.family():
        try:
            line = " ".join(process.cmdline())
            part = next((one for one in PARTS if one in line), None)
            if part:
                kind = "a job of a worker" if part == "worker" and _is_horse(process) else part
                had[kind].append(process.memory_info().rss / MEGABYTE)
        except psutil.NoSuchProcess:
            continue
    for kind, values in had.items():
        seen[kind].append(max(values))


def _is_horse(process: psutil.Process) -> bool:
    parent = process.parent()
    return parent is not None and "worker" in " ".join(parent.cmdline())


def judged(values: list[float]) -> tuple[float, float, bool]:
    """Return the medians of the second and the last fifth, and whether the memory stayed flat."""
    part = max(1, len(values) // 5)
    early, late = median(values[part : 2 * part] or values), median(values[-part:])
    return early, late, late <= max(early * GROWN, early + MORE)


def main() -> int:
    """Print what was seen; returns the exit code."""
    parser = argparse.ArgumentParser("python -m tests.proof.steady", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--documents", type=int, default=100_000)
    chosen = parser.parse_args()
    seen, read = prove(minutes=chosen.minutes, documents=chosen.documents)
    print(f"{chosen.minutes:g} minutes, {read:,} documents read")
    flat = True
    for kind, values in sorted(seen.items()):
        early, late, ok = judged(values)
        flat = flat and ok
        peak = f"peak {max(values):.0f} MB, {len(values)} looks"
        print(f"{kind}: {early:.1f} MB in the second fifth, {late:.1f} MB in the last, {peak}{'' if ok else ': GREW'}")
    return 0 if flat and {"gunicorn", "worker", "relay", "schedule"} <= seen.keys() else 1


if __name__ == "__main__":
    sys.exit(main())
