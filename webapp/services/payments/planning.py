"""The plan of a payment run: worked out while the books are asked, for the case that nothing has happened there."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from flask import current_app
from sqlalchemy import bindparam, select

from webapp.connectors.ports import NotUnderstood
from webapp.domain.payments import Intent, KnownInvoice, RemoteItem, plan_payments
from webapp.services.payments.beforehand import Books, Memory, Reader
from webapp.services.payments.comparing import SIDES, waiting_receipts
from webapp.services.payments.documents import has_any, open_documents
from webapp.services.payments.keptitems import Kept, Told, in_order, kept_items
from webapp.services.payments.knowing import numbered, open_invoices
from webapp.services.payments.receipts import any_left
from webapp.store.connections import Connection
from webapp.store.straight import Fixed
from webapp.store.types import table_of

DECIMALS = 4
LARGEST = Decimal(10) ** 13
"""What an amount may be, so that it can be kept exactly."""

_CONNECTIONS = table_of(Connection)
_LAST = Fixed(
    select(_CONNECTIONS.c.payments_asked_at).where(_CONNECTIONS.c.id == bindparam("connection")),
    gives=[_CONNECTIONS.c.payments_asked_at],
)


def plan_ahead(reader: Reader, memory: Memory, books: Books, asked_at: datetime) -> None:
    """Read what planning, remembering and comparing will ask for, and plan as if the books told what they did last."""
    known = [one.known for one in open_invoices(reader, books)]
    known += [one.known for one in open_documents(reader, books, kind="sales")]
    items = in_order(kept_items(reader, books, SIDES["sales"]))
    numbered(reader, books, [item.reference for item in items])
    has_any(reader, books)
    any_left(reader, books)
    waiting_receipts(reader, books)
    last = reader.line.one(_LAST, {"connection": books.id})
    if last is not None:
        plan(memory, known, [remote_item(item) for item in items], asked_at=asked_at, last=last[0])


def plan(
    memory: Memory,
    known: Sequence[KnownInvoice],
    remote: Sequence[RemoteItem],
    *,
    asked_at: datetime,
    last: datetime | None,
) -> tuple[Intent, ...]:
    """Return what to record, see plan_payments; of the very same that was planned before it is what came of it then."""
    given = (list(known), list(remote), asked_at, last)
    return memory.once(given, lambda: _plan(*given))


def _plan(
    known: Sequence[KnownInvoice], remote: Sequence[RemoteItem], asked_at: datetime, last: datetime | None
) -> tuple[Intent, ...]:
    day = asked_at.astimezone(current_app.extensions["koppel"].zone).date()
    return plan_payments(known, remote, asked_at=asked_at, seen_on=day, last_asked_at=last)


def remote_item(item: Told) -> RemoteItem:
    """Return an item as the planner takes it; raises NotUnderstood for an amount that cannot be kept exactly."""
    if type(item) is Kept and item.planned is not None:
        return item.planned
    left, whole = item.open_amount, item.original_amount
    if not (_fits(left) and (whole is left or _fits(whole))):
        raise NotUnderstood(f"an open item has the amount {left} of {whole}", remote_text=item.remote_id)
    return RemoteItem(
        item.remote_id,
        item.reference,
        left,
        whole,
        item.document_id.lower(),
        item.type_id,
        item.contact_name,
    )


def _fits(amount: Decimal) -> bool:
    return abs(amount) < LARGEST and amount == round(amount, DECIMALS)
