"""Record what became of an e-mail: on it, on its invoice, in the history and as a notice, all in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from webapp.domain.mails import MailKind, MailState, next_try
from webapp.extensions import clock
from webapp.services import history, notices, outbox
from webapp.services.actors import Actor, system
from webapp.services.invoices.drafting import locked, twice
from webapp.services.invoices.issuing import arrive, stay
from webapp.services.mails.asking import MailProblem
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.session import current, transaction

LEASE = timedelta(minutes=5)
"""How long a worker has for one call; longer than all its time limits together."""

CATEGORY = "mail"
PAID = "paid_meanwhile"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to; queued means that nothing was sent, and that it is tried again."""

    state: MailState
    error: str = ""
    remote_text: str = ""


def record(mail_id: int, outcome: Outcome, *, was: MailState | None = None) -> None:
    """Record an attempt; with `was` only of an e-mail that is still in that state."""
    twice(lambda: _record(mail_id, outcome, was))


def settle(actor: Actor, mail_id: int, *, arrived: bool) -> None:
    """Take a person's word for an e-mail of which nobody knows whether it left.

    Raises MailProblem: `not_found`, `mail_settled` for one whose outcome is known.
    """

    def work() -> None:
        with transaction():
            mail = _locked(mail_id)
            if mail is None or mail.organisation_id != actor.organisation_id:
                raise MailProblem("not_found")
            if mail.state != MailState.UNKNOWN:
                raise MailProblem("mail_settled")
            outcome = Outcome(MailState.SENT) if arrived else Outcome(MailState.FAILED, error="said_missing")
            _end(actor, mail, outcome)

    twice(work)


def _record(mail_id: int, outcome: Outcome, was: MailState | None) -> None:
    with transaction():
        mail = _locked(mail_id)
        if mail is None or (was is not None and mail.state != was):
            return
        again = next_try(mail.attempts) if outcome.state is MailState.QUEUED else None
        if again is not None:
            mail.state, mail.error = MailState.QUEUED.value, outcome.error
            mail.remote_text, mail.next_at = outcome.remote_text[:300], clock.now() + again
            outbox.enqueue(outbox.MAIL, mail.id, delay=again.total_seconds())
        elif outcome.state is MailState.QUEUED:
            _end(system(mail.organisation_id), mail, Outcome(MailState.FAILED, outcome.error, outcome.remote_text))
        else:
            _end(system(mail.organisation_id), mail, outcome)


def _locked(mail_id: int) -> Mail | None:
    """Lock the invoice before the e-mail, as whoever asks for one does."""
    session = current()
    invoice_id = session.scalar(select(Mail.invoice_id).where(Mail.id == mail_id))
    owner = session.scalar(select(Mail.organisation_id).where(Mail.id == mail_id))
    if invoice_id is None or owner is None:
        return None
    locked(system(owner), invoice_id)
    return session.get(Mail, mail_id, with_for_update=True, populate_existing=True)


def _end(actor: Actor, mail: Mail, outcome: Outcome) -> None:
    mail.state, mail.error, mail.remote_text = outcome.state.value, outcome.error, outcome.remote_text[:300]
    mail.next_at = clock.now()
    if outcome.state is MailState.SENT:
        mail.sent_at = clock.now()
    invoice = locked(actor, mail.invoice_id)
    params = {"address": mail.recipient, "reason": " ".join([outcome.error, outcome.remote_text]).strip()}
    if outcome.state is MailState.UNKNOWN:
        history.record(invoice.id, "mail.unknown", actor=actor, params=params)
    elif mail.kind == MailKind.REMINDER:
        _reminded(actor, mail, invoice, params)
    elif mail.kind == MailKind.INVOICE:
        on_end: dict[MailState, Callable[[], None]] = {
            MailState.SENT: lambda: arrive(actor, invoice),
            MailState.FAILED: lambda: stay(actor, invoice, reason=outcome.remote_text or outcome.error),
        }
        on_end[outcome.state]()
    recount(mail.organisation_id)


def _reminded(actor: Actor, mail: Mail, invoice: Invoice, params: dict[str, str]) -> None:
    params = params | {"level": str(mail.level)}
    if mail.state != MailState.SENT:
        history.record(invoice.id, "reminder.failed", actor=actor, params=params)
        return
    invoice.reminder_level = max(invoice.reminder_level, mail.level)
    invoice.reminded_on = today()
    history.record(invoice.id, "reminder.sent", actor=actor, params=params)


def today() -> date:
    """Return the day that it is where the organisation's days begin."""
    return clock.now().astimezone(current_app.extensions["koppel"].zone).date()


def recount(organisation_id: int) -> None:
    """Set the notices to how many invoices have a last e-mail that failed, or whose outcome nobody knows."""
    session = current()
    session.flush()
    later = aliased(Mail)
    last = ~exists().where(later.invoice_id == Mail.invoice_id, later.kind == Mail.kind, later.id > Mail.id)
    for state in (MailState.FAILED, MailState.UNKNOWN):
        query = select(func.count()).where(Mail.organisation_id == organisation_id, Mail.state == state.value, last)
        query = query.where(Mail.error != PAID)  # nobody has to do anything about that one
        count, category = session.scalar(query.select_from(Mail)) or 0, f"{CATEGORY}_{state.value}"
        if count:
            notices.raise_notice(
                organisation_id, category, connection_id=None, run_id=None, category=category, count=count
            )
        else:
            notices.close_cause(organisation_id, category)
