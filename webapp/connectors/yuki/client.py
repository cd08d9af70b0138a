"""One function per operation of Yuki's web services; each makes one call and returns the operation's answer.

Every call goes through the watch: the budget before, the redacted exchange after, also when it failed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from lxml import etree

from webapp.connectors.http import Http, Response
from webapp.connectors.ports import (
    Access,
    AccessDenied,
    AccountEntry,
    Administration,
    CallWatch,
    ConnectorError,
    Exchange,
    NotUnderstood,
    OpenItem,
    OpenItems,
    OutcomeUnknown,
    Unavailable,
    VatCode,
)
from webapp.connectors.yuki import answers, plain, wire
from webapp.connectors.yuki.answers import ArchiveDocument, Card, ImportReport
from webapp.connectors.yuki.contract import NIL, build_message, request_headers
from webapp.connectors.yuki.faults import error_for
from webapp.connectors.yuki.redaction import clean, redact
from webapp.domain.failures import Failure

T = TypeVar("T")
Documents = list[ArchiveDocument]

AT_ONCE = 500
"""Rows of a long list that are read before the first of them is handed on."""

SALES_FOLDER = 2
SALES_TAB = 201


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for; records count from 0."""

    start: int = 0
    size: int = 100


class _Listed(OpenItems):
    """A list of open items that came; `read` does one part of the reading, and turns what goes wrong there."""

    def __init__(self, rows: plain.Rows, read: Callable[[Callable[[], list[Any]]], list[Any]]) -> None:
        self._rows = rows
        self._read = read

    def __iter__(self) -> Iterator[OpenItem]:
        return self.since({})

    def since(self, known: Mapping[int, T]) -> Iterator[OpenItem | T]:
        """Yield the items; what is known by its mark is not read again."""
        items = self._rows.since(known, answers.read_open_item)
        while some := self._read(lambda: list(islice(items, AT_ONCE))):
            yield from some


@dataclass(frozen=True, slots=True)
class _Call:
    """One call: service, operation, its parameters, and the session it uses."""

    service: str
    operation: str
    parameters: dict[str, Any] = field(repr=False)
    session: str = field(default="", repr=False)
    write: bool = False


