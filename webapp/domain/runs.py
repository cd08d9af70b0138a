"""What a run is, how its items are counted, and what it comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class RunCategory(StrEnum):
    """What a run does."""

    SEND_INVOICES = "send_invoices"
    PROCESS_PAYMENTS = "process_payments"
    FETCH_INVOICES = "fetch_invoices"
    SEND_EXPENSE_CLAIMS = "send_expense_claims"


class RunStatus(StrEnum):
    """Where a run stands; the last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.FAILED, RunStatus.CANCELLED})


class Trigger(StrEnum):
    """Who started it: a person, or the schedule."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class ItemOutcome(StrEnum):
    """What became of one item; pending until it is known."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class ResultCode(StrEnum):
    """What a run came to, in one code; the sentence for it stands with the screens."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Counters:
    """How many items were offered, and what became of them; what is not counted yet is pending.

    Raises ValueError when a figure is negative or more was counted than offered.
    """

    offered: int
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    def __post_init__(self) -> None:
        if min(self.offered, self.succeeded, self.failed, self.skipped, self.unknown) < 0:
            raise ValueError("a counter is negative")
        if self.counted > self.offered:
            raise ValueError("more items were counted than offered")

    @property
    def counted(self) -> int:
        """How many items have an outcome."""
        return self.succeeded + self.failed + self.skipped + self.unknown

    @property
    def pending(self) -> int:
        """How many have none yet; 0 means that the counters add up to `offered`."""
        return self.offered - self.counted


def count(outcomes: Iterable[ItemOutcome]) -> Counters:
    """Count the outcomes of a run's items, one for each item that was offered."""
    found = list(outcomes)
    return Counters(
        offered=len(found),
        succeeded=found.count(ItemOutcome.SUCCEEDED),
        failed=found.count(ItemOutcome.FAILED),
        skipped=found.count(ItemOutcome.SKIPPED),
        unknown=found.count(ItemOutcome.UNKNOWN),
    )


def final_status(counters: Counters, *, cancelled: bool = False, fatal: bool = False) -> RunStatus:
    """Return the status that a run ends with.

    `cancelled`: a person stopped it. `fatal`: the run itself broke off (key refused, remote away); what
    had succeeded until then makes it partial. Without these, an item that is still pending is an
    error of the caller: ValueError. An item skipped (nothing to do) is no failure.
    """
    if cancelled:
        return RunStatus.CANCELLED
    if fatal:
        return RunStatus.PARTIAL if counters.succeeded else RunStatus.FAILED
    if counters.pending:
        raise ValueError("the run has items without an outcome")
    if not counters.failed and not counters.unknown:
        return RunStatus.COMPLETED
    # Unknown is not failed: while one item may have succeeded, the run must not say that all is lost.
    return RunStatus.PARTIAL if counters.succeeded or counters.unknown else RunStatus.FAILED


def result_code(counters: Counters) -> ResultCode:
    """Return what the items came to: `ok`, `partial`, `failed`, or `unknown` when only the proof is missing."""
    if counters.failed:
        return ResultCode.PARTIAL if counters.succeeded or counters.unknown else ResultCode.FAILED
    return ResultCode.UNKNOWN if counters.unknown else ResultCode.OK
