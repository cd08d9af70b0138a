"""The faults that can be played."""

from dataclasses import dataclass

from webapp.sandbox import script


@dataclass(frozen=True)
class Kind:
    """
    books: whether the operation is carried out. wait: when `delay_ms` passes, "before" or "after" that.
    answer: what then goes over the wire: normal, or the name of something broken.
    counted: whether the call reaches Yuki itself and so counts for the day's quota.
    """

    books: bool
    answer: str
    wait: str = ""
    delay_ms: int = 0
    counted: bool = True


KINDS: dict[str, Kind] = {
    "booked_late": Kind(books=True, wait="before", answer="close", delay_ms=2000),
    "booked_then_500": Kind(books=True, answer="plain_500"),
    "cut_answer": Kind(books=True, answer="cut"),
    "truncated": Kind(books=True, answer="half"),
    "html": Kind(books=False, answer="html_200", counted=False),
    "html_503": Kind(books=False, answer="html_503", counted=False),
    "booked_html": Kind(books=True, answer="html_200"),
    "no_reference": Kind(books=True, answer="no_reference"),
    "doctype": Kind(books=True, answer="doctype"),
    "reset": Kind(books=False, answer="reset", counted=False),
    "reset_after": Kind(books=True, answer="close"),
    "timeout_before": Kind(books=False, wait="before", answer="close", delay_ms=2000, counted=False),
    "timeout_after": Kind(books=True, wait="after", answer="close", delay_ms=2000),
    "slow": Kind(books=True, wait="before", answer="normal", delay_ms=1000),
    "session_expired": Kind(books=False, answer="session_expired"),
    "quota": Kind(books=False, answer="quota", counted=False),
    "unavailable": Kind(books=False, answer="unavailable"),
    "no_right": Kind(books=False, answer="no_right"),
}


Step = script.Step[Kind]
Script = script.Script[Kind]
