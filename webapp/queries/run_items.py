"""What became of each invoice of a run, in our words and in the remote's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory
from webapp.queries.aside_words import REASONS
from webapp.queries.expense_words import filed_text
from webapp.queries.failures import Explanation, explain
from webapp.queries.labels import _, amount_text
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.expenses import ExpenseClaim
from webapp.store.invoices import Invoice
from webapp.store.runs import Run, RunItem
from webapp.store.session import current
from webapp.store.words import word

PAGE = 50
OUTCOMES = ("failed", "unknown", "skipped", "pending", "succeeded")


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one invoice in the run."""

    id: int
    invoice_id: int | None
    claim_id: int | None
    number: str
    contact: str
    amount: Decimal | None
    currency: str
    outcome: str
    failure: str
    message: str
    next_step: str
    remote_text: str
    field: str
    attempts: int
    exchange_id: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """A page of a run's items; `counts` by outcome are those of the run."""

    rows: tuple[Item, ...]
    outcome: str
    before: int | None
    after: int | None


def page(
    organisation_id: int,
    run_id: int,
    *,
    outcome: str = "",
    failure: str = "",
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE,
) -> ItemsPage:
    """Return a page of a run's items in the order they were offered, of one outcome and failure or of all."""
    query = (
        select(
            RunItem,
            Invoice.number,
            Invoice.contact_name,
            Invoice.gross_total,
            Invoice.currency,
            Run.category,
            Connection.provider,
            Delivery.found,
            Delivery.draft,
            ExpenseClaim.total,
            ExpenseClaim.currency.label("claim_currency"),
        )
        .join(Run, Run.id == RunItem.run_id)
        .outerjoin(Connection, Connection.id == Run.connection_id)
        .outerjoin(Invoice, Invoice.id == RunItem.invoice_id)
        .outerjoin(Delivery, Delivery.id == RunItem.delivery_id)
        .outerjoin(ExpenseClaim, ExpenseClaim.id == RunItem.claim_id)
        .where(RunItem.run_id == run_id, RunItem.organisation_id == organisation_id)
        .execution_options(populate_existing=True)
    )
    if outcome:
        query = query.where(RunItem.outcome == word(outcome))
    if failure:
        query = query.where(RunItem.failure == failure)
    back = before is not None and after is None
    if after is not None:
        query = query.where(RunItem.id > after)
    elif before is not None:
        query = query.where(RunItem.id < before)
    found = current().execute(query.order_by(RunItem.id.desc() if back else RunItem.id).limit(size + 1)).all()
    more, found = len(found) > size, found[:size]
    rows = tuple(_item(row) for row in (found[::-1] if back else found))
    newer = bool(rows) and (more if back else after is not None)
    older = bool(rows) and (True if back else more)
    return ItemsPage(rows, outcome, rows[0].id if newer else None, rows[-1].id if older else None)


def every(organisation_id: int, run_id: int) -> Iterator[Item]:
    """Yield every item of a run, read page by page."""
    after: int | None = None
    while True:
        found = page(organisation_id, run_id, after=after, size=500)
        yield from found.rows
        if found.after is None:
            return
        after = found.after


def explain_item(failure: str, *, outcome: str, category: str, provider: str, unasked: bool) -> Explanation:
    """Explain an item's failure; what was skipped before a delivery was made carries the reason as its failure."""
    facts: dict[str, Any] = {"outcome": outcome, "category": category, "provider": provider}
    if outcome == "skipped" and unasked:
        return explain(Failure.SKIPPED, facts | {"reason": failure})
    default = Failure.UNKNOWN_OUTCOME if outcome == "unknown" else Failure.REFUSED
    return explain(failure or default, facts)


def _item(row: Any) -> Item:
    item: RunItem = row.RunItem
    message, next_step = _message(row)
    return Item(
        id=item.id,
        invoice_id=item.invoice_id,
        claim_id=item.claim_id,
        number=row.number or str(item.params.get("reference", "")),
        contact=row.contact_name or str(item.params.get("contact", "")),
        amount=row.total if item.claim_id else row.gross_total,
        currency=row.currency or row.claim_currency or "EUR",
        outcome=item.outcome,
        failure=item.failure,
        message=message,
        next_step=next_step,
        remote_text=item.remote_text,
        field=item.field,
        attempts=item.attempts,
        exchange_id=item.exchange_id,
        updated_at=item.updated_at,
    )


def _message(row: Any) -> tuple[str, str]:
    """Return our words for what became of an item, and what to do about it."""
    item: RunItem = row.RunItem
    if item.outcome == "succeeded":
        return _done_text(row), ""
    if item.outcome == "pending":
        return (explain(item.failure).title if item.failure else ""), ""
    found = explain_item(
        item.failure,
        outcome=item.outcome,
        category=row.category,
        provider=row.provider or "yuki",
        unasked=item.delivery_id is None and item.claim_id is None,
    )
    reason = REASONS.get(str(item.params.get("reason", ""))) if item.failure == "set_aside" else None
    return f"{found.cause} {reason}" if reason else found.cause, found.next_step


def _done_text(row: Any) -> str:
    params = row.RunItem.params
    if row.RunItem.claim_id:
        return filed_text(params)
    if "amount" in params:
        amount = amount_text(Decimal(str(params["amount"])), str(params.get("currency", "EUR")))
        if params.get("kind") == "reversed":
            return _("Payment of %(amount)s taken back.", amount=amount)
        return _("Payment of %(amount)s received.", amount=amount)
    if row.category == RunCategory.FETCH_INVOICES:
        return _("New here.") if params.get("change") == "created" else _("Brought up to date.")
    if row.category != RunCategory.SEND_INVOICES:
        return _("Processed.")
    if row.found:
        return _("Found in Yuki: it had been booked already.")
    return _("Ready as a draft in Yuki.") if row.draft else _("Booked in Yuki.")
