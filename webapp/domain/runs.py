"""What a run is, and what it comes to."""

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


class Trigger(StrEnum):
    """Who started it: a person, or the schedule."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class ResultCode(StrEnum):
    """What a run came to, in one code; the sentence for it stands with the screens."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


def verdict(
    *, offered: int, succeeded: int = 0, failed: int = 0, unknown: int = 0, taken_back: bool = False
) -> tuple[RunStatus, ResultCode]:
    """Return the status that a run ends with, and what its items came to, from how many fared how.

    While an outcome is unknown nothing else is said of it: unknown is not failed, and the proof may still come.
    `taken_back`: a person stopped it before everything had gone. An item skipped (nothing to do) is no failure.
    """
    if unknown:
        return RunStatus.PARTIAL, ResultCode.UNKNOWN
    if taken_back:
        return RunStatus.CANCELLED, ResultCode.CANCELLED
    if failed:
        return (RunStatus.PARTIAL, ResultCode.PARTIAL) if succeeded else (RunStatus.FAILED, ResultCode.FAILED)
    done = succeeded or not offered
    return RunStatus.COMPLETED, ResultCode.OK if done else ResultCode.SKIPPED
