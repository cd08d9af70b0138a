"""What the pages of settings show: the overview, the users, the departments with where their settings come from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from webapp.queries import api_keys, webhooks
from webapp.store.connections import Connection
from webapp.store.organisations import Department
from webapp.store.senders import senders
from webapp.store.session import current
from webapp.store.users import User


@dataclass(frozen=True, slots=True)
class Overview:
    """How much there is of what can be set."""

    users: int
    departments: int
    connections: int
    api_keys: int
    webhooks: int


@dataclass(frozen=True, slots=True)
class UserLine:
    """A user as an administrator sees him."""

    id: int
    name: str
    email: str
    role: str
    active: bool
    last_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class Source:
    """The connection that invoices go by; `own` when it belongs to the department itself."""

    connection_id: int
    name: str
    own: bool
    send_invoices: bool
    process_payments: bool
    auto_send: bool
    payment_times: tuple[str, ...]
    administration: str


@dataclass(frozen=True, slots=True)
class DepartmentPage:
    """A department, and what its invoices go by."""

    id: int
    name: str
    source: Source | None
    account: str = ""


def overview(organisation_id: int) -> Overview:
    """Return the counts for the overview."""

    def count(table: type[User] | type[Department] | type[Connection]) -> int:
        query = select(func.count()).select_from(table).where(table.organisation_id == organisation_id)
        return current().scalar(query) or 0

    keys = sum(key.is_good for key in api_keys.keys(organisation_id))
    return Overview(count(User), count(Department), count(Connection), keys, webhooks.count(organisation_id))


def users(organisation_id: int) -> list[UserLine]:
    """Return the users of an organisation, those who may log in first."""
    rows = current().scalars(
        select(User)
        .where(User.organisation_id == organisation_id)
        .order_by(case((User.active, 0), else_=1), func.lower(User.name), User.id)
    )
    return [_line(row) for row in rows]


def user(organisation_id: int, user_id: int) -> UserLine | None:
    """Return one user, None when the organisation has no such one."""
    row = current().scalar(select(User).where(User.organisation_id == organisation_id, User.id == user_id))
    return _line(row) if row else None


def _line(row: User) -> UserLine:
    return UserLine(row.id, row.name, row.email, row.role, row.active, row.last_login_at)


def departments(organisation_id: int) -> list[DepartmentPage]:
    """Return the departments of an organisation, each with the connection that its invoices go by."""
    rows = current().scalars(
        select(Department)
        .where(Department.organisation_id == organisation_id)
        .order_by(func.lower(Department.name), Department.id)
    )
    own = senders(organisation_id)
    return [DepartmentPage(row.id, row.name, _source(own.of(row.id)), row.gl_account_code) for row in rows]


def department(organisation_id: int, department_id: int) -> DepartmentPage | None:
    """Return one department, None when the organisation has no such one."""
    return next((page for page in departments(organisation_id) if page.id == department_id), None)


def _source(row: Connection | None) -> Source | None:
    """The connection that the invoices of a department go by, None where they are not sent."""
    if row is None:
        return None
    return Source(
        connection_id=row.id,
        name=row.name,
        own=row.department_id is not None,
        send_invoices=row.send_invoices,
        process_payments=row.process_payments,
        auto_send=row.auto_send,
        payment_times=tuple(row.payment_times),
        administration=row.administration_name or row.administration_id,
    )
