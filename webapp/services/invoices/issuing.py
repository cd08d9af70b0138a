"""An invoice reaches its customer: whoever e-mails it says here when he begins, and what came of it.

`begin_emailing` before the message leaves, then `mark_sent` or `emailing_failed`; each is a transaction of its own.
"""

from webapp.domain.invoices import DocumentStatus, InvoiceKind, can_move
from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.invoices.crediting import set_off
from webapp.services.invoices.data import InvoiceError
from webapp.services.invoices.drafting import locked, twice
from webapp.services.invoices.numbering import give_number
from webapp.services.sending import queue_automatically
from webapp.store.invoices import Invoice
from webapp.store.session import transaction

EMAIL = "email"


def begin_emailing(actor: Actor, invoice_id: int) -> Invoice:
    """Note that an authorised invoice is on its way to the customer: until the outcome it is nobody's to change.

    Raises InvoiceError: `not_found`, `fetched`, `no_move` for one that is not authorised.
    """
    with transaction():
        invoice = _sales(actor, invoice_id)
        leave(actor, invoice)
    return invoice


def leave(actor: Actor, invoice: Invoice) -> None:
    """Do what belongs to an e-mail that is about to leave, inside of a transaction that holds the invoice.

    An invoice that was sent before stays as it is. Raises InvoiceError(`no_move`).
    """
    if invoice.status != DocumentStatus.SENT:
        _step(invoice, DocumentStatus.EMAILING)
        history.record(invoice.id, "invoice.emailing", actor=actor)


def mark_sent(actor: Actor, invoice_id: int, *, way: str = EMAIL) -> Invoice:
    """Mark an invoice as sent to the customer; it then goes to the books where its connection sends by itself.

    `way` is how it went and stands in the history. One that was sent before is only noted as sent again, with the day
    it first went kept. Raises InvoiceError: `not_found`, `fetched`, `not_sales`, `no_move`.
    """

    def work() -> Invoice:
        with transaction():
            invoice = _sales(actor, invoice_id)
            arrive(actor, invoice, way=way)
        return invoice

    return twice(work)


def arrive(actor: Actor, invoice: Invoice, *, way: str = EMAIL) -> None:
    """Do what belongs to an invoice that left for its customer, inside of a transaction that holds it."""
    if invoice.status == DocumentStatus.SENT:
        history.record(invoice.id, "invoice.resent", actor=actor, params={"way": way})
        return
    _step(invoice, DocumentStatus.SENT)
    issue(actor, invoice, way=way)


def emailing_failed(actor: Actor, invoice_id: int, *, reason: str = "") -> Invoice:
    """Note that an e-mail did not leave: the invoice is authorised again, and `reason` stands in its history.

    One that was sent before stays so. Raises InvoiceError as mark_sent does.
    """
    with transaction():
        invoice = _sales(actor, invoice_id)
        stay(actor, invoice, reason=reason)
    return invoice


def stay(actor: Actor, invoice: Invoice, *, reason: str) -> None:
    """Do what belongs to an e-mail that did not leave, inside of a transaction that holds the invoice."""
    if invoice.status != DocumentStatus.SENT:
        _step(invoice, DocumentStatus.AUTHORISED)
    history.record(invoice.id, "invoice.email_failed", actor=actor, params={"reason": reason[:500]})


def issue(actor: Actor, invoice: Invoice, *, way: str = "") -> None:
    """Do what belongs to becoming sent, inside of a transaction that holds the invoice and has set its status."""
    give_number(actor, invoice)
    if invoice.sent_at is None:
        invoice.sent_at = clock.now()
    history.record(invoice.id, "invoice.sent", actor=actor, params={"way": way} if way else {})
    set_off(actor, invoice)
    queue_automatically(actor.organisation_id, [invoice.id])


def _sales(actor: Actor, invoice_id: int) -> Invoice:
    invoice = locked(actor, invoice_id)
    if invoice.kind != InvoiceKind.SALES:
        raise InvoiceError("not_sales")
    return invoice


def _step(invoice: Invoice, target: DocumentStatus) -> None:
    if not can_move(DocumentStatus(invoice.status), target):
        raise InvoiceError("no_move", status=invoice.status, target=target.value)
    invoice.status, invoice.updated_at = target.value, clock.now()
