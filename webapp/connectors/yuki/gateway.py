"""Yuki as a set of books: what the port promises, out of Yuki's operations, sessions and refusals."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar

from webapp.connectors.filing import Paper
from webapp.connectors.http import Http
from webapp.connectors.ports import (
    Access,
    AccessDenied,
    AccountEntry,
    Answer,
    CallWatch,
    CheckReport,
    ConnectorError,
    ContactCard,
    Finding,
    Found,
    OpenItem,
    OutcomeUnknown,
    Refused,
    SessionKeeper,
    VatCode,
)
from webapp.connectors.yuki.answers import ImportReport
from webapp.connectors.yuki.check import check_access
from webapp.connectors.yuki.client import YukiClient
from webapp.connectors.yuki.contacts import find_card
from webapp.connectors.yuki.faults import SessionExpired, known_message
from webapp.connectors.yuki.filing import Filing
from webapp.connectors.yuki.lookup import Lookup
from webapp.connectors.yuki.mapping import batch_of, build_invoice
from webapp.connectors.yuki.placement import Placement
from webapp.connectors.yuki.rules import find_faults, find_faults_of, refuse_faulty
from webapp.connectors.yuki.wire import text_of
from webapp.domain.documents import SalesDocument
from webapp.domain.failures import Failure

T = TypeVar("T")


class YukiGateway:
    """One administration at Yuki; implements LedgerGateway and DocumentArchive."""

    def __init__(
        self,
        access: Access,
        *,
        http: Http,
        watch: CallWatch,
        sessions: SessionKeeper,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = YukiClient(access, http=http, watch=watch, clock=clock)
        self._sessions = sessions
        self._placement = Placement(self._client, access.administration_id)
        self._domain_id = access.domain_id
        self._lookup = Lookup(self._client, self._placement, clock)
        self._filing = Filing(self._client, self._placement, clock)

    def check(self) -> CheckReport:
        """Test session, domain, administration and rights in six calls (more with a key of several domains).

        A wrong key costs one. The session is a new one, and is kept.
        """
        return check_access(self._client, self._placement, self._sessions)

    def build(self, document: SalesDocument) -> bytes:
        """Return the bytes of one invoice; raises Refused with the field for what XML cannot carry."""
        return build_invoice(document)

    def validate(self, payload: bytes) -> tuple[Finding, ...]:
        """Return what is wrong with the bytes of one invoice; empty when nothing is."""
        return find_faults(payload)

    def validate_all(self, payloads: Sequence[bytes]) -> list[tuple[Finding, ...]]:
        """Return what is wrong with each of many; see LedgerGateway.validate_all."""
        return find_faults_of(payloads)

    def send(self, payloads: Sequence[bytes]) -> list[Answer]:
        """Send a batch in one call, or one draft; see LedgerGateway.send.

        A draft carries no reference, so its answer could not be told from another's: it travels alone.
        """
        if not payloads:
            return []
        ready = [batch_of(payloads)]
        refuse_faulty(ready[0])
        references = [text_of(invoice, "Reference") for invoice in ready[0]]
        if len(references) > 1 and not all(references):
            raise Refused(Failure.INTERNAL, "a draft travels alone", field="reference")
        try:
            # Built anew for a second try: building the message takes the elements away.
            report = self._with_session(
                lambda session: self._client.process_sales_invoices(
                    session, ready.pop() if ready else batch_of(payloads)
                )
            )
        except OutcomeUnknown as error:
            return _refused_by_fault(references, error)
        return _answers(references, report)

    def find(self, reference: str, *, issued_from: date) -> Found | None:
        """Look an invoice up: open items, then the archive since `issued_from`; see LedgerGateway.find."""
        return self._with_session(lambda session: self._lookup.find(session, reference, issued_from=issued_from))

    def find_many(self, references: Sequence[str], *, issued_from: date) -> dict[str, Found]:
        """Look several invoices up at once: all open items, then one reading of the archive; see LedgerGateway."""
        return self._with_session(lambda session: self._lookup.find_many(session, references, issued_from=issued_from))

    def open_items(self) -> Iterable[OpenItem]:
        """Return all open debtor items: the call is made now, the items are read as they are asked for.

        Raises NotUnderstood while reading when the answer turns out to be broken: only a list read to its
        end is complete.
        """
        return self._with_session(self._client.outstanding_debtor_items)

    def creditor_items(self) -> Iterable[OpenItem]:
        """Return all open items of purchase invoices, as `open_items` does."""
        return self._with_session(self._client.outstanding_creditor_items)

    def find_contact(self, *, code: str, name: str) -> ContactCard | None:
        """Return the card that an invoice would find; see LedgerGateway.find_contact.

        Contacts belong to a domain: where the connection does not know its own, that costs a call more.
        """
        return self._with_session(
            lambda session: find_card(
                self._client, session, self._domain_id or self._placement.domain(session), code=code, name=name
            )
        )

    def account_entries(self, account: str, *, since: date, until: date) -> list[AccountEntry]:
        """Return what was posted on a ledger account between two days."""
        return self._with_session(
            lambda session: self._client.transaction_details(session, account, since=since, until=until)
        )

    def file(self, paper: Paper) -> str:
        """File a document in the archive; see DocumentArchive.file."""
        return self._with_session(lambda session: self._filing.file(session, paper))

    def find_filed(self, word: str, *, folder: int, filed_from: date) -> str | None:
        """Look a document up by a word in its name; see DocumentArchive.find_filed."""
        return self._with_session(
            lambda session: self._filing.find(session, word, folder=folder, filed_from=filed_from)
        )

    def vat_codes(self) -> list[VatCode]:
        """Return the VAT codes that are active in the administration."""
        return self._with_session(self._client.active_vat_codes)

    def accounts(self) -> list[tuple[str, str]]:
        """Return code and description of the ledger accounts that are in use."""
        return self._with_session(self._client.gl_account_scheme)

    def _with_session(self, call: Callable[[str], T]) -> T:
        """Make a call with the shared session, and once more with a new one when it is refused.

        That is safe for a write too: a refused session proves that nothing was booked.
        """
        session = self._session()
        try:
            return self._on_domain(session, call)
        except SessionExpired:
            self._sessions.drop(session)
        session = self._session()
        try:
            return self._on_domain(session, call)
        except SessionExpired:
            self._sessions.drop(session)
            raise

    def _session(self) -> str:
        # Another process may have renewed it meanwhile: every login costs a call of the day.
        session = self._sessions.get()
        if session is None:
            session = self._client.authenticate()
            self._sessions.put(session)
        return session

    def _on_domain(self, session: str, call: Callable[[str], T]) -> T:
        """Make a call; when the administration is not known there, once more from its own domain.

        Only a key of several domains needs that; the refusal proves that nothing was booked.
        """
        try:
            return call(session)
        except AccessDenied as error:
            if error.failure is not Failure.ADMINISTRATION or not self._moved(session):
                raise
        return call(session)

    def _moved(self, session: str) -> bool:
        try:
            return self._placement.place(session)
        except SessionExpired:
            raise
        except ConnectorError:
            # The refusal that led here says more than this.
            return False


def _answers(references: list[str], report: ImportReport) -> list[Answer]:
    if references == [""]:
        return _draft_answer(report)
    mentioned = {answer.reference for answer in report.answers}
    if mentioned.isdisjoint(references) and report.succeeded != 0:
        raise OutcomeUnknown("the answer counts bookings and mentions none of the references that were sent")
    return list(report.answers)


def _draft_answer(report: ImportReport) -> list[Answer]:
    if len(report.answers) == 1:
        return [report.answers[0]]
    if not report.answers and report.succeeded == 0:
        return []
    raise OutcomeUnknown("the answer to a draft does not tell what became of it")


def _refused_by_fault(references: list[str], error: OutcomeUnknown) -> list[Answer]:
    """Return the refusal of a lone invoice whose fault is known to be about an invoice; else raise the error.

    It is not known whether such refusals always come as a message of a 200 answer. In a batch the invoices
    before the refused one may have been booked, so there nothing is proved.
    """
    failure = known_message(error.remote_text) if error.remote_text and len(references) == 1 else None
    if failure is None:
        raise error
    outcome = "duplicate" if failure is Failure.DUPLICATE else "refused"
    return [Answer(references[0], outcome, failure, error.remote_text)]
