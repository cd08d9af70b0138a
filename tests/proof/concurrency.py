"""Many at once, with real threads and processes on real databases: one delivery, one call, one booking.

`python -m tests.proof.concurrency` prints the figures for SQLite and PostgreSQL; 1 when one is wrong.
"""

import argparse
import json
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask

from tests.connectors.fake import FakeGateway
from tests.proof.judge import Eye
from tests.proof.stage import Stage, staged
from tests.support.databases import Databases
from tests.support.records import make_connection, make_invoice
from webapp.connectors.ports import Answer, CallWatch, Found, SessionKeeper
from webapp.extensions import db
from webapp.services import accounts, gateways
from webapp.services.actors import person
from webapp.services.sending import SendError, ask, working

PASSWORD = "correct horse battery"


@dataclass
class Line:
    """Books of one file that all processes write to: they take everything that comes, also twice."""

    path: Path
    watch: CallWatch
    sessions: SessionKeeper
    pause: float = 0.02

    def build(self, document: Any) -> bytes:
        """Return the document as sorted JSON."""
        return FakeGateway().build(document)

    def validate(self, payload: bytes) -> tuple[()]:
        """Find nothing."""
        return ()

    def validate_all(self, payloads: Sequence[bytes]) -> list[tuple[()]]:
        return [self.validate(payload) for payload in payloads]

    def send(self, payloads: Sequence[bytes]) -> list[Answer]:
        """Book all, after a pause in which others may run."""
        session = self.sessions.get()
        if session is None:
            self.watch.before("Authenticate")
            self._write("login")
            self.sessions.put("a-session")
        self.watch.before("ProcessSalesInvoices")
        time.sleep(self.pause)
        numbers = [json.loads(payload)["reference"] for payload in payloads]
        self._write("call", *(f"booked {number}" for number in numbers))
        return [Answer(number, "booked") for number in numbers]

    def find(self, reference: str, *, issued_from: date) -> Found | None:
        """Look-ups are not needed where no answer is lost."""
        raise AssertionError("nothing was lost, and something was looked up")

    find_many = find

    def _write(self, *lines: str) -> None:
        with self.path.open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))


@dataclass
class Yard:
    """A stage with an organisation, a connection and books in a file."""

    stage: Stage
    path: Path
    organisation_id: int = 0

    @property
    def app(self) -> Flask:
        """The app of the stage."""
        return self.stage.app

    def counted(self) -> Counter[str]:
        """What the books were told: calls, logins, and each booking by number."""
        return Counter(self.path.read_text().splitlines()) if self.path.exists() else Counter()

    def invoices(self, count: int, *, first: int = 1) -> list[int]:
        """Store so many invoices."""
        with self.app.app_context():
            return [make_invoice(self.organisation_id, f"26-{n:05}") for n in range(first, first + count)]

    def count(self, query: str) -> int:
        """Return one number from the database."""
        eye = Eye(self.stage.url)
        try:
            return int(eye.rows(query)[0][0])
        finally:
            eye.close()


@contextmanager
def yard(stage: Stage) -> Iterator[Yard]:
    """Clear the stage and put an organisation with its books on it."""
    stage.clear()
    path = Path(stage.app.extensions["koppel"].koppel_data) / f"books-{time.monotonic_ns()}.txt"
    made = Yard(stage, path)
    with stage.app.app_context():
        made.organisation_id = accounts.add_organisation("Voorbeeld Groep").id
        make_connection(made.organisation_id)
    kinds = {"make_gateway": lambda *_, watch, sessions, **__: Line(path, watch, sessions)}
    with patch.multiple(gateways, **kinds):
        yield made


