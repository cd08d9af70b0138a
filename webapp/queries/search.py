"""What a few letters find: invoices by number or contact, and contacts; each a handful, newest first."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from webapp.domain.invoices import InvoiceKind
from webapp.queries import invoice_finding as finding
from webapp.queries.invoice_filters import Filters, today
from webapp.queries.invoice_paging import Turn
from webapp.store.contacts import Contact
from webapp.store.session import current

MOST = 6


@dataclass(frozen=True, slots=True)
class FoundInvoice:
    """An invoice as the search shows it."""

    id: int
    number: str
    contact_name: str
    issue_date: date
    gross_total: Decimal
    currency: str
    kind: str


@dataclass(frozen=True, slots=True)
class FoundContact:
    """A contact as the search shows it."""

    id: int
    name: str
    code: str | None
    city: str


def invoices(organisation_id: int, text: str) -> tuple[FoundInvoice, ...]:
    """Return the newest sales invoices that match, then purchase invoices, as far as there is room."""
    found: list[FoundInvoice] = []
    newest = Turn(falling=True, cursor=None, size=MOST)
    for kind in InvoiceKind:
        rows, _counts = finding.search(organisation_id, Filters(kind=kind.value, q=text), today(), newest)
        found += [FoundInvoice(*(getattr(row, name) for name in FoundInvoice.__slots__)) for row in rows]
    return tuple(found[:MOST])


def contacts(organisation_id: int, text: str) -> tuple[FoundContact, ...]:
    """Return the first contacts whose code begins with, or whose name holds, what was typed."""
    code, name = Contact.code.istartswith(text, autoescape=True), Contact.name.icontains(text, autoescape=True)
    query = (
        select(Contact.id, Contact.name, Contact.code, Contact.city)
        .where(Contact.organisation_id == organisation_id, Contact.archived_at.is_(None), code | name)
        .order_by(Contact.name, Contact.id)
        .limit(MOST)
    )
    return tuple(FoundContact(*row) for row in current().execute(query))
