"""The script of faults: which call is hit by which, tried in order, one fault for a call at most."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from webapp.sandbox.asked import BadRequest, whole_number


class Playable(Protocol):
    """What a script needs to know of a kind of fault; `delay_ms` is how long it waits where it waits at all."""

    @property
    def delay_ms(self) -> int: ...


Kind = TypeVar("Kind", bound=Playable)


@dataclass
class Step(Generic[Kind]):
    """
    One line of the script: hits `times` calls of the operation ("*": any), after the first `after` of them. With a
    `page` only calls for that page count; `count` is how many records it is about; `retry_after` is in seconds.
    """

    operation: str
    fault: str
    kind: Kind
    times: int = 1
    after: int = 0
    delay_ms: int | None = None
    page: int | None = None
    count: int = 1
    retry_after: int = 1
    seen: int = 0
    hits: int = 0

    @property
    def seconds(self) -> float:
        return (self.kind.delay_ms if self.delay_ms is None else self.delay_ms) / 1000


class Script(Generic[Kind]):
    """
    Plays the faults that `kinds` names; a line may have `options` ("page", "count", "retry_after") beyond the usual
    ones. Whoever uses it holds the lock.
    """

    def __init__(self, kinds: Mapping[str, Kind], options: tuple[str, ...] = ()) -> None:
        self._kinds = kinds
        self._numbers = ("times", "after", "delay_ms", *options)
        self.steps: list[Step[Kind]] = []

    def replace(self, body: Any) -> None:
        """A new script from a JSON list; raises BadRequest and keeps the old one when a step is not understood."""
        if not isinstance(body, list):
            raise BadRequest("The faults must be a list.")
        self.steps = [self._step(one) for one in body]

    def next(self, operation: str, page: int | None = None) -> Step[Kind] | None:
        """The step that hits this call, if any; every step for the operation counts the call."""
        hit: Step[Kind] | None = None
        for step in self.steps:
            if step.operation not in ("*", operation) or step.page not in (None, page):
                continue
            step.seen += 1
            if hit is None and step.seen > step.after and step.hits < step.times:
                step.hits += 1
                hit = step
        return hit

    def as_json(self) -> list[dict[str, Any]]:
        names = ("operation", "fault", *self._numbers, "hits")
        return [{name: getattr(step, name) for name in names} for step in self.steps]

    def _step(self, body: Any) -> Step[Kind]:
        if not isinstance(body, dict) or not isinstance(body.get("operation"), str):
            raise BadRequest("Every fault is an object with at least 'operation' and 'fault'.")
        kind = self._kinds.get(str(body.get("fault")))
        if kind is None:
            raise BadRequest(f"There is no fault '{body.get('fault')}'; there are {', '.join(self._kinds)}.")
        unknown = set(body) - {"operation", "fault", *self._numbers}
        if unknown:
            raise BadRequest(f"A fault has no '{sorted(unknown)[0]}'.")
        for name in self._numbers:
            whole_number(name, body.get(name, 0))
        return Step(kind=kind, **body)
