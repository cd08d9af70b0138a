"""The faults that can be played, and the script that says which call is hit by which."""

from dataclasses import dataclass
from typing import Any

from webapp.sandbox.yuki.modes import BadRequest


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


@dataclass
class Step:
    """One line of the script: hits `times` calls of the operation ("*": any), after the first `after` of them."""

    operation: str
    fault: str
    times: int = 1
    after: int = 0
    delay_ms: int | None = None
    seen: int = 0
    hits: int = 0

    @property
    def kind(self) -> Kind:
        return KINDS[self.fault]

    @property
    def seconds(self) -> float:
        return (self.kind.delay_ms if self.delay_ms is None else self.delay_ms) / 1000


class Script:
    """Steps are tried in order; one call is hit by one step at most. Whoever uses it holds the lock."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def replace(self, body: Any) -> None:
        """A new script from a JSON list; raises BadRequest and keeps the old one when a step is not understood."""
        if not isinstance(body, list):
            raise BadRequest("The faults must be a list.")
        self.steps = [_step(one) for one in body]

    def next(self, operation: str) -> Step | None:
        """The step that hits this call, if any; every step for the operation counts the call."""
        hit: Step | None = None
        for step in self.steps:
            if step.operation not in ("*", operation):
                continue
            step.seen += 1
            if hit is None and step.seen > step.after and step.hits < step.times:
                step.hits += 1
                hit = step
        return hit

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "operation": s.operation,
                "fault": s.fault,
                "times": s.times,
                "after": s.after,
                "delay_ms": s.delay_ms,
                "hits": s.hits,
            }
            for s in self.steps
        ]


def _step(body: Any) -> Step:
    if not isinstance(body, dict) or not isinstance(body.get("operation"), str):
        raise BadRequest("Every fault is an object with at least 'operation' and 'fault'.")
    if body.get("fault") not in KINDS:
        raise BadRequest(f"There is no fault '{body.get('fault')}'; there are {', '.join(KINDS)}.")
    unknown = set(body) - {"operation", "fault", "times", "after", "delay_ms"}
    if unknown:
        raise BadRequest(f"A fault has no '{sorted(unknown)[0]}'.")
    for name in ("times", "after", "delay_ms"):
        value = body.get(name, 0)
        if type(value) is not int or value < 0:
            raise BadRequest(f"'{name}' must be a whole number, 0 or more.")
    return Step(**body)
