"""What settles an invoice, summed anew from the ledger's entries; the books' word fills up what none explains."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import aliased

from webapp.domain.books_share import BooksMovement, Share, said_by_books, shares
from webapp.domain.invoices import PaymentStatus, payment_status
from webapp.extensions import clock
from webapp.services import history
from webapp.services.actors import Actor, system
from webapp.store.invoices import Invoice
from webapp.store.payments import Allocation, Payment
from webapp.store.session import current

EVENTS = {
    PaymentStatus.OPEN: "invoice.open",
    PaymentStatus.PARTIALLY_PAID: "invoice.partially_paid",
    PaymentStatus.PAID: "invoice.paid",
    PaymentStatus.OVERPAID: "invoice.overpaid",
    PaymentStatus.WRITTEN_OFF: "invoice.written_off",
}
ZERO = Decimal(0)


@dataclass(slots=True)
class Sums:
    """What our own entries settle of one invoice, by kind; with the sign of the total."""

    paid: Decimal = ZERO
    credited: Decimal = ZERO
    written_off: Decimal = ZERO

    @property
    def all(self) -> Decimal:
        """All of it."""
        return self.paid + self.credited + self.written_off


def refresh_payment(invoice: Invoice, *, run_id: int | None = None) -> None:
    """Set amounts and payment status of one invoice from the entries; see refresh_payments."""
    refresh_payments([invoice], run_id=run_id)


def refresh_payments(invoices: Sequence[Invoice], *, run_id: int | None = None, actor: Actor | None = None) -> None:
    """Set amounts and payment status of invoices, and the share of the books' payments in them.

    Inside of a transaction that holds the invoices' locks; at most 500 invoices at a time. A line of
    history (with `run_id`, where a run caused it) is written only when the status changes. `actor` stands
    in the entries that move the books' share. Never more than the total is set against an invoice: it is
    overpaid when the books hold more for it than that.
    """
    current().flush()
    ids = [invoice.id for invoice in invoices]
    sums, told = own_sums(ids), _told(ids)
    now = clock.now()
    entries: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for invoice in invoices:
        ours = sums.get(invoice.id, Sums())
        movements = told.get(invoice.id, [])
        parts = shares(invoice.gross_total, ours.all, [one.movement for one in movements])
        for one in movements:
            _settle(one, parts[one.movement.payment_id], invoice, entries=entries, changed=changed)
        paid = ours.paid + sum((part.allocated for part in parts.values()), ZERO)
        status = payment_status(invoice.gross_total, paid, credited=ours.credited, written_off=ours.written_off)
        said = said_by_books([one.movement for one in movements])
        if status in (PaymentStatus.PAID, PaymentStatus.WRITTEN_OFF) and _is_beyond(said, invoice.gross_total):
            status = PaymentStatus.OVERPAID
        invoice.paid_amount = paid
        invoice.credited_amount, invoice.written_off_amount = ours.credited, ours.written_off
        invoice.outstanding_amount = invoice.gross_total - paid - ours.credited - ours.written_off
        invoice.updated_at = now
        if status.value != invoice.payment:
            invoice.payment = status.value
            history.record(invoice.id, EVENTS[status], actor=system(invoice.organisation_id), run_id=run_id)
    _write(entries, changed, actor)


def has_entries(invoice_id: int) -> bool:
    """Whether anything is set against an invoice, or it is set against another."""
    undone = aliased(Allocation)
    query = (
        select(Allocation.id)
        .outerjoin(undone, undone.reverses_id == Allocation.id)
        .where(
            (Allocation.invoice_id == invoice_id) | (Allocation.credit_note_id == invoice_id),
            Allocation.reverses_id.is_(None),
            undone.id.is_(None),
        )
    )
    return current().scalar(query.limit(1)) is not None


def own_sums(invoice_ids: Iterable[int]) -> dict[int, Sums]:
    """Return what our own entries settle, by invoice: all but the books' word about the invoice itself."""
    ids = list(invoice_ids)
    found: dict[int, Sums] = defaultdict(Sums)
    of_books = (Payment.id == Allocation.payment_id) & (Payment.invoice_id == Allocation.invoice_id)
    query = (
        select(Allocation.invoice_id, Allocation.kind, func.sum(Allocation.amount))
        .outerjoin(Payment, of_books)
        .where(Allocation.invoice_id.in_(ids), Payment.id.is_(None))
        .group_by(Allocation.invoice_id, Allocation.kind)
    )
    for invoice_id, kind, amount in current().execute(query):
        sums = found[int(invoice_id or 0)]
        if kind == "payment":
            sums.paid += amount
        elif kind == "credit":
            sums.credited += amount
        else:
            sums.written_off += amount
    used = (
        select(Allocation.credit_note_id, func.sum(Allocation.amount))
        .where(Allocation.credit_note_id.in_(ids))
        .group_by(Allocation.credit_note_id)
    )
    for credit_note_id, amount in current().execute(used):
        # A credit note is used up by what it settles: both move towards nothing.
        found[int(credit_note_id or 0)].credited -= amount
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """A payment that the books told of, as it stands: what is set against its invoice now, and its other amounts."""

    movement: BooksMovement
    allocated_here: Decimal
    explained: Decimal
    reversed: Decimal


