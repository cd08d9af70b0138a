"""Runs in one sentence: what a run came to, or why it waits, in the language of the reader."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import flask_babel
from babel.numbers import format_currency, format_decimal
from flask import current_app

from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory, RunStatus
from webapp.queries.failures import explain, remote_name

_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

WAITS_FOR_PERSON = frozenset({Failure.AUTH, Failure.RIGHT, Failure.ADMINISTRATION, Failure.SUBSCRIPTION})


@dataclass(frozen=True, slots=True)
class Group:
    """How many items of a run share an outcome and a class of failure."""

    outcome: str
    failure: str
    count: int


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the sentence about a run stands on; `resumes_at` is when its connection may be used again."""

    category: str
    status: str
    result: str = ""
    failure: str = ""
    provider: str = "yuki"
    offered: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    cancelling: bool = False
    resumes_at: datetime | None = None
    groups: tuple[Group, ...] = field(default=())

    @property
    def counted(self) -> int:
        """How many items have an outcome."""
        return self.succeeded + self.failed + self.skipped + self.unknown

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended yet."""
        return self.status in (RunStatus.QUEUED, RunStatus.RUNNING)

    @property
    def waits(self) -> bool:
        """Whether something holds the run up that is not merely the queue."""
        return self.status == RunStatus.QUEUED and bool(self.failure)


def result_text(run: RunFacts) -> str:
    """Return what a run came to in one line, such as "2 rejected: VAT code not active"."""
    if run.is_open:
        return _open_text(run)
    if run.status == RunStatus.CANCELLED:
        return _("Cancelled: %(done)s of %(total)s had already gone", done=num(run.succeeded), total=num(run.offered))
    if run.failure and not run.counted:
        return _("Failed: %(reason)s", reason=_label(run.failure, run))
    parts = [_rejected(run)] if run.failed else []
    if run.unknown:
        parts.append(
            ngettext(
                "%(count)s with unknown outcome", "%(count)s with unknown outcome", run.unknown, count=num(run.unknown)
            )
        )
    if parts:
        return "; ".join(parts)
    if run.offered and run.skipped == run.offered:
        return ngettext(
            "Nothing to do: %(count)s skipped", "Nothing to do: %(count)s skipped", run.skipped, count=num(run.skipped)
        )
    if run.skipped:
        return _("Completed without errors, %(count)s skipped", count=num(run.skipped))
    return _("Completed without errors")


def wait_text(run: RunFacts) -> str:
    """Return why a run waits and when it goes on."""
    remote = remote_name(run.provider)
    if run.failure == Failure.QUOTA:
        if run.resumes_at is None:
            return _("Waits: calls are saved for later today, goes on by itself")
        return _(
            "Waits: daily limit of %(remote)s reached, goes on at %(time)s",
            remote=remote,
            time=clock_time(run.resumes_at),
        )
    if run.failure in WAITS_FOR_PERSON:
        return _("Waits for an administrator: %(reason)s", reason=_label(run.failure, run))
    if run.resumes_at is not None:
        return _(
            "Waits: %(reason)s, tried again at %(time)s",
            reason=_label(run.failure, run),
            time=clock_time(run.resumes_at),
        )
    return _("Waits: %(reason)s, goes on by itself", reason=_label(run.failure, run))


def refusal_text(code: str, params: dict[str, Any] | None = None) -> str:
    """Put into words why nothing was queued: the `code` of a SendError."""
    if code in ("none", ""):
        return _("There is nothing to send: nothing was changed.")
    if code == "too_many":
        return _("At most %(most)s invoices go in one run; choose fewer.", most=num((params or {}).get("most", 0)))
    if code == "paused":
        name = str((params or {}).get("connection", ""))
        return _("The connection %(name)s is paused: an administrator resumes it first.", name=name)
    words = explain("skipped", {"reason": code, "button": "Yuki"})
    return f"{words.cause} {words.next_step}"


def num(value: int) -> str:
    """Write a count with the language's separators."""
    return _num(value, str(flask_babel.get_locale() or "en"))


@lru_cache(maxsize=4_000)
def _num(value: int, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def written(number: int, *, more: bool) -> str:
    """Write a count; with a plus where there may be more."""
    return f"{num(number)}+" if more else num(number)


def amount_text(amount: Decimal, currency: str) -> str:
    """Write an amount inside of a sentence, with its currency and at least its cents."""
    return str(format_currency(amount, currency, locale=flask_babel.get_locale() or "en", decimal_quantization=False))


def clock_time(moment: datetime) -> str:
    """Write the time of day of a moment, in the zone of the screens."""
    return f"{moment.astimezone(current_app.extensions['koppel'].zone):%H:%M}"


def _open_text(run: RunFacts) -> str:
    if run.cancelling:
        return _("Stops after the batch that is under way")
    if run.waits:
        return wait_text(run)
    if run.status == RunStatus.QUEUED:
        return _("Waits for its turn")
    if run.offered:
        if run.category == RunCategory.FETCH_INVOICES:  # how many come is not known before the last page
            return ngettext(
                "%(count)s document read so far", "%(count)s documents read so far", run.counted, count=num(run.counted)
            )
        return _("%(done)s of %(total)s done", done=num(run.counted), total=num(run.offered))
    return _("Under way")


def _rejected(run: RunFacts) -> str:
    groups = sorted(
        (group for group in run.groups if group.outcome == "failed"), key=lambda group: (-group.count, group.failure)
    )
    count = num(run.failed)
    if run.category == RunCategory.FETCH_INVOICES and groups:
        return _("%(count)s set aside: %(label)s", count=count, label=_label(groups[0].failure, run))
    if not groups:
        return ngettext("%(count)s rejected", "%(count)s rejected", run.failed, count=count)
    if len(groups) == 1:
        reasons = _label(groups[0].failure, run)
    else:
        reasons = ", ".join(f"{_label(group.failure, run)} ({num(group.count)})" for group in groups)
    return ngettext(
        "%(count)s rejected: %(reasons)s", "%(count)s rejected: %(reasons)s", run.failed, count=count, reasons=reasons
    )


def _label(failure: str, run: RunFacts) -> str:
    return explain(failure, {"provider": run.provider}).label
