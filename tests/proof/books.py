"""Books on a virtual clock that misbehave by plan: the judge of the proofs, and the gateway to them.

The books keep their own ledger, meter, sessions and time; nothing in here asks the product anything.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.connectors.fake import Booking, FakeGateway
from webapp.connectors.ports import (
    AccessDenied,
    AccountEntry,
    Answer,
    CallWatch,
    Exchange,
    Finding,
    Found,
    NotUnderstood,
    OpenItem,
    OutcomeUnknown,
    QuotaExceeded,
    Refused,
    SessionKeeper,
    Unavailable,
)
from webapp.domain.documents import SalesDocument
from webapp.domain.failures import Failure

STOPS_AFTER = 6
SEND, FIND, OPEN, LOGIN = "ProcessSalesInvoices", "CheckOutstandingItemAdmin", "OutstandingDebtorItems", "Authenticate"
DAYS = "GetTransactionDetails"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
STRANGER = "Iemand Anders"
"""The customer of what others booked."""

POISON = "not valid"
"""Remarks that make the books refuse the whole call in which they stand."""


@dataclass
class Books:
    """One administration over there; times in seconds of the world's true time."""

    start: datetime
    duplicates: bool = False
    limit: int = 1000
    page: int = 100
    now: float = 0.0
    draw: Callable[[str], str] = lambda operation: "ok"
    pass_time: Callable[[float], None] = lambda seconds: None
    interrupted: Callable[[str], None] = lambda moment: None
    after_answer: Callable[[], object] = lambda: None
    core: FakeGateway = field(default_factory=FakeGateway)
    meter: Counter[date] = field(default_factory=Counter)
    refused_calls: Counter[date] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    booked: Counter[str] = field(default_factory=Counter)
    """How often each of our invoices is in the books, drafts included, by its number."""
    by_day: Counter[date] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    received: list[tuple[str, str]] = field(default_factory=list)
    late: list[tuple[float, bytes]] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    key_good: bool = True
    leaving: bool = False
    delay: Callable[[], float] = lambda: 30.0
    part: Callable[[int], int] = lambda count: count // 2
    numbers: Callable[[bytes], str] = lambda payload: str(json.loads(payload)["subject"])

    def __post_init__(self) -> None:
        self.core.books_duplicates = self.duplicates

    @property
    def day(self) -> date:
        """The day on which a call counts over there."""
        return (self.start + timedelta(seconds=self.now)).astimezone(AMSTERDAM).date()

    def move_to(self, now: float) -> None:
        """Let time go by: what was accepted late is booked now."""
        self.now = now
        due = [payload for at, payload in self.late if at <= now]
        self.late = [(at, payload) for at, payload in self.late if at > now]
        for payload in due:
            self.book(payload)

    def book(self, payload: bytes) -> Answer:
        """Process one invoice by the books' own rules."""
        answer = self.core._book(payload)
        number = self.numbers(payload)
        if answer.outcome == "refused":
            self.refused.add(number)
        elif answer.outcome in {"booked", "draft"}:
            self.booked[number] += 1
            self.by_day[self.day] += 1
        return answer

    def count(self, operation: str) -> None:
        """Count a call; raises QuotaExceeded when the day's are used up."""
        self.calls[operation] += 1
        if self.meter[self.day] >= self.limit:
            self.refused_calls[self.day] += 1
            raise QuotaExceeded("used up", remote_text="Daily limit exceeded")
        self.meter[self.day] += 1

    def documents_since(self, since: date) -> int:
        """How many documents were made since a day."""
        return sum(count for day, count in self.by_day.items() if day >= since)

    def put_foreign(self, number: str, amount: Decimal) -> None:
        """Book something of somebody else's under a number."""
        self.core.ledger.append(Booking(number, amount, amount, STRANGER, "", date(2026, 3, 1), None, ""))

    def find(self, reference: str) -> Found | None:
        """Look into the ledger: what is open, then what is not."""
        for where in ("open_items", "archive"):
            for one in self.core.ledger:
                if one.reference == reference and (one.open_amount != 0) is (where == "open_items"):
                    code = one.contact_code if where == "open_items" else ""
                    return Found(reference, where, one.amount, one.contact_name, code, one.issue_date, reference)
        return None

    def items(self) -> list[OpenItem]:
        """Everything that is open."""
        return list(self.core.open_items())


