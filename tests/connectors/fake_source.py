"""A source of invoices in memory that implements InvoiceSource: for tests of what stands above the connectors."""

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from webapp.connectors.ports import Administration, CheckReport, CheckStep, ConnectorError
from webapp.connectors.sources import Asked, InvoicePage, Known, Shelf, is_last
from webapp.domain.money import whole_of
from webapp.domain.remote_invoices import RemoteContact, RemoteInvoice, RemoteLine, RemotePayment

PER_PAGE = 100
FIRST_DAY = date(2026, 1, 5)


def remote_invoice(number: int, gross: str = "121.00") -> RemoteInvoice:
    """Return an issued invoice with one line."""
    total = Decimal(gross)
    net = (total / Decimal("1.21")).quantize(Decimal("0.01"))
    net_e4, gross_e4 = whole_of(net), whole_of(total)
    line = RemoteLine("Dienst", 1_000_000, "st", whole_of(net, 6), net_e4, gross_e4 - net_e4, gross_e4, "21%", 210_000)
    return RemoteInvoice(
        remote_id=str(1000 + number),
        number=f"F-{number}",
        document_type="invoice",
        correction_type="invoice",
        cancelled=False,
        payment_status="outstanding",
        payment_method="wire_transfer",
        issue_date=FIRST_DAY + timedelta(days=number),
        fulfillment_date=None,
        due_date=None,
        paid_date=None,
        currency="EUR",
        conversion_e6=None,
        net_e4=net_e4,
        vat_e4=gross_e4 - net_e4,
        gross_e4=gross_e4,
        contact=RemoteContact("77", "Bakkerij De Halve Maan"),
        lines=(line,),
    )


@dataclass
class FakeSource:
    """Documents, newest first; trouble is scripted with `trouble`."""

    documents: list[RemoteInvoice] = field(default_factory=lambda: [remote_invoice(one) for one in (3, 2, 1)])
    paid: dict[str, tuple[RemotePayment, ...]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _troubles: dict[str, list[ConnectorError]] = field(default_factory=lambda: defaultdict(list))

    def trouble(self, operation: str, error: ConnectorError) -> None:
        """Let the next call of `operation` raise."""
        self._troubles[operation].append(error)

    def check(self) -> CheckReport:
        """Report what the scripted troubles say; all well without them."""
        try:
            self._begin("check")
        except ConnectorError as error:
            first = CheckStep("session", ok=False, failure=error.failure, detail=error.message)
            return CheckReport((first, CheckStep("documents", ok=None)))
        account = Administration("10000000-2-00", "Voorbeeld", "10000000-2-00", active=True)
        steps = (CheckStep("session", ok=True), CheckStep("documents", ok=True))
        return CheckReport(steps, (account,), account, account.name)

    def page(self, asked: Asked, number: int, *, known: Known | None = None) -> InvoicePage:
        """Return a page of the documents, all read; of what is asked only the days of issue count."""
        self._begin("page")
        since = asked.issued_since
        found = [one for one in self.documents if since is None or one.issue_date >= since]
        last = max(1, -(-len(found) // PER_PAGE))
        return InvoicePage(number, last, len(found), tuple(found[(number - 1) * PER_PAGE : number * PER_PAGE]))

    def pages(
        self, asked: Asked, number: int, *, known: Known | None = None, shelf: Shelf | None = None
    ) -> Generator[InvoicePage | None]:
        """Yield the pages from one on."""
        del shelf
        while True:
            page = self.page(asked, number, known=known)
            yield page
            if is_last(page):
                return
            number += 1

    def payments(self, remote_id: str) -> tuple[RemotePayment, ...]:
        """Return what was paid on one document."""
        self._begin("payments")
        return self.paid.get(remote_id, ())

    def document(self, remote_id: str) -> InvoicePage:
        """Return one document as a page of one, or of none."""
        self._begin("document")
        found = tuple(one for one in self.documents if one.remote_id == remote_id)
        return InvoicePage(1, 1, len(found), found)

    def pdf(self, remote_id: str) -> bytes | None:
        """Return the document as PDF, None when it is not there yet."""
        self._begin("pdf")
        return self.files.get(remote_id)

    def _begin(self, operation: str) -> None:
        self.calls.append(operation)
        if self._troubles[operation]:
            raise self._troubles[operation].pop(0)
