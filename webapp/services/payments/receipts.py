"""Receipts that the books hold unmatched: each becomes a payment, once, and follows what the books make of it."""

from collections.abc import Sequence
from decimal import Decimal

from flask import current_app
from sqlalchemy import select

from webapp.connectors.ports import OpenItem
from webapp.domain.clock import local_date
from webapp.extensions import clock
from webapp.services.payments.ledger import balance
from webapp.services.payments.pairing import pair, twin_of
from webapp.store.connections import Connection
from webapp.store.payments import Payment, RemoteOpenItem
from webapp.store.runs import Run
from webapp.store.session import current

ZERO = Decimal(0)
CURRENCY = "EUR"
"""The currency of the books."""


def keep_receipts(run: Run, connection: Connection, items: Sequence[OpenItem]) -> int:
    """Write what one complete answer tells of receipts, inside of its transaction; returns how many are new.

    What the books have matched of a receipt since is explained by the invoice that fell: it does not wait any
    more. What they have let go of again waits anew.
    """
    present = {item.remote_id: item for item in items}
    fresh: list[Payment] = []
    for row, kept in _rows(connection):
        payment = kept
        if payment is None:
            payment = _known(connection, row) or _new(run, connection, row, present[row.remote_id])
            row.payment_id = payment.id
            fresh.append(payment)
        _follow(payment, row)
    current().flush()
    pair(connection.organisation_id, [payment.id for payment in fresh])
    return len(fresh)


def _rows(connection: Connection) -> list[tuple[RemoteOpenItem, Payment | None]]:
    """Return the receipts that are open, or were not settled at the last look, with their payments."""
    mine = (RemoteOpenItem.connection_id == connection.id) & RemoteOpenItem.invoice_id.is_(None)
    is_open = (
        select(RemoteOpenItem, Payment)
        .outerjoin(Payment, Payment.id == RemoteOpenItem.payment_id)
        .where(mine, RemoteOpenItem.gone_at.is_(None), RemoteOpenItem.type_id == "", RemoteOpenItem.reference == "")
    )
    gone = (
        select(RemoteOpenItem, Payment)
        .join(Payment, Payment.id == RemoteOpenItem.payment_id)
        .where(mine, RemoteOpenItem.gone_at.is_not(None), Payment.matched_there != Payment.amount)
    )
    found = {row.id: (row, payment) for query in (is_open, gone) for row, payment in current().execute(query)}
    return [found[key] for key in sorted(found) if found[key][0].open_amount or found[key][1] is not None]


def _known(connection: Connection, row: RemoteOpenItem) -> Payment | None:
    query = select(Payment).where(
        Payment.organisation_id == connection.organisation_id, Payment.remote_key == _key(connection, row)
    )
    return current().scalar(query)


def _key(connection: Connection, row: RemoteOpenItem) -> str:
    return f"yuki:{connection.uid}:receipt:{row.remote_id}"


def _new(run: Run, connection: Connection, row: RemoteOpenItem, item: OpenItem) -> Payment:
    """Record a receipt with the whole amount of its bank line, as the books tell it."""
    told = row.original_amount if abs(row.original_amount) >= abs(row.open_amount) else row.open_amount
    payment = Payment(
        organisation_id=connection.organisation_id,
        connection_id=connection.id,
        run_id=run.id,
        source="yuki",
        remote_key=_key(connection, row),
        amount=-told,
        unapplied_amount=-told,
        currency=CURRENCY,
        received_on=item.issue_date or local_date(clock.now(), current_app.extensions["koppel"].zone),
        seen_on=item.issue_date is None,
        contact_name=row.contact_name,
        description=row.description,
        allocated_amount=ZERO,
        explained_amount=ZERO,
        reversed_amount=ZERO,
        matched_there=ZERO,
        created_at=clock.now(),
    )
    current().add(payment)
    current().flush()
    return payment


def _follow(payment: Payment, row: RemoteOpenItem) -> None:
    """Bring a payment, and the one that is the same money, to what is still open of the receipt."""
    low, high = sorted((ZERO, payment.amount))
    matched = min(max(payment.amount + row.open_amount, low), high)
    if matched == payment.matched_there:
        return
    current().refresh(payment, with_for_update=True)
    twin = twin_of(payment)
    payment.matched_there = matched
    if twin is not None and payment.same_as_id == twin.id:
        twin.matched_there = matched
        balance(twin)
    balance(payment)