class YukiClient:
    """The operations, for one administration; sessions are given by the caller.

    All methods raise ConnectorError: OutcomeUnknown only for the two that write, SessionExpired
    (an AccessDenied) when the session is not accepted.
    """

    def __init__(self, access: Access, *, http: Http, watch: CallWatch, clock: Callable[[], datetime]) -> None:
        self._access = access
        self._http = http
        self._watch = watch
        self._clock = clock
        base = access.base_url.rstrip("/")
        self._base = base if base.endswith("/ws") else f"{base}/ws"

    def authenticate(self) -> str:
        """`Accounting.Authenticate`: return a session id, good for 24 h on all services."""
        call = _Call("Accounting", "Authenticate", {"accessKey": self._access.key})
        session = self._ask(call, lambda answer: wire.text_of(answer, "AuthenticateResult"))
        # Not documented for a wrong key, but an empty or all-zero id is no session either way.
        if not session.strip("0-{}"):
            raise AccessDenied(Failure.AUTH, "no session was given")
        if len(session) > 200 or wire.NOT_XML_CHARACTERS.search(session) or any(sign.isspace() for sign in session):
            raise NotUnderstood("the answer to Authenticate is not a session id")
        return session

    def domains(self, session: str) -> tuple[tuple[str, str], ...]:
        """`Accounting.Domains`: id and name of all domains that the key can see."""
        return self._ask(_Call("Accounting", "Domains", {"sessionID": session}, session), answers.read_domains)

    def current_domain(self, session: str) -> str:
        """`Accounting.GetCurrentDomain`: the name of the domain the session works on, empty if not given."""
        call = _Call("Accounting", "GetCurrentDomain", {"sessionID": session}, session)
        return next((name for _, name in self._ask(call, answers.read_domains)), "")

    def set_current_domain(self, session: str, domain_id: str) -> None:
        """`Accounting.SetCurrentDomain`: archive reads work on the session's current domain."""
        call = _Call("Accounting", "SetCurrentDomain", {"sessionID": session, "domainID": domain_id}, session)
        self._ask(call, _nothing)

    def administrations(self, session: str) -> tuple[Administration, ...]:
        """`Accounting.Administrations`: all administrations that the key can see."""
        call = _Call("Accounting", "Administrations", {"sessionID": session}, session)
        return self._ask(call, answers.read_administrations)

    def outstanding_debtor_items(self, session: str) -> OpenItems:
        """`Accounting.OutstandingDebtorItems`, with receipts that are not matched yet: the items, as a stream."""
        return self._outstanding("OutstandingDebtorItems", session, with_receipts=True)

    def outstanding_creditor_items(self, session: str) -> OpenItems:
        """`Accounting.OutstandingCreditorItems`: the items of purchase invoices, as a stream."""
        return self._outstanding("OutstandingCreditorItems", session, with_receipts=False)

    def _outstanding(self, operation: str, session: str, *, with_receipts: bool) -> OpenItems:
        parameters = self._administration(session) | {"includeBankTransactions": with_receipts, "sortOrder": "DateAsc"}
        call = _Call("Accounting", operation, parameters, session)
        response = self._send(call)
        rows = self._read(call, response, lambda: plain.read_rows(response.body, operation, answers.OPEN_ITEM))
        return _Listed(rows, partial(self._read, call, response))

    def check_outstanding_item_admin(self, session: str, reference: str) -> list[OpenItem]:
        """`Accounting.CheckOutstandingItemAdmin`: the open items with this reference."""
        parameters = self._administration(session) | {"Reference": reference}
        return self._ask(
            _Call("Accounting", "CheckOutstandingItemAdmin", parameters, session), answers.read_checked_items
        )

    def sales_items(self, session: str) -> None:
        """`Sales.GetSalesItems`: asked only to see whether the key may use Sales at all."""
        self._ask(_Call("Sales", "GetSalesItems", self._administration(session), session), _nothing)

    def process_sales_invoices(self, session: str, document: etree._Element) -> ImportReport:
        """`Sales.ProcessSalesInvoices`: book the invoices of a `<SalesInvoices>`; a write.

        Here the parameters end in a small d; everywhere else it is sessionID.
        """
        parameters = {"sessionId": session, "administrationId": self._access.administration_id, "xmlDoc": document}
        return self._ask(_Call("Sales", "ProcessSalesInvoices", parameters, session, write=True), answers.read_import)

    def documents_in_folder(self, session: str, folder: int, *, pages: Page, since: date, until: date) -> Documents:
        """`Archive.DocumentsInFolder`, newest first."""
        where = {"folderID": folder, **_between(since, until)}
        return self._documents("DocumentsInFolder", session, where, pages)

    def documents_in_tab(self, session: str, tab: int, *, pages: Page, since: date, until: date) -> Documents:
        """`Archive.DocumentsInTab`, newest first; tab 201 holds the sales invoices."""
        return self._documents("DocumentsInTab", session, {"tabID": tab, **_between(since, until)}, pages)

    def modified_documents_in_folder(self, session: str, folder: int, *, pages: Page, since: date) -> Documents:
        """`Archive.ModifiedDocumentsInFolder`, newest first; folder 2 holds all that is about sales."""
        where = {"folderID": folder, "modifiedSince": _midnight(since)}
        return self._documents("ModifiedDocumentsInFolder", session, where, pages)

    def search_documents(self, session: str, text: str, *, pages: Page, since: date, until: date) -> Documents:
        """`Archive.SearchDocuments` by subject in all folders and tabs (-1); one client saw tab ids refused here."""
        where = {"searchOption": "Subject", "searchText": text, "folderID": -1, "tabID": -1, **_between(since, until)}
        return self._documents("SearchDocuments", session, where, pages)

    def _documents(self, operation: str, session: str, where: dict[str, Any], pages: Page) -> Documents:
        # By creation, because that order does not change while the pages are read.
        page = {"sortOrder": "CreatedDesc", "numberOfRecords": pages.size, "startRecord": pages.start}
        call = _Call("Archive", operation, {"sessionID": session, **where, **page}, session)
        return self._ask(call, answers.read_documents)

    def upload_document(self, session: str, **document: Any) -> str:
        """`Archive.UploadDocumentWithData`: file a document, and return its id; a write, so it is never repeated here.

        `document`: fileName, data (bytes), folder, currency, amount, costCategory, paymentMethod, remarks.
        """
        operation = "UploadDocumentWithData"
        call = _Call("Archive", operation, self._administration(session) | document, session, write=True)
        return self._ask(call, lambda answer: wire.text_of(answer, f"{operation}Result"))

    def search_contacts(self, session: str, domain_id: str, *, option: str, value: str, page: int) -> list[Card]:
        """`Contact.SearchContacts`: a page of at most 100 cards that hold a text, in the order of their names.

        `option` is `Code` or `Name`; pages count from 1. Both kinds are asked for, active and not.
        """
        parameters = {
            "sessionID": session, "domainID": domain_id, "searchOption": option, "searchValue": value,
            "sortOrder": "Name", "modifiedAfter": NIL, "active": "Both", "pageNumber": page,
        }  # fmt: skip
        return self._ask(_Call("Contact", "SearchContacts", parameters, session), answers.read_cards)

    def read_archive(
        self, operation: str, session: str, where: dict[str, Any], parse: Callable[[etree._Element], T]
    ) -> T:
        """Make one call of an Archive operation that reads; `where` are its parameters beside the session."""
        return self._ask(_Call("Archive", operation, {"sessionID": session, **where}, session), parse)

    def active_vat_codes(self, session: str) -> list[VatCode]:
        """`Vat.ActiveVATCodesList`: the VAT codes that an invoice may use."""
        call = _Call("Vat", "ActiveVATCodesList", self._administration(session), session)
        return self._ask(call, answers.read_vat_codes)

    def gl_account_scheme(self, session: str) -> list[tuple[str, str]]:
        """`AccountingInfo.GetGLAccountScheme`: code and description of each account that is in use."""
        call = _Call("AccountingInfo", "GetGLAccountScheme", self._administration(session), session)
        return self._ask(call, answers.read_accounts)

    def transaction_details(self, session: str, account: str, *, since: date, until: date) -> list[AccountEntry]:
        """`AccountingInfo.GetTransactionDetails`: what was posted on a ledger account between two days."""
        period = {"StartDate": _midnight(since), "EndDate": _midnight(until)}
        # 0: commercial, the books as people see them.
        parameters = self._administration(session) | {"GLAccountCode": account, **period, "financialMode": 0}
        call = _Call("AccountingInfo", "GetTransactionDetails", parameters, session)
        return self._ask(call, answers.read_account_entries)

    def _administration(self, session: str) -> dict[str, Any]:
        return {"sessionID": session, "administrationID": self._access.administration_id}

    def _ask(self, call: _Call, parse: Callable[[etree._Element], T]) -> T:
        response = self._send(call)
        return self._read(call, response, lambda: parse(wire.open_envelope(response.body, call.operation)))

    def _send(self, call: _Call) -> Response:
        """Make the call and report it; returns an answer of any status."""
        try:
            request = build_message(call.service, call.operation, **call.parameters)
        except ValueError as error:
            raise NotUnderstood(f"the request cannot be written as XML: {type(error).__name__}") from None
        self._watch.before(call.operation)
        started = self._clock()
        response: Response | None = None
        error_text = "interrupted"
        try:
            response = self._http.post(
                f"{self._base}/{call.service}.asmx", request, headers=request_headers(call.operation), write=call.write
            )
            error_text = ""
        except ConnectorError as error:
            error_text = f"{type(error).__name__}: {error.message}"
            raise
        finally:
            self._report(call, request, response, started, error_text)
        return response

    def _report(self, call: _Call, request: bytes, response: Response | None, started: datetime, error: str) -> None:
        secrets = (self._access.key, call.session)
        elapsed = (self._clock() - started).total_seconds() * 1000
        self._watch.after(
            Exchange(
                operation=call.operation,
                started_at=started,
                duration_ms=response.duration_ms if response else round(elapsed),
                http_status=response.status if response else None,
                request=redact(request, secrets),
                response=redact(response.body, secrets) if response else "",
                request_bytes=len(request),
                response_bytes=len(response.body) if response else 0,
                error=error,
            )
        )

    def _read(self, call: _Call, response: Response, parse: Callable[[], T]) -> T:
        """Return what `parse` makes of an answer, or raise the error that it stands for."""
        secrets = (self._access.key, call.session)
        try:
            result = parse()
        except wire.SoapFault as found:
            words = clean(found.fault.words, secrets)
            raise error_for(found.fault, write=call.write, words=words) from None
        except wire.Unreadable as error:
            raise _unreadable(call, response, str(error)) from None
        if response.status != 200:
            # A status says nothing by itself (a refused invoice is a 200), but a good answer is never another.
            raise _unreadable(call, response, "a status that does not go with the answer")
        return result


def _unreadable(call: _Call, response: Response, why: str) -> ConnectorError:
    message = f"HTTP {response.status}: {why}"
    if call.write:
        return OutcomeUnknown(message)
    if response.status == 429 or response.status >= 500:
        return Unavailable(Failure.REMOTE, message, retry_after=response.retry_after)
    if response.status in (401, 403):
        # Not Yuki's own way of refusing (that is a fault), but a gate in front of it may say so.
        return AccessDenied(Failure.AUTH, message)
    return NotUnderstood(message)


def _midnight(day: date) -> datetime:
    # Without a zone: Yuki's times have none.
    return datetime.combine(day, time.min)


def _between(since: date, until: date) -> dict[str, Any]:
    return {"startDate": _midnight(since), "endDate": _midnight(until)}


def _nothing(_: etree._Element) -> None:
    """Read nothing from an answer: that it came is enough."""
