"""Receipts that the books hold unmatched: each becomes a payment, once, and follows what the books make of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, literal_column, select

from webapp.connectors.ports import OpenItem
from webapp.domain.clock import local_date
from webapp.extensions import clock
from webapp.services.payments.beforehand import Books, Reader, Work
from webapp.services.payments.keptitems import Told
from webapp.services.payments.ledger import balance
from webapp.services.payments.pairing import pair, twin_of
from webapp.store.payments import Payment, RemoteOpenItem
from webapp.store.session import current
from webapp.store.straight import Fixed

ZERO = Decimal(0)
CURRENCY = "EUR"
"""The currency of the books."""


def _is_ours(connection: Any) -> Any:
    of_customers = (RemoteOpenItem.connection_id == connection) & (RemoteOpenItem.side == "debtor")
    return of_customers & RemoteOpenItem.invoice_id.is_(None)


_LEFT = Fixed(
    select(RemoteOpenItem.id)
    .join(Payment, Payment.id == RemoteOpenItem.payment_id)
    .where(
        _is_ours(bindparam("connection")),
        RemoteOpenItem.gone_at.is_not(None),
        Payment.matched_there != Payment.amount,
    )
    .limit(literal_column("1"))
)


def keep_receipts(reader: Reader, books: Books, work: Work, items: Sequence[Told], *, any_open: bool) -> int:
    """Write what one complete answer tells of receipts, inside of its transaction; returns how many are new.

    What the books have matched of a receipt since is explained by the invoice that fell: it does not wait any
    more. What they have let go of again waits anew. `any_open`: whether a receipt is open over there at all.
    """
    if not (any_open or any_left(reader, books)):
        return 0
    # What was known by its mark is no receipt: those are read each time.
    present = {item.remote_id: item for item in items if isinstance(item, OpenItem)}
    fresh: list[Payment] = []
    for row, kept in _rows(books):
        payment = kept
        if payment is None:
            payment = _known(books, row) or _new(work, books, row, present[row.remote_id])
            row.payment_id = payment.id
            fresh.append(payment)
        _follow(payment, row)
    current().flush()
    pair(books.organisation_id, [payment.id for payment in fresh])
    reader.wrote()
    return len(fresh)


def any_left(reader: Reader, books: Books) -> bool:
    """Whether a receipt is gone over there that was not wholly matched at the last look."""
    return reader.is_there(_LEFT, {"connection": books.id})


def _rows(books: Books) -> list[tuple[RemoteOpenItem, Payment | None]]:
    """Return the receipts that are open, or were not settled at the last look, with their payments."""
    mine = _is_ours(books.id)
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


def _known(books: Books, row: RemoteOpenItem) -> Payment | None:
    query = select(Payment).where(
        Payment.organisation_id == books.organisation_id, Payment.remote_key == _key(books, row)
    )
    return current().scalar(query)


def _key(books: Books, row: RemoteOpenItem) -> str:
    return f"yuki:{books.uid}:receipt:{row.remote_id}"


def _new(work: Work, books: Books, row: RemoteOpenItem, item: OpenItem) -> Payment:
    """Record a receipt with the whole amount of its bank line, as the books tell it."""
    told = row.original_amount if abs(row.original_amount) >= abs(row.open_amount) else row.open_amount
    payment = Payment(
        organisation_id=books.organisation_id,
        connection_id=books.id,
        run_id=work.id,
        source="yuki",
        remote_key=_key(books, row),
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
