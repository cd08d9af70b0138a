"""E-mails as their readers see them: the list, one message, and what of them stands on an invoice's page."""

import email
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp.domain.mails import OPEN, MailKind, MailState
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.reminders import address_of
from webapp.store.session import current

PAGE = 50
REASONS: dict[str, Any] = {
    "unavailable": _l("The mail server could not be reached, or asked to try again."),
    "auth": _l("The mail server refuses user or password: whoever runs Koppel corrects MAIL_URL."),
    "refused": _l("The mail server refused the message: mostly the address is wrong."),
    "mail_off": _l("No mail server is set up."),
    "not_written": _l("The message could not be made; the log of the worker says why."),
    "worker_lost": _l("The process that was sending it ended in between."),
    "unknown_outcome": _l("The mail server had the message, and did not say whether it took it."),
    "paid_meanwhile": _l("It was paid before the reminder left, so none was sent."),
    "said_missing": _l("A person said that it did not arrive."),
}


@dataclass(frozen=True, slots=True)
class MailLine:
    """One e-mail; `kind` and `level` say what it brought."""

    id: int
    invoice_id: int
    number: str
    kind: str
    level: int
    recipient: str
    subject: str
    state: str
    attempts: int
    error: str
    remote_text: str
    actor: str
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None

    @property
    def reason(self) -> str:
        """Why it is not there yet, in words; empty where nothing is to be said."""
        return str(REASONS.get(self.error, self.error)) if self.error else ""


@dataclass(frozen=True, slots=True)
class MailPage:
    """One page of the list; `after` is the id to go on after, None on the last page."""

    rows: tuple[MailLine, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it left: what a mail program would show."""

    line: MailLine
    headers: tuple[tuple[str, str], ...]
    text: str
    attachments: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SentMails:
    """The e-mails about one invoice, newest first."""

    lines: tuple[MailLine, ...]

    @property
    def last(self) -> MailLine | None:
        """The newest one."""
        return self.lines[0] if self.lines else None

    @property
    def open_state(self) -> str:
        """The state of the e-mail with the invoice itself whose outcome is still to come; "" where there is none."""
        return next((one.state for one in self.lines if one.kind == MailKind.INVOICE and one.state in OPEN), "")

    @property
    def reminded(self) -> dict[int, datetime | None]:
        """When the reminder of each level was sent."""
        kept = [one for one in self.lines if one.kind == MailKind.REMINDER and one.state == MailState.SENT]
        return {one.level: one.sent_at for one in reversed(kept)}


def table(organisation_id: int, *, state: str = "", after: int | None = None) -> MailPage:
    """Return the e-mails of an organisation, newest first."""
    query = _select().where(Mail.organisation_id == organisation_id)
    if state:
        query = query.where(Mail.state == state)
    if after is not None:
        query = query.where(Mail.id < after)
    rows = [_line(row) for row in current().execute(query.order_by(Mail.id.desc()).limit(PAGE + 1))]
    return MailPage(tuple(rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else None)


def of_invoice(invoice_id: int) -> SentMails:
    """Return the e-mails about an invoice."""
    rows = current().execute(_select().where(Mail.invoice_id == invoice_id).order_by(Mail.id.desc()).limit(20))
    return SentMails(tuple(_line(row) for row in rows))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice that somebody wants to e-mail; `open_state` is that of an e-mail whose outcome is still to come."""

    invoice: Invoice
    address: str
    open_state: str


def candidates(organisation_id: int, ids: Sequence[int]) -> tuple[Candidate, ...]:
    """Return these invoices of an organisation with what decides whether they can be e-mailed, by number."""
    found = current().scalars(
        select(Invoice)
        .where(Invoice.organisation_id == organisation_id, Invoice.id.in_(ids))
        .options(joinedload(Invoice.contact), selectinload(Invoice.lines))
        .order_by(Invoice.number, Invoice.id)
    )
    mine = Mail.invoice_id.in_(ids), Mail.kind == MailKind.INVOICE.value, Mail.state.in_(list(OPEN))
    states = {row.invoice_id: row.state for row in current().execute(select(Mail.invoice_id, Mail.state).where(*mine))}
    return tuple(Candidate(one, address_of(one), states.get(one.id, "")) for one in found)


def content(organisation_id: int, mail_id: int) -> bytes | None:
    """Return the bytes of a message; None where the organisation has no such one, or it was not written yet."""
    return current().scalar(select(Mail.content).where(Mail.organisation_id == organisation_id, Mail.id == mail_id))


def show(organisation_id: int, mail_id: int) -> Message | None:
    """Return one e-mail with what it says."""
    row = current().execute(_select().where(Mail.organisation_id == organisation_id, Mail.id == mail_id)).one_or_none()
    if row is None:
        return None
    raw = content(organisation_id, mail_id)
    if raw is None:
        return Message(_line(row), (), "", ())
    parsed = email.message_from_bytes(raw, policy=policy.default)
    body = parsed.get_body(preferencelist=("plain",))
    headers = tuple((name, str(parsed[name])) for name in ("From", "Reply-To", "To", "Subject") if parsed[name])
    files = tuple(
        (one.get_filename() or "", len(one.get_payload(decode=True) or b"")) for one in parsed.iter_attachments()
    )
    return Message(_line(row), headers, body.get_content() if body else "", files)


def _select() -> Any:
    return select(Mail, Invoice.number).join(Invoice, Invoice.id == Mail.invoice_id)


def _line(row: Any) -> MailLine:
    mail: Mail = row.Mail
    return MailLine(
        id=mail.id,
        invoice_id=mail.invoice_id,
        number=row.number,
        kind=mail.kind,
        level=mail.level,
        recipient=mail.recipient,
        subject=mail.subject,
        state=mail.state,
        attempts=mail.attempts,
        error=mail.error,
        remote_text=mail.remote_text,
        actor=mail.actor_name if mail.actor_kind != "system" else "",
        created_at=mail.created_at,
        next_at=mail.next_at,
        sent_at=mail.sent_at,
    )
