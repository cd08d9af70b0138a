"""Take an invoice from another system: its number is the key, so that the same one sent twice is there once."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from webapp.domain.arrivals import Arrival
from webapp.domain.invoices import DocumentStatus
from webapp.services import announcing, contacts, history
from webapp.services.actors import Actor
from webapp.services.contacts import ContactData
from webapp.services.invoices.data import InvoiceData
from webapp.services.invoices.values import fresh_values
from webapp.services.payloads import whole
from webapp.services.receiving.completing import complete, refuse, salesman_of
from webapp.services.receiving.facts import InvoiceFacts
from webapp.services.receiving.knowing import Known, look_up
from webapp.services.receiving.wishes import wishes_of
from webapp.services.sending import queue_automatically
from webapp.store.invoices import Invoice, InvoiceLine
from webapp.store.session import current, transaction
from webapp.store.types import table_of

TRIES = 5
PASSED: dict[Arrival, tuple[str, ...]] = defaultdict(
    tuple, {Arrival.ONWARD: ("invoice.approved", "invoice.authorised", "invoice.sent")}
)
"""What an invoice has behind it once it has arrived, as its history tells it."""

# Made once, and past the session's bookkeeping: this is the way in that other systems use day and night.
_INSERT_HEAD = insert(table_of(Invoice))
_INSERT_LINES = insert(table_of(InvoiceLine))
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
        with transaction():
            known = look_up(actor.organisation_id, facts)
            if known.invoice_id is not None:
                same = known.import_hash == facts.fingerprint
                raise Duplicate(known.invoice_id, facts.head["number"], same=same)
            data, faults = complete(known.terms, facts)
            refuse(faults)
            arrival = wishes_of(known.terms).arrival
            status = DocumentStatus.DRAFT if arrival is Arrival.APPROVAL else DocumentStatus.SENT
            head, lines, contact = _store(actor, replace(data, status=status.value), facts, known)
            history.record_all(head["id"], ["invoice.received", *PASSED[arrival]], actor=actor)
            if known.sends or arrival is Arrival.ONWARD:
                queue(actor, head["id"], arrival)
                announcing.announce(announcing.CREATED, current().get_one(Invoice, head["id"]))
            else:
                said = partial(whole, head, lines, contact, salesman=facts.head.get("salesman") or None)
                announcing.tell(announcing.CREATED, actor.organisation_id, head["id"], said)
        return Accepted(head["id"], head["number"], head["gross_total"])

    return patiently(work)


def _store(
    actor: Actor, data: InvoiceData, facts: InvoiceFacts, known: Known
) -> tuple[dict[str, Any], list[dict[str, Any]], Mapping[str, Any]]:
    """Insert the invoice with its lines; returns the values of all of it, and of its contact."""
    contact = _contact(data.contact, known)
    head, lines = fresh_values(actor.organisation_id, data, source="api")
    head |= {
        "contact_id": contact["id"],
        "contact_name": contact["name"],
        "priority": facts.head.get("priority") or "",
        "created_by": facts.head.get("created_by") or "",
        "created_user_id": actor.user_id,
        "salesman_id": known.salesman_id or salesman_of(actor.organisation_id, facts.head.get("salesman")),
        "import_hash": facts.fingerprint,
    }
    connection = current().connection()
    (head["id"],) = connection.execute(_INSERT_HEAD, head).inserted_primary_key or (None,)
    connection.execute(_INSERT_LINES, [line | {"invoice_id": head["id"]} for line in lines])
    return head, lines, contact


def _contact(data: ContactData, known: Known) -> Mapping[str, Any]:
    """Return the contact that is meant; nothing is written when it is known and everything said of it too."""
    in_use = known.contact is not None and known.contact["archived_at"] is None
    if known.contact and in_use and not contacts.changes(known.contact, data):
        return known.contact
    saved = contacts.save_all(known.terms.id, [data], country=known.terms.country)[0]
    return {name: getattr(saved, name) for name in ("id", *contacts.KEPT)}


def queue(actor: Actor, invoice_id: int, arrival: Arrival) -> None:
    """Let an invoice that has arrived go into the books, as its organisation wishes; inside of a transaction."""
    if arrival is not Arrival.APPROVAL:
        queue_automatically(actor.organisation_id, [invoice_id], onward=actor if arrival is Arrival.ONWARD else None)


def patiently(work: Callable[[], Result]) -> Result:
    """Do `work`; when others took a number, contact code or salesman at the same moment, do it again and see that."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except IntegrityError:
            continue
    return work()