def together(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do jobs in threads that start at one moment; returns what they returned or raised."""
    barrier = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def do(position: int) -> None:
        barrier.wait()
        try:
            results[position] = jobs[position]()
        except Exception as error:
            results[position] = error

    threads = [threading.Thread(target=do, args=(position,)) for position in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def run_ids(place: Yard) -> list[int]:
    """Return all runs."""
    eye = Eye(place.stage.url)
    try:
        return [row[0] for row in eye.rows("SELECT id FROM runs ORDER BY id")]
    finally:
        eye.close()


def work_in_processes(place: Yard, runs: Sequence[int], workers: int) -> int:
    """Let every worker do every run, all starting at one moment; returns how many jobs broke off."""
    with place.app.app_context():
        db.session.remove()
        db.engine.dispose()
    context = multiprocessing.get_context("fork")
    barrier, broken = context.Barrier(workers), context.Value("i", 0)
    processes = [context.Process(target=_work, args=(place.app, runs, barrier, broken)) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return broken.value + sum(process.exitcode != 0 for process in processes)


def _work(app: Flask, runs: Sequence[int], barrier: Any, broken: Any) -> None:
    code = 0
    barrier.wait()
    for run_id in runs:
        with app.app_context():
            try:
                working.work(run_id)
            except Exception as error:
                print(f"a job broke off: {error!r}"[:300], file=sys.stderr)
                with broken.get_lock():
                    broken.value += 1
            finally:
                db.session.remove()
    os._exit(code)


def many_clicks(place: Yard, clicks: int = 50) -> tuple[dict[str, int], bool]:
    """One invoice, and so many clicks on its button at one moment, over HTTP requests in threads."""
    (invoice_id,) = place.invoices(1)
    with place.app.app_context():
        organisation = place.organisation_id
        user = accounts.add_user(
            "staff@voorbeeld.example", organisation_id=organisation, role="staff", password=PASSWORD, name="Staff"
        )
        email = user.email
    client = place.app.test_client()
    client.post("/login", data={"email": email, "password": PASSWORD})
    name = place.app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None, "nobody is logged in"

    def click() -> int:
        browser = place.app.test_client()
        browser.set_cookie(name, cookie.value)
        return int(browser.post(f"/invoices/{invoice_id}/send").status_code)

    answers = together([click] * clicks)
    broken = work_in_processes(place, run_ids(place), 4)
    told = place.counted()
    figures = {
        "clicks": clicks,
        "answered": sum(answer == 303 for answer in answers),
        "deliveries": place.count("SELECT COUNT(*) FROM deliveries"),
        "calls": told["call"],
        "bookings": sum(count for line, count in told.items() if line.startswith("booked")),
        "errors": broken + sum(isinstance(answer, Exception) or answer >= 500 for answer in answers),
    }
    good = (figures["deliveries"], figures["calls"], figures["bookings"], figures["errors"]) == (1, 1, 1, 0)
    return figures, good and figures["answered"] == clicks


def two_people(place: Yard, count: int = 500) -> tuple[dict[str, int], bool]:
    """Two people send the same invoices at one moment."""
    ids = place.invoices(count)

    def click(name: str) -> Any:
        with place.app.app_context():
            try:
                return ask(person(place.organisation_id, name), ids)
            except SendError as error:
                return error.code
            finally:
                db.session.remove()

    answers = together([lambda: click("Vincent"), lambda: click("Anke")])
    broken = work_in_processes(place, run_ids(place), 4)
    return _weigh(place, count, broken + sum(isinstance(answer, Exception) for answer in answers), people=2)


def same_work(place: Yard, workers: int = 16, times: int = 1000) -> tuple[dict[str, int], bool]:
    """So many workers are given the same runs, each run by each worker, `times` in all."""
    runs = -(-times // workers)
    with place.app.app_context():
        actor = person(place.organisation_id, "Vincent")
        identities = [ask(actor, place.invoices(2, first=1 + 2 * number))[0] for number in range(runs)]
    broken = work_in_processes(place, identities, workers)
    return _weigh(place, 2 * runs, broken, workers=workers, given=runs * workers)


def _weigh(place: Yard, invoices: int, broken: int, **figures: int) -> tuple[dict[str, int], bool]:
    told = place.counted()
    bookings = {line: count for line, count in told.items() if line.startswith("booked")}
    figures |= {
        "invoices": invoices,
        "deliveries": place.count("SELECT COUNT(*) FROM deliveries"),
        "sent": place.count("SELECT COUNT(*) FROM deliveries WHERE state = 'sent'"),
        "calls": told["call"],
        "logins": told["login"],
        "bookings": sum(bookings.values()),
        "twice": sum(count > 1 for count in bookings.values()),
        "errors": broken,
    }
    once = all(figures[name] == invoices for name in ("deliveries", "sent", "bookings"))
    open_runs = place.count("SELECT COUNT(*) FROM runs WHERE status NOT IN ('completed')")
    return figures, once and not figures["twice"] and not broken and not open_runs


def prove(
    kind: str, *, clicks: int = 50, count: int = 500, times: int = 1000, databases: Databases | None = None
) -> list[tuple[str, dict[str, int], bool]]:
    """Do all three on one kind of database; returns name, figures and whether they are as promised."""
    results = []
    with staged(kind, databases=databases) as stage:
        stories: list[tuple[str, Callable[[Yard], tuple[dict[str, int], bool]]]] = [
            ("clicks on one invoice", lambda place: many_clicks(place, clicks)),
            ("two people, the same", lambda place: two_people(place, count)),
            ("workers, the same work", lambda place: same_work(place, times=times)),
        ]
        for name, story in stories:
            with yard(stage) as place:
                figures, good = story(place)
            results.append((name, figures, good))
    return results


def main() -> None:
    """Print the figures; 1 when one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args()
    wrong = 0
    for kind in ("sqlite", "postgresql") if options.database == "both" else (options.database,):
        started = time.monotonic()
        for name, figures, good in prove(kind):
            words = "  ".join(f"{label} {figure}" for label, figure in figures.items())
            print(f"{kind:10} {name:24} {'ok   ' if good else 'WRONG'}  {words}", flush=True)
            wrong += not good
        print(f"{kind:10} {time.monotonic() - started:.0f} s", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
