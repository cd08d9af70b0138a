"""Take an invoice from another system: its number is the key, so that the same one sent twice is there once."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError

from webapp.domain.arrivals import Arrival
from webapp.domain.invoices import DocumentStatus
from webapp.extensions import db
from webapp.services import announcing, contacts, history
from webapp.services.actors import Actor
from webapp.services.invoices.data import InvoiceData
from webapp.services.invoices.values import fresh_values
from webapp.services.payloads import whole
from webapp.services.receiving import at_once, together
from webapp.services.receiving.completing import complete, refuse
from webapp.services.receiving.facts import InvoiceFacts
from webapp.services.receiving.knowing import Known, look_up
from webapp.services.receiving.parties import contact_of, salesman_of
from webapp.services.receiving.ready import EMPTY_HEAD, EMPTY_LINE, Ready, insert_all
from webapp.services.receiving.wishes import wishes_of
from webapp.services.sending import queue_automatically
from webapp.store.invoices import Invoice
from webapp.store.session import current, transaction
from webapp.store.straight import asking, line_of

TRIES = 5
PASSED: dict[Arrival, tuple[str, ...]] = defaultdict(
    tuple, {Arrival.ONWARD: ("invoice.approved", "invoice.authorised", "invoice.sent")}
)
"""What an invoice has behind it once it has arrived, as its history tells it."""

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
    """Store an invoice with its contact and salesman; raises Duplicate or InvoiceFaults, and then nothing is stored.

    It is judged before anything is locked. What may have changed since then, the constraints of the database find.
    """

    def work() -> Accepted:
        with asking() as line:
            known = look_up(line, actor.organisation_id, facts)
        _refuse_duplicate(known, facts)
        data, faults = complete(known.terms, facts)
        refuse(faults)
        arrival = wishes_of(known.terms).arrival
        status = DocumentStatus.DRAFT if arrival is Arrival.APPROVAL else DocumentStatus.SENT
        data = replace(data, status=status.value)
        past = ["invoice.received", *PASSED[arrival]]
        if _is_plain(known, data, facts) and arrival is not Arrival.ONWARD and known.contact:
            head, lines = _values(actor, data, facts, known.contact, known.salesman_id)
            told = whole(head, lines, known.contact, salesman=facts.head.get("salesman") or None)
            ready = Ready(actor.organisation_id, head, lines, history.lines_of(0, past, actor=actor)[0], told)
            way = at_once if db.engine.dialect.name == "postgresql" else together
            return Accepted(way.store(ready), head["number"], head["gross_total"])
        with transaction():
            known = look_up(line_of(current().connection()), actor.organisation_id, facts)
            _refuse_duplicate(known, facts)
            head, told = _store(actor, data, facts, known)
            history.record_all(head["id"], past, actor=actor)
            if known.sends or arrival is Arrival.ONWARD:
                queue(actor, head["id"], arrival)
                announcing.announce(announcing.CREATED, current().get_one(Invoice, head["id"]))
            else:
                announcing.tell(announcing.CREATED, actor.organisation_id, head["id"], lambda: told)
        return Accepted(head["id"], head["number"], head["gross_total"])

    return patiently(work)


def _refuse_duplicate(known: Known, facts: InvoiceFacts) -> None:
    if known.invoice_id is not None:
        raise Duplicate(known.invoice_id, facts.head["number"], same=known.import_hash == facts.fingerprint)


def _is_plain(known: Known, data: InvoiceData, facts: InvoiceFacts) -> bool:
    """Whether an invoice brings nothing with it: its contact and salesman stand as they are, and nobody sends it on."""
    if known.sends or known.tells or not known.streams:
        return False
    if known.contact is None or known.contact["archived_at"] or contacts.changes(known.contact, data.contact):
        return False
    return known.salesman_id is not None or not facts.head.get("salesman")


def _store(actor: Actor, data: InvoiceData, facts: InvoiceFacts, known: Known) -> tuple[dict[str, Any], dict[str, Any]]:
    """Insert an invoice with its lines, contact and salesman, inside of a transaction.

    Returns its columns, and what the stream is told of it.
    """
    contact = contact_of(known, data.contact)
    salesman_id = known.salesman_id or salesman_of(actor.organisation_id, facts.head.get("salesman"))
    head, lines = _values(actor, data, facts, contact, salesman_id)
    (head["id"],) = insert_all(line_of(current().connection()), [(head, lines)])
    return head, whole(head, lines, contact, salesman=facts.head.get("salesman") or None)


def _values(
    actor: Actor, data: InvoiceData, facts: InvoiceFacts, contact: Mapping[str, Any], salesman_id: int | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the columns of an invoice and of its lines, all but their ids."""
    head, lines = fresh_values(actor.organisation_id, data, source="api")
    head = (
        EMPTY_HEAD
        | head
        | {
            "id": None,
            "contact_id": contact["id"],
            "contact_name": contact["name"],
            "priority": facts.head.get("priority") or "",
            "created_by": facts.head.get("created_by") or "",
            "created_user_id": actor.user_id,
            "salesman_id": salesman_id,
            "import_hash": facts.fingerprint,
        }
    )
    return head, [EMPTY_LINE | line for line in lines]


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
