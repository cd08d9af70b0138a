"""What a remote says was paid on its own documents, written into the ledger as that remote's word."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import bindparam, func, insert, select

from webapp.domain.fetching import plan_money
from webapp.domain.remote_invoices import RemotePayment
from webapp.extensions import clock
from webapp.services.invoices import refresh_payments
from webapp.store.connections import Connection
from webapp.store.payments import Payment
from webapp.store.runs import Run
from webapp.store.session import current

if TYPE_CHECKING:
    from webapp.services.fetching.storing import Pair

ZERO = Decimal(0)
TOLD = frozenset({"paid", "partially_paid"})
"""The words of a document on which something is paid; of a new one with any other there is nothing to write."""

_SUMS = (
    select(Payment.invoice_id, func.sum(Payment.amount), func.count())
    .where(Payment.invoice_id.in_(bindparam("ids", expanding=True)))
    .group_by(Payment.invoice_id)
)


def settle(
    run: Run,
    connection: Connection,
    pairs: "Sequence[Pair]",
    payments: Mapping[str, tuple[RemotePayment, ...]],
) -> set[int]:
    """Write what is new of the payments of a page, inside of a transaction; returns the invoices that moved.

    A payment says of which invoice the remote tells it, so that it stands against that one as far as no other entry
    of the ledger explains the same money.
    """
    told, written = _told([pair.invoice.id for pair in pairs])
    rows: list[dict[str, Any]] = []
    moved: list[Pair] = []
    today = clock.today(current_app.extensions["koppel"].zone)
    for pair in pairs:
        invoice = pair.invoice
        facts = payments.get(pair.remote.remote_id)
        money = plan_money(pair.remote, facts, told=told.get(invoice.id, ZERO), today=today)
        if not money:
            continue
        moved.append(pair)
        for place, one in enumerate(money, start=written.get(invoice.id, 0) + 1):
            rows.append(
                {
                    "organisation_id": connection.organisation_id,
                    "connection_id": connection.id,
                    "run_id": run.id,
                    "invoice_id": invoice.id,
                    "source": connection.provider,
                    "remote_key": f"{connection.provider}:{connection.uid}:{pair.remote.remote_id}:{place}",
                    "amount": one.amount,
                    "unapplied_amount": one.amount,
                    "currency": invoice.currency,
                    "received_on": one.day,
                    "seen_on": one.seen,
                    "contact_name": invoice.contact_name,
                    "description": invoice.number,
                    "fact": {"method": one.method} if one.method else {},
                    "created_at": clock.now(),
                }
            )
    if rows:
        current().execute(insert(Payment), rows)
        refresh_payments([pair.invoice for pair in moved], run_id=run.id)
    return {pair.invoice.id for pair in moved}


def _told(invoice_ids: Sequence[int]) -> tuple[dict[int, Decimal], dict[int, int]]:
    """Return the sum and the number of what the remote told so far, by invoice."""
    rows = current().execute(_SUMS, {"ids": invoice_ids}).all()
    return {int(row[0] or 0): row[1] for row in rows}, {int(row[0] or 0): row[2] for row in rows}
