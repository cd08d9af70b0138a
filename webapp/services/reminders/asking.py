"""Ask for reminders: each is judged again under the lock, for somebody may have paid since the page was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError

from webapp.domain.mails import MailKind
from webapp.domain.reminders import NotNow, propose
from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.invoices.data import InvoiceError
from webapp.services.invoices.drafting import locked
from webapp.services.mails.asking import MailProblem, queue, sender_obstacle
from webapp.services.papers import paper_obstacle
from webapp.services.reminders.terms import terms_of
from webapp.store.organisations import Organisation
from webapp.store.reminders import address_of, standings
from webapp.store.session import current, transaction


@dataclass(frozen=True, slots=True)
class Skipped:
    """An invoice that got no reminder, and why."""

    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """What became of a wish: the e-mails that are on their way, and what was left out."""

    mails: tuple[int, ...]
    skipped: tuple[Skipped, ...]


def remind(actor: Actor, levels: Mapping[int, int], *, today: date) -> Reminded:
    """Queue a reminder for each invoice, of the level that the person saw; returns what is on its way.

    One that is due no longer, or at another level by now, is left out with its reason. Raises MailProblem when no
    e-mail can be sent at all: `mail_off`, `seller_incomplete`.
    """
    obstacle = sender_obstacle(actor.organisation_id)
    if obstacle:
        raise MailProblem(obstacle)
    mails, skipped = [], []
    for invoice_id, level in levels.items():
        try:
            found = _remind(actor, invoice_id, level, today)
        except InvoiceError:
            continue  # it is not there any more, or it is no invoice of ours to remind of
        except IntegrityError:  # somebody else was faster
            found = Skipped("", NotNow.UNDER_WAY.value)
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            mails.append(found)
    return Reminded(tuple(mails), tuple(skipped))


def _remind(actor: Actor, invoice_id: int, level: int, today: date) -> int | Skipped:
    with transaction():
        invoice = locked(actor, invoice_id)
        terms = terms_of(current().get_one(Organisation, actor.organisation_id))
        proposal = propose(standings([invoice])[invoice.id], today=today, terms=terms)
        reason = paper_obstacle(invoice) or proposal.reason
        if reason:
            return Skipped(invoice.number, reason)
        if proposal.level != level:
            return Skipped(invoice.number, NotNow.RECENT.value)
        mail = queue(actor, invoice, address_of(invoice), kind=MailKind.REMINDER, level=level)
        history.record(invoice.id, "reminder.asked", actor=actor, params={"level": str(level)})
        return mail.id
