"""What becomes of an invoice that another system brings in: it was issued there, so it arrives as sent."""

from enum import StrEnum


class Arrival(StrEnum):
    """An organisation's wish for accepted imports."""

    SENT = "sent"
    """Ready for the books; a person, or a connection that sends by itself, sends it there."""
    APPROVAL = "approval"
    """A draft, until people approved and authorised it."""
    ONWARD = "onward"
    """Approved, authorised and sent to the books by itself."""


def correction_obstacle(status: str, delivery: str) -> str:
    """Return why another system cannot correct an invoice: `in_books`, `in_progress`, `not_in_review`, or nothing."""
    if delivery == "sent":
        return "in_books"
    if delivery in ("queued", "sending", "unknown"):
        return "in_progress"
    return "" if status == "review" else "not_in_review"
