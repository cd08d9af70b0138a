"""What an organisation wishes for the invoices that other systems bring in."""

from dataclasses import dataclass

from webapp.domain.arrivals import Arrival
from webapp.services.actors import Actor
from webapp.services.receiving.knowing import Terms
from webapp.store.organisations import Organisation
from webapp.store.session import transaction

KEY = "imports"


@dataclass(frozen=True, slots=True)
class Wishes:
    """`arrival` says where an accepted invoice stands; `vat_included` whether prices without a word include VAT."""

    arrival: Arrival = Arrival.SENT
    vat_included: bool = True


def wishes_of(organisation: Organisation | Terms) -> Wishes:
    """Return the wishes of an organisation; what was never chosen is as the seed has it."""
    kept = organisation.settings.get(KEY, {})
    return Wishes(Arrival(kept.get("arrival", Arrival.SENT)), bool(kept.get("vat_included", True)))


def change_wishes(actor: Actor, wishes: Wishes) -> None:
    """Keep the wishes of the actor's organisation, for what is brought in from now on."""
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id)
        kept = {"arrival": wishes.arrival.value, "vat_included": wishes.vat_included}
        organisation.settings = organisation.settings | {KEY: kept}
