"""koppel runs: list, show, watch and retry runs."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from webapp.commands.common import answer, fail, json_option, with_app, with_few_tables

if TYPE_CHECKING:
    from webapp.queries.run import RunView
    from webapp.services.actors import Actor

AT_THE_COMMAND_LINE = "koppel"
LOOK = 0.5
"""Seconds between two looks at a run that is being watched."""


@click.group()
def runs() -> None:
    """Runs: what was sent and read, and what became of it."""


@runs.command("list")
@click.option("--organisation", "organisation_name", default="", help="Only those of this organisation.")
@click.option("--category", default="", help="Only this category, such as send_invoices.")
@click.option("--status", default="", help="Only this status, such as failed.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
@with_few_tables
def list_runs(organisation_name: str, category: str, status: str, limit: int, as_json: bool) -> None:
    """List runs, newest first."""
    from flask_babel import force_locale

    from webapp.queries import logs
    from webapp.services import accounts

    try:
        found = [accounts.find_organisation(organisation_name)] if organisation_name else accounts.list_organisations()
    except accounts.AccountError as problem:
        fail(problem.message)
    filters = logs.Filters(category=category, status=status)
    with force_locale("en"):
        rows = [row for one in found for row in logs.page(one.id, filters, size=limit).rows]
        rows = sorted(rows, key=lambda row: -row.id)[:limit]
        data = [_head(row, row.started_at, row.ended_at) for row in rows]
        lines = [
            f"{row.id:>6}  {row.facts.category:<20} {row.facts.status:<10} {_local(row.started_at)}  {row.result}"
            for row in rows
        ]
    answer(data, "\n".join(lines) or "There are no runs yet.", as_json=as_json)


@runs.command("show")
@click.argument("run_id", metavar="ID", type=int)
@json_option
@with_app
def show(run_id: int, as_json: bool) -> None:
    """Show one run with the outcome of every invoice in it."""
    view, organisation_id = _find(run_id)
    answer(describe(organisation_id, run_id), _text(view, organisation_id), as_json=as_json)


@runs.command("watch")
@click.argument("run_id", metavar="ID", type=int)
@click.option("--timeout", default=0.0, type=click.FloatRange(min=0), help="Seconds to wait at most; 0: no limit.")
@json_option
@with_app
def watch(run_id: int, timeout: float, as_json: bool) -> None:
    """Follow a run until it ends; exits with 1 when something of it did not succeed."""
    _view, organisation_id = _find(run_id)
    view = follow(organisation_id, run_id, timeout=timeout, tell=None if as_json else click.echo)
    if as_json:
        answer(describe(organisation_id, run_id), "", as_json=True)
    if view.facts.is_open:
        fail(f"Run {run_id} has not ended within {timeout:g} seconds; it goes on.")
    if view.facts.status != "completed":
        sys.exit(1)


@runs.command("retry")
@click.argument("run_id", metavar="ID", type=int)
@click.option("--failure", default="", help="Only this class of failure, such as vat.")
@json_option
@with_app
def retry(run_id: int, failure: str, as_json: bool) -> None:
    """Do again what failed in a run; prints the numbers of the new runs."""
    from flask_babel import force_locale

    from webapp.domain.runs import RunCategory
    from webapp.queries.labels import refusal_text
    from webapp.services import fetching, payments, sending
    from webapp.services.actors import person

    view, organisation_id = _find(run_id)
    actor = person(organisation_id, AT_THE_COMMAND_LINE)
    try:
        if view.facts.category == RunCategory.SEND_EXPENSE_CLAIMS:
            made = _file_again(actor, run_id)
        elif view.facts.category == RunCategory.PROCESS_PAYMENTS:
            made = payments.ask(actor, view.connection_id)
        elif view.facts.category == RunCategory.FETCH_INVOICES:
            made = fetching.ask(actor, view.connection_id)
        else:
            made = sending.retry(actor, run_id, failure=failure or None)
    except (sending.SendError, payments.PaymentError, fetching.FetchError) as error:
        with force_locale("en"):
            fail(refusal_text(error.code, error.params))
    numbers = ", ".join(str(number) for number in made)
    answer({"runs": made}, f"Started run {numbers}. Follow it: koppel runs watch {made[0]}", as_json=as_json)


def _file_again(actor: "Actor", run_id: int) -> list[int]:
    """File the expense claims of a run anew that were refused; one that is held back is said with its reason."""
    from flask_babel import force_locale

    from webapp.queries.expense_words import say_problem
    from webapp.services import expenses

    asked = expenses.retry(actor, run_id)
    with force_locale("en"):
        words = [f"{count} held back: {say_problem(reason)}" for reason, count in asked.held.items()]
    if not asked.run_ids:
        fail(" ".join(words) or "No expense claim of this run was refused, so there is nothing to send again.")
    for line in words:
        click.echo(line, err=True)
    return list(asked.run_ids)


def describe(organisation_id: int, run_id: int) -> dict[str, Any]:
    """Return a run with all of its items, as JSON shows it."""
    from flask_babel import force_locale

    from webapp.queries import run, run_items

    with force_locale("en"):
        view = run.find(organisation_id, run_id)
        if view is None:
            fail(f"There is no run {run_id}.")
        items = [
            {"invoice": item.number, "outcome": item.outcome, "message": _message(item)}
            for item in run_items.every(organisation_id, run_id)
        ]
        return _head(view, view.started_at, view.ended_at) | {"items": items}


def follow(
    organisation_id: int, run_id: int, *, timeout: float = 0, tell: Callable[[str], object] | None = None
) -> "RunView":
    """Look at a run until it has ended or `timeout` seconds are over (0: no limit), and return it as it is then.

    `tell` is given a line whenever something moved.
    """
    from flask_babel import force_locale

    from webapp.queries import run
    from webapp.store.session import release

    ends_at, said = time.monotonic() + timeout, ""
    while True:
        with force_locale("en"):
            view = run.find(organisation_id, run_id)
            if view is None:
                fail(f"There is no run {run_id}.")
            line = f"{view.facts.status}: {view.result}"
        release()
        if line != said and tell is not None:
            tell(line)
        said = line
        if not view.facts.is_open or (timeout and time.monotonic() >= ends_at):
            return view
        time.sleep(LOOK)


def _find(run_id: int) -> "tuple[RunView, int]":
    from flask_babel import force_locale

    from webapp.queries import run

    organisation_id = run.owner_of(run_id)
    with force_locale("en"):
        view = run.find(organisation_id, run_id) if organisation_id is not None else None
    if view is None or organisation_id is None:
        fail(f"There is no run {run_id}.")
    return view, organisation_id


def _head(row: Any, started_at: datetime | None, ended_at: datetime | None) -> dict[str, Any]:
    facts = row.facts
    return {
        "id": row.id,
        "category": facts.category,
        "trigger": row.trigger,
        "status": facts.status,
        "started_at": started_at.isoformat() if started_at else None,
        "ended_at": ended_at.isoformat() if ended_at else None,
        "result": facts.result or None,
        "offered": facts.offered,
        "succeeded": facts.succeeded,
        "failed": facts.failed,
        "skipped": facts.skipped,
        "unknown": facts.unknown,
        "calls": row.calls,
    }


def _text(view: "RunView", organisation_id: int) -> str:
    from flask_babel import force_locale

    from webapp.queries import run_items

    with force_locale("en"):
        facts = view.facts
        lines = [
            f"Run {view.id}: {view.category} by {view.kind}, {view.facts.status}",
            f"  {view.result}",
            f"  started {_local(view.started_at)}, ended {_local(view.ended_at)}, {view.calls} calls",
            f"  {facts.offered} offered: {facts.succeeded} succeeded, {facts.failed} failed, "
            f"{facts.skipped} skipped, {facts.unknown} unknown",
        ]
        lines += [
            f"  {item.number or '-':<16} {item.outcome:<10} {_message(item)}".rstrip()
            for item in run_items.every(organisation_id, view.id)
        ]
    return "\n".join(lines)


def _message(item: Any) -> str:
    remote = f' "{item.remote_text}"' if item.remote_text else ""
    return f"{item.message}{remote}"


def _local(moment: datetime | None) -> str:
    from flask import current_app

    return f"{moment.astimezone(current_app.extensions['koppel'].zone):%Y-%m-%d %H:%M}" if moment else "-"
