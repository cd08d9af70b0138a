"""What is known of overdue invoices that decides whether their customers are reminded; one question for each fact."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from webapp.domain.documents import PaymentMethod
from webapp.domain.invoices import FETCHED_SOURCES, DeliveryState, DocumentStatus, InvoiceKind
from webapp.domain.mails import OPEN, MailKind, is_address
from webapp.domain.reminders import Standing
from webapp.domain.runs import RunCategory, RunStatus
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.mails import Mail
from webapp.store.runs import Run
from webapp.store.session import current
from webapp.store.words import NOTHING, word, words


def overdue(organisation_id: int, *, today: date) -> Select[Invoice]:
    """Return the query of the overdue invoices that an organisation issued here, those that are due longest first."""
    return (
        select(Invoice)
        .where(
            Invoice.organisation_id == organisation_id,
            Invoice.kind == word(InvoiceKind.SALES.value),
            Invoice.due_date < today,
            Invoice.status == word(DocumentStatus.SENT.value),
            Invoice.outstanding_amount > NOTHING,
            Invoice.source.not_in(FETCHED_SOURCES),
        )
        .options(joinedload(Invoice.contact))
        .order_by(Invoice.due_date, Invoice.id)
    )


def address_of(invoice: Invoice) -> str:
    """Return where an invoice and its reminders are e-mailed to: its contact person, else the contact."""
    return invoice.contact_person.get("email") or (invoice.contact.email if invoice.contact else "")


def standings(invoices: Sequence[Invoice]) -> dict[int, Standing]:
    """Return how invoices of one organisation stand, by their ids; they are read before, with their contacts."""
    ids = [invoice.id for invoice in invoices]
    mails = select(Mail.invoice_id).where(
        Mail.invoice_id.in_(ids), Mail.kind == MailKind.REMINDER.value, Mail.state.in_(list(OPEN))
    )
    under_way, looked = set(current().scalars(mails)), _looked(ids)
    return {
        one.id: Standing(
            issued=one.status == DocumentStatus.SENT,
            outstanding=one.outstanding_amount,
            due_date=one.due_date,
            level=one.reminder_level,
            reminded_on=one.reminded_on,
            has_address=is_address(address_of(one)),
            under_way=one.id in under_way,
            collected=one.payment_method == PaymentMethod.DIRECT_COLLECTION,
            in_books=one.id in looked,
            looked_on=_day(looked.get(one.id)),
        )
        for one in invoices
    }


def _looked(ids: Sequence[int]) -> dict[int, datetime | None]:
    """Return for each invoice that is in the books when its connection last processed payments."""
    last = (
        select(Run.connection_id, func.max(Run.ended_at).label("at"))
        .where(
            Run.category == word(RunCategory.PROCESS_PAYMENTS.value),
            Run.status.in_(words((RunStatus.COMPLETED.value, RunStatus.PARTIAL.value))),
        )
        .group_by(Run.connection_id)
        .subquery()
    )
    rows = current().execute(
        select(Delivery.invoice_id, last.c.at)
        .outerjoin(last, last.c.connection_id == Delivery.connection_id)
        .where(Delivery.invoice_id.in_(ids), Delivery.state == DeliveryState.SENT.value)
    )
    return {row.invoice_id: row.at for row in rows}


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
