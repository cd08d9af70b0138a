"""Billingo as a source of invoices: what the port promises, out of Billingo's operations."""

from collections.abc import Callable, Generator
from datetime import datetime
from functools import partial
from typing import Any

from webapp.connectors.billingo import mapping, paging, wire
from webapp.connectors.billingo.client import BillingoClient, Pace
from webapp.connectors.billingo.listing import NoShelf, list_pages
from webapp.connectors.http import Http
from webapp.connectors.ports import (
    Access,
    Administration,
    CallWatch,
    CheckReport,
    CheckStep,
    ConnectorError,
    NotUnderstood,
)
from webapp.connectors.sources import Asked, InvoicePage, Known, Shelf
from webapp.domain.remote_invoices import RemotePayment

STEPS = ("session", "documents")
"""What a test tries: whether the key is accepted, and whether it may read documents."""


class BillingoGateway:
    """One account at Billingo; implements InvoiceSource."""

    def __init__(
        self, access: Access, *, http: Http, watch: CallWatch, clock: Callable[[], datetime], pace: Pace | None = None
    ) -> None:
        self._client = BillingoClient(access, http=http, watch=watch, clock=clock, pace=pace)

    def check(self) -> CheckReport:
        """Test the key in two calls; a wrong one costs one. The account is known by its tax code."""
        try:
            tax_code = _tax_code(self._client.organization())
        except ConnectorError as error:
            return CheckReport((_failed(STEPS[0], error), CheckStep(STEPS[1], ok=None)))
        first = CheckStep(STEPS[0], ok=True, detail=tax_code)
        try:
            name = _name(wire.read(self._client.documents({"page": 1, "per_page": 1})))
        except ConnectorError as error:
            return CheckReport((first, _failed(STEPS[1], error)))
        account = Administration(id=tax_code, name=name or tax_code, domain_id=tax_code, active=True, country="HU")
        return CheckReport((first, CheckStep(STEPS[1], ok=True, detail=name)), (account,), account, account.name)

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        """Return one page of up to 100 documents in one call; see InvoiceSource.page."""
        return paging.read_page(self._client.documents(mapping.query(asked, number)), number, known)

    def pages(
        self, asked: Asked, number: int, *, known: Known | None = None, shelf: Shelf | None = None
    ) -> Generator[InvoicePage | None]:
        """Yield the pages from one on; once the first has told how many there are, eight are under way at a time."""
        return list_pages(self._client, partial(mapping.query, asked), number, known=known, shelf=shelf or NoShelf())

    def payments(self, remote_id: str) -> tuple[RemotePayment, ...]:
        """Return what was paid on one document."""
        return mapping.read_payments(self._client.payments(remote_id))

    def document(self, remote_id: str) -> InvoicePage:
        """Return a page of one document, or of none; one of another account is refused, not absent."""
        try:
            invoices, bad = mapping.read_records([self._client.document(remote_id)])
        except wire.Missing:
            return InvoicePage(1, 1, 0, ())
        return InvoicePage(1, 1, 1, invoices, bad)

    def pdf(self, remote_id: str) -> bytes | None:
        """Return the document as PDF, of up to 20 MB; None when Billingo has not made it yet."""
        return self._client.download(remote_id)


def _failed(name: str, error: ConnectorError) -> CheckStep:
    return CheckStep(name, ok=False, failure=error.failure, detail=error.message, remote_text=error.remote_text)


def _tax_code(answer: Any) -> str:
    code = answer.get("tax_code") if isinstance(answer, dict) else None
    if not isinstance(code, str):
        raise NotUnderstood("the answer is not about an organisation")
    return wire.redact(code, secret="")[:64]


def _name(answer: Any) -> str:
    """Return the name of the account: only its documents carry it."""
    records = wire.open_page(answer).records
    first = records[0] if records and isinstance(records[0], dict) else {}
    organisation = first.get("organization")
    name = organisation.get("name") if isinstance(organisation, dict) else None
    return wire.redact(name, secret="")[:200] if isinstance(name, str) else ""
