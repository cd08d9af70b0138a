"""The history of an invoice, newest first: who, when, and what happened in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import flask_babel
from babel.dates import format_date
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.queries.failures import explain
from webapp.queries.labels import amount_text
from webapp.queries.ledger_words import WRITE_OFF_KINDS
from webapp.store.invoices import Invoice, InvoiceEvent
from webapp.store.session import current

_: Callable[..., str] = flask_babel.gettext
MOST = 500
_DAYS = {"nl": "dd-MM-yyyy", "hu": "yyyy. MM. dd.", "en": "dd/MM/yyyy"}

EVENTS: dict[str, Any] = {
    "invoice.created": _l("Invoice: created"),
    "invoice.imported": _l("Invoice: imported from %(file)s"),
    "invoice.received": _l("Invoice: brought in by the API"),
    "invoice.corrected": _l("Invoice: corrected by the API. %(notes)s"),
    "invoice.fetched": _l("Invoice: fetched from Billingo"),
    "invoice.fetched_again": _l("Invoice: changed in Billingo"),
    "invoice.vanished": _l("Invoice: not to be found in Billingo any more"),
    "invoice.filed": _l("Invoice: found in Yuki's archive"),
    "invoice.filed_again": _l("Invoice: changed in Yuki"),
    "invoice.filed_gone": _l("Invoice: in no folder of Yuki's archive any more"),
    "invoice.filed_details": _l("Invoice: details read from Yuki"),
    "invoice.edited": _l("Invoice: edited"),
    "invoice.reopened": _l("Invoice: Draft"),
    "invoice.approved": _l("Invoice: Approved"),
    "invoice.authorised": _l("Invoice: Authorised"),
    "invoice.numbered": _l("Invoice: number %(number)s given"),
    "invoice.emailing": _l("Invoice: being e-mailed"),
    "invoice.email_failed": _l("Invoice: the e-mail did not leave. %(reason)s"),
    "reminder.asked": _l("%(level)s: asked for"),
    "reminder.sent": _l("%(level)s: sent to %(address)s"),
    "reminder.failed": _l("%(level)s: not sent. %(reason)s"),
    "mail.unknown": _l("E-mail to %(address)s: outcome unknown"),
    "invoice.sent": _l("Invoice: Sent"),
    "invoice.resent": _l("Invoice: sent again"),
    "invoice.cancelled": _l("Invoice: Cancelled"),
    "invoice.review": _l("Invoice: In review. %(reason)s"),
    "invoice.open": _l("Invoice: Open"),
    "invoice.partially_paid": _l("Invoice: Partially paid"),
    "invoice.paid": _l("Invoice: Paid"),
    "invoice.overpaid": _l("Invoice: Overpaid"),
    "invoice.written_off": _l("Invoice: Written off"),
    "yuki.queued": _l("Yuki: queued"),
    "yuki.invoice_processed": _l("Yuki: invoice processed"),
    "yuki.draft_ready": _l("Yuki: ready as a draft, to be processed there"),
    "yuki.found": _l("Yuki: found in the books, it had been booked already"),
    "yuki.rejected": _l("Yuki: rejected: %(reason)s"),
    "yuki.unknown": _l("Yuki: outcome unknown, it is being looked up"),
    "yuki.draft_seen": _l("Yuki: draft seen in Yuki by a person"),
    "yuki.draft_missing": _l("Yuki: draft not there, says a person; it can be sent again"),
    "yuki.absent": _l("Yuki: looked up and not booked, it is sent again"),
    "yuki.conflict": _l("Yuki: conflict, the number is in use there for something else"),
    "yuki.cancelled": _l("Yuki: sending cancelled"),
    "payment.dated": _l("Yuki: Payment of %(amount)s was received on %(date)s; it was seen on %(seen)s."),
    "payment.received": _l("Yuki: Payment of %(amount)s received on %(date)s."),
    "payment.reversed": _l("Yuki: Payment of %(amount)s reversed on %(date)s."),
    "payment.made": _l("Yuki: %(amount)s paid to the supplier, seen on %(date)s."),
    "payment.made_back": _l("Yuki: payment of %(amount)s to the supplier taken back, seen on %(date)s."),
    "payment.allocated": _l("Payment of %(amount)s received on %(date)s."),
    "payment.unallocated": _l("Payment of %(amount)s, received on %(date)s, taken off this invoice"),
    "payment.taken_back": _l("Payment of %(amount)s, received on %(date)s, reversed. %(reason)s"),
    "payment.refunded": _l("Of a payment of this invoice %(amount)s was paid back on %(date)s"),
    "payment.refund_undone": _l("Refund of %(amount)s of %(date)s undone"),
    "credit.made": _l("Credit note for invoice %(number)s"),
    "credit.begun": _l("Credit note begun"),
    "credit.applied": _l("Credit note %(number)s set against this invoice: %(amount)s"),
    "credit.undone": _l("Credit note %(number)s taken off this invoice: %(amount)s"),
    "credit.used": _l("Set against invoice %(number)s: %(amount)s"),
    "credit.unused": _l("Taken off invoice %(number)s: %(amount)s"),
    "write_off.made": _l("Written off: %(amount)s (%(kind)s)"),
    "write_off.undone": _l("Write-off undone: %(amount)s (%(kind)s)"),
    "payment.never_outstanding": _l("Yuki: never open there (%(method)s), so a payment cannot be seen"),
}
LEVELS = {"1": _l("First reminder"), "2": _l("Second reminder"), "3": _l("Demand")}
_PLAIN = {
    "reminder.asked": _l("Reminder"),
    "reminder.sent": _l("Reminder"),
    "reminder.failed": _l("Reminder"),
    "invoice.review": _l("Invoice: In review"),
    "invoice.corrected": _l("Invoice: corrected by the API"),
    "invoice.imported": _l("Invoice: imported"),
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line; `user` is empty for the system, `run_id` the run that it links to."""

    id: int
    user: str
    at: datetime
    event: str
    text: str
    run_id: int | None


