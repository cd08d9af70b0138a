"""The invoices that were fetched from a remote, as other systems list them: by its ids and in its words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from webapp.domain.remote_invoices import ISSUED_TYPES
from webapp.store.connections import Connection
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.session import current


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is limited to; empty means everything. `search`: a part of the number."""

    payment_status: str = ""
    partner_tax_number: str = ""
    since: date | None = None
    until: date | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line in the remote's words."""

    id: int
    name: str
    quantity: Decimal
    unit_price: Decimal
    net_amount: Decimal
    gross_amount: Decimal
    unit: str
    vat: str
    product_id: str
    entitlement: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A fetched document; `facts` are what else the remote said of it (see domain/remote_invoices.py)."""

    remote_id: str
    number: str
    document_type: str
    correction_type: str
    cancelled: bool
    payment_status: str
    payment_method: str
    gross_total: Decimal
    currency: str
    conversion_rate: Decimal | None
    issue_date: date
    fulfillment_date: date | None
    due_date: date | None
    paid_date: date | None
    contact_name: str
    remarks: str
    facts: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    item_count: int = 0
    lines: tuple[Line, ...] = field(default=())

    @property
    def partner(self) -> dict[str, Any]:
        """The customer as the document has him."""
        return dict(self.facts.get("partner") or {})

    @property
    def organization(self) -> dict[str, Any]:
        """The account that issued it."""
        return dict(self.facts.get("organization") or {})


def page(organisation_id: int, provider: str, wanted: Wanted, *, start: int, size: int) -> tuple[int, list[Document]]:
    """Return how many documents match, and those of one page, the newest invoice date first."""
    limits = _conditions(organisation_id, provider, wanted)
    base = select(func.count()).select_from(RemoteDocument).join(Invoice, Invoice.id == RemoteDocument.invoice_id)
    total = current().scalar(base.join(Connection, Connection.id == RemoteDocument.connection_id).where(*limits)) or 0
    order = (Invoice.issue_date.desc(), Invoice.id.desc())
    rows = current().execute(_select().where(*limits).order_by(*order).offset(start).limit(size)).all()
    counts = _counts([row.Invoice.id for row in rows])
    return total, [_document(row, counts.get(row.Invoice.id, 0)) for row in rows]


def find(organisation_id: int, provider: str, remote_id: str) -> Document | None:
    """Return one document with its lines, None when the organisation has no such one."""
    limits = _conditions(organisation_id, provider, Wanted())
    row = current().execute(_select().where(*limits, RemoteDocument.remote_id == remote_id)).one_or_none()
    if row is None:
        return None
    query = select(InvoiceLine).where(InvoiceLine.invoice_id == row.Invoice.id).order_by(InvoiceLine.position)
    lines = current().scalars(query).all()
    return _document(row, len(lines), lines)


def _select() -> Select[RemoteDocument, Invoice]:
    return (
        select(RemoteDocument, Invoice)
        .join(Invoice, Invoice.id == RemoteDocument.invoice_id)
        .join(Connection, Connection.id == RemoteDocument.connection_id)
    )


def _conditions(organisation_id: int, provider: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    # What vanished and was never issued was a draft that somebody threw away: it is no invoice any more.
    there = or_(RemoteDocument.vanished_at.is_(None), RemoteDocument.document_type.in_(sorted(ISSUED_TYPES)))
    found = [RemoteDocument.organisation_id == organisation_id, Connection.provider == provider, there]
    if wanted.payment_status:
        found.append(RemoteDocument.payment_status == wanted.payment_status)
    if wanted.partner_tax_number:
        # As the index has it, which leaves out those without one.
        found += [RemoteDocument.tax_number == wanted.partner_tax_number, RemoteDocument.tax_number != ""]
    if wanted.since:
        found.append(Invoice.issue_date >= wanted.since)
    if wanted.until:
        found.append(Invoice.issue_date <= wanted.until)
    if wanted.search:
        found.append(Invoice.number.icontains(wanted.search, autoescape=True))
    return found


def _counts(invoice_ids: Sequence[int]) -> dict[int, int]:
    query = select(InvoiceLine.invoice_id, func.count()).where(InvoiceLine.invoice_id.in_(invoice_ids))
    return {row[0]: row[1] for row in current().execute(query.group_by(InvoiceLine.invoice_id))} if invoice_ids else {}


def _document(row: Any, item_count: int, lines: Sequence[InvoiceLine] = ()) -> Document:
    document, invoice = row.RemoteDocument, row.Invoice
    return Document(
        remote_id=document.remote_id,
        number=invoice.number,
        document_type=document.document_type,
        correction_type=document.correction_type,
        cancelled=document.cancelled,
        payment_status=document.payment_status,
        payment_method=document.payment_method,
        gross_total=invoice.gross_total,
        currency=invoice.currency,
        conversion_rate=document.conversion_rate,
        issue_date=invoice.issue_date,
        fulfillment_date=document.fulfillment_date,
        due_date=invoice.due_date,
        paid_date=document.paid_date,
        contact_name=invoice.contact_name,
        remarks=invoice.remarks,
        facts=document.facts,
        created_at=document.created_at,
        updated_at=document.updated_at,
        item_count=item_count,
        lines=tuple(_line(line, place, document.facts.get("lines") or []) for place, line in enumerate(lines)),
    )


def _line(line: InvoiceLine, place: int, told: Sequence[Any]) -> Line:
    more = told[place] if place < len(told) else {}
    return Line(
        id=line.id,
        name=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net_amount=line.net_amount,
        gross_amount=line.gross_amount,
        unit=str(more.get("unit") or ""),
        vat=str(more.get("vat") or line.vat_description),
        product_id=str(more.get("product_id") or ""),
        entitlement=more.get("entitlement"),
    )
