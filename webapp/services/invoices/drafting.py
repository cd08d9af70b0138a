"""Make an invoice and change it: all of it in one transaction, or nothing."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.domain.drafts import Fault, edit_obstacle, unfit_sign
from webapp.domain.invoices import FETCHED_SOURCES, UNNUMBERED, DocumentStatus, InvoiceKind
from webapp.extensions import clock
from webapp.services import announcing, contacts, history
from webapp.services.actors import Actor
from webapp.services.invoices.data import InvoiceData, InvoiceError, InvoiceFaults
from webapp.services.invoices.paying import has_entries, refresh_payment
from webapp.services.invoices.rules import check, totals_of
from webapp.services.invoices.values import fresh_values, values_of
from webapp.services.sending import queue_automatically
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice, InvoiceDocument, InvoiceLine
from webapp.store.numbering import is_in_series
from webapp.store.organisations import Department, Organisation
from webapp.store.session import current, transaction
from webapp.store.words import word

Result = TypeVar("Result")


def create(actor: Actor, data: InvoiceData) -> Invoice:
    """Store a new invoice as it was filled in; raises InvoiceFaults, and then nothing was stored."""

    def work() -> Invoice:
        with transaction() as session:
            organisation = session.get_one(Organisation, actor.organisation_id)
            _refuse(faults_of(actor, data))
            contact = contacts.save_all(actor.organisation_id, [data.contact], country=organisation.country)[0]
            invoice = build(actor.organisation_id, data, contact)
            session.add(invoice)
            session.flush()
            history.record(invoice.id, "invoice.created", actor=actor)
            queue_automatically(actor.organisation_id, [invoice.id])
        return invoice

    return twice(work)


def update(actor: Actor, invoice_id: int, data: InvoiceData, *, revision: int | None = None) -> Invoice:
    """Change an invoice that is not on its way to the books or in them, and start a new revision of it.

    What was approved or authorised goes back to draft: the approval was given to what it said before.
    `revision` is the one that the person saw: when there is a newer one, nothing is overwritten. Raises InvoiceError
    (`not_found`, `changed_meanwhile` with the newer `revision`, or why it cannot be changed now) and InvoiceFaults.
    """

    def work() -> Invoice:
        with transaction() as session:
            organisation = session.get_one(Organisation, actor.organisation_id)
            invoice = locked(actor, invoice_id)
            obstacle = edit_obstacle(invoice.status, invoice.delivery)
            if obstacle:
                raise InvoiceError(obstacle)
            if revision is not None and revision != invoice.revision:
                raise InvoiceError("changed_meanwhile", revision=invoice.revision)
            _refuse(faults_of(actor, data, own_id=invoice.id))
            same = (invoice.gross_total, invoice.currency) == (totals_of(data).per_line.gross, data.currency)
            if not same and has_entries(invoice.id):
                raise InvoiceError("settled")
            contact = contacts.save_all(actor.organisation_id, [data.contact], country=organisation.country)[0]
            fill(invoice, data, contact)
            if invoice.status in (DocumentStatus.APPROVED, DocumentStatus.AUTHORISED):
                invoice.status, invoice.approved_by_id = DocumentStatus.DRAFT.value, None
            invoice.revision += 1
            session.flush()
            history.record(invoice.id, "invoice.edited", actor=actor)
            refresh_payment(invoice)
            if invoice.status == DocumentStatus.REVIEW:  # who was told that it came back waits for this
                announcing.announce(announcing.UPDATED, invoice)
        return invoice

    return twice(work)


def taken_numbers(organisation_id: int, numbers: list[str], *, but: int | None = None) -> set[str]:
    """Return those numbers that sales invoices of an organisation carry already, the one with id `but` left out."""
    found: set[str] = set()
    numbers = [number for number in numbers if not unfit_sign(number)]
    for start in range(0, len(numbers), 500):
        query = select(Invoice.number).where(
            Invoice.organisation_id == organisation_id,
            Invoice.kind == word(InvoiceKind.SALES.value),
            Invoice.source.not_in(FETCHED_SOURCES),
            Invoice.number.in_(numbers[start : start + 500]),
        )
        found.update(current().scalars(query.where(Invoice.id != but) if but else query))
    return found


def due_date(issue_date: date, payment_days: int) -> date:
    """Return the due date that follows from an organisation's payment days."""
    return issue_date + timedelta(days=payment_days)


