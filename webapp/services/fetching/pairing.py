"""Storno pairs: a cancellation invoice is set off against the invoice it cancels, as the remote says they belong.

The one that comes second makes the entry, so that it does not matter which of the two is read first.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from webapp.domain.remote_invoices import STORNO_TYPES, RemoteInvoice
from webapp.services import history
from webapp.services.actors import system
from webapp.services.invoices import refresh_payments
from webapp.services.payments.ledger import entry
from webapp.store.fetching import RemoteDocument
from webapp.store.invoices import Invoice
from webapp.store.runs import Run
from webapp.store.session import current

if TYPE_CHECKING:
    from webapp.services.fetching.storing import Pair

ZERO = Decimal(0)


def counterparts(connection_id: int, documents: Iterable[RemoteInvoice]) -> dict[str, int]:
    """Return the invoices, by the remote's id, that these documents may have to be set off against."""
    ids = {key for one in documents if may_pair(one) for key, _ in one.related}
    if not ids:
        return {}
    query = select(RemoteDocument.remote_id, RemoteDocument.invoice_id).where(
        RemoteDocument.connection_id == connection_id, RemoteDocument.remote_id.in_(sorted(ids))
    )
    return {row.remote_id: row.invoice_id for row in current().execute(query)}


def link(run: Run, pairs: "Sequence[Pair]", others: Mapping[str, Invoice]) -> None:
    """Set off, inside of a transaction that holds the invoices, what belongs together; what is done stays done.

    `others` are the counterparts by the remote's id. Set off is what is left of both: a payment that the cancelled
    invoice had got before stays, and so does the claim of the customer to have it back.
    """
    known = dict(others) | {pair.remote.remote_id: pair.invoice for pair in pairs}
    moved: dict[int, Invoice] = {}
    for pair in pairs:
        for remote_id, _ in pair.remote.related if may_pair(pair.remote) else ():
            other = known.get(remote_id)
            if other is None:
                continue
            storno = pair.remote.document_type in STORNO_TYPES
            note, invoice = (pair.invoice, other) if storno else (other, pair.invoice)
            if _set_off(run, note, invoice):
                moved |= {note.id: note, invoice.id: invoice}
    if moved:
        refresh_payments([moved[key] for key in sorted(moved)], run_id=run.id)


def may_pair(one: RemoteInvoice) -> bool:
    """Whether a document names others that it cancels, or that cancel it."""
    return bool(one.related) and (one.cancelled or one.document_type in STORNO_TYPES)


def _set_off(run: Run, note: Invoice, invoice: Invoice) -> bool:
    amount = min(-note.outstanding_amount, invoice.outstanding_amount)
    if note.gross_total >= 0 or note.currency != invoice.currency or amount <= 0:
        return False
    actor = system(run.organisation_id)
    current().add(entry(actor, kind="credit", amount=amount, credit_note_id=note.id, invoice_id=invoice.id))
    # Two documents may name the same counterpart: what was just used up is not used a second time.
    note.credited_amount, note.outstanding_amount = note.credited_amount - amount, note.outstanding_amount + amount
    invoice.credited_amount += amount
    invoice.outstanding_amount -= amount
    params = {"amount": str(amount), "currency": invoice.currency}
    history.record(invoice.id, "credit.applied", actor=actor, params=params | {"number": note.number}, run_id=run.id)
    history.record(note.id, "credit.used", actor=actor, params=params | {"number": invoice.number}, run_id=run.id)
    return True
