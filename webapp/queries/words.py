"""The words of the status axes, with the tone and icon that go with them; the glossary is the source."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class StatusWord:
    """How one value of an axis is shown: word, tone (neutral, info, good, warn, bad) and icon."""

    word: Any
    tone: str
    icon: str


DOCUMENT = {
    "proposed": StatusWord(_l("Proposal"), "neutral", "lightbulb"),
    "draft": StatusWord(_l("Draft"), "neutral", "pencil"),
    "approved": StatusWord(_l("Approved"), "info", "check-lg"),
    "authorised": StatusWord(_l("Authorised"), "info", "check2-all"),
    "emailing": StatusWord(_l("Being e-mailed"), "info", "envelope"),
    "sent": StatusWord(_l("Sent"), "good", "send"),
    "cancelled": StatusWord(_l("Cancelled"), "neutral", "x-circle"),
    "review": StatusWord(_l("In review"), "warn", "arrow-counterclockwise"),
}
CLAIM = {
    "draft": StatusWord(_l("Draft"), "neutral", "pencil"),
    "submitted": StatusWord(_l("Handed in"), "warn", "hourglass-split"),
    "approved": StatusWord(_l("Approved"), "info", "check-lg"),
    "declined": StatusWord(_l("Declined"), "bad", "x-circle"),
}
DELIVERY = {
    "not_sent": StatusWord(_l("Not sent"), "neutral", "dash-circle"),
    "queued": StatusWord(_l("Queued"), "info", "hourglass-split"),
    "sending": StatusWord(_l("Sending"), "info", "arrow-repeat"),
    "sent": StatusWord(_l("In Yuki"), "good", "check-circle"),
    "rejected": StatusWord(_l("Rejected by Yuki"), "bad", "x-circle-fill"),
    "unknown": StatusWord(_l("Outcome unknown"), "warn", "question-circle"),
    "conflict": StatusWord(_l("Conflict"), "bad", "exclamation-triangle"),
}
PAYMENT = {
    "open": StatusWord(_l("Open"), "neutral", "circle"),
    "partially_paid": StatusWord(_l("Partially paid"), "warn", "circle-half"),
    "paid": StatusWord(_l("Paid"), "good", "check-circle-fill"),
    "overpaid": StatusWord(_l("Overpaid"), "info", "plus-lg"),
    "written_off": StatusWord(_l("Written off"), "neutral", "slash-circle"),
    "overdue": StatusWord(_l("Overdue"), "bad", "exclamation-circle"),
}
RUN = {
    "queued": StatusWord(_l("Queued"), "info", "hourglass-split"),
    "running": StatusWord(_l("Running"), "info", "arrow-repeat"),
    "completed": StatusWord(_l("Completed"), "good", "check-circle"),
    "partial": StatusWord(_l("Partial"), "warn", "circle-half"),
    "failed": StatusWord(_l("Failed"), "bad", "x-circle-fill"),
    "cancelled": StatusWord(_l("Cancelled"), "neutral", "x-circle"),
}
OUTCOME = {
    "pending": StatusWord(_l("Waiting"), "neutral", "hourglass-split"),
    "succeeded": StatusWord(_l("Succeeded"), "good", "check-circle"),
    "failed": StatusWord(_l("Failed"), "bad", "x-circle-fill"),
    "skipped": StatusWord(_l("Skipped"), "neutral", "dash-circle"),
    "unknown": StatusWord(_l("Outcome unknown"), "warn", "question-circle"),
}
CONNECTION = {
    "active": StatusWord(_l("Active"), "good", "check-circle"),
    "paused": StatusWord(_l("Paused"), "warn", "pause-circle"),
    "resting": StatusWord(_l("Resting until midnight"), "info", "moon"),
    "broken": StatusWord(_l("Not reachable"), "bad", "exclamation-triangle-fill"),
}
MAIL = {
    "queued": StatusWord(_l("Queued"), "info", "hourglass-split"),
    "sending": StatusWord(_l("Sending"), "info", "arrow-repeat"),
    "sent": StatusWord(_l("Sent"), "good", "check-circle"),
    "failed": StatusWord(_l("Failed"), "bad", "x-circle-fill"),
    "unknown": StatusWord(_l("Outcome unknown"), "warn", "question-circle"),
}
AXES = {
    "document": DOCUMENT,
    "claim": CLAIM,
    "delivery": DELIVERY,
    "payment": PAYMENT,
    "run": RUN,
    "outcome": OUTCOME,
    "connection": CONNECTION,
    "mail": MAIL,
}
CATEGORY = {
    "send_invoices": _l("Send invoices"),
    "process_payments": _l("Process payments"),
    "fetch_invoices": _l("Fetch invoices"),
    "send_expense_claims": _l("Send expense claims"),
}
TRIGGER = {"manual": _l("Manual"), "automatic": _l("Automatic")}
ROLE = {"admin": _l("Administrator"), "staff": _l("Staff"), "viewer": _l("Viewer")}


def status_word(axis: str, value: str) -> StatusWord:
    """Return how `value` of an axis is shown; a value that nobody foresaw is shown as it is."""
    return AXES[axis].get(value) or StatusWord(value, "neutral", "question-circle")
