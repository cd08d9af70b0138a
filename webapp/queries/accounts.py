"""GL accounts: the page that says where they are set, and the account of each line of an invoice."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select

from webapp.domain.gl_accounts import Level
from webapp.domain.invoices import LIVE_DELIVERIES
from webapp.queries.name_paging import NamePage, page_of
from webapp.store.dimensions import GL_ACCOUNT, KINDS, Dimension, account_rules, place_of
from webapp.store.invoices import Invoice
from webapp.store.organisations import Department, Organisation
from webapp.store.products import Product
from webapp.store.session import current

LEVELS: dict[str, Any] = {
    Level.LINE: _l("set on the line"),
    Level.ACTIVITY: _l("Activity"),
    Level.PROJECT: _l("Project"),
    Level.PRODUCT: _l("Product"),
    Level.DEPARTMENT: _l("Department"),
    Level.ORGANISATION: _l("Organisation"),
}
"""What each level is called where a line tells which rule gave its account."""


@dataclass(frozen=True, slots=True)
class LineAccount:
    """The account of a line; `rule` is the word of the level that set it, `name` what is called so there."""

    code: str
    rule: Any
    name: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Where accounts are set: the organisation's, each department's, and how many of the rest have one."""

    organisation: str
    departments: tuple[Department, ...]
    products: int
    projects: int
    activities: int


def of_lines(invoice: Invoice) -> dict[int, LineAccount]:
    """Return the account of each line by its id: that with which it left, else what the rules say of it today."""
    if invoice.delivery in LIVE_DELIVERIES:
        sent = (
            (line, line.sent_account_code, line.sent_account_level, line.sent_account_name) for line in invoice.lines
        )
        return {
            line.id: LineAccount(code, LEVELS.get(level, level), name) for line, code, level, name in sent if code
        } or {line.id: LineAccount(line.gl_account_code, "", "") for line in invoice.lines if line.gl_account_code}
    rules = account_rules(invoice.organisation_id, [invoice])
    found = {}
    for line in invoice.lines:
        account = rules.of(place_of(invoice, line))
        if account is not None:
            found[line.id] = LineAccount(account.code, LEVELS[account.level], account.name)
    return found


def overview(organisation_id: int) -> Overview:
    """Return the page of GL accounts."""
    session = current()
    departments = session.scalars(
        select(Department).where(Department.organisation_id == organisation_id).order_by(Department.name, Department.id)
    )
    counts = dict.fromkeys(KINDS, 0) | dict(
        session.execute(
            select(Dimension.kind, func.count())
            .where(Dimension.organisation_id == organisation_id, Dimension.gl_account_code != "")
            .group_by(Dimension.kind)
        ).all()
    )
    products = select(func.count()).where(Product.organisation_id == organisation_id, Product.gl_account_code != "")
    return Overview(
        organisation=str(session.get_one(Organisation, organisation_id).settings.get(GL_ACCOUNT, "")),
        departments=tuple(departments),
        products=session.scalar(products) or 0,
        projects=counts["project"],
        activities=counts["activity"],
    )


def table(organisation_id: int, kind: str, text: str = "", *, after: int | None = None) -> NamePage[Dimension]:
    """Return a page of projects or activities by name; `text` is what the code begins with or the name holds."""
    query = select(Dimension).where(Dimension.organisation_id == organisation_id, Dimension.kind == kind)
    if text:
        code = Dimension.code.istartswith(text, autoescape=True)
        query = query.where(or_(code, Dimension.name.icontains(text, autoescape=True)))
    return page_of(query, Dimension.name, Dimension.id, after)


def find(organisation_id: int, kind: str, dimension_id: int) -> Dimension | None:
    """Return a project or activity of an organisation."""
    return current().scalar(
        select(Dimension).where(
            Dimension.organisation_id == organisation_id, Dimension.kind == kind, Dimension.id == dimension_id
        )
    )
