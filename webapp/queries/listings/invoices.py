"""The lists of sales and purchase invoices, as files and as columns to choose."""

from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, case, literal, select

from webapp.domain.invoices import FETCHED_SOURCES, InvoiceKind
from webapp.queries import address
from webapp.queries.failures import remote_name
from webapp.queries.invoice_address import NAMES, read_filters
from webapp.queries.invoice_filters import COLUMNS, OVERDUE, conditions, overdue_condition, today
from webapp.queries.invoice_paging import walk
from webapp.queries.listings.base import CHUNK, FIRST, Args, Chunks, Column, Listing, bounded
from webapp.queries.words import status_word
from webapp.store.invoices import Invoice
from webapp.store.organisations import Department


def _word(axis: str, name: str, row: Any) -> str:
    return str(status_word(axis, getattr(row, name)).word)


def _source(row: Any) -> str:
    return remote_name(row.source) if row.source in FETCHED_SOURCES else "Koppel"


def _columns(*, sales: bool) -> tuple[Column, ...]:
    return (
        Column("number", _l("Number"), lambda row: row.number, fixed=True),
        Column("contact", _l("Contact") if sales else _l("Supplier"), lambda row: row.contact_name),
        Column("subject", _l("Subject"), lambda row: row.subject, usual=False),
        Column("issue_date", _l("Date"), lambda row: row.issue_date, "date"),
        Column("due_date", _l("Due date"), lambda row: row.due_date, "date"),
        Column("net", _l("Excl. VAT"), lambda row: row.net_total, "amount", usual=False),
        Column("total", _l("Total"), lambda row: row.gross_total, "amount"),
        Column("open", _l("Open"), lambda row: row.outstanding_amount, "amount"),
        Column("currency", _l("Currency"), lambda row: row.currency, beside=("net", "total", "open")),
        Column("status", _l("Invoice") if sales else _l("Books"), partial(_word, "document", "status")),
        *((Column("delivery", _l("Books"), partial(_word, "delivery", "delivery")),) if sales else ()),
        Column("payment", _l("Payment"), partial(_word, "payment", "payment")),
        Column("department", _l("Department"), lambda row: row.department or "", usual=False),
        Column("source", _l("Source"), _source, usual=False),
        Column("reference", _l("Payment reference"), lambda row: row.payment_reference, usual=False),
    )


def _select(organisation_id: int, args: Args) -> Select[Any]:
    department = select(Department.name).where(Department.id == Invoice.department_id).scalar_subquery()
    payment = case((overdue_condition(today()), literal(OVERDUE)), else_=Invoice.payment).label("payment")
    plain: tuple[Any, ...] = (
        Invoice.id, Invoice.number, Invoice.contact_name, Invoice.subject, Invoice.issue_date, Invoice.due_date,
        Invoice.net_total, Invoice.gross_total, Invoice.outstanding_amount, Invoice.currency, Invoice.status,
        Invoice.delivery, Invoice.source, Invoice.payment_reference,
    )  # fmt: skip
    return select(*plain, payment, department.label("department")).where(*wanted(organisation_id, args))


def wanted(organisation_id: int, args: Args) -> list[ColumnElement[bool]]:
    """Return the conditions of the invoices that the arguments of an address mean; `ids` are those that were ticked."""
    found = conditions(organisation_id, read_filters(args), today())
    ids = address.several(args, "ids")
    return found if ids is None else [*found, Invoice.id.in_(ids)]


def _chunks(kind: str, organisation_id: int, args: Args) -> Chunks:
    args = {**args, "kind": kind}
    filters, query = read_filters(args), _select(organisation_id, args)
    cursor, size = None, FIRST
    while True:
        rows = list(walk(query, filters, falling=filters.falling, cursor=cursor, size=size))
        yield rows
        if len(rows) < size:
            return
        cursor, size = (getattr(rows[-1], COLUMNS[filters.column].key), rows[-1].id), CHUNK


def _count(kind: str, organisation_id: int, args: Args, most: int) -> int:
    return bounded(select(Invoice.id).where(*wanted(organisation_id, {**args, "kind": kind})), most)


def _listing(name: str, title: Any, kind: InvoiceKind) -> Listing:
    return Listing(
        name=name,
        title=title,
        endpoint="invoices.index",
        names=NAMES,
        columns=_columns(sales=kind is InvoiceKind.SALES),
        chunks=partial(_chunks, kind.value),
        count=partial(_count, kind.value),
    )


SALES = _listing("invoices", _l("Sales invoices"), InvoiceKind.SALES)
PURCHASES = _listing("purchases", _l("Purchase invoices"), InvoiceKind.PURCHASE)
