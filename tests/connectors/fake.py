"""A set of books in memory that implements LedgerGateway: for tests of what stands above the connectors.

It keeps a ledger and answers by it; trouble is scripted with `trouble`. Its bytes are its own: nothing of
Yuki's format is in here.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from itertools import chain
from typing import TypeVar

from webapp.connectors.ports import (
    AccountEntry,
    Administration,
    Answer,
    CheckReport,
    CheckStep,
    ConnectorError,
    ContactCard,
    Finding,
    Found,
    OpenItem,
    OpenItems,
)
from webapp.domain.documents import NEVER_OUTSTANDING, DocumentLine, SalesDocument
from webapp.domain.failures import Failure

T = TypeVar("T")
STOPS_AFTER = 6
_CENT = Decimal("0.01")


@dataclass
class Booking:
    """One invoice in the fake's books."""

    reference: str
    amount: Decimal
    open_amount: Decimal
    contact_name: str
    contact_code: str
    issue_date: date
    due_date: date | None
    payment_method: str


class Listed(OpenItems):
    """An answer of the books; an item is known by all that it says. `read` are those that were not known."""

    def __init__(self, items: Iterable[OpenItem]) -> None:
        self._items = items
        self.read: list[str] = []

    def __iter__(self) -> Iterator[OpenItem]:
        return iter(self._items)  # without marks, so that a test may change one

    def since(self, known: Mapping[int, T]) -> Iterator[OpenItem | T]:
        for item in self._items:
            mark = int.from_bytes(blake2b(repr(item).encode(), digest_size=7).digest())
            if mark in known:
                yield known[mark]
            else:
                self.read.append(item.remote_id)
                yield item._replace(mark=mark)