def build(organisation_id: int, data: InvoiceData, contact: Contact, *, source: str = "manual") -> Invoice:
    """Return a new invoice, not yet added to the session; it owes its whole amount."""
    head, lines = fresh_values(organisation_id, data, source=source)
    invoice = Invoice(**head, contact=contact, contact_name=contact.name)
    _attach(invoice, data)
    invoice.lines = [InvoiceLine(**line) for line in lines]
    return invoice


def fill(invoice: Invoice, data: InvoiceData, contact: Contact) -> None:
    """Put what `data` says into an invoice, with its lines and totals."""
    head, lines = values_of(data)
    for name, value in head.items():
        setattr(invoice, name, value)
    _attach(invoice, data)
    invoice.contact = contact
    invoice.contact_name = contact.name
    settled = (invoice.paid_amount, invoice.credited_amount, invoice.written_off_amount)
    invoice.outstanding_amount = invoice.gross_total - sum(part or 0 for part in settled)
    invoice.updated_at = clock.now()
    invoice.lines = [InvoiceLine(**line) for line in lines]


def _attach(invoice: Invoice, data: InvoiceData) -> None:
    if data.document is not None:
        content = data.document.content
        if invoice.document is None:
            invoice.document = InvoiceDocument(organisation_id=invoice.organisation_id, created_at=clock.now())
        invoice.document.file_name = data.document.name
        invoice.document.size = len(content)
        invoice.document.sha256 = hashlib.sha256(content).hexdigest()
        invoice.document.content = content
    elif data.drop_document:
        invoice.document = None


def locked(actor: Actor, invoice_id: int) -> Invoice:
    """Return an invoice of the actor's organisation, locked for this transaction; InvoiceError(`not_found`).

    With a credit note the invoice that it credits is locked, and before it: whoever takes several goes by their ids.
    """
    credited = select(Invoice.credited_invoice_id).where(Invoice.id == invoice_id).scalar_subquery()
    query = (
        select(Invoice)
        .where(
            Invoice.id.in_([invoice_id]) | (Invoice.id == credited), Invoice.organisation_id == actor.organisation_id
        )
        .order_by(Invoice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    invoice = {row.id: row for row in current().scalars(query)}.get(invoice_id)
    if invoice is None:
        raise InvoiceError("not_found")
    if invoice.source in FETCHED_SOURCES:
        raise InvoiceError("fetched")
    return invoice


def twice(work: Callable[[], Result]) -> Result:
    """Do `work`; when another transaction took a number or contact code first, do it again and see that."""
    try:
        return work()
    except IntegrityError:
        return work()


def faults_of(actor: Actor, data: InvoiceData, *, own_id: int | None = None) -> list[Fault]:
    """Return everything that is wrong with an invoice, in itself and beside the others of the organisation."""
    organisation = current().get_one(Organisation, actor.organisation_id)
    codes = contacts.known_codes(organisation.id, [data.contact.code] if data.contact.code else [])
    own = current().get(Invoice, own_id) if own_id else None
    status = own.status if own else data.status
    faults = check(data, country=organisation.country, known_codes=codes, number_later=status in UNNUMBERED)
    if own is not None and own.number != data.number and own.number and is_in_series(organisation.id, own.number):
        faults.append(Fault("number_given", "number", {"number": own.number}))
    elif data.number and taken_numbers(organisation.id, [data.number], but=own_id):
        faults.append(Fault("number_taken", "number", {"number": data.number}))
    if data.department_id is not None:
        department = current().get(Department, data.department_id)
        if department is None or department.organisation_id != actor.organisation_id:
            faults.append(Fault("department", "department_id", {"value": ""}))
    return faults


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InvoiceFaults(faults)
