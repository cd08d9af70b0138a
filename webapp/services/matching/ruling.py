"""What an organisation allows when payments are matched: small differences by currency, and a payment discount."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from webapp.domain.matching import Difference, Rules
from webapp.services.actors import Actor
from webapp.services.settings import CURRENCIES
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction

KEPT = "matching"
LARGEST_TOLERANCE = Decimal(100_000)
LARGEST_DISCOUNT = Decimal(20)
MOST_DAYS = 90
HUNDRED = Decimal(100)
USUAL = Rules()


class RuleError(ValueError):
    """Nothing was saved; `field` is what does not fit: `tolerance`, `currency`, `discount` or `discount_days`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.field = name


@dataclass(frozen=True, slots=True)
class Allowed:
    """The rules as a person writes them: `discount` in percent, `tolerances` for currencies that differ."""

    tolerance: Decimal = USUAL.tolerance
    tolerances: Mapping[str, Decimal] = field(default_factory=lambda: dict(USUAL.tolerances))
    discount: Decimal = USUAL.discount * HUNDRED
    discount_days: int = USUAL.discount_days

    @property
    def rules(self) -> Rules:
        """The same as matching takes them."""
        return Rules(self.tolerance, tuple(self.tolerances.items()), self.discount / HUNDRED, self.discount_days)


def allowed(organisation_id: int) -> Allowed:
    """Return what an organisation allows; the usual rules until it said otherwise."""
    kept = current().get_one(Organisation, organisation_id).settings.get(KEPT)
    if not isinstance(kept, dict):
        return Allowed()
    return Allowed(
        Decimal(kept["tolerance"]),
        {code: Decimal(amount) for code, amount in kept["tolerances"].items()},
        Decimal(kept["discount"]),
        int(kept["discount_days"]),
    )


def rules_of(organisation_id: int) -> Rules:
    """Return the rules by which an organisation's payments are matched."""
    return allowed(organisation_id).rules


def allow(actor: Actor, wanted: Allowed) -> None:
    """Set what the actor's organisation allows; raises RuleError. What was matched before stays as it is."""
    for amount in (wanted.tolerance, *wanted.tolerances.values()):
        if not 0 <= amount <= LARGEST_TOLERANCE or amount != round(amount, 2):
            raise RuleError("tolerance")
    if not set(wanted.tolerances) <= set(CURRENCIES):
        raise RuleError("currency")
    if not 0 <= wanted.discount <= LARGEST_DISCOUNT or wanted.discount != round(wanted.discount, 2):
        raise RuleError("discount")
    if not 0 <= wanted.discount_days <= MOST_DAYS:
        raise RuleError("discount_days")
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id)
        organisation.settings = organisation.settings | {
            KEPT: {
                "tolerance": str(wanted.tolerance),
                "tolerances": {code: str(amount) for code, amount in wanted.tolerances.items()},
                "discount": str(wanted.discount),
                "discount_days": wanted.discount_days,
            }
        }


def written_off_by_itself(difference: Difference) -> str:
    """Return the kind to which a difference goes without a person: only what lies within the tolerance does."""
    return difference.value if difference is Difference.PAYMENT_DIFFERENCE else ""
