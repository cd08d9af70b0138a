"""Expense claims in words: why something was not done, and what happened to one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.queries.failures import explain
from webapp.queries.labels import _, amount_text, ngettext, num

PROBLEMS: dict[str, Any] = {
    "not_found": _l("There is no such expense claim."),
    "no_such_status": _l("An expense claim has no such status."),
    "status": _l("The expense claim has moved on meanwhile; look at where it stands now."),
    "locked": _l("The expense claim has been handed in and cannot be changed; take it back first."),
    "in_yuki": _l("Receipts of this claim are in Yuki or on their way, so it stays as it is."),
    "no_lines": _l("Add at least one expense with its receipt before you hand the claim in."),
    "reason_needed": _l("Write why the claim is declined, so that it can be put right."),
    "viewer": _l("Viewers cannot decide about expense claims; ask a colleague of staff."),
    "admin_only": _l("In this organisation only an administrator decides about expense claims."),
    "four_eyes": _l("You handed this claim in yourself, so somebody else has to decide about it."),
    "not_approved": _l("Only approved expense claims go to Yuki; have it approved first."),
    "under_way": _l("This expense claim is on its way to Yuki already."),
    "switched_off": _l(
        "Sending expense claims is switched off. An administrator switches it on under Settings, API accounting "
        "connection."
    ),
    "no_connection": _l("There is no connection with Yuki yet. An administrator sets one up under Connections."),
    "paused": _l("The connection with Yuki is paused: an administrator resumes it first."),
    "folder": _l(
        "The folder ID for expense claims is missing or is no number. An administrator fills it in under Settings, "
        "API accounting connection; 7 is the folder that Yuki deals with."
    ),
    "required": _l("Fill this in."),
    "text": _l("Write at most %(most)s characters, in one line."),
    "day": _l("Give a date, as 2026-03-31."),
    "in_future": _l("This day is still to come; give the date on the receipt."),
    "amount": _l("Give the amount on the receipt: more than 0, with at most two decimals."),
    "vat_amount": _l(
        "Give the VAT on the receipt: less than the amount, with at most two decimals; or leave it empty."
    ),
    "cost_category": _l("A cost category has at most %(most)s letters and digits, as 45100."),
    "department": _l("Choose one of the departments."),
    "no_receipt": _l("Choose the receipt."),
    "receipt_too_large": _l(
        "The receipt is larger than %(most)s MB. Scan it with a lower resolution, and choose it again."
    ),
    "not_a_receipt": _l(
        "This file is not a whole PDF, JPG or PNG, whatever it is called. Open it, save it as one of these, and "
        "choose it again."
    ),
    "same_receipt": _l("This very receipt is in the claim already."),
    "too_many_lines": _l("A claim has at most %(most)s expenses; begin another one for the rest."),
}

EVENTS: dict[str, Any] = {
    "claim.created": _l("Expense claim: created"),
    "claim.edited": _l("Expense claim: edited"),
    "claim.line_added": _l("Expense claim: expense of %(amount)s added"),
    "claim.line_changed": _l("Expense claim: expense of %(amount)s changed"),
    "claim.line_removed": _l("Expense claim: expense of %(amount)s removed"),
    "claim.submitted": _l("Expense claim: Handed in"),
    "claim.approved": _l("Expense claim: Approved"),
    "claim.declined": _l("Expense claim: Declined. %(reason)s"),
    "claim.reopened": _l("Expense claim: Draft"),
    "yuki.queued": _l("Yuki: queued"),
    "yuki.filed": _l("Yuki: expense claim processed"),
    "yuki.rejected": _l("Yuki: rejected: %(reason)s"),
    "yuki.unknown": _l("Yuki: outcome unknown, it is being looked up"),
    "yuki.cancelled": _l("Yuki: sending cancelled"),
}


def say_problem(code: str, params: Mapping[str, Any] | None = None) -> str:
    """Put into words why nothing was done."""
    return str(PROBLEMS.get(code, PROBLEMS["status"])) % dict(params or {})


def event_text(event: str, params: Mapping[str, Any]) -> str:
    """Put a line of a claim's history into words; an event that nobody foresaw is shown by its name."""
    if event not in EVENTS:
        return event
    values = {"reason": ""} | {name: str(value) for name, value in params.items()}
    if values.get("failure"):
        values["reason"] = explain(values["failure"]).label
    if "amount" in values:
        values["amount"] = amount_text(Decimal(values["amount"]), values.get("currency", "EUR"))
    text = str(EVENTS[event]) % values
    remote = values.get("remote_text", "")
    return f"{text} ({remote})" if remote else text


def filed_text(params: Mapping[str, Any]) -> str:
    """Say in the log what became of a claim that is in the archive."""
    if params.get("found"):
        return _("In Yuki's archive; what had arrived before was found there.")
    number = int(params.get("receipts", 0))
    return ngettext(
        "In Yuki's archive, with %(count)s receipt.",
        "In Yuki's archive, with %(count)s receipts.",
        number,
        count=num(number),
    )
