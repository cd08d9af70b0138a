"""E-mails to customers: their words in the language that is set, and the message that is made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

import flask_babel

from webapp.papers.facts import InvoicePaper, PaperKind
from webapp.papers.words import day, iban_in_groups, money

_: Callable[..., str] = flask_babel.gettext


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and text of an e-mail."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who an e-mail goes to and comes from; `identity` makes its Message-ID, so that a copy is known as one."""

    identity: str
    recipient: str
    sender: str
    sender_name: str
    reply_to: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes along."""

    name: str
    content: bytes = field(repr=False)


def title_of(paper: InvoicePaper) -> str:
    """Return what the paper is called."""
    names = {
        PaperKind.INVOICE: _("Invoice %(number)s", number=paper.number),
        PaperKind.CREDIT_NOTE: _("Credit note %(number)s", number=paper.number),
        PaperKind.PRO_FORMA: _("Pro forma invoice"),
    }
    title = names[paper.kind].strip()
    return _("%(title)s (cancelled)", title=title) if paper.cancelled else title


def invoice_letter(paper: InvoicePaper) -> Letter:
    """Return the e-mail that brings an invoice or a credit note."""
    name = paper.seller.party.name
    title = title_of(paper)
    inside = title[:1].lower() + title[1:]  # in the middle of a sentence
    parts = [
        greeting_of(paper),
        _("Please find attached %(title)s of %(day)s.", title=inside, day=day(paper.issue_date)),
    ]
    if paper.kind is PaperKind.INVOICE:
        parts.append(how_to_pay(paper))
    parts.append(closing_of(paper))
    return Letter(
        one_line(_("%(title)s from %(name)s", title=title, name=name)), "\n\n".join(filter(None, parts)) + "\n"
    )


def make_message(envelope: Envelope, letter: Letter, attachments: Sequence[Attachment]) -> bytes:
    """Return the bytes of an e-mail with its attachments, as a server takes them: seven bits, CRLF."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = formataddr((one_line(envelope.sender_name), envelope.sender))
    message["To"] = envelope.recipient
    if envelope.reply_to and envelope.reply_to != envelope.sender:
        message["Reply-To"] = envelope.reply_to
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(envelope.sent_at)
    message["Message-ID"] = f"<{envelope.identity}@{envelope.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte="quoted-printable")
    for one in attachments:
        message.add_attachment(one.content, maintype="application", subtype="pdf", filename=one.name)
    return message.as_bytes()


def greeting_of(paper: InvoicePaper) -> str:
    """Return how a letter begins."""
    if paper.contact_person:
        return _("Dear %(name)s,", name=paper.contact_person)
    return _("Dear Sir or Madam,")


def how_to_pay(paper: InvoicePaper) -> str:
    """Return the sentence that says how to pay; empty where nothing is to be transferred."""
    if paper.payment or paper.due is None or paper.due <= 0 or not paper.seller.iban:
        return paper.payment
    values = {
        "amount": money(paper.due, paper.currency),
        "iban": iban_in_groups(paper.seller.iban),
        "reference": paper.payment_reference or paper.number,
    }
    if paper.due_date:
        said = _(
            "Please transfer %(amount)s by %(day)s to %(iban)s, with reference %(reference)s.",
            day=day(paper.due_date),
            **values,
        )
    else:
        said = _("Please transfer %(amount)s to %(iban)s, with reference %(reference)s.", **values)
    return said


def closing_of(paper: InvoicePaper) -> str:
    """Return how a letter ends: the sender with his details, a line each."""
    seller = paper.seller
    lines = [_("Kind regards,"), seller.party.name, seller.phone, seller.email, seller.website]
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Return a text as one line, such as a header of an e-mail has to be."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
