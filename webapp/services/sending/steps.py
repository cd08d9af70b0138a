"""Named steps of sending: nothing in production, places to stop at for the proofs."""

from collections.abc import Callable

STEPS = (
    "before_claim",
    "after_claim",
    "after_look_up",
    "request_out",
    "answer_read",
    "before_notice",
    "stored",
)
"""In order: `request_out` is before the call, `stored` after the commit and before the queue is told."""


def _nothing(step: str) -> None:
    """Do nothing."""


_hook: Callable[[str], None] = _nothing


def reached(step: str) -> None:
    """Say that a step was reached."""
    _hook(step)


def set_hook(hook: Callable[[str], None] | None) -> None:
    """Call `hook` at each step from now on; None takes it away."""
    global _hook
    _hook = hook or _nothing
