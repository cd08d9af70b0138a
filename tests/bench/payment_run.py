"""One payment run over 183 open invoices, where a call takes 100 ms: the product, one call an invoice, one bare call.

The peer asks for each invoice by its number, as is usual; the limit is the one call alone, its answer only read.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import requests
from sqlalchemy import select

from tests.bench.books import books, control
from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.stage import Stage, stage
from tests.support.records import make_connection
from webapp.connectors.yuki.contract import build_message, request_headers
from webapp.domain.payments import BOOKING_MARGIN
from webapp.extensions import clock, db
from webapp.sandbox.yuki.opening import NL_ADMINISTRATION, NL_KEY
from webapp.services import payments
from webapp.services.actors import person
from webapp.services.sending import ask, working
from webapp.store.invoices import Invoice
from webapp.store.runs import Run

INVOICES = 183
LATENCY_MS = 100
PAIRS = 7


def measure(options: Options) -> list[Figure]:
    """Return how much faster a run is than a call an invoice, and how near it comes to one call."""
    series = Series()
    count = options.size(INVOICES, 20)
    with books(daily_limit=100_000) as url, stage(options.database, invoices=count, yuki_nl_url=url) as place:
        connection = _book(place)
        _run(place, connection)  # the session is there, and the books were seen once
        control(url, "mode", {"latency_ms": LATENCY_MS})
        bare = _Bare(url)
        numbers = [f"26-{number:04}" for number in range(1, count + 1)]
        for number in range(options.rounds):
            # One call and one run in turn: a hair lies between them, and each takes a tenth of a second.
            pairs = [(_timed(bare.open_items), _run(place, connection)) for _ in range(PAIRS)]
            limit, product = median(one for one, _ in pairs), median(other for _, other in pairs)
            peer = _timed(lambda: [bare.open_item(one) for one in numbers])
            series.add("peer / product", peer / product)
            series.add("product / one call", median(run / call for call, run in pairs))
            options.tell(
                f"  round {number + 1}: run {product:.3f} s, one call {limit:.3f} s, {count} calls {peer:.1f} s"
            )
        bare.check(count)
    note = f"{count} open invoices, {LATENCY_MS} ms a call"
    return [
        series.figure("peer / product", bound=150 if count == INVOICES else None, row=2, note=note),
        series.figure("product / one call", bound=1.1, most=True, row=2, note=note),
    ]


def _book(place: Stage) -> int:
    """Send all invoices to the sandbox's books, and let the margin go by in which nothing is judged."""
    with place.app.app_context():
        connection = make_connection(place.organisation_id, key=NL_KEY, administration_id=NL_ADMINISTRATION)
        actor = person(place.organisation_id, "Vincent")
        ids = list(db.session.scalars(select(Invoice.id)))
        db.session.remove()
        for run_id in ask(actor, ids):
            while not _ended(run_id):
                working.work(run_id)
        clock.advance(BOOKING_MARGIN + timedelta(minutes=1))
        if set(db.session.scalars(select(Invoice.delivery))) != {"sent"}:
            raise WrongResult("not every invoice was booked")
        db.session.remove()
    return connection


def _ended(run_id: int) -> bool:
    db.session.rollback()
    return db.session.scalar(select(Run.status).where(Run.id == run_id)) not in ("queued", "running")


def _run(place: Stage, connection: int) -> float:
    """Ask for a run, do it, and see that it went well; returns the seconds that asking and doing took."""
    with place.app.app_context():
        began = time.perf_counter()
        (run_id,) = payments.ask(person(place.organisation_id, "Vincent"), connection)
        payments.process(run_id)
        took = time.perf_counter() - began
        run = db.session.get(Run, run_id)
        if run.status != "completed" or run.details["causes"]:
            raise WrongResult(f"the run ended as {run.status} {run.failure} with {run.details}")
        db.session.remove()
    return took


class _Bare:
    """Calls without anything around them, over one connection that stays open."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/ws/Accounting.asmx"
        self.http = requests.Session()
        self.http.trust_env = False
        answer = self._post("Authenticate", accessKey=NL_KEY)
        self.session = answer.partition("<AuthenticateResult>")[2].partition("<")[0]
        self.where = {"sessionID": self.session, "administrationID": NL_ADMINISTRATION}

    def open_items(self) -> str:
        """All open items in one call."""
        more = {"includeBankTransactions": True, "sortOrder": "DateAsc"}
        return self._post("OutstandingDebtorItems", **self.where, **more)

    def open_item(self, number: str) -> str:
        """What is open under one number."""
        return self._post("CheckOutstandingItemAdmin", **self.where, Reference=number)

    def check(self, count: int) -> None:
        """Make sure that both ways tell of every invoice."""
        told = self.open_items()
        if any(f"26-{number:04}" not in told for number in range(1, count + 1)):
            raise WrongResult("an invoice is not among the open items")
        if "26-0001" not in self.open_item("26-0001"):
            raise WrongResult("an invoice is not found by its number")

    def _post(self, operation: str, **parameters: object) -> str:
        body = build_message("Accounting", operation, **parameters)
        answer = self.http.post(self.url, body, headers=request_headers(operation), timeout=30)
        if answer.status_code != 200:
            raise WrongResult(f"{operation}: HTTP {answer.status_code}")
        return answer.text


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
