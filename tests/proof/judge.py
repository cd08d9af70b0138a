"""The judge: compares what the database says with what the books have, after every commit and at the end.

It reads by SQL of its own, so that a mistake of the product's queries cannot hide in it.
"""

import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.proof.books import Books

LIVE = {"queued", "sending", "unknown", "sent"}
SAYS_NO = {"rejected", "cancelled"}
"""States of a delivery that say: this is not in the books."""

LAST_WORD = {
    "sent": {"yuki.invoice_processed", "yuki.draft_ready", "yuki.found"},
    "rejected": {"yuki.rejected"},
    "conflict": {"yuki.conflict"},
    "cancelled": {"yuki.cancelled"},
    "unknown": {"yuki.unknown"},
}


class Violation(BaseException):
    """A promise was broken; the first argument names which. Nothing may catch it but a proof."""


class Eye:
    """Reads the database past the product, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._connection: Any
        if url.startswith("sqlite"):
            self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        else:
            self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def rows(self, query: str) -> list[Any]:
        """Return the rows of a query without parameters."""
        return list(self._connection.execute(query).fetchall())

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def as_moment(found: Any) -> datetime | None:
    """Return a moment as a database gives it past the product: text in UTC, or a moment."""
    if found is None:
        return None
    moment = found if isinstance(found, datetime) else datetime.fromisoformat(found)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass
class Tally:
    """What a proof counts; zero is what is promised of the last four."""

    seeds: int = 0
    sends: int = 0
    bookings: int = 0
    payments: int = 0
    jobs: int = 0
    kills: int = 0
    overlaps: int = 0
    faults: int = 0
    lost: int = 0
    duplicate: int = 0
    stuck: int = 0
    unknown: int = 0
    untrue: int = 0
    other: int = 0

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Judge:
    """Watches one world; `faults` by number: invoices that the product itself must refuse."""

    eye: Eye
    books: dict[int, Books]
    numbers: dict[int, str] = field(default_factory=dict)
    flawed: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    _hashes: dict[int, str] = field(default_factory=dict)
    _sent: set[int] = field(default_factory=set)
    _received: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def sends(self) -> int:
        """How many deliveries there were."""
        return len(self._hashes)

    def after_commit(self) -> None:
        """Check what has to be true at every moment; raises Violation."""
        rows = self.eye.rows(
            "SELECT id, invoice_id, connection_id, state, payload_hash, look_up_first FROM deliveries ORDER BY id"
        )
        latest: dict[int, Any] = {}
        live: Counter[int] = Counter()
        for row in rows:
            identity, invoice_id, _connection, state, digest, _ = row
            latest[invoice_id] = row
            live[invoice_id] += state in LIVE
            if state == "sent":
                self._sent.add(identity)
            elif identity in self._sent:
                raise Violation("untrue", f"delivery {identity} was sent and is {state} now")
            if digest and self._hashes.setdefault(identity, digest) != digest:
                raise Violation("bytes", f"the bytes of delivery {identity} changed")
        self._check_live(live)
        for invoice_id, (_, _, connection_id, state, _, _) in latest.items():
            self._check_truth(self.numbers[invoice_id], state, self.books[connection_id].booked)
        self._check_received()

    def _check_live(self, live: Counter[int]) -> None:
        for invoice_id, count in live.items():
            if count > 1:
                raise Violation("live", f"{self.numbers[invoice_id]} has {count} live deliveries")

    def _check_truth(self, number: str, state: str, booked: Counter[str]) -> None:
        times = booked[number]
        if times > 1:
            raise Violation("duplicate", f"{number} is in the books {times} times")
        if times and (state in SAYS_NO or (state == "conflict" and number not in self.foreign)):
            raise Violation("untrue", f"{number} is in the books and called {state}")
        if not times and state == "sent":
            raise Violation("lost", f"{number} is called sent and is not in the books")

    def _check_received(self) -> None:
        """Every byte that arrived over there was fixed here before."""
        known = set(self._hashes.values())
        for connection_id, books in self.books.items():
            fresh = books.received[self._received[connection_id] :]
            self._received[connection_id] = len(books.received)
            for number, digest in fresh:
                if digest not in known:
                    raise Violation("bytes", f"{number} left with bytes that were not fixed")

    def check_rest(self) -> None:
        """Check what has to add up whenever nobody works; raises Violation."""
        self.after_commit()
        self._check_counters()
        self._check_histories()
        self._check_axes()
        self._check_payments()

    def _check_counters(self) -> None:
        items: dict[int, Counter[str]] = defaultdict(Counter)
        for run_id, outcome, count in self.eye.rows("SELECT run_id, outcome, COUNT(*) FROM run_items GROUP BY 1, 2"):
            items[run_id][outcome] = count
        runs = self.eye.rows(
            "SELECT id, category, status, offered, succeeded, failed, skipped, unknown FROM runs ORDER BY id"
        )
        for run_id, category, status, offered, *counted in runs:
            found = items[run_id]
            if category == "send_invoices":
                expected = [found[name] for name in ("succeeded", "failed", "skipped", "unknown")]
                if expected != counted or offered != found.total():
                    raise Violation("counters", f"run {run_id}: {counted} of {offered} and items {dict(found)}")
            ended = status in {"completed", "partial", "failed", "cancelled"}
            if ended and found["pending"]:
                raise Violation("stuck", f"run {run_id} is {status} with {found['pending']} pending")

    def _check_histories(self) -> None:
        """The last word of an invoice's history is its state; every delivery was told when it was queued."""
        queued: Counter[int] = Counter()
        last: dict[int, str] = {}
        for invoice_id, event in self.eye.rows(
            "SELECT invoice_id, event FROM invoice_events WHERE event LIKE 'yuki.%' ORDER BY id"
        ):
            queued[invoice_id] += event == "yuki.queued"
            last[invoice_id] = event
        counted: Counter[int] = Counter()
        state: dict[int, str] = {}
        failures: dict[int, str] = {}
        for invoice_id, found, failure in self.eye.rows(
            "SELECT invoice_id, state, failure FROM deliveries ORDER BY id"
        ):
            counted[invoice_id] += 1
            state[invoice_id], failures[invoice_id] = found, failure
        for invoice_id, number in counted.items():
            if queued[invoice_id] != number:
                raise Violation(
                    "history", f"{self.numbers[invoice_id]}: {number} deliveries, {queued[invoice_id]} told"
                )
            wanted = LAST_WORD.get(state[invoice_id])
            looked_at = state[invoice_id] == "unknown" and failures[invoice_id] == "duplicate"
            if wanted and not looked_at and last[invoice_id] not in wanted:
                said = f"{self.numbers[invoice_id]} is {state[invoice_id]}, its history ends with {last[invoice_id]}"
                raise Violation("history", said)

    def _check_axes(self) -> None:
        query = """SELECT i.id, i.delivery, d.state FROM invoices i JOIN deliveries d ON d.invoice_id = i.id
            WHERE d.id = (SELECT MAX(e.id) FROM deliveries e WHERE e.invoice_id = i.id)"""
        for invoice_id, shown, state in self.eye.rows(query):
            if shown != {"cancelled": "not_sent"}.get(state, state):
                raise Violation("untrue", f"{self.numbers[invoice_id]} shows {shown}, its delivery is {state}")

    def _check_payments(self) -> None:
        query = """SELECT i.id, i.gross_total, i.paid_amount, i.outstanding_amount,
            COALESCE((SELECT SUM(a.amount) FROM allocations a WHERE a.invoice_id = i.id), 0) FROM invoices i"""
        for invoice_id, total, paid, open_amount, allocated in self.eye.rows(query):
            if paid != allocated or open_amount != max(total - paid, 0):
                raise Violation("payments", f"{self.numbers[invoice_id]}: {paid} paid, {allocated} allocated")
        over = self.eye.rows(
            """SELECT p.id FROM payments p JOIN allocations a ON a.payment_id = p.id
            GROUP BY p.id, p.amount HAVING ABS(SUM(a.amount)) > ABS(p.amount)"""
        )
        if over:
            raise Violation("payments", f"payment {over[0][0]} is allocated for more than it is")

    def check_end(self) -> int:
        """Check that everything is final and true when all faults have stopped; returns the unknown drafts."""
        self.check_rest()
        unknown = 0
        query = """SELECT d.invoice_id, d.connection_id, d.state, d.draft, d.failure FROM deliveries d
            WHERE d.id = (SELECT MAX(e.id) FROM deliveries e WHERE e.invoice_id = d.invoice_id)"""
        for invoice_id, connection_id, state, draft, failure in self.eye.rows(query):
            number, books = self.numbers[invoice_id], self.books[connection_id]
            if state in {"queued", "sending"} or (state == "unknown" and not draft):
                raise Violation("stuck", f"{number} is still {state} ({failure})")
            unknown += state == "unknown"
            if state == "rejected" and number not in books.refused and number not in self.flawed:
                raise Violation("untrue", f"{number} is called rejected and nobody refused it ({failure})")
            if state == "conflict" and number not in self.foreign:
                raise Violation("untrue", f"{number} is called a conflict and its number is nobody else's")
        open_runs = self.eye.rows("SELECT id, status, failure FROM runs WHERE status IN ('queued', 'running')")
        if open_runs:
            raise Violation("stuck", f"runs are still open: {open_runs}")
        self._check_notices()
        return unknown

    def _check_notices(self) -> None:
        """The notices that count invoices count what there is, no more and no less."""
        counted: Counter[tuple[int, str]] = Counter()
        query = """SELECT d.connection_id, d.failure FROM deliveries d
            WHERE d.state IN ('rejected', 'conflict', 'unknown')
            AND d.id = (SELECT MAX(e.id) FROM deliveries e WHERE e.invoice_id = d.invoice_id)"""
        for connection_id, failure in self.eye.rows(query):
            counted[connection_id, failure] += 1
        query = """SELECT connection_id, failure, count FROM notifications
            WHERE closed_at IS NULL AND cause LIKE 'invoices:%'"""
        shown = {(connection_id, failure): count for connection_id, failure, count in self.eye.rows(query)}
        if shown != dict(counted):
            raise Violation("notices", f"notices show {shown}, there are {dict(counted)}")

    def check_books(self, connection_id: int, never_open: set[str]) -> None:
        """Check after a last payment run that what is open here is what is open over there."""
        query = f"""SELECT i.number, i.gross_total - i.paid_amount FROM invoices i JOIN deliveries d
            ON d.invoice_id = i.id WHERE d.state = 'sent' AND d.connection_id = {connection_id}"""
        there = {one.reference: one.open_amount for one in self.books[connection_id].core.ledger}
        for number, open_here in self.eye.rows(query):
            if number in there and number not in never_open and open_here != there[number].scaleb(4):
                raise Violation("payments", f"{number}: {open_here} open here, {there[number]} over there")
