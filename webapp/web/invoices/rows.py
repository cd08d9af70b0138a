"""The rows of the list of invoices as they are written: whatever a cell needs is found here, not in the template."""

from collections.abc import Iterator
from typing import NamedTuple

from webapp.domain.invoices import DocumentStatus, InvoiceKind
from webapp.queries.invoices import InvoiceTable
from webapp.web.filters import day_writer, money_writer
from webapp.web.wording import status_pills

TONES = {"rejected": "bad", "conflict": "bad", "unknown": "warn"}
"""How a row is marked by what became of its way to the books."""

NONE = "–"


class Cells(NamedTuple):
    """One row; the template takes it apart in this order.

    `open` is empty where nothing can be, `status` where the books do not say yet what it is, `remote` for one's own.
    """

    id: int
    number: str
    name: str
    tone: str
    contact: str
    subject: str
    day: str
    due: str
    net: str
    total: str
    open: str
    settled: bool
    status: str
    books: str
    remote: str
    payment: str
    department: str
    reference: str


def written(table: InvoiceTable) -> Iterator[Cells]:
    """Yield the rows of a page in the language of this request."""
    pill, amount, day = status_pills(), money_writer(), day_writer()
    departments, purchases = dict(table.departments), table.filters.kind == InvoiceKind.PURCHASE
    for row in table.rows:
        cancelled, nameless = row.status == DocumentStatus.CANCELLED, row.not_recognised
        axis, state = ("delivery", row.delivery) if purchases and row.status == "sent" else ("document", row.status)
        yield Cells(
            id=row.id,
            number=row.number,
            name=row.number or row.contact_name,
            tone=TONES.get(row.delivery, ""),
            contact=row.contact_name,
            subject=row.subject,
            day=day(row.issue_date),
            due=day(row.due_date),
            net=amount(row.net_total, row.currency),
            total=amount(row.gross_total, row.currency),
            open="" if cancelled else amount(row.outstanding_amount, row.currency),
            settled=not row.outstanding_amount,
            status="" if nameless else pill(axis, state),
            books=pill("delivery", row.delivery),
            remote=row.fetched_from,
            payment=NONE if nameless or cancelled else pill("payment", row.payment_word),
            department=departments.get(row.department_id or 0, NONE),
            reference=row.payment_reference or NONE,
        )
