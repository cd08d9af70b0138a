"""What every connector offers and needs: the ports, and errors that say who must act."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeVar

from webapp.domain.documents import SalesDocument
from webapp.domain.failures import Failure

T = TypeVar("T")


class ConnectorError(Exception):
    """Something went wrong on the way; `failure` is its class, `remote_text` the remote's own words."""

    def __init__(self, failure: Failure, message: str, *, remote_text: str = "") -> None:
        super().__init__(message)
        self.failure = failure
        self.message = message
        self.remote_text = remote_text


class Unavailable(ConnectorError):
    """Nobody has to act: nothing was done over there, we try again later."""

    def __init__(
        self, failure: Failure, message: str, *, remote_text: str = "", retry_after: int | None = None
    ) -> None:
        super().__init__(failure, message, remote_text=remote_text)
        self.retry_after = retry_after


class QuotaExceeded(Unavailable):
    """The day's calls are used up: rest until the remote's midnight; no attempt was burnt."""

    def __init__(self, message: str, *, remote_text: str = "") -> None:
        super().__init__(Failure.QUOTA, message, remote_text=remote_text)


class AccessDenied(ConnectorError):
    """The customer has to act: key, right, administration or region is wrong; nothing was done."""


class Refused(ConnectorError):
    """The customer has to act: the remote refused the whole call; nothing was done. `field` if known."""

    def __init__(self, failure: Failure, message: str, *, remote_text: str = "", field: str = "") -> None:
        super().__init__(failure, message, remote_text=remote_text)
        self.field = field


class NotUnderstood(ConnectorError):
    """We have to act: an answer to a read that cannot be read (HTML, cut, DOCTYPE, too large)."""

    def __init__(self, message: str, *, remote_text: str = "") -> None:
        super().__init__(Failure.NOT_UNDERSTOOD, message, remote_text=remote_text)


class OutcomeUnknown(ConnectorError):
    """Nobody has to act yet: a write left the house and no proof came back; it is looked up."""

    def __init__(self, message: str, *, remote_text: str = "") -> None:
        super().__init__(Failure.UNKNOWN_OUTCOME, message, remote_text=remote_text)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, redacted: no key, no session id; bodies cut at a stated length."""

    operation: str
    started_at: datetime
    duration_ms: int
    http_status: int | None
    request: str
    response: str
    request_bytes: int
    response_bytes: int
    error: str = ""


class CallWatch(Protocol):
    """What a gateway reports its calls to: the budget before, the log after."""

    def before(self, operation: str) -> None:
        """Count a call that is about to leave; raises Unavailable or QuotaExceeded if it must not."""

    def after(self, exchange: Exchange) -> None:
        """Keep what was said."""


class SessionKeeper(Protocol):
    """Where the one remote session of a connection is shared between processes."""

    def get(self) -> str | None:
        """Return a session that is still good, or None."""

    def put(self, session: str) -> None:
        """Keep a fresh session."""

    def drop(self, session: str) -> None:
        """Forget this session (only if it is still the kept one)."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one administration: base address, secret key, administration id, and its domain where known."""

    base_url: str
    key: str
    administration_id: str
    timeout: float = 60.0
    domain_id: str = ""

    def __repr__(self) -> str:
        return f"Access({self.base_url!r}, key=…, administration_id={self.administration_id!r})"


