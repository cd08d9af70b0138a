"""How long an organisation waits before it reminds: days after the due date, and from each reminder to the next."""

from dataclasses import asdict

from webapp.domain.reminders import Terms
from webapp.services.actors import Actor
from webapp.store.organisations import Organisation
from webapp.store.session import transaction

KEY = "reminders"
MOST_DAYS = 180


class TermsProblem(Exception):
    """Terms that cannot be: `field` names the one that is not 1 to 180 days."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def terms_of(organisation: Organisation) -> Terms:
    """Return the terms of an organisation; the usual ones where it has none."""
    kept = organisation.settings.get(KEY) or {}
    return Terms(**{name: int(kept.get(name, days)) for name, days in asdict(Terms()).items()})


def change_terms(actor: Actor, terms: Terms) -> None:
    """Change the terms of the actor's organisation, for proposals from now on; raises TermsProblem."""
    for name, days in asdict(terms).items():
        if not 1 <= days <= MOST_DAYS:
            raise TermsProblem(name)
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id, with_for_update=True)
        organisation.settings = organisation.settings | {KEY: asdict(terms)}