def of_invoice(organisation_id: int, invoice_id: int) -> tuple[HistoryLine, ...]:
    """Return an invoice's history, newest first."""
    rows = current().scalars(
        select(InvoiceEvent)
        .where(InvoiceEvent.organisation_id == organisation_id, InvoiceEvent.invoice_id == invoice_id)
        .order_by(InvoiceEvent.id.desc())
        .limit(MOST)
    )
    return tuple(
        HistoryLine(
            row.id,
            row.actor_name if row.actor_kind != "system" else "",
            row.occurred_at,
            row.event,
            event_text(row.event, row.params),
            row.run_id,
        )
        for row in rows
    )


def event_text(event: str, params: dict[str, Any] | None = None) -> str:
    """Put an event into words; one that nobody foresaw is shown by its name."""
    values = _values(params or {})
    words = EVENTS.get(event)
    if words is None:
        return event
    try:
        text = str(words) % values
    except KeyError:
        text = str(_PLAIN.get(event, words)).partition(":  ")[0].partition("%(")[0].rstrip(" :.(")
    remote = values.get("remote_text", "")
    return f"{text} ({remote})" if event == "yuki.rejected" and remote else text


def _values(params: dict[str, Any]) -> dict[str, str]:
    values = {name: str(value) for name, value in params.items()}
    if values.get("failure"):
        values["reason"] = explain(values["failure"]).label
    if "level" in values:
        values["level"] = str(LEVELS.get(values["level"], values["level"]))
    if "kind" in values:
        values["kind"] = str(WRITE_OFF_KINDS.get(values["kind"], values["kind"]))
    if "amount" in values:
        values["amount"] = _amount(values["amount"], values.get("currency") or "EUR")
    for name in {"date", "seen"} & set(values):
        values[name] = _day(values[name])
    return values


def _amount(text: str, currency: str) -> str:
    try:
        return amount_text(Decimal(text), currency)
    except InvalidOperation:
        return f"{text} {currency}"


def _day(text: str) -> str:
    language = str(getattr(flask_babel.get_locale(), "language", "en"))
    try:
        return str(format_date(date.fromisoformat(text), _DAYS.get(language, "yyyy-MM-dd"), locale=language))
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed an invoice, and when; `user` is empty for the system."""

    user: str
    at: datetime


def last_change(invoice: Invoice) -> Change:
    """Return the newest change of what an invoice says."""
    found = current().execute(
        select(InvoiceEvent.actor_name, InvoiceEvent.occurred_at)
        .where(InvoiceEvent.invoice_id == invoice.id, InvoiceEvent.event.in_(("invoice.edited", "invoice.corrected")))
        .order_by(InvoiceEvent.id.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return Change(row.actor_name, row.occurred_at) if row else Change("", invoice.updated_at)
