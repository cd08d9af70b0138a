"""Take an invoice from another system: its number is the key, so that the same one sent twice is there once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from webapp.domain.arrivals import Arrival
from webapp.domain.drafts import unfit_sign
from webapp.domain.invoices import DocumentStatus, InvoiceKind
from webapp.services import announcing, contacts, history
from webapp.services.actors import Actor
from webapp.services.invoices.drafting import build
from webapp.services.receiving.completing import complete, refuse, salesman_of
from webapp.services.receiving.facts import InvoiceFacts
from webapp.services.receiving.wishes import wishes_of
from webapp.services.sending import queue_automatically
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction

TRIES = 5
_OF_NUMBER = select(Invoice.id, Invoice.import_hash).where(
    Invoice.organisation_id == bindparam("organisation_id"),
    Invoice.kind == InvoiceKind.SALES.value,
    Invoice.number == bindparam("number"),
)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The invoice as it was stored; `total` includes VAT."""

    id: int
    number: str
    total: Decimal


class Duplicate(Exception):
    """There is an invoice with this number; `same` when it came in with the very same body."""

    def __init__(self, invoice_id: int, number: str, *, same: bool) -> None:
        super().__init__(number)
        self.invoice_id = invoice_id
        self.number = number
        self.same = same


def accept(actor: Actor, facts: InvoiceFacts) -> Accepted:
    """Store an invoice with its contact and salesman; raises Duplicate or InvoiceFaults, and then nothing is stored."""

    def work() -> Accepted:
        with transaction() as session:
            refuse_duplicate(actor.organisation_id, facts)
            organisation = session.get_one(Organisation, actor.organisation_id)
            data, faults = complete(organisation, facts)
            refuse(faults)
            arrival = wishes_of(organisation).arrival
            status = DocumentStatus.DRAFT if arrival is Arrival.APPROVAL else DocumentStatus.SENT
            contact = contacts.save_all(organisation.id, [data.contact], country=organisation.country)[0]
            invoice = build(organisation.id, replace(data, status=status.value), contact, source="api")
            invoice.priority = facts.head.get("priority") or ""
            invoice.created_by = facts.head.get("created_by") or ""
            invoice.created_user_id = actor.user_id
            invoice.salesman_id = salesman_of(organisation.id, facts.head.get("salesman"))
            invoice.import_hash = facts.fingerprint
            session.add(invoice)
            session.flush()
            history.record(invoice.id, "invoice.received", actor=actor)
            go_on(actor, invoice, arrival)
            announcing.announce(announcing.CREATED, invoice)
            return Accepted(invoice.id, invoice.number, invoice.gross_total)

    return patiently(work)


def refuse_duplicate(organisation_id: int, facts: InvoiceFacts) -> None:
    """Raise Duplicate when the number is taken."""
    number = facts.head["number"]
    if unfit_sign(number):
        return
    row = current().execute(_OF_NUMBER, {"organisation_id": organisation_id, "number": number}).first()
    if row is not None:
        raise Duplicate(row.id, number, same=row.import_hash == facts.fingerprint)


def go_on(actor: Actor, invoice: Invoice, arrival: Arrival) -> None:
    """Let an invoice that has arrived go as far as its organisation wishes; inside of a transaction."""
    if arrival is Arrival.ONWARD:
        for event in ("invoice.approved", "invoice.authorised", "invoice.sent"):
            history.record(invoice.id, event, actor=actor)
    if arrival is not Arrival.APPROVAL:
        queue_automatically(invoice.organisation_id, [invoice.id], onward=actor if arrival is Arrival.ONWARD else None)


def patiently(work: Callable[[], Result]) -> Result:
    """Do `work`; when others took a number, contact code or salesman at the same moment, do it again and see that."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except IntegrityError:
            continue
    return work()