class BooksGateway:
    """Implements LedgerGateway on books, with sessions, a meter and faults as a remote has them."""

    def __init__(self, books: Books, *, watch: CallWatch, sessions: SessionKeeper) -> None:
        self.books = books
        self._watch = watch
        self._sessions = sessions
        self._placed = False

    def build(self, document: SalesDocument) -> bytes:
        """Return the document as sorted JSON."""
        return self.books.core.build(document)

    def validate(self, payload: bytes) -> tuple[Finding, ...]:
        """Find what no set of books would take."""
        return self.books.core.validate(payload)

    def validate_all(self, payloads: Sequence[bytes]) -> list[tuple[Finding, ...]]:
        return [self.validate(payload) for payload in payloads]

    def check(self) -> Any:
        """Not part of the proof."""
        raise NotImplementedError

    def send(self, payloads: Sequence[bytes]) -> list[Answer]:
        """Book a batch, or do what the drawn fault says."""
        return self._call(SEND, lambda fault: self._send(payloads, fault))

    def find(self, reference: str, *, issued_from: date) -> Found | None:
        """Look one invoice up, in two calls."""
        found = self._call(FIND, lambda fault: self._read(fault, lambda: self.books.find(reference)))
        if found is None or found.where == "archive":
            self._read_archive(issued_from, whole=found is None)
        return self.books.find(reference)

    def find_many(self, references: Sequence[str], *, issued_from: date) -> dict[str, Found]:
        """Look several invoices up: one call for what is open, one for each page of the archive."""
        look = lambda: {one: found for one in references if (found := self.books.find(one))}  # noqa: E731
        self._call(OPEN, lambda fault: self._read(fault, lambda: None))
        if any(one.where == "archive" for one in look().values()) or len(look()) < len(references):
            self._read_archive(issued_from, whole=len(look()) < len(references))
        return look()

    def _read_archive(self, since: date, *, whole: bool) -> None:
        """Read the pages of the archive since a day; only an empty one tells that it ends."""
        if not self._placed:
            self._call("Administrations", lambda fault: self._read(fault, lambda: None))
            self._placed = True
        filled = -(-self.books.documents_since(since - timedelta(days=1)) // self.books.page)
        for _ in range(max(filled, 1) + whole):
            self._call("ModifiedDocumentsInFolder", lambda fault: self._read(fault, lambda: None))

    def open_items(self) -> Iterable[OpenItem]:
        """Return what is open; a broken answer breaks while it is read."""

        def read(fault: str) -> tuple[list[OpenItem], bool]:
            return self._read("ok" if fault == "broken" else fault, self.books.items), fault == "broken"

        items, broken = self._call(OPEN, read)
        for position, item in enumerate(items):
            if broken and position == len(items) // 2:
                raise NotUnderstood("cut")
            yield item
        if broken:
            raise NotUnderstood("cut")

    def account_entries(self, account: str, *, since: date, until: date) -> list[AccountEntry]:
        """Return nothing: these books do not tell days, but the call costs and fails as every other."""
        found: list[AccountEntry] = self._call(DAYS, lambda fault: self._read(fault, list))
        return found

    def _call(self, operation: str, do: Callable[[str], Any]) -> Any:
        session = self._sessions.get() or self._log_in()
        fault = self.books.draw(operation)
        if fault == "session":
            self.books.sessions.clear()
        for _ in range(2):
            self.books.leaving = operation == SEND
            self._watch.before(operation)
            try:
                if fault == "unreachable":
                    raise Unavailable(Failure.NETWORK, "no connection")
                self.books.count(operation)
                if session in self.books.sessions:
                    return do(fault)
            finally:
                self.books.leaving = False
                self._report(operation, fault)
            self._sessions.drop(session)
            session = self._sessions.get() or self._log_in()
        raise AccessDenied(Failure.AUTH, "the session is not accepted")

    def _log_in(self) -> str:
        fault = self.books.draw(LOGIN)
        self._watch.before(LOGIN)
        try:
            if fault == "unreachable":
                raise Unavailable(Failure.NETWORK, "no connection")
            self.books.count(LOGIN)
            if not self.books.key_good:
                raise AccessDenied(Failure.AUTH, "Invalid access key", remote_text="Invalid access key")
            session = f"s{self.books.calls[LOGIN]}"
            self.books.sessions.add(session)
        finally:
            self._report(LOGIN, fault)
        self._sessions.put(session)
        return session

    def _report(self, operation: str, fault: str) -> None:
        self._watch.after(
            Exchange(operation, datetime.now(UTC), 1, 200, request="", response="", request_bytes=0, response_bytes=0)
        )

    def _read(self, fault: str, look: Callable[[], Any]) -> Any:
        if fault == "slow":
            self.books.pass_time(20)
        elif fault == "html":
            raise NotUnderstood("HTML")
        elif fault == "down":
            raise Unavailable(Failure.REMOTE, "503")
        elif fault == "odd":
            raise Refused(Failure.SCHEMA, "a read that is refused", remote_text="is not a valid value for")
        return look()

    def _send(self, payloads: Sequence[bytes], fault: str) -> list[Answer]:
        books = self.books
        books.received += [(books.numbers(one), hashlib.sha256(one).hexdigest()) for one in payloads]
        if fault == "slow":
            books.pass_time(50)
        if fault == "lost_before":
            books.pass_time(60)
            raise OutcomeUnknown("no answer in time")
        if fault == "late":
            books.late += [(books.now + books.delay(), payload) for payload in payloads]
            books.pass_time(10)
            raise OutcomeUnknown("no answer in time")
        poisoned = [one for one in payloads if json.loads(one)["remarks"] == POISON]
        if poisoned:
            if len(payloads) == 1:
                books.refused.add(books.numbers(payloads[0]))
            raise Refused(Failure.SCHEMA, "not valid", remote_text="The 'Zipcode' element is invalid")
        books.interrupted("before_booking")
        answers = self._book(payloads, cut=books.part(len(payloads)) if fault in {"cut", "unfinished"} else None)
        books.after_answer()
        books.interrupted("after_booking")
        if fault in {"lost_after", "cut"}:
            raise OutcomeUnknown("the answer was lost")
        if fault == "silent":
            return self._without_mention(answers)
        return answers

    def _book(self, payloads: Sequence[bytes], *, cut: int | None) -> list[Answer]:
        answers: list[Answer] = []
        for payload in payloads[:cut]:
            answers.append(self.books.book(payload))
            if sum(answer.outcome in ("refused", "duplicate") for answer in answers) == STOPS_AFTER:
                break
        return answers

    def _without_mention(self, answers: list[Answer]) -> list[Answer]:
        """Valid XML that leaves out some, or all, of what was processed."""
        kept = answers[: self.books.part(len(answers))]
        if not kept and any(answer.outcome in ("booked", "draft") for answer in answers):
            raise OutcomeUnknown("the answer counts bookings and mentions none")
        return kept
