"""What may be credited of an invoice: never more than it came to, over all its credit notes together."""

from collections.abc import Iterable
from decimal import Decimal

from webapp.domain.invoices import FETCHED_SOURCES, DocumentStatus, InvoiceKind


def credit_obstacle(*, status: str, kind: str, source: str, total: Decimal, left: Decimal) -> str:
    """Return why an invoice cannot be credited, or nothing.

    `left` is what is left to credit. One of `fetched`, `not_sales`, `not_sent_yet`, `no_credit`, `all_credited`.
    """
    if source in FETCHED_SOURCES:
        return "fetched"
    if kind != InvoiceKind.SALES:
        return "not_sales"
    if status != DocumentStatus.SENT:
        return "not_sent_yet"
    if total <= 0:
        return "no_credit"
    return "all_credited" if left <= 0 else ""


def left_to_credit(total: Decimal, notes: Iterable[Decimal]) -> Decimal:
    """Return what is left to credit of an invoice; `notes` are the totals of its credit notes, all below zero."""
    return total + sum(notes, Decimal(0))


def note_obstacle(total: Decimal, left: Decimal) -> str:
    """Return why a credit note of this total cannot be: `note_not_negative`, `note_too_large`, or nothing.

    `left` is what is left to credit without this note.
    """
    if total >= 0:
        return "note_not_negative"
    return "note_too_large" if -total > left else ""
