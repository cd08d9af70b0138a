"""Ask for an e-mail: the invoice, the e-mail and its place in the queue are written in one transaction."""

from uuid import uuid4

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.domain.invoices import DocumentStatus
from webapp.domain.mails import OPEN, MailKind, MailState, is_address
from webapp.extensions import clock
from webapp.services import outbox
from webapp.services.actors import Actor
from webapp.services.invoices.drafting import locked
from webapp.services.invoices.issuing import leave
from webapp.services.papers import paper_obstacle
from webapp.services.sellers import seller_of
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.session import current, transaction


class MailProblem(Exception):
    """An e-mail that cannot be sent, or settled; `code` names the reason for the words of it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def ask(actor: Actor, invoice_id: int, recipient: str) -> int:
    """Queue the e-mail that brings an invoice to its customer, for the first time or again; returns the e-mail's id.

    Raises MailProblem: `address`, or what `ask_obstacle` says; InvoiceError as `locked` does.
    """
    address = recipient.strip()
    if not is_address(address):
        raise MailProblem("address")
    try:
        with transaction():
            invoice = locked(actor, invoice_id)
            obstacle = ask_obstacle(invoice)
            if obstacle:
                raise MailProblem(obstacle)
            leave(actor, invoice)
            return queue(actor, invoice, address).id
    except IntegrityError:  # somebody else was faster
        raise MailProblem("mail_open") from None


def queue(actor: Actor, invoice: Invoice, address: str, *, kind: MailKind = MailKind.INVOICE, level: int = 0) -> Mail:
    """Write an e-mail and its place in the queue, inside of a transaction that holds the invoice."""
    now = clock.now()
    mail = Mail(
        organisation_id=actor.organisation_id,
        invoice_id=invoice.id,
        uid=str(uuid4()),
        kind=kind.value,
        level=level,
        recipient=address,
        state=MailState.QUEUED.value,
        actor_kind=actor.kind,
        actor_name=actor.name,
        created_at=now,
        next_at=now,
    )
    session = current()
    session.add(mail)
    session.flush()
    outbox.enqueue(outbox.MAIL, mail.id)
    return mail


def ask_obstacle(invoice: Invoice) -> str:
    """Return why an invoice cannot be e-mailed now; "" when it can: one of what the next two say."""
    return state_obstacle(invoice, open_state(invoice.id)) or sender_obstacle(invoice.organisation_id)


def state_obstacle(invoice: Invoice, mail: str) -> str:
    """Return what in the invoice itself stands in the way; `mail` is the state of its e-mail that is still open.

    One of what `paper_obstacle` says, `not_authorised`, `mail_open`, `mail_unknown`.
    """
    obstacle = paper_obstacle(invoice)
    if not obstacle and mail:
        return "mail_unknown" if mail == MailState.UNKNOWN else "mail_open"
    if not obstacle and invoice.status not in (DocumentStatus.AUTHORISED, DocumentStatus.SENT):
        return "not_authorised"
    return obstacle


def sender_obstacle(organisation_id: int) -> str:
    """Return why an organisation can send no e-mail at all: `mail_off` or `seller_incomplete`; "" when it can."""
    route = current_app.extensions["koppel"].mail_route
    if route is None:
        return "mail_off"
    seller = seller_of(organisation_id)
    complete = not seller.lacking and (seller.email or route.sender)
    return "" if complete else "seller_incomplete"


def open_state(invoice_id: int) -> str:
    """Return the state of the e-mail with an invoice whose outcome is still to come, "" where there is none."""
    mine = Mail.invoice_id == invoice_id, Mail.kind == MailKind.INVOICE.value
    return current().scalar(select(Mail.state).where(*mine, Mail.state.in_(list(OPEN)))) or ""
