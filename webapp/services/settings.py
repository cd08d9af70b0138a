"""Change an organisation: its own settings, its users and its departments."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from webapp.domain.access import ROLES
from webapp.services.accounts import LANGUAGES, AccountError, end_logins, hash_password
from webapp.services.actors import Actor
from webapp.store.organisations import Department, Organisation
from webapp.store.session import current, transaction
from webapp.store.users import User

CURRENCIES = ("EUR", "HUF", "USD", "GBP", "CHF", "CZK", "DKK", "NOK", "PLN", "RON", "SEK")
# fmt: off
COUNTRIES = (
    "NL", "BE", "HU", "AT", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR",
    "HR", "IE", "IT", "LT", "LU", "LV", "MT", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "US",
)
# fmt: on
MOST_PAYMENT_DAYS = 365


class NotFound(LookupError):
    """There is no such row in this organisation."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What new invoices and new users of an organisation start with; `payment_days` from date to due date."""

    currency: str
    country: str
    payment_days: int
    language: str


def change_organisation(actor: Actor, defaults: Defaults) -> None:
    """Change the defaults of the actor's organisation; raises AccountError with the field as its code."""
    _check_defaults(defaults)
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id)
        organisation.currency = defaults.currency
        organisation.country = defaults.country
        organisation.payment_days = defaults.payment_days
        organisation.language = defaults.language


def _check_defaults(defaults: Defaults) -> None:
    if defaults.currency not in CURRENCIES:
        raise AccountError("currency", f"{defaults.currency} is not one of {', '.join(CURRENCIES)}.")
    if defaults.country not in COUNTRIES:
        raise AccountError("country", f"{defaults.country} is not one of {', '.join(COUNTRIES)}.")
    if not 0 <= defaults.payment_days <= MOST_PAYMENT_DAYS:
        raise AccountError("payment_days", f"Payment days are a number from 0 to {MOST_PAYMENT_DAYS}.")
    if defaults.language not in LANGUAGES:
        raise AccountError("language", f"{defaults.language} is not one of {', '.join(LANGUAGES)}.")


def change_user(actor: Actor, user_id: int, *, role: str, active: bool, name: str = "") -> None:
    """Change role, name and access of a user; without access all his logins end.

    Raises NotFound, and AccountError: `role` for an unknown one, `last_admin` when nobody would be left
    who can administer.
    """
    if role not in ROLES:
        raise AccountError("role", f"There is no role {role}; there are admin, staff and viewer.")
    with transaction() as session:
        # All administrators are locked, so that two of them cannot take each other's role at the same moment.
        admins = session.scalars(
            select(User.id)
            .where(User.organisation_id == actor.organisation_id, User.role == "admin", User.active)
            .with_for_update(of=User)
        ).all()
        user = _user(actor, user_id)
        if list(admins) == [user.id] and not (active and role == "admin"):
            raise AccountError("last_admin", "This is the last administrator; make somebody else one first.")
        user.role, user.active = role, active
        user.name = name.strip()[:200] or user.name
        if not active:
            end_logins(user.id)


def reset_password(actor: Actor, user_id: int, password: str) -> None:
    """Give a user a new password; all his logins end. Raises NotFound, and AccountError for an unfit password."""
    hashed = hash_password(password)
    with transaction():
        user = _user(actor, user_id)
        user.password_hash = hashed
        end_logins(user.id)


def _user(actor: Actor, user_id: int) -> User:
    found = current().scalar(select(User).where(User.id == user_id, User.organisation_id == actor.organisation_id))
    if found is None:
        raise NotFound
    return found


def add_department(actor: Actor, name: str) -> int:
    """Add a department and return its id; raises AccountError: `name` when empty or too long, `taken`."""
    department = Department(organisation_id=actor.organisation_id, name=_fit_name(name))
    try:
        with transaction() as session:
            _check_free(actor, department.name)
            session.add(department)
    except IntegrityError:  # somebody else was faster
        raise _taken(name) from None
    return department.id


def rename_department(actor: Actor, department_id: int, name: str) -> None:
    """Give a department another name; raises NotFound and AccountError as `add_department`."""
    fit = _fit_name(name)
    try:
        with transaction() as session:
            found = session.scalar(
                select(Department).where(
                    Department.id == department_id, Department.organisation_id == actor.organisation_id
                )
            )
            if found is None:
                raise NotFound
            if fit != found.name:
                _check_free(actor, fit, but=department_id)
                found.name = fit
    except IntegrityError:  # somebody else was faster
        raise _taken(name) from None


def _fit_name(name: str) -> str:
    text = " ".join(name.split())
    if not 1 <= len(text) <= 200:
        raise AccountError("name", "A department needs a name of 1 to 200 characters.")
    return text


def _check_free(actor: Actor, name: str, *, but: int | None = None) -> None:
    other = current().scalar(
        select(Department.id).where(
            Department.organisation_id == actor.organisation_id, func.lower(Department.name) == name.lower()
        )
    )
    if other is not None and other != but:
        raise _taken(name)


def _taken(name: str) -> AccountError:
    return AccountError("taken", f"There is already a department {name.strip()}.")
