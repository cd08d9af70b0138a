"""The product with the list as most pages make theirs: `db.paginate` of mapped objects at `?page=N`.

For one page: the rows as objects by LIMIT and OFFSET and a COUNT over the filter (both by Flask-SQLAlchemy), one GROUP
BY for the badges of each of the three axes, a COUNT of what is overdue, and, since the page shows them, each invoice's
contact and its last delivery by a lazy query of their own where they are not known yet (N+1). Indexes, filters,
orders, session, frame and template are the product's own. No search.
"""

from typing import Any

from flask import request
from sqlalchemy import func, select

from webapp import create_app
from webapp.extensions import db
from webapp.queries import invoices
from webapp.queries.invoice_counts import Counts
from webapp.queries.invoice_filters import COLUMNS, OVERDUE, Filters, conditions, overdue_condition, today
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.session import current

NAMES = [name for name in invoices.InvoiceRow._fields if name not in ("overdue", "contact_name", "delivery")]


def table(organisation_id: int, filters: Filters, **_cursors: Any) -> invoices.InvoiceTable:
    """Return the page of the address."""
    on, column = today(), COLUMNS[filters.column]
    order = (column.desc(), Invoice.id.desc()) if filters.falling else (column.asc(), Invoice.id.asc())
    query = select(Invoice).where(*conditions(organisation_id, filters, on)).order_by(*order)
    page = db.paginate(query, page=request.args.get("page", 1, int), per_page=invoices.PAGE, max_per_page=None)
    rows = tuple(_row(one) for one in page.items)
    counts = _counts(organisation_id, filters, page.total, on)
    after = f"{page.next_num}~" if page.has_next else None
    before = f"{page.prev_num}~" if page.has_prev else None
    departments, sources = invoices.choices(organisation_id)
    return invoices.InvoiceTable(rows, filters, counts, after, before, True, departments, sources)


def _row(one: Invoice) -> invoices.InvoiceRow:
    last = (
        current()
        .scalars(select(Delivery).where(Delivery.invoice_id == one.id).order_by(Delivery.id.desc()).limit(1))
        .first()
    )
    return invoices.InvoiceRow(
        **{name: getattr(one, name) for name in NAMES},
        contact_name=one.contact.name if one.contact else one.contact_name,
        delivery=last.state if last else one.delivery,
        overdue=one.due_date is not None and one.due_date < today() and one.outstanding_amount > 0,
    )


def _counts(organisation_id: int, filters: Filters, total: int, on: Any) -> Counts:
    found: dict[str, dict[str, int]] = {}
    for axis in ("status", "delivery", "payment"):
        field = getattr(Invoice, axis)
        others = conditions(organisation_id, _but(filters, axis), on)
        rows = current().execute(select(field, func.count()).where(*others).group_by(field))
        found[axis] = {row[0]: row[1] for row in rows}
    late = conditions(organisation_id, _but(filters, "payment"), on)
    overdue = current().scalar(select(func.count()).select_from(Invoice).where(*late, overdue_condition(on)))
    found["payment"][OVERDUE] = overdue or 0
    return Counts(found["status"], found["delivery"], found["payment"], total, total)


def _but(filters: Filters, axis: str) -> Filters:
    return Filters(**{name: getattr(filters, name) for name in Filters.__slots__} | {axis: ""})


invoices.table = table
app = create_app()
