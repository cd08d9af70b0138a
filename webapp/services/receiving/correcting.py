"""Take a correction from another system: of an invoice that was returned for it, and of no other."""

from sqlalchemy import select

from webapp.domain.arrivals import Arrival, correction_obstacle
from webapp.domain.drafts import Fault, unfit_sign
from webapp.domain.invoices import DocumentStatus, InvoiceKind
from webapp.extensions import clock
from webapp.services import announcing, contacts, history
from webapp.services.actors import Actor
from webapp.services.invoices.drafting import fill
from webapp.services.invoices.paying import has_entries, refresh_payment
from webapp.services.invoices.rules import totals_of
from webapp.services.receiving.accepting import PASSED, patiently, queue
from webapp.services.receiving.completing import judge, refuse
from webapp.services.receiving.facts import Facts, InvoiceFacts
from webapp.services.receiving.knowing import Terms
from webapp.services.receiving.merging import merged
from webapp.services.receiving.parties import salesman_of
from webapp.services.receiving.wishes import wishes_of
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.session import current, transaction
from webapp.store.words import word


class Obstacle(Exception):
    """An invoice cannot be corrected now: `not_found`, `not_in_review`, `in_progress`, `in_books` or `settled`."""

    def __init__(self, code: str, invoice: Invoice | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.invoice_id = invoice.id if invoice else None
        self.status = invoice.status if invoice else ""
        self.delivery = invoice.delivery if invoice else ""


def correct(actor: Actor, facts: InvoiceFacts, *, replace_items: bool = False, notes: str = "") -> Invoice:
    """Correct an invoice in review: what is left out stays, null clears, items are found by item code and barcode.

    It is then as sent as it was before (or a draft, where imports need approval), with its new totals.
    Raises Obstacle and InvoiceFaults, and then nothing was changed.
    """

    def work() -> Invoice:
        with transaction() as session:
            invoice = _locked(actor, facts.head["number"])
            terms = Terms.of(session.get_one(Organisation, actor.organisation_id))
            faults: list[Fault] = []
            data = merged(terms, invoice, facts, replace_items, faults)
            refuse(faults + judge(terms, data, facts.head))
            same = (invoice.gross_total, invoice.currency) == (totals_of(data).per_line.gross, data.currency)
            if not same and has_entries(invoice.id):
                raise Obstacle("settled", invoice)
            contact = contacts.save_all(terms.id, [data.contact], country=terms.country)[0]
            fill(invoice, data, contact)
            _beside(invoice, facts.head)
            arrival = wishes_of(terms).arrival
            invoice.status = (DocumentStatus.DRAFT if arrival is Arrival.APPROVAL else DocumentStatus.SENT).value
            invoice.sent_at = invoice.sent_at or (clock.now() if arrival is not Arrival.APPROVAL else None)
            invoice.revision += 1
            session.flush()
            history.record(invoice.id, "invoice.corrected", actor=actor, params={"notes": notes} if notes else {})
            refresh_payment(invoice)
            history.record_all(invoice.id, PASSED[arrival], actor=actor)
            queue(actor, invoice.id, arrival)
            announcing.announce(announcing.UPDATED, invoice)
        return invoice

    return patiently(work)


def _locked(actor: Actor, number: str) -> Invoice:
    query = select(Invoice).where(
        Invoice.organisation_id == actor.organisation_id,
        Invoice.kind == word(InvoiceKind.SALES.value),
        Invoice.number == number,
    )
    invoice = None if unfit_sign(number) or not number else current().scalar(query.with_for_update(of=Invoice))
    if invoice is None:
        raise Obstacle("not_found")
    obstacle = correction_obstacle(invoice.status, invoice.delivery)
    if obstacle:
        raise Obstacle(obstacle, invoice)
    return invoice


def _beside(invoice: Invoice, head: Facts) -> None:
    for name in ("priority", "created_by"):
        if name in head:
            setattr(invoice, name, head[name] or "")
    if "salesman" in head:
        invoice.salesman_id = salesman_of(invoice.organisation_id, head["salesman"])
