"""How the sandbox behaves where Billingo's own behaviour is not known for certain; tests switch it."""

from dataclasses import asdict, dataclass
from typing import Any

from webapp.sandbox import modes

_CHOICES: dict[str, tuple[str, ...]] = {
    "rate_headers": ("documented", "observed", "none"),
    "retry_after": ("seconds", "date", "absent"),
    "time_zone": ("Europe/Budapest", "UTC"),
    "modified_from": ("inclusive", "exclusive"),
    "page_urls": ("null", "absent"),
    "overdue_in_part": ("partially_paid", "expired"),
    "cancellation_sign": ("negative", "positive"),
    "draft_number": ("empty", "null", "absent"),
    "types": ("all", "narrow"),
}


@dataclass(frozen=True)
class Mode:
    """
    latency_ms: how long every call takes at least.
    rate_limit: calls for each key and window; 0 is no limit. rate_window: how many seconds that is.
    rate_headers: the three X-RateLimit headers, the two that were once seen on the real service, or none.
    retry_after: how the answer to a call too many says when to come back.
    time_zone: the wall clock that last_modified_date is read in.
    modified_from: whether a document modified at that very second is among those.
    payments_modify: whether a payment counts as a modification.
    page_urls: what stands for the page before the first and after the last.
    overdue_in_part: the status of what is overdue and paid in part.
    cancellation_sign: of the amounts on a cancellation document.
    draft_number: what a draft has for an invoice number.
    types: whether the type filter takes every type, or invoice and receipt only (3.0.15).
    pdf_delay: how often a document's PDF is "not yet" before it is there.
    deprecated_partner: whether documents still carry `partner` beside `document_partner`.
    quirks: whether some documents carry values that the OpenAPI document does not know.
    """

    latency_ms: int = 0
    rate_limit: int = 300
    rate_window: int = 60
    rate_headers: str = "documented"
    retry_after: str = "seconds"
    time_zone: str = "Europe/Budapest"
    modified_from: str = "inclusive"
    payments_modify: bool = True
    page_urls: str = "null"
    overdue_in_part: str = "partially_paid"
    cancellation_sign: str = "negative"
    draft_number: str = "empty"
    types: str = "all"
    pdf_delay: int = 1
    deprecated_partner: bool = True
    quirks: bool = True

    def changed(self, update: Any) -> "Mode":
        """This mode with the given names changed; a name or value that does not exist raises BadRequest."""
        return modes.changed(self, update, _CHOICES)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