def _told(invoice_ids: Sequence[int]) -> dict[int, list[_Told]]:
    """Return the books' payments about each invoice, oldest first, locked for this transaction."""
    found: dict[int, list[_Told]] = defaultdict(list)
    query = (
        select(
            Payment.id,
            Payment.invoice_id,
            Payment.amount,
            Payment.allocated_amount,
            Payment.explained_amount,
            Payment.reversed_amount,
        )
        .where(Payment.invoice_id.in_(invoice_ids))
        .order_by(Payment.id)
        .with_for_update()
    )
    rows = current().execute(query).all()
    if not rows:
        return found
    here = (
        select(Allocation.payment_id, func.sum(Allocation.amount))
        .join(Payment, (Payment.id == Allocation.payment_id) & (Payment.invoice_id == Allocation.invoice_id))
        .where(Payment.invoice_id.in_(invoice_ids))
        .group_by(Allocation.payment_id)
    )
    set_here: dict[int | None, Decimal] = {row[0]: row[1] for row in current().execute(here)}
    for row in rows:
        allocated = set_here.get(row.id, ZERO)
        movement = BooksMovement(row.id, row.amount, elsewhere=row.allocated_amount - allocated)
        found[row.invoice_id].append(_Told(movement, allocated, row.explained_amount, row.reversed_amount))
    return found


def _settle(
    one: _Told, share: Share, invoice: Invoice, *, entries: list[dict[str, Any]], changed: list[dict[str, Any]]
) -> None:
    """Note what has to be written so that a payment of the books has its share of the invoice."""
    movement = one.movement
    if (one.allocated_here, one.explained, one.reversed) == (share.allocated, share.explained, share.reversed):
        return
    if share.allocated != one.allocated_here:
        if one.allocated_here:
            entries.append({"payment_id": movement.payment_id, "invoice_id": invoice.id, "reversal": True})
        if share.allocated:
            entries.append(
                {"payment_id": movement.payment_id, "invoice_id": invoice.id, "amount": share.allocated}
                | {"organisation_id": invoice.organisation_id}
            )
    allocated = share.allocated + movement.elsewhere
    changed.append(
        {
            "id": movement.payment_id,
            "allocated_amount": allocated,
            "explained_amount": share.explained,
            "reversed_amount": share.reversed,
            "unapplied_amount": movement.amount - allocated - share.explained - share.reversed,
        }
    )


def _write(entries: list[dict[str, Any]], changed: list[dict[str, Any]], actor: Actor | None) -> None:
    """Reverse what has to give way, add the new entries, and bring the payments' sums up to date."""
    session = current()
    common = {
        "kind": "payment",
        "actor_kind": actor.kind if actor else "system",
        "actor_name": actor.name if actor else "",
        "created_at": clock.now(),
    }
    given_up = [entry["payment_id"] for entry in entries if "reversal" in entry]
    rows = [common | {"reverses_id": None} | entry for entry in entries if "reversal" not in entry]
    if given_up:
        rows = [common | one for one in _reversals(given_up)] + rows
    if rows:
        session.execute(insert(Allocation), rows)
    if changed:
        session.execute(update(Payment), changed)


def _reversals(payment_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return the entries that undo what is set against the invoice that the books' payments are about."""
    undone = aliased(Allocation)
    query = (
        select(Allocation)
        .join(Payment, (Payment.id == Allocation.payment_id) & (Payment.invoice_id == Allocation.invoice_id))
        .outerjoin(undone, undone.reverses_id == Allocation.id)
        .where(Allocation.payment_id.in_(payment_ids), Allocation.reverses_id.is_(None), undone.id.is_(None))
    )
    return [
        {
            "organisation_id": row.organisation_id,
            "payment_id": row.payment_id,
            "invoice_id": row.invoice_id,
            "amount": -row.amount,
            "reverses_id": row.id,
        }
        for row in current().scalars(query)
    ]


def _is_beyond(said: Decimal, total: Decimal) -> bool:
    """Whether an amount is beyond a total, in the direction of the total's sign."""
    return said > total if total >= 0 else said < total
