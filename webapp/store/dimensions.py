"""Projects and activities, what invoices are about beside products; and the GL accounts that hang on all of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from webapp.domain.gl_accounts import Account, AccountRules, Level, Place
from webapp.extensions import Base
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.organisations import Department, Organisation
from webapp.store.products import Product
from webapp.store.session import current
from webapp.store.types import Key, Moment

KINDS = ("project", "activity")
GL_ACCOUNT = "gl_account_code"
"""The organisation's own account stands among its settings under this name."""

CHUNK = 500


class Dimension(Base):
    """A project or an activity; `code` is what an invoice (project) or a line (activity) names it by."""

    __tablename__ = "dimensions"
    __table_args__ = (
        CheckConstraint("kind IN ('project', 'activity')", name="kind"),
        Index("uq_dimensions_code", "organisation_id", "kind", "code", unique=True),
        Index("ix_dimensions_name", "organisation_id", "kind", "name", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    gl_account_code: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


def account_rules(organisation_id: int, invoices: Sequence[Invoice]) -> AccountRules:
    """Return the GL accounts that count for these invoices, whose lines are loaded: a handful of questions for all."""
    session = current()
    own = session.get_one(Organisation, organisation_id).settings.get(GL_ACCOUNT, "")
    lines = [line for invoice in invoices for line in invoice.lines]
    dimensions = {
        kind: _accounts(organisation_id, Dimension, codes, Level(kind), Dimension.kind == kind)
        for kind, codes in (
            ("project", {invoice.project_code for invoice in invoices}),
            ("activity", {line.activity_code for line in lines}),
        )
    }
    ids = {invoice.department_id for invoice in invoices} - {None}
    rows = session.scalars(select(Department).where(Department.id.in_(ids))) if ids else ()
    return AccountRules(
        organisation=str(own),
        departments={row.id: Account(row.gl_account_code, Level.DEPARTMENT, row.name) for row in rows},
        products=_accounts(organisation_id, Product, {line.item_code for line in lines}, Level.PRODUCT),
        projects=dimensions["project"],
        activities=dimensions["activity"],
    )


def place_of(invoice: Invoice, line: InvoiceLine) -> Place:
    """Return what a line of an invoice says that an account can hang on."""
    return Place(
        typed=line.gl_account_code,
        activity=line.activity_code,
        project=invoice.project_code,
        product=line.item_code,
        department=invoice.department_id,
    )


def _accounts(
    organisation_id: int, table: Any, codes: Iterable[str], level: Level, *conditions: Any
) -> dict[str, Account]:
    name = table.description if table is Product else table.name
    wanted = sorted(code for code in set(codes) if code)
    found: dict[str, Account] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(table.code, table.gl_account_code, name).where(
            table.organisation_id == organisation_id, table.code.in_(wanted[start : start + CHUNK]), *conditions
        )
        found.update({row[0]: Account(row[1], level, row[2]) for row in current().execute(query)})
    return found
