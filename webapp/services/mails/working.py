"""Send one e-mail: write it and claim it (a short transaction), call (none open), record (a short transaction)."""

from flask import current_app
from sqlalchemy import update

from webapp.connectors import mail as connector
from webapp.connectors.ports import ConnectorError, OutcomeUnknown, Unavailable
from webapp.domain.mails import MailKind, MailState
from webapp.extensions import clock
from webapp.journal import Log
from webapp.services.mails.recording import LEASE, PAID, Outcome, record
from webapp.services.mails.writing import sender_of, write
from webapp.services.sellers import seller_of
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.session import current, release, transaction

log = Log()


def send(mail_id: int) -> bool:
    """Send an e-mail that is queued and due; returns whether it was taken. Any other is left alone."""
    release()
    mail = current().get(Mail, mail_id, populate_existing=True)
    if mail is None or mail.state != MailState.QUEUED or mail.next_at > clock.now():
        release()
        return False
    if mail.kind == MailKind.REMINDER and current().get_one(Invoice, mail.invoice_id).outstanding_amount <= 0:
        record(mail_id, Outcome(MailState.FAILED, error=PAID))
        return False
    message = _message(mail)
    if message is None:
        record(mail_id, Outcome(MailState.FAILED, error="not_written"))
        return False
    recipient, uid, sender = mail.recipient, mail.uid, sender_of(seller_of(mail.organisation_id))
    if not _claim(mail_id, *message):
        return False
    outcome = _call(message[1], uid=uid, sender=sender, recipient=recipient)
    record(mail_id, outcome)
    return outcome.state is MailState.SENT


def _message(mail: Mail) -> tuple[str, bytes] | None:
    """Return subject and message: as they left before, else written now; None when they cannot be written."""
    if mail.content is not None:
        return mail.subject, mail.content
    try:
        written = write(mail)
    except Exception:  # whatever it is, it is the same at the next try: a person has to look
        log.exception("mail_not_written", mail=mail.id)
        return None
    return written.subject, written.content


def _claim(mail_id: int, subject: str, content: bytes) -> bool:
    now = clock.now()
    with transaction() as session:
        claimed = (
            update(Mail)
            .where(Mail.id == mail_id, Mail.state == MailState.QUEUED.value)
            .values(
                state=MailState.SENDING.value,
                attempts=Mail.attempts + 1,
                next_at=now + LEASE,
                subject=subject[:300],
                content=content,
            )
            .execution_options(synchronize_session=False)
        )
        return bool(session.execute(claimed).rowcount)  # type: ignore[attr-defined]


def _call(content: bytes, *, uid: str, sender: str, recipient: str) -> Outcome:
    route = current_app.extensions["koppel"].mail_route
    if route is None:
        return Outcome(MailState.FAILED, error="mail_off")
    try:
        connector.send(route, content, name=uid, sender=sender, recipient=recipient)
    except OutcomeUnknown as error:
        return Outcome(MailState.UNKNOWN, error="unknown_outcome", remote_text=error.remote_text)
    except Unavailable as error:
        return Outcome(MailState.QUEUED, error="unavailable", remote_text=error.remote_text or error.message)
    except ConnectorError as error:
        return Outcome(MailState.FAILED, error=str(error.failure.value), remote_text=error.remote_text)
    return Outcome(MailState.SENT)
