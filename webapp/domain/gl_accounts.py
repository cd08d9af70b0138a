"""Which GL account a line of an invoice is booked on: the most special of the accounts that were set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """Where an account can be set, from the most special to the most general."""

    LINE = "line"
    ACTIVITY = "activity"
    PROJECT = "project"
    PRODUCT = "product"
    DEPARTMENT = "department"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Account:
    """An account with the level that set it, and what is called there: the name of the department, project …"""

    code: str
    level: Level
    name: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What a line says that an account can hang on; "" and None where it says nothing."""

    typed: str = ""
    activity: str = ""
    project: str = ""
    product: str = ""
    department: int | None = None


def resolve(offers: Mapping[Level, Account | None]) -> Account | None:
    """Return the most special account that is set; None leaves it to the books."""
    for level in Level:
        account = offers.get(level)
        if account is not None and account.code:
            return account
    return None


@dataclass(frozen=True, slots=True)
class AccountRules:
    """The accounts that an organisation has set, by code of activity, project and product, and by department."""

    organisation: str = ""
    departments: Mapping[int, Account] = field(default_factory=dict)
    products: Mapping[str, Account] = field(default_factory=dict)
    projects: Mapping[str, Account] = field(default_factory=dict)
    activities: Mapping[str, Account] = field(default_factory=dict)

    def of(self, place: Place) -> Account | None:
        """Return the account of a line, None where nobody set one."""
        return resolve(
            {
                Level.LINE: Account(place.typed, Level.LINE),
                Level.ACTIVITY: self.activities.get(place.activity),
                Level.PROJECT: self.projects.get(place.project),
                Level.PRODUCT: self.products.get(place.product),
                Level.DEPARTMENT: self.departments.get(place.department or 0),
                Level.ORGANISATION: Account(self.organisation, Level.ORGANISATION),
            }
        )


NO_RULES = AccountRules()
