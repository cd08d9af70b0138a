"""Find e-mails that got stuck: a worker that died while it sent one leaves an outcome that nobody knows."""

from datetime import timedelta

from sqlalchemy import select

from webapp.domain.mails import MailState
from webapp.extensions import clock
from webapp.services import outbox
from webapp.services.mails.recording import Outcome, record
from webapp.store.mails import Mail
from webapp.store.session import current, release, transaction

FORGOTTEN = timedelta(minutes=2)
"""How long after its time a queued e-mail is asked for again."""


def sweep() -> int:
    """Mark what was left behind as unknown, and ask again for what waits too long; returns how many."""
    now = clock.now()
    stuck = select(Mail.id).where(Mail.state == MailState.SENDING.value, Mail.next_at < now)
    waiting = select(Mail.id).where(Mail.state == MailState.QUEUED.value, Mail.next_at < now - FORGOTTEN).limit(100)
    lost, late = list(current().scalars(stuck)), list(current().scalars(waiting))
    release()
    for mail_id in lost:
        record(mail_id, Outcome(MailState.UNKNOWN, error="worker_lost"), was=MailState.SENDING)
    if late:
        with transaction() as session:
            for mail in session.scalars(select(Mail).where(Mail.id.in_(late), Mail.state == MailState.QUEUED.value)):
                mail.next_at = now
                outbox.enqueue(outbox.MAIL, mail.id)
    return len(lost) + len(late)