@dataclass(frozen=True, slots=True)
class Administration:
    """One set of books that the key can see."""

    id: str
    name: str
    domain_id: str
    active: bool
    country: str = ""
    coc_number: str = ""
    vat_number: str = ""


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of a connection test: `session`, `domain`, `administration`, `sales`, `accounting`, `archive`.

    `ok` is None for a step that could not be tried because an earlier one failed.
    """

    name: str
    ok: bool | None
    failure: Failure | None = None
    detail: str = ""
    remote_text: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a test of a connection found; never raises for what the remote says."""

    steps: tuple[CheckStep, ...]
    administrations: tuple[Administration, ...] = ()
    administration: Administration | None = None
    domain_name: str = ""

    @property
    def ok(self) -> bool:
        """Whether every step went well."""
        return all(step.ok for step in self.steps)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a document, before it is sent: field path in our words, vendor text."""

    field: str
    text: str
    failure: Failure = Failure.SCHEMA


@dataclass(frozen=True, slots=True)
class Answer:
    """The remote's word on one invoice of a batch.

    `outcome`: `booked` (accepted and in the books), `draft` (accepted, waits over there),
    `duplicate` (refused: the number is in use), `refused`.
    """

    reference: str
    outcome: str
    failure: Failure | None = None
    remote_text: str = ""
    subject: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class VatCode:
    """One VAT code of an administration, with the days between which it holds."""

    type: int
    percentage: Decimal
    description: str
    country: str
    since: date | None = None
    until: date | None = None


class OpenItem(NamedTuple):
    """An item that is not fully settled in the remote's books.

    `mark` stands for the bytes that told it: in every answer the same ones tell the same. None where there is no such.
    """

    remote_id: str
    reference: str
    issue_date: date | None
    due_date: date | None
    description: str
    contact_name: str
    contact_code: str
    open_amount: Decimal
    original_amount: Decimal
    type_id: str
    document_id: str
    payment_method: str
    payment_reference: str = ""
    mark: int | None = None


class OpenItems(Iterable[OpenItem]):
    """An answer whose items are read as they are asked for; NotUnderstood is raised there when it is broken."""

    def since(self, known: Mapping[int, T]) -> Iterator[OpenItem | T]:
        """Yield the items in their order; in place of one whose mark is known, what is known by it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """What was posted on a ledger account, debit positive; `of_invoice`: it is the invoice's own entry."""

    remote_id: str
    day: date
    amount: Decimal
    description: str
    reference: str
    contact_code: str
    of_invoice: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up by reference found: `where` is `open_items` or `archive`."""

    reference: str
    where: str
    amount: Decimal | None
    contact_name: str
    contact_code: str
    issue_date: date | None
    remote_id: str


@dataclass(frozen=True, slots=True)
class ContactCard:
    """A contact as the remote's address book has it.

    `fields` are by our words (`city`, `vat_number`), "" where the card is blank; what the remote did not tell is
    missing. `by` says how it was found: `code`, or `name`, or `namesake` for one of that name with another code.
    """

    remote_id: str
    by: str
    code: str
    name: str
    fields: Mapping[str, str]


class LedgerGateway(Protocol):
    """A set of books that takes sales invoices and tells what is open."""

    def check(self) -> CheckReport:
        """Test session, domain, administration and rights, as far as they can be seen."""

    def build(self, document: SalesDocument) -> bytes:
        """Return the bytes of one invoice; pure and byte-stable."""

    def validate(self, payload: bytes) -> tuple[Finding, ...]:
        """Check one invoice's bytes against the vendor's schema; empty when it is fine. Pure."""

    def validate_all(self, payloads: Sequence[bytes]) -> list[tuple[Finding, ...]]:
        """Check many invoices' bytes, each as `validate` does, in their order. Pure."""

    def send(self, payloads: Sequence[bytes]) -> list[Answer]:
        """Send a batch in one call.

        Returns the answers in the remote's order; an invoice that is missing from them was not
        processed or not mentioned. Raises OutcomeUnknown when something may have been booked;
        any other ConnectorError means that nothing was.
        """

    def find(self, reference: str, *, issued_from: date) -> Found | None:
        """Look an invoice up by its reference: open items first, then the archive.

        None means that it is proved absent from both. Raises ConnectorError when it cannot be told.
        """

    def find_many(self, references: Sequence[str], *, issued_from: date) -> dict[str, Found]:
        """Look several invoices up by reference in as few calls as possible; one that is missing is proved absent.

        Raises ConnectorError when it cannot be told of all of them.
        """

    def open_items(self) -> Iterable[OpenItem]:
        """Return all open debtor items of the administration, in one call, read as a stream.

        It is an OpenItems where the remote's answer can be told item by item before it is read.
        """

    def find_contact(self, *, code: str, name: str) -> ContactCard | None:
        """Return the card that an invoice to this contact would be booked on; None when it would make a new one.

        One call where there is a code that is found, two where not; more only for a name that very many have.
        """

    def account_entries(self, account: str, *, since: date, until: date) -> list[AccountEntry]:
        """Return what was posted on a ledger account between two days, both included, in one call."""

    def vat_codes(self) -> list[VatCode]:
        """Return the VAT codes that are active in the administration, in one call."""

    def accounts(self) -> list[tuple[str, str]]:
        """Return code and description of the ledger accounts that are in use, in one call."""
