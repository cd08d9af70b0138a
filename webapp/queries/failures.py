"""A failure explained: the words of its class, about the remote, the run and the outcome at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from webapp.domain.failures import Failure
from webapp.queries.failure_words import (
    AS_IT_WAS,
    CATALOGUE,
    KEPT,
    MAYBE_BOOKED,
    NOT_BOOKED,
    NOTHING_READ,
    REASONS,
    THERE,
    Words,
)

SKIP_REASONS = (
    "not_issued",
    "in_review",
    "cancelled",
    "already_sent",
    "in_progress",
    "no_connection",
    "not_sales",
    "fetched",
    "incomplete",
    "no_contact_code",
)
"""Why an invoice was not sent at all; they stand in `params["reason"]` of a skipped item."""

READING = ("process_payments", "fetch_invoices")
"""The categories that only read: what fails there never changes the books."""

REMOTES = {"yuki": "Yuki", "billingo": "Billingo"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A failure in words; `label` is short and fits after a count: "2 rejected: VAT code not active"."""

    cause: str
    consequence: str
    next_step: str
    label: str = ""

    @property
    def title(self) -> str:
        """The label as a heading."""
        return self.label[:1].upper() + self.label[1:]


def explain(failure: str, params: Mapping[str, Any] | None = None) -> Explanation:
    """Put a failure class, or the reason why an invoice was skipped, into words of the reader's language.

    `params`, each optional: `reason` (of a skipped item), `outcome` of the item the failure belongs to,
    `category` of its run, `provider` of its connection, `button` that does it again where the words are shown
    (else that of the log, "Retry"). Without an outcome the words are about the run as
    a whole. "Not in the books" is only said of what is known not to have been booked.
    """
    facts = params or {}
    code, reason = str(failure), str(facts.get("reason", ""))
    if code == Failure.SKIPPED and reason in REASONS:
        code, words = reason, REASONS[reason]
    elif code == Failure.SKIPPED and reason == Failure.INCOMPLETE:
        code, words = reason, CATALOGUE[Failure.INCOMPLETE]
    else:
        words = (
            THERE.get((str(facts.get("provider", "")), code))
            or CATALOGUE.get(code)
            or REASONS.get(code)
            or CATALOGUE[Failure.REFUSED]
        )
    remote = {"remote": REMOTES.get(str(facts.get("provider", "")), "Yuki")}
    return Explanation(
        cause=str(words.cause) % remote,
        consequence=str(_consequence(code, words, facts)) % remote,
        next_step=str(words.next_step) % (remote | {"button": facts.get("button") or _("Retry")}),
        label=str(words.label),
    )


def _consequence(code: str, words: Words, facts: Mapping[str, Any]) -> object:
    if code == Failure.DRAFT_UNKNOWN:
        return words.consequence
    outcome = facts.get("outcome", "")
    if outcome == "unknown":
        return MAYBE_BOOKED
    if facts.get("category") in READING:
        return AS_IT_WAS if outcome else NOTHING_READ
    if words.consequence is not None:
        return words.consequence
    return NOT_BOOKED if outcome in ("failed", "skipped") else KEPT


def remote_name(provider: str) -> str:
    """Return how a provider is called on screens."""
    return REMOTES.get(provider, "Yuki")