@dataclass
class FakeGateway:
    """The books; `books_duplicates` makes them take the same number twice, as some do."""

    administration: Administration = field(default_factory=lambda: Administration("a-1", "Voorbeeld B.V.", "d-1", True))
    vat_pairs: frozenset[tuple[int, Decimal]] = frozenset(
        {(1, Decimal(21)), (2, Decimal(9)), (0, Decimal(0)), (17, Decimal(0))}
    )
    books_duplicates: bool = False
    ledger: list[Booking] = field(default_factory=list)
    drafts: list[bytes] = field(default_factory=list)
    receipts: list[OpenItem] = field(default_factory=list)
    entries: list[AccountEntry] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    _troubles: dict[str, list[tuple[ConnectorError, bool]]] = field(default_factory=lambda: defaultdict(list))

    def trouble(self, operation: str, error: ConnectorError, *, after: bool = False) -> None:
        """Let the next call of `operation` (`send`, `find`, …) raise, before or after its work is done."""
        self._troubles[operation].append((error, after))

    def pay(self, reference: str, amount: Decimal) -> None:
        """Settle a part or all of an invoice."""
        booking = next(one for one in self.ledger if one.reference == reference)
        booking.open_amount -= amount

    def check(self) -> CheckReport:
        """Report what the scripted troubles say; all well without them."""
        try:
            self._begin("check")
        except ConnectorError as error:
            failed = CheckStep("session", ok=False, failure=error.failure, detail=error.message)
            rest = ("domain", "administration", "sales", "accounting", "archive")
            return CheckReport((failed, *(CheckStep(name, ok=None) for name in rest)))
        names = ("session", "domain", "administration", "sales", "accounting", "archive")
        steps = tuple(CheckStep(name, ok=True) for name in names)
        return CheckReport(steps, (self.administration,), self.administration, "voorbeeld")

    def build(self, document: SalesDocument) -> bytes:
        """Return the document as sorted JSON."""
        return json.dumps(asdict(document), default=str, sort_keys=True, ensure_ascii=False).encode()

    def validate(self, payload: bytes) -> tuple[Finding, ...]:
        """Find what no set of books would take."""
        data = json.loads(payload)
        if data["process"] and not data["reference"]:
            return (Finding("reference", "an invoice that is booked at once needs its number", Failure.INCOMPLETE),)
        if not data["lines"]:
            return (Finding("lines", "an invoice needs a line"),)
        return ()

    def validate_all(self, payloads: Sequence[bytes]) -> list[tuple[Finding, ...]]:
        """Look at one after the other."""
        return [self.validate(payload) for payload in payloads]

    def send(self, payloads: Sequence[bytes]) -> list[Answer]:
        """Book one after the other, until six were refused."""
        self._begin("send")
        answers: list[Answer] = []
        for payload in payloads:
            answers.append(self._book(payload))
            if sum(answer.outcome in ("refused", "duplicate") for answer in answers) == STOPS_AFTER:
                break
        self._end("send")
        return answers

    def find(self, reference: str, *, issued_from: date) -> Found | None:
        """Look into the ledger: what is open, then what is not."""
        self._begin("find")
        self._end("find")
        return self._look(reference)

    def find_many(self, references: Sequence[str], *, issued_from: date) -> dict[str, Found]:
        """Look several references up."""
        self._begin("find_many")
        self._end("find_many")
        return {reference: found for reference in references if (found := self._look(reference))}

    def _look(self, reference: str) -> Found | None:
        for where in ("open_items", "archive"):
            for one in self.ledger:
                if one.reference == reference and (one.open_amount != 0) is (where == "open_items"):
                    code = one.contact_code if where == "open_items" else ""
                    return Found(reference, where, one.amount, one.contact_name, code, one.issue_date, reference)
        return None

    def open_items(self) -> Iterable[OpenItem]:
        """Return what is not settled, one by one."""
        self._begin("open_items")
        unmatched = [one for one in self.receipts if one.open_amount != 0]
        return Listed(chain((_open_item(one) for one in list(self.ledger) if one.open_amount != 0), unmatched))

    def find_contact(self, *, code: str, name: str) -> ContactCard | None:
        """Look for the card among those that invoices were booked on."""
        self._begin("find_contact")
        self._end("find_contact")
        for by, found in (
            ("code", lambda one: code and one.contact_code == code),
            ("name", lambda one: one.contact_name == name),
        ):
            for one in self.ledger:
                if found(one):
                    known = by if by == "code" or one.contact_code in ("", code) else "namesake"
                    return ContactCard(
                        one.contact_code or one.contact_name, known, one.contact_code, one.contact_name, {}
                    )
        return None

    def account_entries(self, account: str, *, since: date, until: date) -> list[AccountEntry]:
        """Return what the test put on the debtor account."""
        self._begin("account_entries")
        return [one for one in self.entries if since <= one.day <= until]

    def _begin(self, operation: str) -> None:
        self.calls.append(operation)
        self._raise(operation, after=False)

    def _end(self, operation: str) -> None:
        self._raise(operation, after=True)

    def _raise(self, operation: str, *, after: bool) -> None:
        troubles = self._troubles[operation]
        if troubles and troubles[0][1] is after:
            raise troubles.pop(0)[0]

    def _book(self, payload: bytes) -> Answer:
        data = json.loads(payload)
        contact, reference = data["contact"], data["reference"] or ""
        named = {"reference": reference, "subject": data["subject"] or "", "contact": contact["full_name"]}
        for line in data["lines"]:
            pair = (line["product"]["vat_type"], Decimal(line["product"]["vat_percentage"] or 0))
            if pair not in self.vat_pairs:
                return Answer(outcome="refused", failure=Failure.VAT, remote_text="No such VAT code", **named)
        if not data["process"]:
            self.drafts.append(payload)
            return Answer(outcome="draft", **named)
        if not self.books_duplicates and any(one.reference == reference for one in self.ledger):
            text = f"An invoice with number {reference} already exists"
            return Answer(outcome="duplicate", failure=Failure.DUPLICATE, remote_text=text, **named)
        amount = sum((_gross(line) for line in data["lines"]), Decimal(0))
        method = data["payment_method"] or "ElectronicTransfer"
        self.ledger.append(
            Booking(
                reference=reference,
                amount=amount,
                open_amount=Decimal(0) if method in NEVER_OUTSTANDING else amount,
                contact_name=contact["full_name"],
                contact_code=contact["code"] or "",
                issue_date=date.fromisoformat(data["issue_date"]),
                due_date=date.fromisoformat(data["due_date"]) if data["due_date"] else None,
                payment_method=method,
            )
        )
        return Answer(outcome="booked", **named)


def _gross(line: dict[str, object]) -> Decimal:
    product = line["product"]
    assert isinstance(product, dict)
    net = Decimal(str(line["quantity"])) * Decimal(product["sales_price"] or 0)
    factor = 1 if product["vat_included"] else 1 + Decimal(product["vat_percentage"] or 0) / 100
    return (net * factor).quantize(_CENT, ROUND_HALF_UP)


def gross_amount(lines: Iterable[DocumentLine]) -> Decimal:
    """Return what these lines come to, VAT included, rounded per line."""
    return sum((_gross(asdict(line)) for line in lines), Decimal(0))


def _open_item(one: Booking) -> OpenItem:
    return OpenItem(
        remote_id=f"item-{one.reference}",
        reference=one.reference,
        issue_date=one.issue_date,
        due_date=one.due_date,
        description=f"Invoice {one.reference}",
        contact_name=one.contact_name,
        contact_code=one.contact_code,
        open_amount=one.open_amount,
        original_amount=one.amount,
        type_id="6",
        document_id=f"document-{one.reference}",
        payment_method=one.payment_method,
    )
