"""Credit an invoice, in full or in part: a draft of its own that names it, and is set off against it once sent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webapp.domain.crediting import credit_obstacle, left_to_credit, note_obstacle
from webapp.domain.invoices import DocumentStatus
from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import Actor
from webapp.services.contacts import ContactData
from webapp.services.invoices.data import InvoiceData, InvoiceError, LineData, PersonData
from webapp.services.invoices.drafting import build, locked
from webapp.services.invoices.paying import refresh_payments
from webapp.store.contacts import Contact
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation
from webapp.store.session import current, transaction

_SAME = ("currency", "payment_method", "purchase_order_number", "layout", "project_id", "project_code", "department_id")
_LINE_FIELDS = tuple(name for name in LineData.__dataclass_fields__ if name not in ("quantity", "line_amount"))


def credit(
    actor: Actor,
    invoice_id: int,
    quantities: Mapping[int, Decimal] | None = None,
    *,
    on: date,
    subject: str = "",
    remarks: str = "",
) -> Invoice:
    """Make the draft of a credit note of this date for an invoice, and return it.

    `quantities` says how many of each line, by its position, are credited; without it all of it is. The note gets its
    own number when it is authorised. Raises InvoiceError: `not_found`, what `credit_obstacle` and `note_obstacle` say,
    `nothing_to_credit`, `too_many_credited`.
    """
    with transaction() as session:
        invoice = locked(actor, invoice_id)
        left = creditable(invoice)
        facts = {"status": invoice.status, "kind": invoice.kind, "source": invoice.source}
        obstacle = credit_obstacle(**facts, total=invoice.gross_total, left=left)
        if obstacle:
            raise InvoiceError(obstacle)
        data = replace(_head(invoice, on), lines=_lines(invoice, quantities), subject=subject[:200], remarks=remarks)
        contact = invoice.contact or Contact(name=invoice.contact_name)
        note = build(actor.organisation_id, data, contact, source="credit")
        obstacle = note_obstacle(note.gross_total, left)
        if obstacle:
            raise InvoiceError(obstacle)
        note.contact, note.contact_name = invoice.contact, invoice.contact_name
        note.credited_invoice_id = invoice.id
        session.add(note)
        session.flush()
        history.record(note.id, "credit.made", actor=actor, params={"number": invoice.number})
        history.record(invoice.id, "credit.begun", actor=actor)
    return note


def creditable(invoice: Invoice, *, but: int | None = None) -> Decimal:
    """Return what is left to credit of an invoice; `but` is a note that does not count."""
    query = select(Invoice.gross_total).where(
        Invoice.credited_invoice_id == invoice.id, Invoice.status != DocumentStatus.CANCELLED.value
    )
    return left_to_credit(invoice.gross_total, current().scalars(query.where(Invoice.id != but) if but else query))


def check_note(note: Invoice) -> str:
    """Return why a credit note cannot be authorised, inside of a transaction that holds it and its invoice."""
    if note.credited_invoice_id is None:
        return ""
    original = current().get_one(Invoice, note.credited_invoice_id)
    return note_obstacle(note.gross_total, creditable(original, but=note.id))


def set_off(actor: Actor, note: Invoice) -> None:
    """Set a credit note that was just sent against what is open of its invoice; both are held by the transaction.

    Of an invoice that is paid nothing is open: then the note stays open, to be paid back or set against another.
    """
    if note.credited_invoice_id is None:
        return
    original = current().get_one(Invoice, note.credited_invoice_id)
    amount = min(original.outstanding_amount, -note.outstanding_amount)
    if amount <= 0 or original.currency != note.currency or original.status != DocumentStatus.SENT:
        return
    current().add(
        Allocation(
            organisation_id=note.organisation_id,
            kind="credit",
            credit_note_id=note.id,
            invoice_id=original.id,
            amount=amount,
            actor_kind=actor.kind,
            actor_name=actor.name,
            created_at=clock.now(),
        )
    )
    params = {"amount": str(amount), "currency": note.currency}
    history.record(original.id, "credit.applied", actor=actor, params=params | {"number": note.number})
    history.record(note.id, "credit.used", actor=actor, params=params | {"number": original.number})
    refresh_payments([original, note], actor=actor)


def _head(invoice: Invoice, on: date) -> InvoiceData:
    return InvoiceData(
        number="",
        issue_date=on,
        due_date=on,
        contact=ContactData(),
        lines=(),
        person=PersonData(**invoice.contact_person),
        payment_reference=invoice.payment_reference,
        **{name: getattr(invoice, name) for name in _SAME},
    )


def _lines(invoice: Invoice, quantities: Mapping[int, Decimal] | None) -> tuple[LineData, ...]:
    made = []
    for line in invoice.lines:
        wanted = line.quantity if quantities is None else quantities.get(line.position, Decimal(0))
        if wanted == 0:
            continue
        if (wanted > 0) != (line.quantity > 0) or abs(wanted) > abs(line.quantity):
            raise InvoiceError("too_many_credited", line=line.position)
        whole = wanted == line.quantity
        same = {name: getattr(line, name) for name in _LINE_FIELDS if name != "line_vat_amount"}
        amounts = {"line_amount": line.line_amount, "line_vat_amount": line.line_vat_amount} if whole else {}
        turned: dict[str, Any] = {name: -amount for name, amount in amounts.items() if amount is not None}
        made.append(LineData(quantity=-wanted, **same, **turned))
    if not made:
        raise InvoiceError("nothing_to_credit")
    return tuple(made)
