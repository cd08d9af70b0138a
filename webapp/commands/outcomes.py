"""What the commands that start runs share: waiting for them, printing them, and the exit code they come to."""

import time
from collections.abc import Sequence
from typing import Any

import click

from webapp.commands.common import answer, fail
from webapp.commands.runs import describe, follow

wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=None,
    metavar="SECONDS",
    help="Wait until it has ended, so long at most; exit 1 unless it was completed.",
)
Started = Sequence[tuple[int, int]]
"""Runs that were started, as (organisation id, run id)."""


def print_runs(started: Started, *, wait: float | None, as_json: bool) -> None:
    """Print runs, after they have ended where that is wanted; one run as JSON is an object, several are a list.

    Stops with one sentence on stderr when something did not succeed, or did not end in time.
    """
    ends_at = time.monotonic() + (wait or 0)
    sentences = []
    for organisation_id, run_id in started:
        if wait is not None:
            view = follow(organisation_id, run_id, timeout=max(ends_at - time.monotonic(), 0.001))
            sentences.append(_trouble(view, wait))
    facts = [describe(organisation_id, run_id) for organisation_id, run_id in started]
    lines = [_line(one) for one in facts]
    answer(facts[0] if len(facts) == 1 else facts, "\n".join(lines), as_json=as_json)
    if any(sentences):
        fail(" ".join(filter(None, sentences)))


def _trouble(view: Any, wait: float) -> str:
    from flask_babel import force_locale

    if view.facts.is_open:
        return f"Run {view.id} has not ended within {wait:g} seconds; it goes on: koppel runs watch {view.id}."
    if view.facts.status == "completed":
        return ""
    with force_locale("en"):
        return f"Run {view.id}: {view.result}."


def _line(run: dict[str, Any]) -> str:
    counted = ", ".join(f"{run[name]} {name}" for name in ("succeeded", "failed", "skipped", "unknown") if run[name])
    offered = f"{run['offered']} invoices" if run["offered"] != 1 else "1 invoice"
    return f"Run {run['id']} is {run['status']}: {offered}{', ' + counted if counted else ''}."
